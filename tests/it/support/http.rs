//! A client that writes its bytes itself, so that a test can send what no library would.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::contract::held_to;

/// A request, by default a page's.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// No header but these: `Host`, `Origin`, and for a body its length and type.
    pub(crate) fn new(method: &str, target: &str, port: u16, origin: &str) -> Self {
        let plain =
            Self { method: method.into(), target: target.into(), headers: Vec::new(), body: Vec::new() };
        plain.header("Host", &format!("127.0.0.1:{port}")).header("Origin", origin)
    }

    /// Adds a header.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.raw_header(name, value.as_bytes())
    }

    /// Adds a header of any bytes.
    pub(crate) fn raw_header(mut self, name: &str, value: &[u8]) -> Self {
        self.headers.push((name.to_owned(), value.to_vec()));
        self
    }

    /// Takes a header away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Shows a bearer token.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Sends JSON.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }

    /// Sends these bytes as this type, with their length.
    pub(crate) fn body(mut self, kind: &str, body: Vec<u8>) -> Self {
        let length = body.len().to_string();
        self.body = body;
        let typed = if kind.is_empty() { self } else { self.header("Content-Type", kind) };
        typed.header("Content-Length", &length)
    }

    /// What goes over the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }
}

impl Reply {
    /// Reads the bytes of one answer; nothing if they are none.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()?;
        // A line that is no header is a name that nobody knows.
        let headers = lines.map(|line| line.split_once(": ").unwrap_or((line, "")));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Some(Self { status, headers, body: bytes[end + 4..].to_vec() })
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Names of all headers.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }

    /// The body's JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The error's code; empty if it is none.
    pub(crate) fn code(&self) -> String {
        let json: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        json["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// R16, R17: what every answer of Kyso's over HTTP carries, and what none does; `request` is what it answers.
pub(crate) fn hardened(reply: &Reply, request: &[u8]) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("referrer-policy", "no-referrer"),
        ("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
        ("connection", "close"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    held_to(reply, request);
    assert!(reply.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])), "R17: {:?}", reply.headers);
    let allowed: Vec<_> = reply.headers.iter().filter(|(name, _)| name == ALLOWED).collect();
    let named = |origin: &str| {
        let head = String::from_utf8_lossy(request);
        head.lines().any(|line| {
            line.split_once(':').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("origin") && value.trim_matches([' ', '\t', '\r']) == origin
            })
        })
    };
    assert!(allowed.len() <= 1 && allowed.iter().all(|(_, origin)| named(origin)), "R16: {allowed:?}");
    if !reply.body.is_empty() {
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
}

const ALLOWED: &str = "access-control-allow-origin";

/// Connects to an agent.
pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends bytes to an agent and reads to the end; the answer, if it was one, with the headers that each must have.
pub(crate) fn exchange(port: u16, bytes: &[u8]) -> Option<Reply> {
    let reply = ask(port, bytes);
    if let Some(reply) = &reply {
        hardened(reply, bytes);
    }
    reply
}

/// The same with any program.
pub(crate) fn ask(port: u16, bytes: &[u8]) -> Option<Reply> {
    let mut stream = connect(port);
    // The agent may answer and stop reading before all is sent.
    let _ = stream.write_all(bytes);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    Reply::parse(&reply)
}

/// Longer than any deadline of the agent that a test waits for.
const PATIENCE: Duration = Duration::from_secs(100);
