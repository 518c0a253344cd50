//! Signing over a socket: the same requests, with news of them.

use std::time::Duration;

use kyso::domain::scheme::Scheme;
use kyso::token::hub::Deadlines;
use serde_json::{Value, json};

use crate::support::agent::{Agent, PAGE, item, one, sha256, value};
use crate::support::hostile::Hostile;
use crate::support::person::Act;
use crate::support::socket::Socket;
use crate::support::softhsm::{SoftHsm, verify};

fn signing(socket: &mut Socket, id: &str, body: &Value) {
    socket.begin(id, "POST", "/v1/signatures", json!({ "body": body }));
}

/// An agent whose person looks away from the window that call `1` of this socket has opened.
fn a_window_that_waits(token: &SoftHsm) -> (Agent, Socket) {
    let agent = Agent::with(token);
    let mut socket = agent.socket();
    agent.person.then([Act::Nothing]);
    signing(&mut socket, "1", &one(token.id("person-p256"), &sha256("x")));
    socket.event("prompt_opened");
    (agent, socket)
}

fn code(answer: &Value) -> &str {
    answer["body"]["error"]["code"].as_str().unwrap_or_default()
}

#[test]
fn a_signature_comes_with_news_of_its_prompt() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let mut socket = agent.socket();
    agent.person.then([Act::Pin("000000"), Act::Pin(SoftHsm::PIN)]);
    let digest = sha256("Kính gửi");
    signing(&mut socket, "7", &one(token.id("person-rsa"), &digest));
    let answer = socket.answer("7");
    assert_eq!(answer["status"], 200, "{answer}");
    let signature = value(&answer["body"], 0);
    assert!(verify(&token.certificate("person-rsa"), Scheme::RsaPkcs1, &digest, &signature));
    let progress = |done: usize| json!({ "event": "progress", "id": "7", "done": done, "total": 1 });
    let event = |name: &str| json!({ "event": name, "id": "7" });
    let events = socket.early();
    // The wrong PIN began, too; it was typed in the same window.
    let expected = [event("prompt_opened"), progress(0), progress(0), progress(1), event("prompt_closed")];
    assert_eq!(events, expected);
    assert_eq!(agent.rows().pop().unwrap().0, "signed");
}

#[test]
fn a_batch_tells_how_far_it_is() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let mut socket = agent.socket();
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let items: Vec<Value> =
        (0..1_000).map(|at| item(&format!("Văn bản {at}.pdf"), &sha256(&at.to_string()))).collect();
    let body = json!({ "certificate": token.id("person-rsa").to_string(), "items": items });
    signing(&mut socket, "batch", &body);
    let answer = socket.answer("batch");
    assert_eq!(answer["status"], 200, "{answer}");
    assert_eq!(answer["body"]["signatures"].as_array().map(Vec::len), Some(1_000));
    let events = socket.early();
    let done: Vec<u64> = events.iter().filter_map(|event| event["done"].as_u64()).collect();
    assert!(done.len() > 3 && done.is_sorted(), "{done:?}");
    assert_eq!((done.first(), done.last()), (Some(&0), Some(&1_000)));
    assert!(events.iter().all(|event| event["id"] == "batch"));
    assert_eq!(events.last().unwrap()["event"], "prompt_closed");
}

/// One key, two transports: never a second prompt.
#[test]
fn idempotency_is_shared_with_http() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let mut socket = agent.socket();
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let body = one(token.id("person-p256"), &sha256("x"));
    let keyed = json!({ "body": body, "idempotency_key": "k-1" });
    let opened = agent.person.seen().opened;
    let first = socket.call("1", "POST", "/v1/signatures", keyed.clone());
    assert_eq!(first["status"], 200, "{first}");
    let by_http = agent.send(&agent.signing(&body).header("Idempotency-Key", "k-1"));
    assert_eq!((by_http.status, by_http.json()), (200, first["body"].clone()));
    let again = socket.call("2", "POST", "/v1/signatures", keyed);
    assert_eq!(again["body"], first["body"]);
    assert_eq!(agent.person.seen().opened, opened + 1);
    assert_eq!(agent.rows().iter().filter(|(kind, _)| kind == "replayed").count(), 2);
    let other = json!({ "body": one(token.id("person-p256"), &sha256("y")), "idempotency_key": "k-1" });
    assert_eq!(code(&socket.call("3", "POST", "/v1/signatures", other)), "bad_request");
}

