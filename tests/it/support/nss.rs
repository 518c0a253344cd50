//! Browsers' stores of certificates that a test makes up, with NSS' own tool.

use std::path::Path;
use std::process::{Command, Output};

/// Makes a store with another authority in it already; `password` as Firefox' primary password.
pub(crate) fn store(folder: &Path, password: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let file = folder.join("password");
    std::fs::write(&file, format!("{password}\n")).unwrap();
    let made = if password.is_empty() {
        certutil(folder, &["-N", "--empty-password"])
    } else {
        certutil(folder, &["-N", "-f", file.to_str().unwrap()])
    };
    assert!(made.status.success(), "{made:?}");
    adds(folder, &file);
    std::fs::remove_file(file).unwrap();
}

/// Puts somebody's authority into a store without a password.
pub(crate) fn adds_another(folder: &Path) {
    adds(folder, Path::new("/dev/null"));
}

fn adds(folder: &Path, file: &Path) {
    let other = folder.join("other.pem");
    let arguments = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=Other",
    ];
    let made =
        Command::new("openssl").args(arguments).args(["-keyout", "/dev/null", "-out"]).arg(&other).output();
    assert!(made.unwrap().status.success());
    let (other, file) = (other.to_str().unwrap().to_owned(), file.to_str().unwrap());
    let added =
        certutil(folder, &["-A", "-n", "Kyso TLS of somebody", "-t", "C,,", "-a", "-i", &other, "-f", file]);
    assert!(added.status.success(), "{added:?}");
    std::fs::remove_file(other).unwrap();
}

/// Everything that a store holds: what it lists, and each object in its database.
pub(crate) fn listing(folder: &Path) -> String {
    let listed = certutil(folder, &["-L"]);
    assert!(listed.status.success(), "{listed:?}");
    let database = folder.join("cert9.db");
    let query = "select hex(a0), hex(a1), hex(a11) from nssPublic order by 1, 2, 3";
    let objects =
        Command::new("sqlite3").arg(database).arg(query).output().expect("sqlite3: apt-get install sqlite3");
    assert!(objects.status.success(), "{objects:?}");
    String::from_utf8([listed.stdout, objects.stdout].concat()).unwrap()
}

pub(crate) fn certutil(folder: &Path, arguments: &[&str]) -> Output {
    let database = format!("sql:{}", folder.display());
    let output = Command::new("certutil").args(arguments).args(["-d", &database]).output();
    output.expect("certutil: apt-get install libnss3-tools")
}
