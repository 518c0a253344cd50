//! A browser may resend a POST by itself: the same idempotency key never opens a second window.

use serde_json::Value;

use crate::support::agent::{Agent, one, sha256};
use crate::support::http::Request;
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;

fn keyed(agent: &Agent, body: &Value, key: &str) -> Request {
    agent.signing(body).header("Idempotency-Key", key)
}

#[test]
fn after_a_success_the_same_bytes_come_again() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let body = one(token.id("person-p256"), &sha256("x"));
    let opened = agent.person.seen().opened;
    let first = agent.send(&keyed(&agent, &body, "k-1"));
    let again = agent.send(&keyed(&agent, &body, "k-1"));
    assert_eq!((first.status, again.status), (200, 200), "{}", first.json());
    assert_eq!(first.body, again.body, "byte for byte");
    assert_eq!(agent.person.seen().opened, opened + 1);
    assert_eq!(agent.rows().pop().unwrap().0, "replayed");
    let other = one(token.id("person-p256"), &sha256("y"));
    assert_eq!(agent.send(&keyed(&agent, &other, "k-1")).code(), "bad_request");
}

#[test]
fn while_it_runs_it_is_busy_and_after_another_end_it_stays_so() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Nothing]);
    let body = one(token.id("person-p256"), &sha256("x"));
    let waiting = agent.begin(&keyed(&agent, &body, "k-2"));
    agent.until(|seen| seen.open == 1);
    assert_eq!(agent.send(&keyed(&agent, &body, "k-2")).code(), "busy");
    drop(waiting);
    agent.until(|seen| seen.open == 0);
    agent.logged(|rows| rows.last().unwrap().0 == "cancelled");
    let opened = agent.person.seen().opened;
    assert_eq!(agent.send(&keyed(&agent, &body, "k-2")).code(), "cancelled");
    agent.person.then([Act::No]);
    assert_eq!(agent.send(&keyed(&agent, &body, "k-3")).code(), "user_denied");
    assert_eq!(agent.send(&keyed(&agent, &body, "k-3")).code(), "user_denied");
    assert_eq!(agent.person.seen().opened, opened + 1);
}

#[test]
fn an_end_is_remembered_where_a_new_request_would_wait() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN), Act::No, Act::No, Act::No]);
    let body = one(token.id("person-p256"), &sha256("x"));
    let first = agent.send(&keyed(&agent, &body, "k-4"));
    assert_eq!(first.status, 200, "{}", first.json());
    for key in ["k-5", "k-6", "k-7"] {
        assert_eq!(agent.send(&keyed(&agent, &body, key)).code(), "user_denied");
    }
    assert_eq!(agent.send(&keyed(&agent, &body, "k-8")).code(), "busy", "three spoiled prompts in a minute");
    assert_eq!(agent.send(&keyed(&agent, &body, "k-4")).body, first.body);
    assert_eq!(agent.send(&keyed(&agent, &body, "k-5")).code(), "user_denied");
}

#[test]
fn a_bad_key_is_refused() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let body = one(token.id("person-p256"), &sha256("x"));
    let long = "k".repeat(129);
    for request in [
        keyed(&agent, &body, ""),
        keyed(&agent, &body, &long),
        keyed(&agent, &body, "k").header("Idempotency-Key", "k"),
        agent.signing(&body).raw_header("Idempotency-Key", "khóa".as_bytes()),
    ] {
        assert_eq!(agent.send(&request).code(), "bad_request");
    }
    assert_eq!(agent.person.seen().open, 0);
}
