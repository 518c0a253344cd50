//! The agent ends at any point, as by a power cut: nothing is signed twice, nothing is lost, nothing is half (R59, R69).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{ASKS_PIN, PAGE, ask, send};
use crate::support::agent::{one, rows, sha256, value};
use crate::support::desk::Desk;
use crate::support::http::{Request, exchange};
use crate::support::softhsm::{SoftHsm, verify};
use crate::support::terminal::Terminal;
use kyso::domain::scheme::Scheme;

#[test]
fn r69_kill_at_random_points_of_a_signing() {
    let kills = if std::env::var_os("KYSO_LONG").is_some() { 500 } else { 50 };
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let (mut agent, mut port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, PAGE);
    let body = one(token.id("person-p256"), &sha256("x"));

    // How long an undisturbed signing takes, so that the points lie all over it.
    let start = Instant::now();
    let asked = ask(port, &bearer, &body);
    agent.wait_for(ASKS_PIN, 0);
    agent.type_text("123456\n");
    assert_eq!(asked.join().unwrap().expect("an answer").status, 200);
    let whole = start.elapsed();

    let mut held = 0;
    for kill in 0..kills {
        let point = whole.mul_f64(1.3 * chance(kill));
        let asked = killed(&mut agent, point, (ASKS_PIN, "123456\n"), || ask(port, &bearer, &body));
        let reply = asked.join().unwrap().filter(|reply| reply.status == 200 && reply.body.ends_with(b"}"));

        let verified = desk.kyso(&["audit", "verify"]);
        assert!(verified.status.success(), "kill {kill}: {verified:?}");
        if let Some(reply) = reply {
            held += 1;
            let reply = reply.json();
            assert!(verify(
                &token.certificate("person-p256"),
                Scheme::Ecdsa,
                &sha256("x"),
                &value(&reply, 0)
            ));
            let sequence = usize::try_from(reply["receipt"]["sequence"].as_i64().unwrap()).unwrap();
            let (kind, body) = rows(&desk.log())[sequence - 1].clone();
            assert_eq!((kind.as_str(), body.outcome.as_deref()), ("signed", Some("ok")), "kill {kill}");
        }

        (agent, port) = back(&desk, kill);
    }
    // The token is not stuck: the same page signs.
    let from = agent.text().len();
    let asked = ask(port, &bearer, &body);
    agent.wait_for(ASKS_PIN, from);
    agent.type_text("123456\n");
    assert_eq!(asked.join().unwrap().expect("an answer").status, 200);
    let rows = rows(&desk.log());
    let count = |wanted: &str| rows.iter().filter(|(kind, _)| kind == wanted).count();
    assert!(count("signed") >= held + 2);
    assert_eq!(count("asked"), count("signed") + count("interrupted") + count("cancelled") + count("failed"));
    let interrupted = count("interrupted");
    assert!(interrupted > 0, "no kill came in the middle of a signing");
    eprintln!("{kills} kills: {held} signatures held, {interrupted} interrupted");
}

/// Asks, answers the question if it comes, and kills the agent so long after the asking.
fn killed<T>(
    agent: &mut Terminal,
    point: Duration,
    (question, answer): (&str, &str),
    ask: impl FnOnce() -> T,
) -> T {
    let from = agent.text().len();
    let start = Instant::now();
    let asked = ask();
    if agent.find(question, from, point).is_some() {
        agent.type_text(answer);
        // The point is a moment, not an event.
        std::thread::sleep(point.saturating_sub(start.elapsed()));
    }
    agent.kill();
    asked
}

/// The agent that comes after; it serves within two seconds.
fn back(desk: &Desk, kill: u32) -> (Terminal, u16) {
    let start = Instant::now();
    let (agent, port) = desk.agent_in_terminal();
    let health = exchange(port, &Request::new("GET", "/v1/health", port, PAGE).bytes()).expect("an answer");
    assert_eq!(health.status, 200);
    assert!(start.elapsed() < Duration::from_secs(2), "kill {kill}: served after {:?}", start.elapsed());
    (agent, port)
}