#[test]
fn r33_a_cancelled_call_closes_its_window_and_no_other() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let mut socket = agent.socket();
    agent.person.then([Act::Nothing, Act::Pin(SoftHsm::PIN)]);
    let body = one(token.id("person-p256"), &sha256("x"));
    let keyed = json!({ "body": body, "idempotency_key": "k-2" });
    socket.begin("first", "POST", "/v1/signatures", keyed.clone());
    socket.event("prompt_opened");
    signing(&mut socket, "second", &body);
    agent.logged(|rows| rows.iter().filter(|(kind, _)| kind == "asked").count() == 2);
    socket.say(&json!({ "id": "first", "cancel": true }));
    let answer = socket.answer("first");
    assert_eq!((&answer["status"], code(&answer)), (&json!(409), "cancelled"));
    let states = agent.within(Duration::from_secs(1), |seen| seen.opened == 3);
    states.expect("the window closes within a second, and the next opens");
    assert_eq!(socket.answer("second")["status"], 200);
    let kinds: Vec<(String, Option<u64>)> =
        agent.rows().into_iter().map(|(kind, body)| (kind, body.made.map(|made| made as u64))).collect();
    assert!(kinds.contains(&("cancelled".to_owned(), Some(0))), "{kinds:?}");
    assert_eq!(kinds.iter().filter(|(kind, _)| kind == "signed").count(), 1);
    let closed = socket.early().iter().filter(|event| event["event"] == "prompt_closed").count();
    assert_eq!(closed, 2, "each window that opened has closed");
    assert_eq!(code(&socket.call("third", "POST", "/v1/signatures", keyed)), "cancelled", "that end stays");
}

/// A document that is told to be cancelled would be asked for anew, and signed twice.
#[test]
fn r33_what_the_log_holds_as_signed_is_not_told_as_cancelled() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let mut socket = agent.socket();
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    agent.paper.ends_slowly(true);
    signing(&mut socket, "late", &one(token.id("person-p256"), &sha256("x")));
    agent.logged(|rows| rows.iter().any(|(kind, _)| kind == "signed"));
    socket.say(&json!({ "id": "late", "cancel": true }));
    // One message after another: whoever has answered this one has heard the cancel.
    assert_eq!(socket.call("health", "GET", "/v1/health", json!({}))["status"], 200);
    agent.paper.ends_slowly(false);
    let answer = socket.answer("late");
    assert_eq!(answer["status"], 200, "{answer}");
}

#[test]
fn r33_a_page_that_leaves_its_socket_takes_its_windows_with_it() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    for (round, how) in ["closes", "vanishes"].into_iter().enumerate() {
        let mut socket = agent.socket();
        agent.person.then([Act::Nothing]);
        signing(&mut socket, "1", &one(token.id("person-rsa"), &sha256("x")));
        signing(&mut socket, "2", &one(token.id("person-rsa"), &sha256("x")));
        socket.event("prompt_opened");
        // The other one waits behind it.
        agent.logged(|rows| rows.iter().filter(|(kind, _)| kind == "asked").count() == 2 * (round + 1));
        if how == "closes" {
            socket.leave();
        }
        drop(socket);
        let closed = agent.within(Duration::from_secs(1), |seen| seen.open == 0);
        closed.unwrap_or_else(|| panic!("the window stays when the page {how}"));
    }
    let rows = agent.logged(|rows| rows.iter().filter(|(kind, _)| kind == "cancelled").count() == 4);
    assert!(rows.iter().all(|(kind, _)| kind != "signed"));
}

/// R15, R18: what is under way ends with an answer of its own, then the socket.
#[test]
fn r18_a_revoked_page_gets_nothing_that_was_under_way() {
    let token = SoftHsm::new();
    let (agent, mut socket) = a_window_that_waits(&token);
    agent.block_on(agent.service.grants().revoke(&PAGE.parse().unwrap())).unwrap();
    assert_eq!(socket.closed_within(Duration::from_secs(1)), Some(4403));
    assert_eq!(code(&socket.answer("1")), "origin_denied");
    agent.within(Duration::from_secs(1), |seen| seen.open == 0).expect("the window closes");
    assert!(agent.rows().iter().all(|(kind, _)| kind != "signed"));
}

#[test]
fn an_agent_that_stops_answers_first() {
    let token = SoftHsm::new();
    let (agent, mut socket) = a_window_that_waits(&token);
    agent.block_on(agent.service.shut_down(Duration::from_secs(5)));
    assert_eq!(code(&socket.answer("1")), "shutting_down");
    assert_eq!(socket.closed(), Some(1001));
    assert_eq!(agent.rows().pop().unwrap().1.outcome.as_deref(), Some("shutting_down"));
}

