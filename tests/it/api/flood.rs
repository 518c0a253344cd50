//! Malformed requests by the thousand, and clients that never finish (R19, R20).

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::json;

use super::documented;
use crate::support::agent::{Agent, PAGE, item, sha256};
use crate::support::desk::{Desk, Running};
use crate::support::dice::Dice;
use crate::support::http::{Reply, Request, connect, exchange, hardened};

#[test]
fn r20_ten_thousand_malformed_requests_leave_no_trace() {
    // A process of its own, whose files and memory are nobody else's.
    let desk = Desk::configured("modules = []\n");
    let agent = desk.agent();
    let bearer = desk.pair(agent.port, PAGE);
    let page = |method: &str, target: &str| Request::new(method, target, agent.port, PAGE).bearer(&bearer);
    let body = json!({ "items": [item("Công văn.pdf", &sha256("x"))] });
    let nonce = json!({ "name": "x", "nonce": "AAAAAAAAAAAAAAAAAAAAAA==" });
    let seeds = [
        page("GET", "/v1/health").bytes(),
        page("POST", "/v1/pairings").json(&nonce).bytes(),
        page("POST", "/v1/signatures").json(&body).bytes(),
        page("DELETE", "/v1/tokens").bytes(),
        page("GET", "/v1/certificates?purpose=sign&valid=now").bytes(),
        page("POST", "/v1/signatures")
            .header("Idempotency-Key", "k")
            .header("Accept-Language", "vi")
            .json(&body)
            .bytes(),
        page("OPTIONS", "/v1/tokens")
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", "authorization")
            .bytes(),
    ];
    let id = agent.child.id();
    let mut dice = Dice::new();
    // Before anything is measured, all that is made once has been made.
    for _ in 0..500 {
        attack(agent.port, &dice.spoil(&seeds));
    }
    let before = (settled_files(id), resident(id));
    for _ in 0..10_000 {
        attack(agent.port, &dice.spoil(&seeds));
    }
    assert_eq!(exchange(agent.port, &seeds[0]).expect("an answer").status, 200, "still serves");
    left_no_trace(&desk, &agent, before);
}

