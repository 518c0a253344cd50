//! Requests that a kept login serves (R38).

use std::sync::Arc;

use kyso::domain::scheme::Scheme;
use kyso::sys::attendance::Now;

use crate::support::agent::{Agent, one, sha256, value};
use crate::support::person::Act;
use crate::support::softhsm::{SoftHsm, verify};

#[test]
fn r38_each_request_is_still_agreed_to_and_logged() {
    let token = SoftHsm::new();
    let (agent, _desk) = Agent::keeping(&token);
    let digest = sha256("x");
    let body = one(token.id("person-rsa"), &digest);
    let opened = agent.person.seen().opened;
    for act in [Act::Keep(SoftHsm::PIN), Act::Confirm, Act::Confirm] {
        agent.person.then([act]);
        let reply = agent.sign(&body);
        assert_eq!(reply.status, 200, "{}", reply.json());
        let signature = value(&reply.json(), 0);
        assert!(verify(&token.certificate("person-rsa"), Scheme::RsaPkcs1, &digest, &signature));
    }
    assert_eq!(agent.person.seen().opened, opened + 3, "a window each");
    agent.person.then([Act::No]);
    assert_eq!(agent.sign(&body).code(), "user_denied");
    let rows = agent.rows();
    let signed: Vec<_> =
        rows.iter().filter(|(kind, _)| kind == "signed").map(|(_, body)| body.consent.as_deref()).collect();
    assert_eq!(signed, [Some("pin"), Some("kept"), Some("kept")]);
    assert_eq!(rows.last().unwrap().1.consent, None, "a no is no consent");
    agent.verified();
}

#[test]
fn r38_a_word_where_none_was_offered_is_a_no() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Confirm]);
    assert_eq!(agent.sign(&one(token.id("person-rsa"), &sha256("x"))).code(), "user_denied");
}

/// The screen is locked while the window stands: the word comes too late, and the same window wants a PIN.
#[test]
fn r38_a_login_that_ends_under_the_window_makes_it_ask_for_the_pin() {
    let token = SoftHsm::new();
    let (agent, desk) = Agent::keeping(&token);
    let body = one(token.id("person-rsa"), &sha256("x"));
    agent.person.then([Act::Keep(SoftHsm::PIN)]);
    assert_eq!(agent.sign(&body).status, 200);
    let lock = Arc::new(move || {
        desk.send_modify(|desk| desk.turn(Now::Away));
        desk.send_modify(|desk| desk.turn(Now::There));
    });
    agent.person.then([Act::ConfirmAfter(lock), Act::Pin(SoftHsm::PIN)]);
    let reply = agent.sign(&body);
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert!(agent.person.seen().states.contains(&"login ended".to_owned()));
    assert_eq!(agent.rows().pop().unwrap().1.consent.as_deref(), Some("pin"));
}

/// R40: two wrong PINs are two, however often a kept login signs in between.
#[test]
fn r38_a_word_says_nothing_of_the_pin() {
    let token = SoftHsm::new();
    let (agent, _desk) = Agent::keeping(&token);
    let body = one(token.id("person-rsa"), &sha256("x"));
    let pins = |agent: &Agent| agent.person.seen().pins.last().copied();
    agent.person.then([Act::Keep(SoftHsm::PIN)]);
    assert_eq!(agent.sign(&body).status, 200);
    agent.person.then([Act::Pin("000000"), Act::Pin("000001"), Act::No]);
    assert_eq!(agent.sign(&body).code(), "user_denied");
    agent.person.then([Act::No]);
    assert_eq!(agent.sign(&body).code(), "user_denied");
    assert_eq!(pins(&agent), Some("doubted"));
}

#[test]
fn r38_the_agents_end_logs_out() {
    let token = SoftHsm::new();
    let (agent, _desk) = Agent::keeping(&token);
    agent.person.then([Act::Keep(SoftHsm::PIN)]);
    assert_eq!(agent.sign(&one(token.id("person-rsa"), &sha256("x"))).status, 200);
    agent.block_on(agent.service.shut_down(std::time::Duration::from_secs(5)));
    assert_eq!(agent.block_on(agent.service.log_out()), 0, "none is left");
}
