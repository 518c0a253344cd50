//! A morning at the desk: many documents one by one, a site that nags, two sites at once.

use std::sync::Arc;
use std::time::Duration;

use kyso::domain::scheme::Scheme;

use crate::support::agent::{Agent, PAGE, one, sha256, value};
use crate::support::person::Act;
use crate::support::softhsm::{SoftHsm, verify};

/// Forty documents from one page, singly, each with a consent of its own. They come as fast as the machine
/// signs, which is harder on the limits of R22 than ten minutes are.
fn forty(token: &SoftHsm, agent: &Agent, acts: impl Iterator<Item = Act>) {
    let opened = agent.person.seen().opened;
    for (at, act) in acts.take(40).enumerate() {
        agent.person.then([act]);
        let digest = sha256(&format!("Văn bản {at}"));
        let reply = agent.sign(&one(token.id("person-rsa"), &digest));
        assert_eq!(reply.status, 200, "document {at}: {}", reply.json());
        let signature = value(&reply.json(), 0);
        assert!(verify(&token.certificate("person-rsa"), Scheme::RsaPkcs1, &digest, &signature), "{at}");
    }
    assert_eq!(agent.person.seen().opened, opened + 40, "each is agreed to in a window");
}

/// How the signatures of the log were agreed to.
fn consents(agent: &Agent) -> (usize, usize) {
    let rows = agent.rows();
    assert!(rows.iter().all(|(_, body)| body.outcome.as_deref() != Some("busy")));
    let count = |given| rows.iter().filter(|(_, body)| body.consent.as_deref() == Some(given)).count();
    (count("pin"), count("kept"))
}

#[test]
fn forty_documents_singly_take_one_pin_where_a_login_is_kept() {
    let token = SoftHsm::new();
    let (agent, _desk) = Agent::keeping(&token);
    let acts = std::iter::once(Act::Keep(SoftHsm::PIN)).chain(std::iter::repeat(Act::Confirm));
    forty(&token, &agent, acts);
    assert_eq!(consents(&agent), (1, 39));
    agent.verified();
}

#[test]
fn forty_documents_singly_take_forty_pins_where_none_is() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    forty(&token, &agent, std::iter::repeat(Act::Pin(SoftHsm::PIN)));
    assert_eq!(consents(&agent), (40, 0));
    agent.verified();
}

#[test]
fn r22_a_site_can_be_refused_for_good() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let body = one(token.id("person-p256"), &sha256("x"));
    agent.person.then([Act::No, Act::Never]);
    assert_eq!(agent.sign(&body).code(), "user_denied");
    assert_eq!(agent.sign(&body).code(), "user_denied");
    assert_eq!(agent.person.seen().refusals[1..], [0, 1], "a first no is no nagging");
    let opened = agent.person.seen().opened;
    for request in [agent.signing(&body), agent.pairing(PAGE)] {
        let reply = agent.send(&request);
        assert_eq!((reply.status, reply.code().as_str()), (403, "origin_denied"));
    }
    assert_eq!(agent.person.seen().opened, opened, "it opens no window any more");
    let grants = agent.service.grants();
    let list: Vec<_> = grants.list().iter().map(|grant| (grant.refused, grant.pairings)).collect();
    assert_eq!(list, [(true, 0)]);
    assert!(
        agent.rows().iter().any(|(kind, body)| kind == "blocked" && body.caller.as_deref() == Some(PAGE))
    );
    agent.verified();

    assert!(agent.block_on(grants.revoke(&PAGE.parse().unwrap())).unwrap());
    assert!(grants.list().is_empty());
    agent.person.then([Act::No]);
    assert_eq!(agent.send(&agent.pairing(PAGE)).code(), "user_denied", "it may ask again");
    assert_eq!(agent.person.seen().refusals.last(), Some(&2));
}

/// The site's pairing ends at once, and its request because of the person's no all the same.
#[test]
fn r22_a_no_for_good_is_why_a_request_ends_however_slow_the_disk() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let log = agent.folder.path().join("audit.sqlite");
    let busy = Act::NeverAfter(Arc::new(move || {
        let other = rusqlite::Connection::open(&log).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        // Longer than the agent takes to see that a pairing has ended.
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(1_500));
            drop(other);
        });
    }));
    agent.person.then([Act::No, busy]);
    let body = one(token.id("person-p256"), &sha256("x"));
    assert_eq!(agent.sign(&body).code(), "user_denied");
    assert_eq!(agent.sign(&body).code(), "user_denied");
    assert_eq!(agent.sign(&body).code(), "origin_denied");
    let (_, last) = agent.rows().pop().unwrap();
    assert_eq!(last.outcome.as_deref(), Some("user_denied"));
    agent.verified();
}

#[test]
fn r22_a_site_that_nags_to_be_paired_can_be_refused_for_good() {
    let agent = Agent::without_token();
    let site = "https://lac.example.vn";
    agent.person.then([Act::No, Act::Never]);
    assert_eq!(agent.send(&agent.pairing(site)).code(), "user_denied");
    assert_eq!(agent.send(&agent.pairing(site)).code(), "user_denied");
    assert_eq!(agent.person.seen().refusals[1..], [0, 1]);
    assert_eq!(agent.send(&agent.pairing(site)).code(), "origin_denied");
    agent.block_on(agent.service.grants().allow(&site.parse().unwrap())).unwrap();
    assert_eq!(agent.send(&agent.pairing(site)).status, 201, "who allows it means it");
}

#[test]
fn r22_a_pairing_waits_for_the_window_of_a_signature_and_tells_who_waits_behind() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Nothing, Act::Yes]);
    let first = agent.begin(&agent.signing(&one(token.id("person-p256"), &sha256("x"))));
    agent.until(|seen| seen.open == 1);
    let second = agent.begin(&agent.pairing("https://hai.example.vn"));
    assert_eq!(agent.within(Duration::from_secs(1), |seen| seen.open == 2), None, "one window at a time");
    agent.until(|seen| seen.waiting == 1);
    let third = agent.begin(&agent.signing(&one(token.id("person-p256"), &sha256("y"))));
    agent.until(|seen| seen.waiting == 2);
    drop(first);
    assert_eq!(second.reply().status, 201);
    let seen = agent.until(|seen| seen.callers.iter().any(|caller| caller == "https://hai.example.vn"));
    let at = seen.callers.iter().position(|caller| caller == "https://hai.example.vn").unwrap();
    assert_eq!(seen.behind[at], 1);
    drop(third);
}

#[test]
fn a_pairing_tells_of_those_who_come_and_go_behind_it() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Nothing]);
    let pairing = agent.begin(&agent.pairing("https://hai.example.vn"));
    agent.until(|seen| seen.open == 1);
    let asks = |name| agent.begin(&agent.signing(&one(token.id("person-p256"), &sha256(name))));
    let second = asks("x");
    agent.until(|seen| seen.waiting == 1);
    let third = asks("y");
    agent.until(|seen| seen.waiting == 2);
    drop(second);
    agent.until(|seen| seen.waiting == 1);
    drop((third, pairing));
}
