//! NSS databases, by NSS' own `certutil`: their format is SQLite with tables that only NSS knows to fill.

use std::fs;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Held, NAME, TrustError};

pub(super) const TOOL: &str = "certutil";
/// Beside a database that Kyso made: it goes with the last thing in it.
const MADE: &str = "made-by-kyso";
/// Of a database.
const FILES: [&str; 4] = ["cert9.db", "key4.db", "pkcs11.txt", MADE];
/// Debian's.
pub(super) const PACKAGE: &str = "libnss3-tools";

pub(super) fn held(folder: &Path) -> Result<Vec<Held>, TrustError> {
    if !super::has_database(folder) {
        return Ok(Vec::new());
    }
    let listed = run(folder, &["-L"], "")?;
    Ok(listed.lines().filter_map(line).collect())
}

/// A nickname, blanks, and the trust for servers, e-mail and code, comma between.
fn line(line: &str) -> Option<Held> {
    let (name, trust) = line.trim_end().rsplit_once(' ')?;
    let name = name.trim_end();
    let number = name.strip_prefix(NAME)?;
    let ours = number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
    let trusted = trust.split(',').next().is_some_and(|servers| servers.contains('C'));
    ours.then(|| Held { name: name.to_owned(), trusted })
}

pub(super) fn add(folder: &Path, name: &str, pem: &str) -> Result<(), TrustError> {
    if !super::has_database(folder) {
        let failed = |error: io::Error| TrustError::Failed(error.to_string());
        crate::sys::files::private_folder(folder).map_err(failed)?;
        run(folder, &["-N", "--empty-password"], "")?;
        fs::write(folder.join(MADE), "").map_err(failed)?;
    }
    let added = run(folder, &["-A", "-a", "-n", name, "-t", "C,,"], pem).map(drop);
    if added.is_err() {
        // A database with a password keeps the certificate, and not the trust in it.
        let _ = remove(folder, name);
    }
    added
}

pub(super) fn remove(folder: &Path, name: &str) -> Result<(), TrustError> {
    run(folder, &["-D", "-n", name], "")?;
    if folder.join(MADE).exists() && is_empty(folder)? {
        unmake(folder).map_err(|error| TrustError::Failed(error.to_string()))?;
    }
    Ok(())
}

/// Two lines are its table's head; a database without keys is an error that says so.
fn is_empty(folder: &Path) -> Result<bool, TrustError> {
    let listed = run(folder, &["-L"], "")?;
    let keys = run(folder, &["-K"], "");
    let no_keys = matches!(&keys, Err(TrustError::Failed(why)) if why.contains("no keys found"));
    Ok(no_keys && listed.lines().filter(|line| !line.trim().is_empty()).count() == 2)
}

/// As before Kyso made it; a folder around it that held nothing else goes, too.
fn unmake(folder: &Path) -> io::Result<()> {
    for file in FILES {
        fs::remove_file(folder.join(file))?;
    }
    fs::remove_dir(folder)?;
    match folder.parent().map(fs::remove_dir) {
        Some(Err(error)) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(()),
    }
}

/// An empty file of passwords keeps `certutil` from asking for one, whatever terminal there is.
fn run(folder: &Path, arguments: &[&str], input: &str) -> Result<String, TrustError> {
    let failed = |error| super::not_run(&error, PACKAGE);
    let mut database = std::ffi::OsString::from("sql:");
    database.push(folder);
    let making = arguments.contains(&"--empty-password");
    let mut child = Command::new(TOOL)
        .args(arguments)
        .arg("-d")
        .arg(database)
        .args(if making { &[][..] } else { &["-f", "/dev/null"] })
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else if said.contains("SEC_ERROR_BAD_PASSWORD") {
        Err(TrustError::Locked)
    } else {
        // That there are no keys it says where it would list them.
        let said = if said.is_empty() { String::from_utf8_lossy(&output.stdout) } else { said };
        Err(TrustError::Failed(said.trim().to_owned()))
    }
}