/// The agent has the files and memory that it had, and said and logged nothing that it should not.
pub(super) fn left_no_trace(desk: &Desk, agent: &Running, before: (usize, u64)) {
    let id = agent.child.id();
    let end = Instant::now() + Duration::from_secs(20);
    while open_files(id) > before.0 {
        assert!(Instant::now() < end, "{} file descriptors, {} before", open_files(id), before.0);
        std::thread::sleep(Duration::from_millis(50));
    }
    let grown = resident(id).saturating_sub(before.1);
    assert!(grown < 5 * 1024, "memory grew by {grown} KiB");
    assert!(!agent.said().contains("panicked"), "{}", agent.said());
    let verified = desk.kyso(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

/// Sends and takes whatever documented answer comes, if one is due.
fn attack(port: u16, bytes: &[u8]) {
    let mut stream = connect(port);
    let _ = stream.write_all(bytes);
    stream.set_read_timeout(Some(Duration::from_millis(if whole(bytes) { 15_000 } else { 3 }))).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    match Reply::parse(&reply) {
        Some(reply) => {
            hardened(&reply, bytes);
            if reply.status >= 300 && !reply.body.is_empty() {
                documented(&reply);
            }
        }
        None => assert!(!whole(bytes), "no answer to {:?}", String::from_utf8_lossy(bytes)),
    }
}

/// Whether an answer is due: the head ends, and as much body as it promises is there.
fn whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let lengths: Vec<&str> = head.lines().filter_map(|line| line.strip_prefix("content-length:")).collect();
    let promised = match lengths.as_slice() {
        [one] => one.trim().parse().unwrap_or(0),
        _ => 0,
    };
    bytes.len() - end - 4 >= promised
}

#[test]
fn r19_slow_clients_do_not_block_a_page() {
    let desk = Desk::configured("modules = []\n");
    let agent = desk.agent();
    let count = if std::env::var_os("KYSO_LONG").is_some() { 1_000 } else { 200 };
    let before = resident(agent.child.id());
    let page = Request::new("GET", "/v1/health", agent.port, PAGE).bytes();
    let slow: Vec<_> = (0..count)
        .map(|_| {
            let mut stream = connect(agent.port);
            stream.write_all(b"GET /v1/health HTTP/1.1\r\nHost: ").unwrap();
            let start = Instant::now();
            assert_eq!(exchange(agent.port, &page).expect("an answer").status, 200);
            assert!(start.elapsed() < Duration::from_secs(2), "a page waited behind slow clients");
            stream
        })
        .collect();
    assert!(resident(agent.child.id()).saturating_sub(before) < 64 * 1024);
    // Each of the last 64 gets its answer when its five seconds are over.
    let mut last = slow.into_iter().next_back().unwrap();
    let mut reply = Vec::new();
    last.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    last.read_to_end(&mut reply).unwrap();
    let reply = Reply::parse(&reply).expect("an answer");
    assert_eq!(reply.code(), "bad_request");
    documented(&reply);
}

#[test]
fn r19_a_body_that_stops_half_way_is_answered_after_ten_seconds() {
    let agent = Agent::without_token();
    let head = agent.page("POST", "/v1/signatures").header("Content-Type", "application/json");
    let mut stream = connect(agent.port);
    stream.write_all(&head.header("Content-Length", "100").bytes()).unwrap();
    stream.write_all(b"{\"items\":").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    let reply = Reply::parse(&reply).expect("an answer");
    assert_eq!(reply.code(), "bad_request");
    documented(&reply);
}

#[test]
fn r19_a_connection_that_says_nothing_is_closed_after_a_minute() {
    let agent = Agent::without_token();
    let mut silent = connect(agent.port);
    silent.set_read_timeout(Some(Duration::from_secs(75))).unwrap();
    let mut reply = Vec::new();
    silent.read_to_end(&mut reply).expect("closed by the agent");
    assert!(reply.is_empty(), "no request, no answer");
}

#[test]
fn r19_one_origin_leaves_room_for_others() {
    let agent = Agent::without_token();
    let head = agent.page("POST", "/v1/signatures").header("Content-Type", "application/json");
    let wait = || agent.begin(&head.clone().header("Content-Length", "9"));
    let mut waiting: Vec<_> = (0..16).map(|_| wait()).collect();
    let end = Instant::now() + Duration::from_secs(5);
    while agent.send(&agent.page("GET", "/v1/health")).code() != "busy" {
        assert!(Instant::now() < end, "the seventeenth connection of an origin is served");
        // One of them may have lost its place before its head was read.
        waiting.push(wait());
    }
    let other = Request::new("GET", "/v1/health", agent.port, "https://khac.example.vn");
    assert_eq!(agent.send(&other).status, 200);
    drop(waiting);
}

#[test]
fn r19_when_all_places_wait_a_new_page_is_told() {
    let agent = Agent::without_token();
    let wait = |at| {
        let origin = format!("https://trang-{at}.example.vn");
        let head = Request::new("POST", "/v1/pairings", agent.port, &origin)
            .header("Content-Type", "application/json")
            .header("Content-Length", "9");
        agent.begin(&head)
    };
    let mut waiting: Vec<_> = (0..64).map(wait).collect();
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let reply = exchange(agent.port, &agent.page("GET", "/v1/health").bytes()).expect("an answer");
        if reply.code() == "busy" {
            documented(&reply);
            break;
        }
        assert!(Instant::now() < end, "the 65th connection is served");
        // One of them may have lost its place before its head was read.
        waiting.push(wait(waiting.len()));
    }
    drop(waiting);
    let end = Instant::now() + Duration::from_secs(5);
    while agent.send(&agent.page("GET", "/v1/health")).status != 200 {
        assert!(Instant::now() < end, "{PAGE} is not served again");
    }
}

/// R15: a token can't be guessed. A test in the store shows its bits; this shows that no near miss passes.
#[test]
fn r15_guesses_do_not_pass() {
    let agent = Agent::without_token();
    let guesses = if std::env::var_os("KYSO_LONG").is_some() { 100_000 } else { 1_000 };
    let origin = PAGE.parse().unwrap();
    let mut dice = Dice::new();
    for _ in 0..guesses {
        let mut guess = agent.bearer.clone().into_bytes();
        let at = dice.below(guess.len());
        guess[at] = if guess[at] == b'A' { b'B' } else { b'A' };
        let guess = String::from_utf8(guess).unwrap();
        assert!(agent.service.grants().pairing(&origin, &guess).is_none());
    }
    assert!(agent.service.grants().pairing(&origin, &agent.bearer).is_some());
}

pub(super) fn open_files(id: u32) -> usize {
    std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count()
}

/// Once every connection so far is closed: two looks in a row see the same.
pub(super) fn settled_files(id: u32) -> usize {
    let mut seen = open_files(id);
    loop {
        std::thread::sleep(Duration::from_millis(2_500));
        let now = open_files(id);
        if now == seen {
            return now;
        }
        seen = now;
    }
}

/// KiB.
pub(super) fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
