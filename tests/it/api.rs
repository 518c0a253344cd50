//! What every web page in the world may send: each answer a documented one, nobody asked, nothing lost.

mod bodies;
mod contract;
mod flood;
mod gate;
mod generated;
mod headers;
mod socket;
mod socket_ends;
mod socket_flood;

use kyso::api::status;
use kyso::domain::error::ErrorCode;

use crate::support::agent::Agent;
use crate::support::http::{Reply, Request, exchange};

/// Sends, and asserts the documented refusal: status, code, shape, headers.
fn refused(agent: &Agent, request: &Request, code: &str) -> Reply {
    let reply = exchange(agent.port, &request.bytes()).unwrap_or_else(|| panic!("no answer, wanted {code}"));
    assert_eq!(reply.code(), code, "{} {:?}", reply.status, String::from_utf8_lossy(&request.bytes()));
    documented(&reply);
    reply
}

/// R17: whatever came, the answer is one that the contract knows.
pub(crate) fn documented(reply: &Reply) {
    let error = &reply.json()["error"];
    let code = ErrorCode::parse(error["code"].as_str().unwrap()).expect("a documented code");
    assert_eq!(reply.status, status(code).as_u16());
    for field in ["message", "hint", "request"] {
        assert!(error[field].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    }
    assert!(["now", "after_user", "never"].contains(&error["retry"].as_str().unwrap()), "{error}");
    hardened(reply);
}

/// R16, R17: what every response carries, and what none does.
fn hardened(reply: &Reply) {
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
    let unknown: Vec<&str> = reply.names().filter(|name| !HEADERS.contains(name)).collect();
    assert!(unknown.is_empty(), "R17: {unknown:?}");
    assert_ne!(reply.header("access-control-allow-origin"), Some("*"));
    if !reply.body.is_empty() {
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
}

/// All headers that any answer over HTTP has.
const HEADERS: &[&str] = &[
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-allow-private-network",
    "access-control-max-age",
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "referrer-policy",
    "retry-after",
    "vary",
    "x-content-type-options",
];
