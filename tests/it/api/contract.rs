//! The OpenAPI document and the routes say the same.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kyso::api::status;
use kyso::domain::error::ErrorCode;
use serde_json::{Value, json};

use crate::support::agent::{Agent, one, sha256};
use crate::support::contract::{codes, each, held_to, operations};
use crate::support::http::Request;
use crate::support::socket::{Socket, handshake, shake};
use crate::support::softhsm::SoftHsm;

fn contract(agent: &Agent) -> Value {
    let reply = agent.send(&agent.page("GET", "/v1/openapi.json"));
    assert_eq!(reply.status, 200);
    reply.json()
}

#[test]
fn every_documented_route_is_there_and_no_other() {
    let agent = Agent::without_token();
    let contract = contract(&agent);
    assert_eq!(contract["openapi"], "3.1.0");
    let paths = contract["paths"].as_object().unwrap();
    for (path, operations) in paths {
        for method in ["get", "post", "delete"] {
            let request = agent.page(&method.to_uppercase(), path);
            let request = match method {
                "post" => request.json(&Value::Null),
                _ => request,
            };
            // The page forgets itself last.
            if (method, path.as_str()) == ("delete", "/v1/pairings/current") {
                continue;
            }
            let reply = agent.send(&request);
            let known = operations.get(method).is_some();
            assert_eq!(reply.status != 405, known, "{method} {path}: {}", reply.status);
            assert_ne!(reply.code(), "not_found", "{path}");
            let key = reply.status.to_string();
            assert!(!known || operations[method]["responses"].get(&key).is_some(), "{method} {path}: {key}");
        }
    }
    for path in ["/", "/v1", "/v1/pin", "/v1/sign"] {
        assert!(!paths.contains_key(path));
        assert_eq!(agent.send(&agent.page("GET", path)).status, 404, "{path}");
    }
    let forgotten = agent.send(&agent.page("DELETE", "/v1/pairings/current"));
    assert!(paths["/v1/pairings/current"]["delete"]["responses"].get(forgotten.status.to_string()).is_some());
}

#[test]
fn routes_that_need_no_token_are_the_documented_ones() {
    let agent = Agent::without_token();
    for (path, operations) in contract(&agent)["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let request = Request::new(&method.to_uppercase(), path, agent.port, "https://khac.example.vn");
            let request = if method == "post" { request.json(&Value::Null) } else { request };
            let open = operation["security"].as_array().unwrap().is_empty();
            // An origin that was never paired gets no further there either, and a paired one sends no token.
            let open = open && path != "/v1/hello";
            assert_eq!(agent.send(&request).status != 401, open, "{method} {path}");
        }
    }
}

#[test]
fn every_code_stands_under_its_status() {
    let agent = Agent::without_token();
    let contract = contract(&agent);
    let listed =
        &contract["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"];
    let listed: BTreeSet<&str> = listed.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let all = ErrorCode::ALL.iter().filter(|code| !OF_COMMANDS.contains(code));
    let all: BTreeSet<&str> = all.map(|code| code.as_str()).collect();
    assert_eq!(listed, all);
    let mut used = BTreeSet::new();
    for (.., operation) in operations() {
        for (number, response) in each(&operation["responses"]) {
            for code in codes(response) {
                assert_eq!(status(code).as_str(), number, "{code}");
                used.insert(code.as_str());
            }
        }
    }
    let unused: Vec<&&str> = all.difference(&used).collect();
    assert_eq!(unused, [&"not_found"], "a path that does not exist is in no document");
}

/// Each answer's headers are held against the contract wherever a test sends; here are those that it promises.
#[test]
fn every_promised_header_is_sent() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let body = |path: &str| match path {
        "/v1/signatures" => one(token.id("person-p256"), &sha256("x")),
        "/v1/pairings" => json!({ "name": "x", "nonce": NONCE }),
        _ => json!({ "nonce": NONCE }),
    };
    let request = |method: &str, path: &str| {
        let request = agent.page(&method.to_uppercase(), path);
        if method == "post" { request.json(&body(path)) } else { request }
    };
    let promises = |operation: &Value, status: &str, name: &str| {
        let response = each(&operation["responses"]).find(|(known, _)| *known == status);
        response.is_some_and(|(_, response)| response["headers"].get(name).is_some())
    };
    for (method, path, operation) in operations() {
        assert!(promises(operation, "405", "Allow"), "{path}");
        let other = if method == "get" { "delete" } else { "get" };
        let refused = agent.send(&request(other, path));
        assert_eq!(refused.status, 405, "{path}");
        let allow = format!("{}, OPTIONS", method.to_uppercase());
        assert_eq!(refused.header("allow"), Some(&*allow), "{path}");
    }
    // As many connections as one origin may have: whatever it asks then, it is told when to come back.
    let sockets: Vec<Socket> = (0..16).map(|_| agent.socket()).collect();
    for (method, path, operation) in operations() {
        assert!(promises(operation, "429", "Retry-After"), "{path}");
        let late = agent.send(&request(method, path));
        assert_eq!((late.code().as_str(), late.header("retry-after")), ("busy", Some("10")), "{path}");
    }
    drop(sockets);
    let (mut socket, handshake) =
        shake(agent.port, &handshake(agent.port, "https://khac.example.vn")).unwrap();
    held_to(&handshake, b"GET /v1/socket HTTP/1.1\r\n");
    socket.leave();
    agent.block_on(agent.service.shut_down(Duration::from_secs(5)));
    let mut stopped = Vec::new();
    for (method, path, _) in operations().filter(|(.., one)| promises(one, "503", "Retry-After")) {
        let waited = Instant::now() + Duration::from_secs(30);
        // The places of the sockets are free a moment after they have gone.
        let late = loop {
            let late = agent.send(&request(method, path));
            if late.code() != "busy" {
                break late;
            }
            assert!(Instant::now() < waited, "{path}");
        };
        assert_eq!(
            (late.code().as_str(), late.header("retry-after")),
            ("shutting_down", Some("10")),
            "{path}"
        );
        stopped.push(path);
    }
    assert_eq!(stopped, ["/v1/authentications", "/v1/pairings", "/v1/signatures"]);
}

const NONCE: &str = "AAAAAAAAAAAAAAAAAAAAAA==";

/// No page changes a PIN.
const OF_COMMANDS: [ErrorCode; 2] = [ErrorCode::PinUnsupported, ErrorCode::PukLocked];
