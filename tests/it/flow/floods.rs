//! Pages that ask too often, or for nothing.

use std::time::{Duration, Instant};

use crate::support::agent::{Agent, PAGE, one, sha256};
use crate::support::http::Request;
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;

#[test]
fn r22_refusals_count_for_those_that_wait_too() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let signing = agent.signing(&one(token.id("person-p256"), &sha256("x")));
    agent.person.then([Act::No, Act::No, Act::No, Act::No, Act::No, Act::No]);
    let opened = agent.person.seen().opened;
    let waiting: Vec<_> = (0..6).map(|_| agent.begin(&signing)).collect();
    let codes: Vec<String> = waiting.into_iter().map(|waiting| waiting.reply().code()).collect();
    assert_eq!(codes.iter().filter(|code| *code == "user_denied").count(), 3, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "busy").count(), 3, "{codes:?}");
    assert_eq!(agent.person.seen().opened, opened + 3);
}

#[test]
fn r62_a_page_can_not_fill_the_log_unasked() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let body = one(token.id("expired"), &sha256("x"));
    let codes: Vec<String> = (0..25).map(|_| agent.sign(&body).code()).collect();
    assert_eq!(codes.iter().filter(|code| *code == "certificate_unfit").count(), 20, "{codes:?}");
    assert_eq!(codes.last().map(String::as_str), Some("busy"));
}

#[test]
fn one_page_does_not_keep_others_from_pairing() {
    let agent = Agent::without_token();
    agent.person.then([Act::No, Act::No]);
    for code in ["user_denied", "user_denied", "busy"] {
        assert_eq!(agent.send(&agent.pairing("https://xau.example.vn")).code(), code);
    }
    agent.pair("https://tot.example.vn");
}

#[test]
fn a_page_has_as_many_pairings_as_a_person_has_browsers() {
    let agent = Agent::without_token();
    agent.block_on(agent.service.grants().allow(&PAGE.parse().unwrap())).unwrap();
    for _ in 0..32 {
        assert_eq!(agent.send(&agent.pairing(PAGE)).status, 201);
    }
    assert_eq!(agent.send(&agent.page("GET", "/v1/tokens")).status, 401, "the oldest has ended");
    assert_eq!(agent.service.grants().list()[0].pairings, 32);
    // Nor does it fill the log with them, though nobody is asked.
    for _ in 32..40 {
        assert_eq!(agent.send(&agent.pairing(PAGE)).status, 201);
    }
    let late = agent.send(&agent.pairing(PAGE));
    assert_eq!((late.status, late.code().as_str()), (429, "busy"));
}

#[test]
fn r22_no_page_floods_the_screen() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Nothing]);
    let signing = agent.signing(&one(token.id("person-rsa"), &sha256("x")));
    let first = agent.begin(&signing);
    agent.until(|seen| seen.open == 1);
    // One on the screen and eight behind it; this page may have 16 connections.
    let queue: Vec<_> = (0..8).map(|_| agent.begin(&signing)).collect();
    agent.logged(|rows| rows.iter().filter(|(kind, _)| kind == "asked").count() == 9);
    agent.until(|seen| seen.waiting == 8);
    let late = agent.send(&signing);
    assert_eq!((late.status, late.code().as_str()), (429, "busy"));
    assert!(late.header("retry-after").is_some_and(|value| value.parse::<u32>().is_ok()));
    assert_eq!(agent.person.seen().open, 1, "one window at a time");
    drop((first, queue));
    agent.until(|seen| seen.open == 0);
}

#[test]
fn r22_a_page_that_is_refused_three_times_waits() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::No, Act::No, Act::No]);
    let body = one(token.id("person-p256"), &sha256("x"));
    let codes: Vec<String> = (0..4).map(|_| agent.sign(&body).code()).collect();
    assert_eq!(codes, ["user_denied", "user_denied", "user_denied", "busy"]);
    let other = agent.pair("https://khac.example.vn");
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let request = Request::new("POST", "/v1/signatures", agent.port, "https://khac.example.vn");
    assert_eq!(agent.send(&request.bearer(&other).json(&body)).status, 200, "others need not wait");
}

#[test]
fn pairing_windows_do_not_flood_the_screen() {
    let agent = Agent::without_token();
    agent.person.then([Act::Nothing]);
    let waiting = agent.begin(&agent.pairing("https://mot.example.vn"));
    agent.until(|seen| seen.open == 1);
    assert_eq!(agent.send(&agent.pairing("https://hai.example.vn")).code(), "busy", "one window at a time");
    drop(waiting);
    agent.logged(|rows| rows.last().unwrap().1.outcome.as_deref() == Some("cancelled"));
    // However many names a page has, all of them together open ten.
    let mut opened = 1;
    for at in 0..20 {
        let page = format!("https://trang-{at}.example.vn");
        agent.person.then([Act::No]);
        // The row is there a moment before the door is free again.
        let end = Instant::now() + Duration::from_secs(1);
        let next = || agent.send(&agent.pairing(&page)).code();
        let code = std::iter::repeat_with(next).find(|code| code != "busy" || Instant::now() > end);
        if code.as_deref() == Some("busy") {
            break;
        }
        opened += 1;
    }
    assert_eq!((opened, agent.person.seen().opened), (10, 11), "and the one of the paired page");
}
