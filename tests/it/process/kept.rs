//! Kept logins as a person meets them (R38): the real agent, the real prompt, systemd-logind's word.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use kyso::domain::scheme::Scheme;
use kyso::text::Lang;
use kyso::text::keep::KeepWords;
use serde_json::json;

use super::ASKS_PIN;
use super::doctor_module::{of, report};
use crate::support::agent::{rows, sha256};
use crate::support::desk::Desk;
use crate::support::logind::{Logind, Tells};
use crate::support::softhsm::{SoftHsm, verify};
use crate::support::terminal::Terminal;

/// What the prompt wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// A PIN, and whether the login is to be kept.
    Keep,
    /// A PIN.
    Pin,
    /// A word.
    Word,
}

/// A desk where logins may be kept.
pub(super) struct Person {
    pub(super) desk: Desk,
    pub(super) token: SoftHsm,
}

impl Person {
    pub(super) fn new(bus: &str) -> Self {
        Self::keeping(bus, 300, 7_200)
    }

    /// With these limits, in seconds.
    pub(super) fn keeping(bus: &str, idle: u64, most: u64) -> Self {
        let token = SoftHsm::new();
        let mut desk = Desk::with(&token);
        let config = std::fs::read_to_string(desk.config()).unwrap();
        std::fs::write(desk.config(), config + &format!("[keep_login]\nidle = {idle}\nmost = {most}\n"))
            .unwrap();
        desk.set("DBUS_SYSTEM_BUS_ADDRESS", bus);
        Self { desk, token }
    }

