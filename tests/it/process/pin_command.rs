//! `kyso pin change` and `kyso pin unblock`, as a person meets them.

use std::process::Command;

use kyso::domain::scheme::Scheme;
use serde_json::Value;

use super::{ASKS_PIN, written};
use crate::support::agent::{rows, sha256};
use crate::support::desk::Desk;
use crate::support::softhsm::{SoftHsm, verify};
use crate::support::terminal::Terminal;

const PRESENT: &str = "Present PIN (";
const PUK: &str = "PUK (security officer's PIN) (";
const NEW: &str = "New PIN (4 to 255 characters) (";
const AGAIN: &str = "New PIN again (";

/// SO PINs and PINs that occur nowhere by chance.
const CANARY: &str = "canary-4471-new";
const SO_PIN: &str = "12345678";

#[test]
fn a_pin_is_changed_in_the_callers_terminal_and_leaves_no_trace() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let agent = desk.agent();
    let mut terminal = desk.in_terminal(&["pin", "change", "--json"]);
    let from = terminal.wait_for(PRESENT, 0);
    for part in ["Change the PIN of the token", "kyso-demo", "SoftHSM v2", "Kyso keeps neither"] {
        assert!(terminal.text().contains(part), "{part}: {}", terminal.text());
    }
    // Two that differ never reach the token, nor does the present one once more.
    let from = type_three(&mut terminal, from, ["123456", CANARY, "canary-4471-other"]);
    let from = terminal.wait_for("The two new PINs differ", from);
    let from = terminal.wait_for(PRESENT, from);
    let from = type_three(&mut terminal, from, ["123456", "123456", "123456"]);
    let from = terminal.wait_for("The new PIN is the present one", from);
    let from = terminal.wait_for(PRESENT, from);
    assert!(tries(&desk).is_empty());
    let from = type_three(&mut terminal, from, ["canary-4471-wrong", CANARY, CANARY]);
    let from = terminal.wait_for("The present PIN is wrong", from);
    let from = terminal.wait_for(PRESENT, from);
    assert_eq!(tries(&desk), [1], "a wrong one counts (R40)");
    type_three(&mut terminal, from, ["123456", CANARY, CANARY]);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    assert!(terminal.end().contains("The PIN is changed."), "{}", terminal.text());
    assert!(tries(&desk).is_empty(), "a right one ends the count");

    assert_eq!(signs(&desk, &token, "123456"), None, "the old PIN is void");
    assert_eq!(signs(&desk, &token, CANARY), Some(true));
    let kinds: Vec<String> = rows(&desk.log()).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds[..2], ["pin_change_asked", "pin_changed"], "{kinds:?}");
    assert!(desk.kyso(&["audit", "verify"]).status.success());
    let list = String::from_utf8(desk.kyso(&["audit", "list"]).stdout).unwrap();
    assert!(list.contains("asked to change a PIN: ") && list.contains("PIN changed: "), "{list}");

    let memory = super::pin::memory(agent.child.id());
    for (place, bytes) in [("memory", memory), ("files", written(&desk)), ("screen", terminal.text().into())]
    {
        for secret in [CANARY, "canary-4471-wrong", "canary-4471-other"] {
            assert!(!super::pin::finds(&bytes, secret), "{secret} is in the agent's {place}");
        }
    }
}

#[test]
fn a_pin_is_unblocked_with_the_puk_without_an_agent() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let mut terminal = desk.in_terminal(&["pin", "unblock", "--token", "kyso-demo"]);
    let from = terminal.wait_for(PUK, 0);
    let from = type_three(&mut terminal, from, ["87654321", "246810", "246810"]);
    let from = terminal.wait_for("The PUK is wrong", from);
    let from = terminal.wait_for(PUK, from);
    type_three(&mut terminal, from, [SO_PIN, "246810", "246810"]);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    assert!(terminal.end().contains("Unblocked"), "{}", terminal.text());
    assert_eq!(signs(&desk, &token, "123456"), None);
    assert_eq!(signs(&desk, &token, "246810"), Some(true));
    let rows = rows(&desk.log());
    let kinds: Vec<&str> = rows.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds[..2], ["pin_unblock_asked", "pin_unblocked"]);
    assert_eq!(rows[1].1.sequence_asked, Some(1));
}

#[test]
fn r40_two_wrong_puks_in_a_row_want_a_second_word() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let mut terminal = desk.in_terminal(&["pin", "unblock"]);
    let mut from = 0;
    for _ in 0..2 {
        from = terminal.wait_for(PUK, from);
        from = type_three(&mut terminal, from, ["87654321", "246810", "246810"]);
        from = terminal.wait_for("The PUK is wrong", from);
    }
    terminal.wait_for("Try all the same? [y/N] ", from);
    terminal.type_text("\n");
    assert_eq!(terminal.exit_code(), 77, "{}", terminal.text());
    let rows = rows(&desk.log());
    assert_eq!(rows[1].0, "pin_unblock_failed");
    assert_eq!(rows[1].1.outcome.as_deref(), Some("user_denied"));
    // The count of the PUK is not the PIN's.
    let mut terminal = desk.in_terminal(&["pin", "change"]);
    terminal.wait_for(PRESENT, 0);
    assert!(!terminal.text().contains("in a row"), "{}", terminal.text());
    terminal.type_text("\u{1b}");
    assert_eq!(terminal.exit_code(), 77, "{}", terminal.text());
}

