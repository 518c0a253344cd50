//! Every example of the contract runs, and every answer is what the contract says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::certificate::CertId;
use serde_json::{Value, json};

use crate::support::agent::{Agent, PAGE};
use crate::support::http::Reply;
use crate::support::person::Act;
use crate::support::schema::fault;
use crate::support::socket::{Heard, Socket};
use crate::support::softhsm::SoftHsm;

fn contract() -> Value {
    serde_json::from_str(kyso::api::OPENAPI).unwrap()
}

fn fits(contract: &Value, schema: &Value, value: &Value, what: &str) {
    if let Some(why) = fault(contract, schema, value) {
        panic!("{what}: {why}");
    }
}

/// What the person does so that a call succeeds.
fn consent(path: &str) -> Option<Act> {
    match path {
        "/v1/pairings" => Some(Act::Yes),
        "/v1/signatures" | "/v1/authentications" => Some(Act::Pin(SoftHsm::PIN)),
        _ => None,
    }
}

/// A success, as the operation documents it.
fn succeeded(contract: &Value, operation: &Value, reply: &Reply, what: &str) {
    assert!((200..300).contains(&reply.status), "{what}: {}", reply.json());
    is_documented(contract, operation, reply.status, &reply.body, what);
}

fn is_documented(contract: &Value, operation: &Value, status: u16, body: &[u8], what: &str) {
    let documented = operation["responses"].get(status.to_string());
    let documented = documented.unwrap_or_else(|| panic!("{what}: {status} is not documented"));
    match documented.pointer("/content/application~1json/schema") {
        Some(schema) => fits(contract, schema, &serde_json::from_slice(body).unwrap(), what),
        None => assert!(body.is_empty(), "{what}: a body that is not documented"),
    }
}

/// The same for a certificate that is there: an example's own is in nobody's token, and stands in its attributes, too.
fn for_this_token(body: &Value, id: &CertId) -> Value {
    let mut body = body.clone();
    let Some(named) = body["certificate"].as_str() else { return body };
    let named = hex::decode(named.trim_start_matches("sha256:")).unwrap();
    body["certificate"] = id.to_string().into();
    for item in body["items"].as_array_mut().unwrap() {
        let mut set = STANDARD.decode(item["signed_attributes"].as_str().unwrap()).unwrap();
        let at = set.windows(named.len()).position(|bytes| bytes == named).expect("the certificate's hash");
        set[at..at + named.len()].copy_from_slice(&id.0);
        item["signed_attributes"] = STANDARD.encode(set).into();
    }
    body
}

#[test]
fn every_example_of_a_request_runs() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let contract = contract();
    let mut played = 0;
    for (path, operations) in contract["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let content = &operation["requestBody"]["content"]["application/json"];
            for (name, example) in content["examples"].as_object().into_iter().flatten() {
                let what = format!("{path}, {name}");
                assert!(example["summary"].as_str().is_some_and(|summary| summary.ends_with('.')), "{what}");
                fits(&contract, &content["schema"], &example["value"], &what);
                agent.person.then(consent(path));
                let body = for_this_token(&example["value"], &token.id("person-rsa"));
                let reply = agent.send(&agent.page("POST", path).json(&body));
                succeeded(&contract, operation, &reply, &what);
                played += 1;
            }
            assert!(method != "post" || content.get("examples").is_some(), "{path} has no example");
            let mut query = Vec::new();
            for parameter in operation["parameters"].as_array().unwrap() {
                let Some(example) = parameter["example"].as_str() else { continue };
                fits(&contract, &parameter["schema"], &json!(example), path);
                let name = parameter["name"].as_str().unwrap();
                let pair =
                    form_urlencoded::Serializer::new(String::new()).append_pair(name, example).finish();
                let reply = agent.send(&agent.page("GET", &format!("{path}?{pair}")));
                succeeded(&contract, operation, &reply, &format!("{path}?{pair}"));
                query.push(pair);
                played += 1;
            }
            if method == "get" && path != "/v1/socket" {
                let reply = agent.send(&agent.page("GET", &format!("{path}?{}", query.join("&"))));
                succeeded(&contract, operation, &reply, path);
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = &response["content"]["application/json"];
                for (name, example) in content["examples"].as_object().into_iter().flatten() {
                    fits(
                        &contract,
                        &content["schema"],
                        &example["value"],
                        &format!("{path} {status} {name}"),
                    );
                }
            }
        }
    }
    assert_eq!(played, 14);
    let forget = agent.send(&agent.page("DELETE", "/v1/pairings/current"));
    succeeded(&contract, &contract["paths"]["/v1/pairings/current"]["delete"], &forget, "forget");
}

#[test]
fn every_example_of_a_conversation_runs() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let contract = contract();
    let socket = &contract["paths"]["/v1/socket"]["get"]["x-websocket"];
    let examples = socket["examples"].as_object().unwrap();
    assert!(examples.len() >= 4);
    for (name, turns) in examples {
        let turns = turns.as_array().unwrap();
        let cancels = turns.iter().any(|turn| turn["send"]["cancel"] == true);
        let mut page = Socket::open(agent.port, PAGE);
        let (mut sent, mut heard, mut called) = ("first", "first", Value::Null);
        for turn in turns {
            if let Some(message) = turn.get("send") {
                fits(&contract, &socket["send"][sent], message, name);
                sent = "then";
                if let Some(path) = message["path"].as_str() {
                    let act = if cancels { Some(Act::Nothing) } else { consent(path) };
                    agent.person.then(act);
                    called = message.clone();
                }
                let message = message.to_string().replace("<bearer>", &agent.bearer);
                page.say(&serde_json::from_str(&message).unwrap());
            } else {
                let Heard::Text(mut said) = page.next() else { panic!("{name}: closed at {turn}") };
                fits(&contract, &socket["receive"][heard], &said, name);
                heard = "then";
                if turn["receive"].get("body").is_some() {
                    let body = said["body"].take();
                    said["body"] = json!({});
                    let method = called["method"].as_str().unwrap().to_lowercase();
                    let operation = &contract["paths"][called["path"].as_str().unwrap()][method];
                    let status = u16::try_from(said["status"].as_u64().unwrap()).unwrap();
                    is_documented(&contract, operation, status, body.to_string().as_bytes(), name);
                }
                assert_eq!(&said, &turn["receive"], "{name}");
            }
        }
    }
}

/// The codes that a socket is closed with stand in the contract, and no other.
#[test]
fn every_close_is_documented() {
    let contract = contract();
    let close = contract["paths"]["/v1/socket"]["get"]["x-websocket"]["close"].as_object().unwrap();
    let codes: Vec<&str> = close.keys().map(String::as_str).collect();
    assert_eq!(codes, ["1001", "1002", "1007", "1008", "1009", "4401", "4403"]);
}