/// What is kept of the page's pairings: rows of the log that say so, less those that say it ended, and bearer tokens.
fn pairings(desk: &Desk) -> (i64, i64) {
    let rows = rows(&desk.log());
    let count = |wanted: &str| rows.iter().filter(|(kind, _)| kind == wanted).count();
    let log = rusqlite::Connection::open(desk.log()).unwrap();
    let sql = "SELECT count(*) FROM pairings WHERE origin = ?";
    let kept = log.query_row(sql, [PAGE], |row| row.get(0)).unwrap();
    (i64::try_from(count("paired")).unwrap() - i64::try_from(count("unpaired")).unwrap(), kept)
}

#[test]
fn r69_kill_at_random_points_of_a_pairing() {
    const ALLOW: &str = "Allow? [y/N] ";
    let kills = if std::env::var_os("KYSO_LONG").is_some() { 500 } else { 50 };
    let desk = Desk::configured("modules = []");
    let (mut agent, mut port) = desk.agent_in_terminal();
    let body = json!({ "name": "x", "nonce": STANDARD.encode([7; 32]) });
    let asks = |port| send(port, &Request::new("POST", "/v1/pairings", port, PAGE).json(&body));
    let tokens = |port, bearer: &str| {
        let request = Request::new("GET", "/v1/tokens", port, PAGE).bearer(bearer);
        exchange(port, &request.bytes()).expect("an answer").status
    };

    let start = Instant::now();
    let asked = asks(port);
    agent.wait_for(ALLOW, 0);
    agent.type_text("y\n");
    assert_eq!(asked.join().unwrap().expect("an answer").status, 201);
    let whole = start.elapsed();

    let (mut held, mut before) = (1, pairings(&desk));
    let mut kept_unheard = 0;
    for kill in 0..kills {
        let point = whole.mul_f64(1.3 * chance(kill + 10_000));
        let asked = killed(&mut agent, point, (ALLOW, "y\n"), || asks(port));
        let reply = asked.join().unwrap().filter(|reply| reply.status == 201 && reply.body.ends_with(b"}"));
        let verified = desk.kyso(&["audit", "verify"]);
        assert!(verified.status.success(), "kill {kill}: {verified:?}");

        (agent, port) = back(&desk, kill);
        // There whole, row and token, or not at all.
        let now = pairings(&desk);
        assert_eq!(now.0, now.1, "kill {kill}: half a pairing");
        match reply {
            Some(reply) => {
                held += 1;
                let bearer = reply.json()["token"].as_str().unwrap().to_owned();
                assert_eq!(tokens(port, &bearer), 200, "kill {kill}: the page's pairing is lost");
            }
            None => kept_unheard += i32::from(now != before),
        }
        before = now;
    }
    // The page pairs again, and asks.
    let from = agent.text().len();
    let asked = asks(port);
    agent.wait_for(ALLOW, from);
    agent.type_text("y\n");
    let reply = asked.join().unwrap().expect("an answer");
    assert_eq!(reply.status, 201);
    assert_eq!(tokens(port, reply.json()["token"].as_str().unwrap()), 200);
    let rows = rows(&desk.log());
    let paired = rows.iter().filter(|(kind, _)| kind == "paired").count();
    assert!(
        paired > held && paired <= 2 + usize::try_from(kills).unwrap(),
        "{paired} pairings, {held} heard of"
    );
    assert!(held <= usize::try_from(kills).unwrap(), "no kill came in the middle of a pairing");
    eprintln!("{kills} kills: {held} pairings held, {kept_unheard} kept that nobody heard of");
}

/// From 0 to 1, by chance that is the same in every run.
pub(super) fn chance(at: u32) -> f64 {
    use sha2::Digest as _;
    let bytes = sha2::Sha256::digest(at.to_le_bytes());
    f64::from(u16::from_le_bytes([bytes[0], bytes[1]])) / f64::from(u16::MAX)
}
