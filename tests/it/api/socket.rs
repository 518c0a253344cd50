//! `GET /v1/socket`: how it is opened, what may be said on it, and that its calls are those of HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::documented;
use crate::support::agent::{Agent, PAGE, item, sha256};
use crate::support::http::Request;
use crate::support::person::Act;
use crate::support::socket::{Heard, Socket, handshake, shake};

const STRANGER: &str = "https://khac.example.vn";

#[test]
fn a_handshake_is_answered_as_rfc_6455_says() {
    let agent = Agent::without_token();
    for edit in [
        |request: Request| request,
        |request: Request| request.header("Sec-Fetch-Mode", "websocket").header("Sec-Fetch-Dest", "empty"),
        |request: Request| request.without("Connection").header("Connection", "Upgrade"),
        |request: Request| request.without("Upgrade").header("Upgrade", "WebSocket"),
    ] {
        let (_socket, reply) = shake(agent.port, &edit(handshake(agent.port, PAGE))).expect("opened");
        assert_eq!(reply.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(reply.header("upgrade"), Some("websocket"));
        // Some clients take no other word beside it.
        assert_eq!(reply.header("connection"), Some("upgrade"));
        let names: Vec<&str> = reply.names().collect();
        assert!(!names.contains(&"sec-websocket-extensions"), "no compression: {names:?}");
        assert!(!names.contains(&"sec-websocket-protocol") && !names.contains(&"content-length"));
    }
}

/// R12, R18: whatever is wrong with it, no socket opens and nobody is asked.
#[test]
fn r18_no_bad_handshake_opens_a_socket() {
    let agent = Agent::without_token();
    let before = (agent.person.seen(), agent.rows().len());
    let good = || handshake(agent.port, PAGE);
    let with = |name: &str, value: &str| good().without(name).header(name, value);
    let blocked = "https://xau.example.vn";
    agent.block_on(agent.service.grants().refuse(&blocked.parse().unwrap())).unwrap();
    let rows = agent.rows().len() - before.1;
    for (request, code) in [
        (with("Host", "evil.test:21480"), "wrong_host"),
        (with("Host", "127.0.0.1"), "wrong_host"),
        (good().header("Host", &format!("127.0.0.1:{}", agent.port)), "wrong_host"),
        (good().without("Origin"), "origin_missing"),
        (with("Origin", "null"), "origin_missing"),
        (with("Origin", "file://"), "origin_missing"),
        (with("Origin", "https://a.vn/"), "origin_missing"),
        (good().header("Origin", PAGE), "origin_missing"),
        (with("Origin", blocked), "origin_denied"),
        (with("Origin", "http://vanban.example.vn"), "origin_denied"),
        (good().header("Sec-Fetch-Mode", "navigate").header("Sec-Fetch-Dest", "document"), "origin_denied"),
        (good().header("Sec-Fetch-Mode", "no-cors").header("Sec-Fetch-Dest", "empty"), "origin_denied"),
        (good().header("Sec-Fetch-Mode", "websocket").header("Sec-Fetch-Dest", "iframe"), "origin_denied"),
        (good().body("", b"{}".to_vec()), "bad_request"),
        (good().without("Upgrade"), "bad_request"),
        (with("Upgrade", "h2c"), "bad_request"),
        (good().header("Upgrade", "websocket"), "bad_request"),
        (good().without("Connection"), "bad_request"),
        (with("Connection", "keep-alive"), "bad_request"),
        (good().without("Sec-WebSocket-Version"), "bad_request"),
        (with("Sec-WebSocket-Version", "8"), "bad_request"),
        (good().without("Sec-WebSocket-Key"), "bad_request"),
        (with("Sec-WebSocket-Key", "AAAA"), "bad_request"),
        (with("Sec-WebSocket-Key", "not base64!"), "bad_request"),
        (good().header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), "bad_request"),
        (good().header("Sec-WebSocket-Protocol", "kyso"), "bad_request"),
        (good().header("X-Long", &"x".repeat(17_000)), "too_large"),
    ] {
        let Err(reply) = shake(agent.port, &request) else {
            panic!("opened by {:?}", String::from_utf8_lossy(&request.bytes()));
        };
        assert_eq!(reply.code(), code, "{:?}", String::from_utf8_lossy(&request.bytes()));
        documented(&reply);
    }
    for (target, code) in [("/v1/socket?x=1", "bad_request"), ("/v1/socket/", "pairing_required")] {
        let text = String::from_utf8(good().bytes()).unwrap().replace("/v1/socket", target);
        let reply = crate::support::http::exchange(agent.port, text.as_bytes()).expect("an answer");
        assert_eq!(reply.code(), code, "{target}");
    }
    for version in ["HTTP/1.0", "HTTP/2.0"] {
        let text = String::from_utf8(good().bytes()).unwrap().replace("HTTP/1.1", version);
        let reply = crate::support::http::exchange(agent.port, text.as_bytes()).expect("an answer");
        assert_ne!(reply.status, 101, "{version}");
    }
    for method in ["POST", "DELETE"] {
        let request = Request::new(method, "/v1/socket", agent.port, PAGE).header("Upgrade", "websocket");
        let reply = agent.send(&request.header("Connection", "upgrade").json(&json!({})));
        let code = if method == "POST" { "method_not_allowed" } else { "bad_request" };
        assert_eq!(reply.code(), code);
        assert!(method != "POST" || reply.header("allow") == Some("GET, OPTIONS"));
    }
    assert_eq!((agent.person.seen(), agent.rows().len()), (before.0, before.1 + rows));
}