#[test]
fn which_token_is_meant_is_never_guessed() {
    let token = SoftHsm::new();
    add_token(&token, "second");
    let desk = Desk::with(&token);
    let said = |arguments: &[&str]| {
        let output = desk.kyso(arguments);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text) = said(&["pin", "change"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("--token") && text.contains("kyso-demo") && text.contains("second"), "{text}");
    let (code, text) = said(&["pin", "change", "--token", "third"]);
    assert_eq!(code, Some(69), "{text}");
    assert!(text.contains("'third'") && text.contains("second"), "{text}");
    // Named, but nobody can be asked; and the log says that somebody tried.
    let (code, text) = said(&["pin", "change", "--token", "second"]);
    assert_eq!(code, Some(69), "{text}");
    let kinds: Vec<String> = rows(&desk.log()).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["pin_change_asked", "pin_change_failed", "checkpoint"]);
    let serial = serial(&desk, "second");
    let terminal = desk.in_terminal(&["pin", "change", "--token", &serial]);
    terminal.wait_for(PRESENT, 0);
    assert!(terminal.text().contains("second") && !terminal.text().contains("kyso-demo"));
    for arguments in [&["pin"][..], &["pin", "erase"], &["pin", "change", "x"]] {
        assert_eq!(desk.kyso(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

/// A person who leaves while typing changes nothing, and the log says so.
#[test]
fn a_command_that_is_killed_while_asking_changes_nothing() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let _agent = desk.agent();
    let mut terminal = desk.in_terminal(&["pin", "change"]);
    terminal.wait_for(PRESENT, 0);
    terminal.type_text("123456\n");
    terminal.kill();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let last = || rows(&desk.log()).pop().map(|(kind, body)| (kind, body.outcome));
    while last() != Some(("pin_change_failed".to_owned(), Some("cancelled".to_owned()))) {
        assert!(std::time::Instant::now() < end, "{:?}", last());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(signs(&desk, &token, "123456"), Some(true));
}

/// Types three secrets, each when it is asked for; the first is asked for already.
fn type_three(terminal: &mut Terminal, from: usize, secrets: [&str; 3]) -> usize {
    terminal.type_text(&format!("{}\n", secrets[0]));
    let from = terminal.wait_for(NEW, from);
    terminal.type_text(&format!("{}\n", secrets[1]));
    let from = terminal.wait_for(AGAIN, from);
    terminal.type_text(&format!("{}\n", secrets[2]));
    from
}

/// Whether a signature with this PIN verifies; nothing if the PIN is wrong.
fn signs(desk: &Desk, token: &SoftHsm, pin: &str) -> Option<bool> {
    let digest = sha256("x");
    let out = desk.folder().join("signature").display().to_string();
    let (hex, id) = (hex::encode(digest.value()), token.id("person-rsa").to_string());
    let mut terminal = desk.in_terminal(&["sign", "--digest", &hex, "--certificate", &id, "--out", &out]);
    let from = terminal.wait_for(ASKS_PIN, 0);
    terminal.type_text(&format!("{pin}\n"));
    if terminal.find("Wrong PIN", from, std::time::Duration::from_secs(30)).is_some() {
        terminal.type_text("\u{1b}");
        terminal.exit_code();
        return None;
    }
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    let signature = std::fs::read(out).unwrap();
    Some(verify(&token.certificate("person-rsa"), Scheme::RsaPkcs1, &digest, &signature))
}

/// The counts of wrong PINs and PUKs that are not zero.
fn tries(desk: &Desk) -> Vec<u32> {
    let log = rusqlite::Connection::open(desk.log()).unwrap();
    let mut statement = log.prepare("SELECT wrong FROM tries").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn serial(desk: &Desk, label: &str) -> String {
    let listed: Value = serde_json::from_slice(&desk.kyso(&["tokens", "--json"]).stdout).unwrap();
    let tokens = listed["tokens"].as_array().unwrap();
    let found = tokens.iter().find(|token| token["label"] == label).unwrap();
    found["serial"].as_str().unwrap().to_owned()
}

fn add_token(token: &SoftHsm, label: &str) {
    let mut tool = Command::new("softhsm2-util");
    tool.env("SOFTHSM2_CONF", token.conf()).args(["--init-token", "--free", "--label", label]);
    let made = tool.args(["--pin", "123456", "--so-pin", SO_PIN]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
}