#[test]
fn tokens_that_come_and_go_are_told_within_three_seconds() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let listed = agent.send(&agent.page("GET", "/v1/tokens")).json()["tokens"][0].clone();
    let (mut one, mut two) = (agent.socket(), agent.socket());
    let mut stranger = Socket::open(agent.port, "https://khac.example.vn");
    stranger.say(&json!({ "token": null }));
    stranger.next();
    let aside = token.tokens().with_extension("aside");
    for (event, from, to) in
        [("token_removed", token.tokens(), aside.clone()), ("token_inserted", aside, token.tokens())]
    {
        std::fs::rename(from, to).unwrap();
        let begun = std::time::Instant::now();
        for socket in [&mut one, &mut two] {
            assert_eq!(socket.event(event), json!({ "event": event, "token": listed }));
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "{event} after {:?}", begun.elapsed());
    }
    assert_eq!(one.call("1", "GET", "/v1/tokens", json!({}))["body"]["tokens"][0], listed);
    assert_eq!(one.early(), [] as [Value; 0], "each is told once");
    assert_eq!(stranger.call("1", "GET", "/v1/health", json!({}))["status"], 200);
    assert_eq!(stranger.early(), [] as [Value; 0], "a page without a token hears nothing");
}

/// A token that stays in, and is written to: it goes and comes, so that a page looks at it again.
#[test]
fn a_tokens_other_certificates_are_told() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let mut socket = agent.socket();
    let listed = agent.send(&agent.page("GET", "/v1/certificates")).json()["certificates"].clone();
    let object = ["--delete-object", "--type", "cert", "--label", "person-p256"];
    let written = std::process::Command::new("pkcs11-tool")
        .args(["--login", "--pin", SoftHsm::PIN, "--module"])
        .arg(SoftHsm::module())
        .args(object)
        .env("SOFTHSM2_CONF", token.conf())
        .output()
        .expect("pkcs11-tool: apt-get install opensc");
    assert!(written.status.success(), "{written:?}");
    let begun = std::time::Instant::now();
    let gone = socket.event("token_removed")["token"].clone();
    assert_eq!(socket.event("token_inserted")["token"], gone);
    assert!(begun.elapsed() < Duration::from_secs(3), "told after {:?}", begun.elapsed());
    let left = agent.send(&agent.page("GET", "/v1/certificates")).json()["certificates"].clone();
    assert_eq!(left.as_array().unwrap().len() + 1, listed.as_array().unwrap().len());
}

#[test]
fn a_sign_in_works_over_a_socket() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let mut socket = agent.socket();
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let nonce = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let answer = socket.call("in", "POST", "/v1/authentications", json!({ "body": { "nonce": nonce } }));
    assert_eq!((&answer["status"], &answer["body"]["origin"]), (&json!(200), &json!(PAGE)), "{answer}");
    assert_eq!(answer["body"]["nonce"], nonce);
}

/// Answers come as they are ready, each with its id; of more calls than an origin may have connections, no more
/// are begun.
#[test]
fn r19_sixteen_calls_are_under_way_at_most() {
    let hostile = Hostile::new();
    let deadlines = Deadlines { list: Duration::from_secs(4), ..Deadlines::default() };
    let agent = Agent::of(vec![hostile.always("C_GetSlotList=hang")], deadlines);
    let mut socket = agent.socket();
    for at in 0..16 {
        socket.begin(&format!("slow-{at}"), "GET", "/v1/tokens", json!({}));
    }
    let late = socket.call("late", "GET", "/v1/health", json!({ "language": "en" }));
    assert_eq!((&late["status"], code(&late)), (&json!(429), "busy"));
    socket.say(&json!({ "id": "slow-3", "cancel": true }));
    assert_eq!(code(&socket.answer("slow-3")), "cancelled");
    assert_eq!(socket.call("now", "GET", "/v1/health", json!({}))["status"], 200, "there is room again");
    for at in (0..16).filter(|at| *at != 3) {
        assert_eq!(socket.answer(&format!("slow-{at}"))["status"], 200);
    }
    let mut other = agent.socket();
    agent.person.then([Act::Nothing]);
    let pairing = json!({ "body": { "name": "x", "nonce": "AAAAAAAAAAAAAAAAAAAAAA==" } });
    other.begin("twice", "POST", "/v1/pairings", pairing);
    other.event("prompt_opened");
    other.begin("twice", "GET", "/v1/health", json!({}));
    assert_eq!(other.refused(), ("bad_request".to_owned(), Some(1008)), "an id under way is taken");
}
