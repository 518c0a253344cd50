//! One agent after the other: what waits is finished, what comes is told when to come back, nothing is lost or doubled.

use std::time::{Duration, Instant};

use kyso::domain::scheme::Scheme;
use serde_json::Value;

use super::{ASKS_PIN, PAGE};
use crate::support::agent::{one, rows, sha256, value};
use crate::support::desk::Desk;
use crate::support::http::{Reply, Request, exchange};
use crate::support::office::Network;
use crate::support::softhsm::{SoftHsm, verify};
use crate::support::terminal::Terminal;

fn signing(port: u16, bearer: &str, body: &Value) -> Request {
    let key = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let request = Request::new("POST", "/v1/signatures", port, PAGE).bearer(bearer);
    request.header("Idempotency-Key", key).json(body)
}

fn ask(port: u16, request: &Request) -> std::thread::JoinHandle<Option<Reply>> {
    let bytes = request.bytes();
    std::thread::spawn(move || exchange(port, &bytes))
}

fn signal(id: u32, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    rustix::process::kill_process(id, signal).unwrap();
}

/// Waits until the agent takes no more requests.
fn closing(desk: &Desk) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let status = desk.kyso(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&status.stdout).unwrap_or_default();
        if status["agent"]["last_ones"] == 1 {
            return;
        }
        assert!(Instant::now() < end, "{status}");
    }
}

fn told_to_come_back(port: u16, bearer: &str, token: &SoftHsm) {
    let body = one(token.id("person-p256"), &sha256("khác"));
    let request = Request::new("POST", "/v1/signatures", port, PAGE).bearer(bearer).json(&body);
    let late = exchange(port, &request.bytes()).expect("an answer");
    assert_eq!((late.status, late.code().as_str()), (503, "shutting_down"));
    assert_eq!(late.json()["error"]["retry"], "now");
    assert!(late.header("retry-after").is_some());
}

#[test]
fn a_new_agent_waits_for_the_old_ones_question_and_takes_its_port() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let (mut old, port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, PAGE);
    let body = one(token.id("person-p256"), &sha256("x"));
    let asked = ask(port, &signing(port, &bearer, &body));
    old.wait_for(ASKS_PIN, 0);

    let new = desk.in_terminal(&["agent", "--prompt", "terminal", "--replace"]);
    new.wait_for("are waited for: 1.", 0);
    closing(&desk);
    told_to_come_back(port, &bearer, &token);
    let status = desk.kyso(&["status"]);
    let said = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(said.contains("About to stop"), "{said}");

    old.type_text(&format!("{}\n", SoftHsm::PIN));
    let reply = asked.join().unwrap().expect("an answer");
    assert_eq!(reply.status, 200, "{}", reply.json());
    let signature = value(&reply.json(), 0);
    assert!(verify(&token.certificate("person-p256"), Scheme::Ecdsa, &sha256("x"), &signature));
    assert_eq!(old.exit_code(), 0);

    new.wait_for(&format!("http://127.0.0.1:{port}"), 0);
    // The page that did not hear the answer asks again, and gets the same, without a question.
    let again = exchange(port, &signing(port, &bearer, &body).bytes()).expect("an answer");
    assert_eq!((again.status, &again.body), (200, &reply.body), "not signed twice");
    signs(&desk, new, port, &bearer, &token);
}

/// The new agent signs for the page that the old one was paired with; the log tells of two signatures.
fn signs(desk: &Desk, mut agent: Terminal, port: u16, bearer: &str, token: &SoftHsm) {
    let body = one(token.id("person-p256"), &sha256("y"));
    let request = Request::new("POST", "/v1/signatures", port, PAGE).bearer(bearer).json(&body);
    let asked = ask(port, &request);
    agent.wait_for(ASKS_PIN, 0);
    agent.type_text(&format!("{}\n", SoftHsm::PIN));
    assert_eq!(asked.join().unwrap().expect("an answer").status, 200);
    let rows = rows(&desk.log());
    let count = |wanted: &str| rows.iter().filter(|(kind, _)| kind == wanted).count();
    assert_eq!((count("asked"), count("signed"), count("interrupted")), (2, 2, 0), "{rows:?}");
    assert!(desk.kyso(&["audit", "verify"]).status.success());
}

#[test]
fn a_service_manager_waits_for_the_person_too() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let (mut agent, port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, PAGE);
    let body = one(token.id("person-p256"), &sha256("x"));
    let asked = ask(port, &signing(port, &bearer, &body));
    agent.wait_for(ASKS_PIN, 0);
    signal(agent.id(), rustix::process::Signal::TERM);
    closing(&desk);
    told_to_come_back(port, &bearer, &token);
    agent.type_text(&format!("{}\n", SoftHsm::PIN));
    assert_eq!(asked.join().unwrap().expect("an answer").status, 200);
    assert_eq!(agent.exit_code(), 0);
    assert!(!desk.folder().join("run/kyso/control.sock").exists());
}

#[test]
fn an_agent_with_nothing_to_do_ends_at_once() {
    let desk = Desk::configured("modules = []");
    let mut agent = desk.agent();
    signal(agent.child.id(), rustix::process::Signal::TERM);
    let start = Instant::now();
    assert!(agent.child.wait().unwrap().success());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// In a network of its own: no other test's agent takes the port while it is free.
#[test]
fn restart_has_a_new_agent_run_at_the_same_port() {
    Network::new().inside(|| {
        let desk = Desk::configured("modules = []");
        let none = desk.kyso(&["restart"]);
        assert_eq!(none.status.code(), Some(69), "{none:?}");
        let mut old = desk.agent();
        let restarted = desk.kyso(&["restart"]);
        assert!(restarted.status.success(), "{restarted:?}");
        assert!(old.child.wait().unwrap().success());
        let status = desk.kyso(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&status.stdout).unwrap();
        let pid = u32::try_from(status["agent"]["pid"].as_u64().unwrap()).unwrap();
        signal(pid, rustix::process::Signal::KILL);
        assert_ne!(pid, old.child.id());
        assert_eq!(status["agent"]["port"], old.port);
    });
}
