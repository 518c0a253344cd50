//! `kyso anchors`, on a machine whose `/etc` is the test's own.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::pki::Pki;

/// A machine with this folder as its `/etc`, as root or as somebody else.
fn on(machine: &Path, who: &str, script: &str) -> Output {
    let kyso = Path::new(env!("CARGO_BIN_EXE_kyso")).parent().unwrap();
    let inside = format!("mount --bind \"$1\" /etc && shift && {who} bash -c \"$1\"");
    Command::new("unshare")
        .args(["--mount", "bash", "-c", &inside, "bash"])
        .arg(machine)
        .arg(script)
        .env("PATH", format!("{}:{}", kyso.display(), std::env::var("PATH").unwrap()))
        .env("HOME", machine.join("home"))
        .env("KYSO_LANG", "en")
        .output()
        .expect("unshare: apt-get install util-linux")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn an_anchor_is_added_by_its_fingerprint_and_by_root_alone() {
    let pki = Pki::start();
    let machine = TempDir::new().unwrap();
    // Others have to get as far as the folder.
    Command::new("chmod").arg("755").arg(machine.path()).status().unwrap();
    for name in ["root", "good"] {
        std::fs::copy(pki.certificate(name), machine.path().join(format!("{name}.crt"))).unwrap();
    }
    let openssl = ["x509", "-noout", "-fingerprint", "-sha256", "-in"];
    let printed = Command::new("openssl").args(openssl).arg(pki.certificate("root")).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let fingerprint = printed.trim().split_once('=').unwrap().1.to_owned();
    let run = |who: &str, arguments: &str| on(machine.path(), who, &format!("kyso anchors {arguments}"));
    let file = machine
        .path()
        .join("kyso/anchors")
        .join(format!("{}.crt", fingerprint.replace(':', "").to_lowercase()));

    let output = run("", "list");
    assert!(output.status.success() && told(&output).contains("There are none"), "{}", told(&output));
    for (arguments, exit, sentence) in [
        ("add /etc/root.crt", 77, "Not confirmed"),
        ("add /etc/root.crt --fingerprint 00", 77, "The fingerprint is another"),
        ("add /etc/good.crt --fingerprint 00", 65, "no authority"),
        ("add /etc/none.crt", 66, "can't be read"),
    ] {
        let output = run("", arguments);
        assert_eq!(output.status.code(), Some(exit), "{arguments}: {}", told(&output));
        assert!(told(&output).contains(sentence), "{arguments}: {}", told(&output));
    }
    let add = format!("add /etc/root.crt --fingerprint {fingerprint}");
    let output = run("setpriv --reuid=65534 --regid=65534 --clear-groups", &add);
    assert_eq!(output.status.code(), Some(77), "{}", told(&output));
    assert!(
        told(&output).contains("Only an administrator may change /etc/kyso/anchors"),
        "{}",
        told(&output)
    );
    assert!(!file.exists());

    let output = run("", &add);
    assert!(output.status.success(), "{}", told(&output));
    for shown in [&*fingerprint, "Root", "Expires"] {
        assert!(told(&output).contains(shown), "{shown}: {}", told(&output));
    }
    assert!(file.exists());
    let output = run("setpriv --reuid=65534 --regid=65534 --clear-groups", "list --json");
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let wanted = format!("sha256:{}", fingerprint.replace(':', "").to_lowercase());
    assert_eq!(listed["anchors"][0]["fingerprint"], wanted, "whoever runs an agent can read it");
    let output = run("", &add);
    assert!(output.status.success() && told(&output).contains("already"), "{}", told(&output));

    let output = run("", "remove 00");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let output = run("", &format!("remove {fingerprint}"));
    assert!(output.status.success() && !file.exists(), "{}", told(&output));
}

/// Who types the first digits has looked at them.
#[test]
fn an_anchor_is_added_by_typing_the_first_digits() {
    let pki = Pki::start();
    let machine = TempDir::new().unwrap();
    std::fs::copy(pki.certificate("root"), machine.path().join("root.crt")).unwrap();
    let openssl = ["x509", "-noout", "-fingerprint", "-sha256", "-in"];
    let printed = Command::new("openssl").args(openssl).arg(pki.certificate("root")).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let fingerprint = printed.trim().split_once('=').unwrap().1.replace(':', "").to_lowercase();
    for (typed, added) in [(&fingerprint[..7], false), ("00000000", false), (&fingerprint[..8], true)] {
        // The terminal outlives what is typed: its end would end the question.
        let script = format!(
            "(echo {typed}; exec tail -f /dev/null --pid=$$) | script -qec 'kyso anchors add /etc/root.crt' /dev/null"
        );
        let output = on(machine.path(), "", &script);
        let there = machine.path().join(format!("kyso/anchors/{fingerprint}.crt")).exists();
        assert_eq!(there, added, "{typed}: {}", told(&output));
    }
}
