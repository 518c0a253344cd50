//! The OpenAPI document and the routes say the same.

use std::collections::BTreeSet;

use kyso::api::status;
use kyso::domain::error::ErrorCode;
use serde_json::Value;

use crate::support::agent::Agent;
use crate::support::http::Request;

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
    for operations in contract["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            for (number, response) in operation["responses"].as_object().unwrap() {
                let text = response["description"].as_str().unwrap();
                for code in text.split('`').filter_map(ErrorCode::parse) {
                    assert_eq!(status(code).as_str(), number, "{code}");
                    used.insert(code.as_str());
                }
            }
        }
    }
    let unused: Vec<&&str> = all.difference(&used).collect();
    assert_eq!(unused, [&"not_found"], "a path that does not exist is in no document");
}

/// No page changes a PIN.
const OF_COMMANDS: [ErrorCode; 2] = [ErrorCode::PinUnsupported, ErrorCode::PukLocked];