    /// `kyso sign` in a terminal, as far as its question.
    fn begin(&self) -> (Terminal, Asks) {
        let (id, digest) = (self.token.id("person-rsa").to_string(), hex::encode(sha256("x").value()));
        let out = self.desk.folder().join("signature").display().to_string();
        let terminal =
            self.desk.in_terminal(&["sign", "--digest", &digest, "--certificate", &id, "--out", &out]);
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let text = terminal.text();
            for (sentence, asks) in [
                ("each signature is still asked for? [y/N] ", Asks::Keep),
                (ASKS_PIN, Asks::Pin),
                (KeepWords::of(Lang::En).tty_confirm, Asks::Word),
            ] {
                if text.ends_with(sentence) {
                    return (terminal, asks);
                }
            }
            assert!(Instant::now() < end, "no question: {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The same, once the agent has heard what makes the question such a one; others are refused.
    pub(super) fn until(&self, wanted: Asks) -> Terminal {
        for _ in 0..40 {
            let (mut terminal, asks) = self.begin();
            if asks == wanted {
                return terminal;
            }
            terminal.type_text("\u{1b}");
            terminal.exit_code();
        }
        panic!("the prompt never asks for {wanted:?}");
    }

    /// Answers, and looks at what was signed.
    fn answer(&self, mut terminal: Terminal, lines: &[&str]) {
        for line in lines {
            let from = terminal.text().len();
            terminal.type_text(&format!("{line}\r"));
            if line != lines.last().unwrap() {
                terminal.wait_for(ASKS_PIN, from);
            }
        }
        assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
        self.is_signed();
    }

    fn signed(&self, output: Output) {
        assert!(output.status.success(), "{output:?}");
        self.is_signed();
    }

    fn is_signed(&self) {
        let signature = std::fs::read(self.desk.folder().join("signature")).unwrap();
        let certificate = self.token.certificate("person-rsa");
        assert!(verify(&certificate, Scheme::RsaPkcs1, &sha256("x"), &signature));
    }

    /// `kyso sign` without a terminal, once the agent has asked the word in its own, and where it did so.
    fn asked_by(&self, agent: &Terminal) -> (Child, usize) {
        let (id, digest) = (self.token.id("person-rsa").to_string(), hex::encode(sha256("x").value()));
        let out = self.desk.folder().join("signature").display().to_string();
        let from = agent.text().len();
        let mut command =
            self.desk.command(&["sign", "--digest", &digest, "--certificate", &id, "--out", &out]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        agent.wait_for(KeepWords::of(Lang::En).tty_confirm, from);
        (child, from)
    }

    pub(super) fn keep(&self) {
        self.answer(self.until(Asks::Keep), &["y", SoftHsm::PIN]);
    }

    pub(super) fn said(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.desk.kyso(arguments).stdout).unwrap()
    }
}

#[test]
fn r38_a_kept_login_is_used_on_a_word_logged_and_ended_by_command() {
    let logind = Logind::start();
    let person = Person::new(logind.address());
    let (mut agent, _) = person.desk.agent_in_terminal();
    person.answer(person.until(Asks::Keep), &["n", SoftHsm::PIN]);
    person.keep();
    let (sign, from) = person.asked_by(&agent);
    assert!(agent.text()[from..].contains("logged in for at most 119 minutes more"), "{}", agent.text());
    agent.type_text("y\r");
    person.signed(sign.wait_with_output().unwrap());
    let (mut sign, _) = person.asked_by(&agent);
    agent.type_text("\r");
    assert_eq!(sign.wait().unwrap().code(), Some(77), "no word, no signature");
    assert!(person.said(&["logout"]).contains("Logged out of 1 token"), "a no to one request ended nothing");
    assert!(person.said(&["logout"]).contains("No token login"));
    person.keep();
    person.said(&["origins", "revoke", "https://vanban.example.gov.vn"]);
    assert!(person.said(&["logout"]).contains("No token login"), "whoever revokes wants nothing kept");
    assert_eq!(person.begin().1, Asks::Keep);

    let rows = rows(&person.desk.log());
    let consents: Vec<_> =
        rows.iter().filter(|(kind, _)| kind == "signed").map(|(_, body)| body.consent.as_deref()).collect();
    assert_eq!(consents, [Some("pin"), Some("pin"), Some("kept"), Some("pin")]);
}

/// Any program of the user reaches the control socket, and could play a terminal that says yes.
#[test]
fn r38_whoever_brings_a_terminal_of_their_own_needs_the_pin() {
    let logind = Logind::start();
    let person = Person::new(logind.address());
    let _agent = person.desk.agent();
    person.keep();
    let (mut terminal, asks) = person.begin();
    assert_eq!(asks, Asks::Pin);
    terminal.type_text("\u{1b}");
    terminal.exit_code();

    let digest = hex::encode(sha256("x").value());
    let call = json!({ "call": "sign", "name": "", "algorithm": "sha-256", "digest": digest,
        "certificate": person.token.id("person-rsa").to_string(), "scheme": null, "terminal": "en" });
    let mut stream = UnixStream::connect(person.desk.folder().join("run/kyso/control.sock")).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    writeln!(stream, "{call}").unwrap();
    assert!(lines.next().unwrap().unwrap().contains("line"), "the question");
    let certificate = person.token.id("person-rsa").to_string();
    for message in
        [json!({ "message": "ready" }), json!({ "message": "confirm", "certificate": certificate })]
    {
        writeln!(stream, "{}", json!({ "line": message.to_string() })).unwrap();
    }
    let said: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(said.last().unwrap().contains("user_denied"), "{said:?}");
    assert!(person.said(&["logout"]).contains("Logged out of 1 token"), "which goes on meanwhile");
}

#[test]
fn r38_systemd_logind_ends_it() {
    let logind = Logind::start();
    let person = Person::new(logind.address());
    let _agent = person.desk.agent();
    for (ends, back) in [
        (Tells::Locked(true), Some(Tells::Locked(false))),
        (Tells::Sleep(true), Some(Tells::Sleep(false))),
        (Tells::Active(false), Some(Tells::Active(true))),
        (Tells::Lock, None),
        (Tells::Removed, None),
    ] {
        person.keep();
        logind.tell(ends);
        if let Some(back) = back {
            drop(person.until(Asks::Pin));
            logind.tell(back);
        }
        let after = if matches!(ends, Tells::Removed) { Asks::Pin } else { Asks::Keep };
        drop(person.until(after));
        assert!(person.said(&["logout"]).contains("No token login"), "{ends:?}");
    }
}

#[test]
fn r38_where_nothing_tells_of_a_lock_no_login_is_kept_and_the_doctor_says_why() {
    let person = Person::new("unix:path=/nonexistent/bus");
    let said = person.said(&["doctor"]);
    assert!(said.contains("Kept login") && said.contains("no system bus"), "{said}");
    let _agent = person.desk.agent();
    assert_eq!(person.begin().1, Asks::Pin);

    let logind = Logind::start();
    let person = Person::new(logind.address());
    let said = person.said(&["doctor"]);
    assert!(said.contains("may be chosen: for 120 minutes at most"), "{said}");
}

#[test]
fn r38_the_doctors_trials_take_one_pin_where_the_login_is_kept() {
    let logind = Logind::start();
    let person = Person::new(logind.address());
    let module = SoftHsm::module().display().to_string();
    let mut terminal = person.desk.in_terminal(&["doctor", "--module", &module, "--sign", "--json"]);
    let from = terminal.wait_for("each signature is still asked for? [y/N] ", 0);
    terminal.type_text("y\r");
    let mut from = terminal.wait_for(ASKS_PIN, from);
    terminal.type_text(&format!("{}\r", SoftHsm::PIN));
    for _ in 1..6 {
        from = terminal.wait_for(KeepWords::of(Lang::En).tty_confirm, from);
        terminal.type_text("y\r");
    }
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    let report = report(&terminal.end());
    let trials = of(&report, "trial");
    assert!(trials.len() == 6 && trials.iter().all(|trial| trial["outcome"] == "ok"), "{report}");
    let logins = trials.iter().filter(|trial| trial["times"]["login"].is_number()).count();
    assert_eq!(logins, 1, "{report}");
    let given = |consent: &str| {
        let rows = rows(&person.desk.log());
        rows.iter().filter(|(_, body)| body.consent.as_deref() == Some(consent)).count()
    };
    assert_eq!((given("pin"), given("kept")), (1, 5));
}

/// What configuration and person want, the machine's policy shortens or forbids.
#[test]
fn r38_the_machines_policy_has_the_last_word() {
    let logind = Logind::start();
    let mut person = Person::new(logind.address());
    person.desk.under("[limits]\nkeep_login = false\n");
    let agent = person.desk.agent();
    for _ in 0..3 {
        let (mut terminal, asks) = person.begin();
        assert_eq!(asks, Asks::Pin, "{}", terminal.text());
        terminal.type_text("\u{1b}");
        terminal.exit_code();
    }
    assert!(!person.said(&["doctor"]).contains("Kept login"));
    drop(agent);

    // Ten minutes in all, where the configuration has two hours.
    person.desk.under("[limits]\nkeep_login = { idle = 300, most = 600 }\n");
    let (mut agent, _) = person.desk.agent_in_terminal();
    person.keep();
    let (mut sign, from) = person.asked_by(&agent);
    assert!(agent.text()[from..].contains("logged in for at most 9 minutes more"), "{}", agent.text());
    agent.type_text("\r");
    assert_eq!(sign.wait().unwrap().code(), Some(77));
    drop(agent);

    // Two seconds unused, where the configuration has five minutes.
    person.desk.under("[limits]\nkeep_login = { idle = 2, most = 600 }\n");
    let _agent = person.desk.agent();
    person.keep();
    drop(person.until(Asks::Keep));
    assert!(person.said(&["logout"]).contains("No token login"), "it ended by itself");
}
