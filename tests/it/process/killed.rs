//! The agent ends at any point, as by a power cut: nothing is signed twice, nothing is lost, nothing is half (R59, R69).

use std::collections::BTreeSet;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::OptionalExtension as _;
use serde_json::{Value, json};

use super::{ASKS_PIN, PAGE, ask, send};
use crate::support::agent::{one, rows, sha256, value};
use crate::support::desk::Desk;
use crate::support::figures::print;
use crate::support::http::{Reply, Request, exchange};
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

    let (mut held, mut replayed, mut ended) = (0, 0, 0);
    for kill in 0..kills {
        // Some points lie well behind the answer, however busy the machine is.
        let point = whole.mul_f64(if kill % 9 == 8 { 5.0 } else { 1.3 * chance(kill) });
        let asks = |port| send(port, &keyed(port, &bearer, &body, kill));
        let asked = killed(&mut agent, point, (ASKS_PIN, "123456\n"), || asks(port));
        let reply = asked.join().unwrap().filter(|reply| reply.status == 200 && reply.body.ends_with(b"}"));

        let verified = desk.kyso(&["audit", "verify"]);
        assert!(verified.status.success(), "kill {kill}: {verified:?}");
        if let Some(reply) = &reply {
            held += 1;
            let sequence = usize::try_from(reply.json()["receipt"]["sequence"].as_i64().unwrap()).unwrap();
            let (kind, body) = rows(&desk.log())[sequence - 1].clone();
            assert_eq!((kind.as_str(), body.outcome.as_deref()), ("signed", Some("ok")), "kill {kill}");
        }

        (agent, port) = back(&desk, kill);
        // Sent again, it has the end that it had, if it had begun.
        match kept(&desk, kill) {
            None => assert!(reply.is_none(), "kill {kill}: an answer without a row"),
            Some(kept) => {
                let again = unasked(&agent, || asks(port), kill);
                if let Some(bytes) = kept {
                    replayed += 1;
                    assert_eq!((again.status, &again.body), (200, &bytes), "kill {kill}: another reply");
                    assert!(reply.is_none_or(|reply| reply.body == bytes), "kill {kill}: another reply");
                    let (certificate, value) = (token.certificate("person-p256"), value(&again.json(), 0));
                    assert!(verify(&certificate, Scheme::Ecdsa, &sha256("x"), &value), "kill {kill}");
                } else {
                    ended += 1;
                    assert!(reply.is_none(), "kill {kill}: an answer that nothing is known of");
                    assert_eq!((again.status, again.code().as_str()), (409, "cancelled"), "kill {kill}");
                }
            }
        }
        let rows = rows(&desk.log());
        let count = |wanted: &str| rows.iter().filter(|(kind, _)| kind == wanted).count();
        assert_eq!(
            (count("asked"), count("signed"), count("replayed")),
            (1 + replayed + ended, 1 + replayed, replayed),
            "kill {kill}: asked or signed again"
        );
    }
    // The token is not stuck: the same page signs.
    let from = agent.text().len();
    let asked = ask(port, &bearer, &body);
    agent.wait_for(ASKS_PIN, from);
    agent.type_text("123456\n");
    assert_eq!(asked.join().unwrap().expect("an answer").status, 200);
    let rows = rows(&desk.log());
    let count = |wanted: &str| rows.iter().filter(|(kind, _)| kind == wanted).count();
    assert_eq!(count("asked"), count("signed") + count("interrupted") + count("cancelled") + count("failed"));
    assert!(count("interrupted") > 0, "no kill came in the middle of a signing");
    assert!(held > 0, "nobody held a signature");
    let mut signed = BTreeSet::new();
    let of_signed = rows.iter().filter(|(kind, _)| kind == "signed").map(|(_, body)| body.sequence_asked);
    assert!(of_signed.into_iter().all(|asked| signed.insert(asked)), "a request was signed twice");
    print(&format!(
        "{kills} kills: {held} signatures held; asked again, {replayed} replies came again and {ended} requests stayed \
         cancelled; {} kills came before the log knew; none asked or signed twice",
        kills as usize - replayed - ended
    ));
}

/// A page's request, the same bytes each time, that names itself.
fn keyed(port: u16, bearer: &str, body: &Value, kill: u32) -> Request {
    let request = Request::new("POST", "/v1/signatures", port, PAGE).bearer(bearer);
    request.header("Idempotency-Key", &format!("k-{kill}")).json(body)
}

/// The reply that the log has for this kill's request, or none for it; nothing if it does not know the request.
fn kept(desk: &Desk, kill: u32) -> Option<Option<Vec<u8>>> {
    let log = rusqlite::Connection::open(desk.log()).unwrap();
    let sql = "SELECT bytes FROM requests LEFT JOIN replies USING (asked) WHERE key = ?";
    log.query_row(sql, [format!("k-{kill}")], |row| row.get(0)).optional().unwrap()
}

/// The answer to what is sent, with nothing shown to anybody.
fn unasked(agent: &Terminal, send: impl FnOnce() -> JoinHandle<Option<Reply>>, kill: u32) -> Reply {
    let (before, end) = (agent.text(), Instant::now() + Duration::from_secs(20));
    let sent = send();
    while !sent.is_finished() {
        let is_asked = agent.find(ASKS_PIN, before.len(), Duration::from_millis(5)).is_some();
        assert!(!is_asked && Instant::now() < end, "kill {kill}: asked again:\n{}", agent.text());
    }
    assert_eq!(agent.text(), before, "kill {kill}: something was shown");
    sent.join().unwrap().expect("an answer")
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
    print(&format!("{kills} kills: {held} pairings held, {kept_unheard} kept that nobody heard of"));
}

/// From 0 to 1, by chance that is the same in every run.
pub(super) fn chance(at: u32) -> f64 {
    use sha2::Digest as _;
    let bytes = sha2::Sha256::digest(at.to_le_bytes());
    f64::from(u16::from_le_bytes([bytes[0], bytes[1]])) / f64::from(u16::MAX)
}