#[test]
fn the_first_message_says_who_the_page_is() {
    let agent = Agent::without_token();
    for text in
        ["", "{}", "[]", "x", r#"{"token":1}"#, r#"{"token":"x","id":"1"}"#, r#"{"id":"1","cancel":true}"#]
    {
        let mut socket = Socket::open(agent.port, PAGE);
        socket.send(Message::text(text));
        assert_eq!(socket.refused(), ("bad_request".to_owned(), Some(1008)), "{text:?}");
    }
    let theirs = agent.pair(STRANGER);
    for (origin, token) in
        [(PAGE, "x"), (PAGE, ""), (PAGE, &theirs), (STRANGER, &agent.bearer), (PAGE, "Bearer khóa\r\n")]
    {
        let mut socket = Socket::open(agent.port, origin);
        socket.say(&json!({ "token": token }));
        assert_eq!(socket.refused(), ("pairing_required".to_owned(), Some(4401)), "{origin} {token:?}");
    }
    let mut silent = Socket::open(agent.port, PAGE);
    silent.send(Message::Ping("x".into()));
    assert_eq!(silent.refused(), ("bad_request".to_owned(), Some(1008)), "after ten seconds");
    agent.socket();
}

/// R21: a page without a token may do what it may over HTTP.
#[test]
fn a_page_without_a_token_may_ask_to_be_paired() {
    let agent = Agent::without_token();
    let mut socket = Socket::open(agent.port, STRANGER);
    socket.say(&json!({ "token": null }));
    assert_eq!(socket.next(), Heard::Text(json!({ "ready": true, "paired": false })));
    let health = socket.call("1", "GET", "/v1/health", json!({}));
    assert_eq!(health, json!({ "id": "1", "status": 200, "body": { "agent": "kyso", "api": 1 } }));
    let nonce = "AAAAAAAAAAAAAAAAAAAAAA==";
    let hello = json!({ "body": { "nonce": nonce } });
    for (method, path) in [
        ("GET", "/v1/tokens"),
        ("GET", "/v1/certificates"),
        ("GET", "/v1/openapi.json"),
        ("GET", "/v1/nothing"),
        ("DELETE", "/v1/pairings/current"),
    ] {
        let answer = socket.call("2", method, path, json!({}));
        assert_eq!((&answer["status"], code(&answer)), (&json!(401), "pairing_required"), "{path}");
    }
    assert_eq!(code(&socket.call("3", "POST", "/v1/signatures", json!({ "body": {} }))), "pairing_required");
    assert_eq!(code(&socket.call("4", "POST", "/v1/hello", hello.clone())), "pairing_required");

    agent.person.then([Act::Yes]);
    let pairing = json!({ "body": { "name": "Hệ thống văn bản", "nonce": nonce } });
    let answer = socket.call("5", "POST", "/v1/pairings", pairing);
    assert_eq!((&answer["status"], &answer["body"]["origin"]), (&json!(201), &json!(STRANGER)));
    let events: Vec<Value> = socket.early();
    let event = |name: &str| json!({ "event": name, "id": "5" });
    assert_eq!(events, [event("prompt_opened"), event("prompt_closed")], "before the answer");
    assert_eq!(socket.call("6", "POST", "/v1/hello", hello)["status"], 200);
    assert_eq!(code(&socket.call("7", "GET", "/v1/tokens", json!({}))), "pairing_required", "still no token");
    let mut paired = Socket::paired(agent.port, STRANGER, answer["body"]["token"].as_str().unwrap());
    assert_eq!(paired.call("1", "GET", "/v1/tokens", json!({}))["status"], 200);
}

/// The very bodies and statuses of HTTP: it is the same code.
#[test]
fn answers_are_those_of_http_byte_for_byte() {
    let agent = Agent::without_token();
    let mut socket = agent.socket();
    let long = "x".repeat(1_025);
    let signing = |name: &str| json!({ "items": [item(name, &sha256("x"))] });
    for (method, path, query, body) in [
        ("GET", "/v1/health", "", None),
        ("GET", "/v1/health", "x=1", None),
        ("POST", "/v1/health", "", Some(json!({}))),
        ("GET", "/v1/tokens", "", None),
        ("GET", "/v1/certificates", "", None),
        ("GET", "/v1/certificates", "purpose=sign&valid=now", None),
        ("GET", "/v1/certificates", "purpose=x", None),
        ("GET", "/v1/openapi.json", "", None),
        ("GET", "/v1/nothing", "", None),
        ("GET", "//evil.test/v1/health", "", None),
        ("DELETE", "/v1/tokens", "", None),
        ("PUT", "/v1/tokens", "", None),
        ("POST", "/v1/pairings", "", Some(json!({ "name": "x" }))),
        ("POST", "/v1/hello", "", Some(json!({ "nonce": "AAAA" }))),
        ("POST", "/v1/signatures", "", Some(json!({}))),
        ("POST", "/v1/signatures", "", Some(json!({ "pin": "123456" }))),
        ("POST", "/v1/signatures", "", Some(signing("x"))),
        ("POST", "/v1/signatures", "", Some(signing(&long))),
        ("POST", "/v1/authentications", "", Some(json!({ "nonce": "AAAAAAAAAAAAAAAAAAAAAA==" }))),
    ] {
        for language in ["vi", "en"] {
            let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
            let request = agent.page(method, &target).header("Accept-Language", language);
            let reply = agent.send(&body.iter().fold(request, |request, body| request.json(body)));
            let mut more = json!({ "language": language });
            for (name, value) in [("query", Some(json!(query))), ("body", body.clone())] {
                more.as_object_mut().unwrap().extend(value.map(|value| (name.to_owned(), value)));
            }
            let answer = socket.call("1", method, path, more);
            assert_eq!(answer["status"], reply.status, "{method} {target}");
            assert_eq!(unnamed(answer["body"].clone()), unnamed(reply.json()), "{method} {target}");
        }
    }
    // Not only the same JSON, but the same bytes.
    for path in ["/v1/health", "/v1/tokens", "/v1/certificates", "/v1/openapi.json"] {
        let reply = agent.send(&agent.page("GET", path));
        socket.begin("raw", "GET", path, json!({}));
        let body = String::from_utf8(reply.body).unwrap();
        assert_eq!(socket.text(), format!(r#"{{"id":"raw","status":200,"body":{body}}}"#), "{path}");
    }
    let gone = socket.call("1", "DELETE", "/v1/pairings/current", json!({}));
    assert_eq!(gone, json!({ "id": "1", "status": 204 }));
}

/// What no HTTP client could send is the call's own error.
#[test]
fn a_call_that_is_no_request_is_refused() {
    let agent = Agent::without_token();
    let mut socket = agent.socket();
    for (method, path, more) in [
        ("GET", "v1/health", json!({})),
        ("GET", "", json!({})),
        ("GET", "/v1/health?x", json!({})),
        ("GET", "/v1/health#x", json!({})),
        ("GET", "http://127.0.0.1/v1/health", json!({})),
        ("GET", "/v1/ health", json!({})),
        ("GET", "/v1/health", json!({ "query": "a b" })),
        ("GET", "/v1/health", json!({ "body": {} })),
        ("G T", "/v1/health", json!({})),
        ("", "/v1/health", json!({})),
        ("GET", "/v1/socket", json!({})),
        ("POST", "/v1/hello", json!({})),
        ("POST", "/v1/signatures", json!({ "idempotency_key": "khóa\r\n", "body": {} })),
        ("POST", "/v1/signatures", json!({ "idempotency_key": "", "body": {} })),
    ] {
        let answer = socket.call("1", method, path, more.clone());
        assert_eq!(
            (&answer["status"], code(&answer)),
            (&json!(400), "bad_request"),
            "{method} {path} {more}"
        );
    }
    let answer = socket.call("2", "OPTIONS", "/v1/health", json!({}));
    assert_eq!((&answer["status"], code(&answer)), (&json!(405), "method_not_allowed"));
    let answer = socket.call("3", "POST", "/v1/pairings", json!({ "body": "x".repeat(64 * 1024) }));
    assert_eq!((&answer["status"], code(&answer)), (&json!(413), "too_large"));
    let answer = socket.call("4", "GET", "/v1/health", json!({ "query": "x".repeat(17_000) }));
    assert_eq!((&answer["status"], code(&answer)), (&json!(413), "too_large"));
    // To cancel what is over, or never was, is no mistake.
    socket.say(&json!({ "id": "4", "cancel": true }));
    socket.say(&json!({ "id": "none", "cancel": true }));
    assert_eq!(socket.call("5", "GET", "/v1/health", json!({}))["status"], 200);
    assert_eq!(agent.within(Duration::ZERO, |seen| seen.open == 0).map(|seen| seen.opened), Some(1));
}

fn code(answer: &Value) -> &str {
    answer["body"]["error"]["code"].as_str().unwrap_or_default()
}

/// Without the name of the one request.
fn unnamed(mut body: Value) -> Value {
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("request").expect("its name in the log");
    }
    body
}
