//! How a socket ends: by what was said on it, by the person, by the agent, by silence.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::agent::{Agent, PAGE};
use crate::support::desk::Desk;
use crate::support::http::Request;
use crate::support::socket::{Heard, Socket, handshake, shake};

#[test]
fn r18_what_is_of_no_shape_ends_the_socket() {
    let agent = Agent::without_token();
    let health = json!({ "id": "1", "method": "GET", "path": "/v1/health" });
    let with = |name: &str, value: serde_json::Value| {
        let mut message = health.clone();
        message[name] = value;
        Message::text(message.to_string())
    };
    for message in [
        Message::binary(health.to_string().into_bytes()),
        Message::text(""),
        Message::text("x"),
        Message::text("[]"),
        Message::text(r#"{"token":"x"}"#),
        Message::text(r#"{"id":"1","cancel":1}"#),
        Message::text(r#"{"id":"1","cancel":true,"method":"GET"}"#),
        Message::text(format!("{health}{health}")),
        with("pin", json!("123456")),
        with("id", json!(7)),
        with("id", json!("")),
        with("id", json!("x".repeat(65))),
        with("id", json!("kh\u{f3}a")),
        with("method", json!(1)),
        with("path", json!(null)),
        with("query", json!({})),
        with("language", json!("fr")),
        with("idempotency_key", json!(1)),
        with("headers", json!({ "origin": "https://khac.example.vn" })),
        with("origin", json!("https://khac.example.vn")),
    ] {
        let mut socket = agent.socket();
        socket.send(message.clone());
        assert_eq!(socket.refused(), ("bad_request".to_owned(), Some(1008)), "{message:?}");
    }
}

#[test]
fn what_breaks_the_protocol_ends_the_socket() {
    let agent = Agent::without_token();
    let frame = |opcode: u8, length: u8, payload: &[u8]| {
        // Masked with zeros.
        [&[opcode, 0x80 | length, 0, 0, 0, 0], payload].concat()
    };
    for (bytes, code, close) in [
        (frame(0x81, 2, b"\xff\xfe"), "bad_request", 1007),
        (frame(0xc1, 2, b"{}"), "bad_request", 1002),
        (frame(0x83, 2, b"{}"), "bad_request", 1002),
        (frame(0x80, 2, b"{}"), "bad_request", 1002),
        (frame(0x09, 2, b"{}"), "bad_request", 1002),
        (b"\x81\x02{}".to_vec(), "bad_request", 1002),
        ([b"\x81\xff".as_slice(), &[0, 0, 0, 0, 0, 0x20, 0, 1, 0, 0, 0, 0]].concat(), "too_large", 1009),
        ([b"\x81\xff".as_slice(), &[0xff; 12]].concat(), "too_large", 1009),
    ] {
        let mut socket = agent.socket();
        socket.write(&bytes);
        assert_eq!(socket.refused(), (code.to_owned(), Some(close)), "{bytes:?}");
    }
}

/// Bytes of a message at the limit, one above, in one piece and in many; and before a token was shown.
#[test]
fn r19_messages_at_their_limit() {
    let agent = Agent::without_token();
    let padded = |size: usize| {
        let mut text = json!({ "id": "1", "method": "GET", "path": "/v1/health" }).to_string();
        text.extend(std::iter::repeat_n(' ', size - text.len()));
        text
    };
    let pieces = |socket: &mut Socket, text: &str| {
        let count = text.len().div_ceil(50_000);
        for (at, piece) in text.as_bytes().chunks(50_000).enumerate() {
            let kind = if at == 0 { Data::Text } else { Data::Continue };
            let frame = Frame::message(piece.to_vec(), OpCode::Data(kind), at + 1 == count);
            socket.send(Message::Frame(frame));
            socket.send(Message::Ping("x".into()));
        }
    };
    for size in [LIMIT - 1, LIMIT] {
        let mut socket = agent.socket();
        socket.send(Message::text(padded(size)));
        assert_eq!(socket.answer("1")["status"], 200, "{size}");
        pieces(&mut socket, &padded(size));
        assert_eq!(socket.answer("1")["status"], 200, "{size} in pieces");
    }
    let (mut whole, mut split) = (agent.socket(), agent.socket());
    whole.send(Message::text(padded(LIMIT + 1)));
    assert_eq!(whole.refused(), ("too_large".to_owned(), Some(1009)));
    pieces(&mut split, &padded(LIMIT + 1));
    assert_eq!(split.refused(), ("too_large".to_owned(), Some(1009)), "in pieces");

    for in_pieces in [false, true] {
        let mut stranger = Socket::open(agent.port, PAGE);
        stranger.say(&json!({ "token": null }));
        assert_eq!(stranger.next(), Heard::Text(json!({ "ready": true, "paired": false })));
        // As long as it keeps to it, it may go on.
        for _ in 0..4 {
            stranger.send(Message::text(padded(64 * 1024)));
            assert_eq!(stranger.answer("1")["status"], 200);
        }
        if in_pieces {
            pieces(&mut stranger, &padded(100_000));
        } else {
            stranger.send(Message::text(padded(100_000)));
        }
        assert_eq!(stranger.refused(), ("too_large".to_owned(), Some(1009)), "without a token");
    }
    let mut first = Socket::open(agent.port, PAGE);
    first.send(Message::text(padded(100_000)));
    assert_eq!(first.refused(), ("too_large".to_owned(), Some(1009)));
}

/// Sockets count as the connections that they are, for as long as they last.
#[test]
fn r19_an_origin_has_sixteen_sockets() {
    let agent = Agent::without_token();
    let mut sockets: Vec<Socket> = (0..16).map(|_| agent.socket()).collect();
    let Err(refused) = shake(agent.port, &handshake(agent.port, PAGE)) else { panic!("a seventeenth") };
    assert_eq!((refused.status, refused.code().as_str()), (429, "busy"));
    assert_eq!(agent.send(&agent.page("GET", "/v1/health")).code(), "busy");
    let other = Request::new("GET", "/v1/health", agent.port, "https://khac.example.vn");
    assert_eq!(agent.send(&other).status, 200);
    for socket in &mut sockets {
        assert_eq!(socket.call("1", "GET", "/v1/health", json!({}))["status"], 200);
    }
    sockets.truncate(8);
    let end = Instant::now() + Duration::from_secs(5);
    while agent.send(&agent.page("GET", "/v1/health")).status != 200 {
        assert!(Instant::now() < end, "closed sockets keep their places");
    }
}

/// Sockets of pages that nobody knows keep no place from a page that comes.
#[test]
fn r19_strangers_sockets_yield_their_places() {
    let agent = Agent::without_token();
    let mut kept = agent.socket();
    let mut strangers: Vec<Socket> = (0..63)
        .map(|at| {
            let mut socket = Socket::open(agent.port, &format!("https://trang-{}.example.vn", at / 16));
            socket.say(&json!({ "token": null }));
            assert_eq!(socket.next(), Heard::Text(json!({ "ready": true, "paired": false })));
            socket
        })
        .collect();
    let other = Request::new("GET", "/v1/health", agent.port, "https://khac.example.vn");
    assert_eq!(agent.send(&other).status, 200, "the 65th connection");
    assert_eq!(strangers[0].closed(), None, "in the place of the oldest stranger");
    assert_eq!(strangers[62].call("1", "GET", "/v1/health", json!({}))["status"], 200);
    assert_eq!(kept.call("1", "GET", "/v1/tokens", json!({}))["status"], 200, "a paired page stays");
}

/// R15, R18: by the page itself, by the person, for good; another browser profile's socket stays.
#[test]
fn r18_a_revoked_page_is_closed_within_a_second() {
    let agent = Agent::without_token();
    let second = agent.pair(PAGE);
    let mut other = Socket::paired(agent.port, PAGE, &second);
    let (mut one, mut two) = (agent.socket(), agent.socket());
    let answer = one.call("1", "DELETE", "/v1/pairings/current", json!({}));
    assert_eq!(answer["status"], 204, "before the end");
    assert_eq!(one.closed_within(SECOND), Some(4403));
    assert_eq!(two.closed_within(SECOND), Some(4403), "both sockets of the pairing");
    assert_eq!(other.call("1", "GET", "/v1/tokens", json!({}))["status"], 200);

    let by_http = Request::new("DELETE", "/v1/pairings/current", agent.port, PAGE).bearer(&second);
    assert_eq!(agent.send(&by_http).status, 204);
    assert_eq!(other.closed_within(SECOND), Some(4403));

    let third = agent.pair(PAGE);
    let mut socket = Socket::paired(agent.port, PAGE, &third);
    agent.block_on(agent.service.grants().revoke(&PAGE.parse().unwrap())).unwrap();
    assert_eq!(socket.closed_within(SECOND), Some(4403));

    let mut unpaired = Socket::open(agent.port, PAGE);
    unpaired.say(&json!({ "token": null }));
    unpaired.next();
    agent.block_on(agent.service.grants().refuse(&PAGE.parse().unwrap())).unwrap();
    assert_eq!(unpaired.closed_within(SECOND), Some(4403), "blocked");
    assert_eq!(shake(agent.port, &handshake(agent.port, PAGE)).err().unwrap().code(), "origin_denied");
}

#[test]
fn r18_the_command_line_closes_a_page_within_a_second() {
    let desk = Desk::configured("modules = []\n");
    let agent = desk.agent();
    let bearer = desk.pair(agent.port, PAGE);
    let mut socket = Socket::paired(agent.port, PAGE, &bearer);
    let revoked = desk.kyso(&["origins", "revoke", PAGE]);
    assert!(revoked.status.success(), "{revoked:?}");
    assert_eq!(socket.closed_within(SECOND), Some(4403));
}

#[test]
fn an_agent_that_stops_says_so() {
    let desk = Desk::configured("modules = []\n");
    let mut agent = desk.agent();
    let bearer = desk.pair(agent.port, PAGE);
    let mut paired = Socket::paired(agent.port, PAGE, &bearer);
    let mut fresh = Socket::open(agent.port, PAGE);
    let id = rustix::process::Pid::from_raw(i32::try_from(agent.child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert_eq!(paired.closed_within(SECOND), Some(1001));
    assert_eq!(fresh.closed_within(SECOND), Some(1001));
    drop((paired, fresh));
    let begun = Instant::now();
    assert!(agent.child.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(5), "it waits for no page");
}

/// Idle as HTTP is: who says nothing for a minute has left, but a browser answers when it is asked.
#[test]
fn r19_a_socket_that_says_nothing_is_asked_and_then_closed() {
    let agent = Agent::without_token();
    let mut silent = agent.socket();
    let begun = Instant::now();
    assert!(silent.pinged(), "asked before it is closed");
    assert!(begun.elapsed() > Duration::from_secs(20));
    assert_eq!(silent.ended_unanswered(), None, "nobody is there to be told");
    assert!(begun.elapsed() > Duration::from_secs(50));
    assert!(begun.elapsed() < Duration::from_secs(75));
}

/// Bytes of a message.
const LIMIT: usize = 2 * 1024 * 1024;
const SECOND: Duration = Duration::from_secs(1);
