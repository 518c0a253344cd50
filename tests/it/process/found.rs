//! Modules that nobody configured: p11-kit's files, and what the doctor says of each candidate.

use std::fs;
use std::path::PathBuf;

use kyso::domain::scheme::Scheme;
use serde_json::Value;

use super::{ASKS_PIN, PAGE, ask, stop};
use crate::support::agent::{one, sha256, value};
use crate::support::desk::Desk;
use crate::support::softhsm::{SoftHsm, verify};

/// A desk without a list of modules, with p11-kit files of its own that go before the machine's.
fn desk(token: &SoftHsm, files: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::configured("prompt = \"terminal\"\n");
    desk.set("SOFTHSM2_CONF", &token.conf().display().to_string());
    let folder = desk.folder().join("config/pkcs11/modules");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.with_file_name("pkcs11.conf"), "user-config: only\n").unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    desk
}

fn own_file(desk: &Desk, name: &str) -> PathBuf {
    desk.folder().join("config/pkcs11/modules").join(name)
}

fn softhsm() -> String {
    format!("module: {}\npriority: 10\n", SoftHsm::module().display())
}

#[test]
fn an_agent_with_nothing_configured_finds_the_token_and_signs() {
    let token = SoftHsm::new();
    let desk = desk(&token, &[("token.module", &softhsm())]);
    let (mut agent, port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, PAGE);
    let digest = sha256("x");
    let asked = ask(port, &bearer, &one(token.id("person-p256"), &digest));
    agent.wait_for(ASKS_PIN, 0);
    agent.type_text("123456\n");
    let reply = asked.join().unwrap().expect("an answer");
    assert_eq!(reply.status, 200);
    let signature = value(&reply.json(), 0);
    assert!(verify(&token.certificate("person-p256"), Scheme::Ecdsa, &digest, &signature));
    assert_eq!(stop(&mut agent), 0);
}

#[test]
fn without_its_file_the_token_is_not_there() {
    let token = SoftHsm::new();
    let off = format!("{}disable-in: kyso\n", softhsm());
    for files in [&[][..], &[("token.module", off.as_str())]] {
        let tokens = desk(&token, files).kyso(&["tokens", "--json"]);
        let text = String::from_utf8_lossy(&tokens.stdout).into_owned();
        assert!(!text.contains("kyso-demo"), "{text}");
    }
}

#[test]
fn the_doctor_shows_each_candidate_and_why_it_was_taken_or_not() {
    let token = SoftHsm::new();
    let softhsm = softhsm();
    let again = softhsm.replace("10", "1");
    let mut desk = desk(
        &token,
        &[
            ("a.module", &softhsm),
            ("again.module", &again),
            ("broken.module", "no setting\n"),
            ("gone.module", "module: gone.so\n"),
            ("mine.module", "module: /etc/passwd\n"),
            ("remote.module", "module: x.so\nremote: |ssh there\n"),
            ("trust.module", "module: y.so\ntrust-policy: yes\n"),
        ],
    );
    let doctor = desk.kyso(&["doctor", "--json"]);
    let all: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let modules: Vec<&Value> =
        all["findings"].as_array().unwrap().iter().filter(|finding| finding["module"].is_object()).collect();
    let of = |name: &str| {
        let file = own_file(&desk, name).display().to_string();
        let found = modules.iter().find(|finding| finding["module"]["file"] == file.as_str());
        (*found.unwrap_or_else(|| panic!("{name}: {all:#}"))).clone()
    };
    let taken = of("a.module");
    assert_eq!((&taken["module"]["used"], &taken["module"]["reason"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(taken["module"]["path"], SoftHsm::module().display().to_string());
    for (name, reason, has_to_do) in [
        ("again.module", "same_library", false),
        ("broken.module", "broken_file", true),
        ("gone.module", "missing", true),
        ("mine.module", "folder_not_allowed", true),
        ("remote.module", "remote", false),
        ("trust.module", "trust_only", false),
    ] {
        let finding = of(name);
        assert_eq!(finding["module"]["reason"], reason, "{finding}");
        assert_eq!(finding["module"]["used"], false);
        // What nobody asked for is named, and is no fault.
        assert_eq!(
            (&finding["ok"], finding["todo"].is_string()),
            (&Value::Bool(true), has_to_do),
            "{finding}"
        );
    }

    let text = |desk: &Desk| String::from_utf8(desk.kyso(&["doctor"]).stdout).unwrap();
    let english = text(&desk);
    for part in [
        format!("✓ {}\n    Used.\n    p11-kit file: ", SoftHsm::module().display()),
        "– /etc/passwd\n    Not used: not in one of the system's folders for libraries.".to_owned(),
        "What to do: Mend the p11-kit file".to_owned(),
        "line 1: no `name: value`".to_owned(),
        "kyso-demo".to_owned(),
    ] {
        assert!(english.contains(&part), "{part}: {english}");
    }
    desk.set("KYSO_LANG", "vi");
    let vietnamese = text(&desk);
    assert!(vietnamese.contains("Được dùng.") && vietnamese.contains("Không dùng: "), "{vietnamese}");
    assert!(!vietnamese.contains("Not used"), "{vietnamese}");
}
