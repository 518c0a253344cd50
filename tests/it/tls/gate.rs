//! R12, R58: the gate of https is that of http.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Message, WebSocket};

use super::PAGE;
use crate::api::documented;
use crate::support::agent::{Agent, Secure};
use crate::support::http::{Reply, Request, exchange};
use crate::support::https;
use crate::support::socket::handshake;

/// Both ports of an agent.
struct Ports {
    agent: Agent,
    secure: Secure,
}

impl Ports {
    fn open() -> Self {
        let agent = Agent::without_token();
        let secure = agent.secured();
        Self { agent, secure }
    }

    /// Both answers to what `make` makes of a port and the port that it is not.
    fn both(&self, make: impl Fn(u16, u16) -> Request) -> [Reply; 2] {
        let (plain, secure) = (self.agent.port, self.secure.port);
        let answer = exchange(plain, &make(plain, secure).bytes()).expect("an answer");
        let bytes = make(secure, plain).bytes();
        [answer, https::exchange(secure, &self.secure.authority.der, &bytes).expect("an answer by https")]
    }
}

/// Every documented route with each method, and some that are not there.
fn targets() -> Vec<(&'static str, String)> {
    let contract: Value = serde_json::from_str(kyso::api::OPENAPI).unwrap();
    let paths = contract["paths"].as_object().unwrap().keys().cloned();
    let unknown = ["/", "/v1/nothing", "/v2/health", "/v1/socket"].map(str::to_owned);
    let methods = ["GET", "POST", "DELETE", "OPTIONS", "PUT", "HEAD"];
    paths.chain(unknown).flat_map(|path| methods.map(|method| (method, path.clone()))).collect()
}

#[test]
fn r12_whatever_is_wrong_passes_on_neither_port() {
    let ports = Ports::open();
    let before = (ports.agent.person.seen(), ports.agent.rows().len());
    type Spoil = fn(Request, u16, u16) -> Request;
    let spoils: &[(&str, Spoil)] = &[
        ("the other port", |request, _, other| {
            request.without("Host").header("Host", &format!("127.0.0.1:{other}"))
        }),
        ("no port", |request, _, _| request.without("Host").header("Host", "127.0.0.1")),
        ("another name", |request, own, _| {
            request.without("Host").header("Host", &format!("evil.test:{own}"))
        }),
        ("below localhost", |request, own, _| {
            request.without("Host").header("Host", &format!("evil.localhost:{own}"))
        }),
        ("no Host", |request, _, _| request.without("Host")),
        ("two Hosts", |request, own, _| request.header("Host", &format!("127.0.0.1:{own}"))),
        ("no Origin", |request, _, _| request.without("Origin")),
        ("null", |request, _, _| request.without("Origin").header("Origin", "null")),
        ("two Origins", |request, _, _| request.header("Origin", PAGE)),
        ("a form", |request, _, _| {
            request.header("Sec-Fetch-Mode", "navigate").header("Sec-Fetch-Dest", "document")
        }),
        ("an image", |request, _, _| {
            request.header("Sec-Fetch-Mode", "no-cors").header("Sec-Fetch-Dest", "image")
        }),
        ("a foreign socket", |request, _, _| {
            let request =
                request.without("Origin").header("Upgrade", "websocket").header("Connection", "Upgrade");
            request
                .header("Sec-WebSocket-Version", "13")
                .header("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
        }),
    ];
    for (method, path) in targets() {
        for (name, spoil) in spoils {
            let [plain, secure] = ports.both(|own, other| {
                let request = Request::new(method, &path, own, PAGE).bearer(&ports.agent.bearer);
                spoil(request.body("application/json", b"{}".to_vec()), own, other)
            });
            assert!((400..500).contains(&plain.status), "{name}: {method} {path}: {}", plain.status);
            same(&plain, &secure, &format!("{name}: {method} {path}"));
            if method != "HEAD" {
                documented(&secure);
            }
        }
    }
    assert_eq!((ports.agent.person.seen(), ports.agent.rows().len()), before, "asked or logged");
}

#[test]
fn r58_what_is_right_is_answered_alike_on_both_ports() {
    let ports = Ports::open();
    for (method, path) in targets() {
        // The page would forget itself, and the person would be asked.
        if (method, path.as_str()) == ("DELETE", "/v1/pairings/current") {
            continue;
        }
        let [plain, secure] = ports.both(|own, _| {
            let request = Request::new(method, &path, own, PAGE).bearer(&ports.agent.bearer);
            if method == "POST" { request.json(&Value::Null) } else { request }
        });
        same(&plain, &secure, &format!("{method} {path}"));
    }
    let [plain, secure] = ports.both(|own, _| {
        let scheme = if own == ports.secure.port { "https" } else { "http" };
        Request::new("GET", &format!("{scheme}://127.0.0.1:{own}/v1/health"), own, PAGE)
    });
    assert_eq!((plain.status, secure.status), (200, 200), "the absolute form names its own scheme");
    let [plain, secure] = ports.both(|own, _| {
        let scheme = if own == ports.secure.port { "http" } else { "https" };
        Request::new("GET", &format!("{scheme}://127.0.0.1:{own}/v1/health"), own, PAGE)
    });
    assert_eq!((plain.code(), secure.code()), ("wrong_host".to_owned(), "wrong_host".to_owned()));
}

/// R18: a socket opens by https and answers as it does by http.
#[test]
fn r58_a_socket_opens_by_https_as_well() {
    let ports = Ports::open();
    let mut stream = https::secured(ports.secure.port, &ports.secure.authority.der).expect("a connection");
    stream.write_all(&handshake(ports.secure.port, PAGE).bytes()).unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{:?}", String::from_utf8_lossy(&head));
    let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
    let mut ask = |message: Value| -> Value {
        socket.send(Message::text(message.to_string())).unwrap();
        serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap()
    };
    let ready = ask(json!({ "token": ports.agent.bearer }));
    assert_eq!(ready, json!({ "ready": true, "paired": true }));
    let tokens = ask(json!({ "id": "1", "method": "GET", "path": "/v1/tokens" }));
    assert_eq!((&tokens["id"], &tokens["status"]), (&json!("1"), &json!(200)), "{tokens}");
}

/// Status, headers and body, but for the request's own id.
fn same(plain: &Reply, secure: &Reply, what: &str) {
    let shape = |reply: &Reply| {
        let mut names: Vec<String> = reply.names().map(str::to_owned).collect();
        names.sort();
        let values: Vec<_> = names
            .iter()
            .filter(|name| !["date", "content-length"].contains(&name.as_str()))
            .map(|name| (name.clone(), reply.header(name).unwrap_or_default().to_owned()))
            .collect();
        let mut body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        if body["error"].is_object() {
            body["error"]["request"] = Value::Null;
        }
        (reply.status, values, body)
    };
    assert_eq!(shape(plain), shape(secure), "{what}");
}
