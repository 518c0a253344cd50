//! The real `kyso` on a machine whose `/etc` is the test's own.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::desk::Desk;
use crate::support::softhsm::SoftHsm;

/// A machine with these files in `/etc/kyso`.
pub(super) fn machine(files: &[(&str, &str)]) -> TempDir {
    let machine = TempDir::new().unwrap();
    Command::new("chmod").arg("755").arg(machine.path()).status().unwrap();
    for (name, text) in files {
        let file = machine.path().join("kyso").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    machine
}

/// `kyso` there, in a mount namespace of its own: the shipped program reads no other folder.
fn kyso(machine: &Path, desk: &Desk, arguments: &[&str]) -> Output {
    there(machine, desk, arguments).output().expect("unshare: apt-get install util-linux")
}

/// The same, to be started by the caller.
pub(super) fn there(machine: &Path, desk: &Desk, arguments: &[&str]) -> Command {
    let kyso = desk.command(arguments);
    let mut there = Command::new("unshare");
    there.args(["--mount", "sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\""]).arg(machine);
    there.arg(kyso.get_program()).args(kyso.get_args()).env_clear();
    there.envs(kyso.get_envs().filter_map(|(name, value)| Some((name, value?))));
    there
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const GOOD: &str = "[pairing]\nby_users = false\n\n[[sites]]\norigin = \"https://a.vn\"\naccess = \"allow\"\n\
                    purposes = [\"sign\"]\n\n[limits]\nbatch = 20\nkeep_login = false\n";
const MORE: &str = "[limits]\nbatch = 5\n[[sites]]\norigin = \"https://b.vn\"\naccess = \"refuse\"\n";

#[test]
fn nothing_runs_beside_a_policy_that_can_not_be_used() {
    let desk = Desk::configured("modules = []");
    let machine = machine(&[("policy.toml", GOOD), ("policy.d/10-x.toml", "[limits]\nbatch = 0\nx = 1\n")]);
    for arguments in [&["agent"][..], &["doctor"], &["tokens"], &["origins", "allow", "https://a.vn"]] {
        let output = kyso(machine.path(), &desk, arguments);
        let text = told(&output);
        assert_eq!(output.status.code(), Some(78), "{arguments:?}: {text}");
        for part in ["10-x.toml: line 2", "10-x.toml: line 3", "kyso policy check"] {
            assert!(text.contains(part), "{arguments:?}: no {part}: {text}");
        }
    }
    assert_eq!(kyso(machine.path(), &desk, &["policy", "check"]).status.code(), Some(1));
}

#[test]
fn a_policy_that_others_can_write_is_none() {
    let desk = Desk::configured("modules = []");
    for spoil in [
        "chmod 666 kyso/policy.toml",
        "chmod 777 kyso",
        "chown 65534 kyso/policy.toml",
        "chmod 777 kyso/policy.d",
    ] {
        let machine = machine(&[("policy.toml", GOOD), ("policy.d/a.toml", MORE)]);
        assert!(
            Command::new("sh").args(["-c", spoil]).current_dir(machine.path()).status().unwrap().success()
        );
        let output = kyso(machine.path(), &desk, &["agent"]);
        let text = told(&output);
        assert_eq!(output.status.code(), Some(78), "{spoil}: {text}");
        assert!(text.contains("owned by root"), "{spoil}: {text}");
    }
}

#[test]
fn check_names_each_fault_and_ends_accordingly() {
    let desk = Desk::configured("modules = []");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("p.toml");
    let shown = file.display().to_string();
    std::fs::write(&file, GOOD).unwrap();
    assert_eq!(desk.kyso(&["policy", "check", &shown]).status.code(), Some(0));
    std::fs::write(&file, "x = 1\n[limits]\nbatch = 0\n").unwrap();
    let output = desk.kyso(&["policy", "check", &shown]);
    assert_eq!(output.status.code(), Some(1));
    let text = told(&output);
    assert!(text.contains("line 1") && text.contains("line 3") && text.contains("1 to 1000"), "{text}");
    assert_eq!(desk.kyso(&["policy", "check", "/nonexistent"]).status.code(), Some(66));
}

#[test]
fn explain_names_the_line_that_decides() {
    let desk = Desk::configured("modules = []");
    let machine = machine(&[("policy.toml", GOOD), ("policy.d/20.toml", MORE)]);
    for (origin, parts) in [
        (
            "https://a.vn",
            &[
                "may ask",
                "policy.toml:6",
                "Only for: [\"sign\"]",
                "policy.toml:7",
                "limits.batch = 5",
                "policy.d/20.toml:2",
                "limits.keep_login = false",
                "policy.toml:11",
            ][..],
        ),
        ("https://b.vn", &["may not ask", "policy.d/20.toml:5"]),
        ("https://c.vn", &["may not ask", "policy.toml:2"]),
    ] {
        let output = kyso(machine.path(), &desk, &["policy", "explain", origin]);
        let text = told(&output);
        assert!(output.status.success(), "{text}");
        for part in parts {
            assert!(text.contains(part), "{origin}: no {part}: {text}");
        }
    }
    let refused = kyso(machine.path(), &desk, &["origins", "allow", "https://c.vn"]);
    assert_eq!(refused.status.code(), Some(77), "{}", told(&refused));
    let doctor = told(&kyso(machine.path(), &desk, &["doctor"]));
    assert!(doctor.contains("/etc/kyso/policy.toml, /etc/kyso/policy.d/20.toml"), "{doctor}");
    let show = told(&kyso(machine.path(), &desk, &["policy", "show"]));
    assert!(show.contains("limits.batch = 5") && show.contains("pairing.by_users = false"), "{show}");
}

/// A site that is let in is told from one that is kept out.
#[test]
fn show_tells_what_each_site_is_told() {
    let desk = Desk::configured("modules = []");
    let issuers = "issuers = [\"CN=A,C=VN\"]";
    let machine = machine(&[("policy.toml", GOOD), ("policy.d/20.toml", &format!("{MORE}{issuers}\n"))]);
    let show = told(&kyso(machine.path(), &desk, &["policy", "show"]));
    let (_, sites) = show.split_once("sites.origin = ").unwrap();
    let (first, second) = sites.split_once("sites.origin = ").unwrap();
    for (site, parts) in [
        (first, ["https://a.vn", "sites.access = \"allow\"", "sites.purposes = [\"sign\"]", "policy.toml:7"]),
        (
            second,
            ["https://b.vn", "sites.access = \"refuse\"", "sites.issuers = [\"CN=A,C=VN\"]", "20.toml:6"],
        ),
    ] {
        for part in parts {
            assert!(site.contains(part), "no {part}: {show}");
        }
    }
    let output = kyso(machine.path(), &desk, &["policy", "show", "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let sites = serde_json::json!([
        { "origin": "https://a.vn", "access": "allow", "issuers": null, "purposes": ["sign"],
          "by": "/etc/kyso/policy.toml:5" },
        { "origin": "https://b.vn", "access": "refuse", "issuers": ["CN=A,C=VN"], "purposes": null,
          "by": "/etc/kyso/policy.d/20.toml:4" },
    ]);
    assert_eq!(shown["sites"], sites, "{shown}");
}

#[test]
fn modules_are_used_as_policy_lets_them() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let module = SoftHsm::module().display().to_string();
    for (policy, used) in [
        (format!("[modules]\nrefuse = [{module:?}]"), false),
        ("[modules]\nallow = [\"/usr/lib/other.so\"]".to_owned(), false),
        (format!("[modules]\nallow = [{module:?}]"), true),
    ] {
        let machine = machine(&[("policy.toml", &policy)]);
        let doctor = told(&kyso(machine.path(), &desk, &["doctor"]));
        assert_eq!(doctor.contains("refused by the machine's policy"), !used, "{policy}: {doctor}");
        let tokens = told(&kyso(machine.path(), &desk, &["tokens"]));
        assert_eq!(tokens.contains("kyso-demo"), used, "{policy}: {tokens}");
    }
}
