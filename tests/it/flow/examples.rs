//! Every example of the contract runs, and every answer is what the contract says.

mod answers;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::certificate::CertId;
use serde_json::{Value, json};

use crate::support::agent::{Agent, PAGE};
use crate::support::contract::{contract, each, is_documented, operation, operations, resolved};
use crate::support::http::Reply;
use crate::support::person::Act;
use crate::support::schema::fault;
use crate::support::socket::{Heard, Socket};
use crate::support::softhsm::SoftHsm;

fn fits(schema: &Value, value: &Value, what: &str) {
    if let Some(why) = fault(contract(), schema, value) {
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
fn succeeded(operation: &Value, reply: &Reply, what: &str) {
    assert!((200..300).contains(&reply.status), "{what}: {}", reply.json());
    is_documented(operation, reply.status, &reply.body, what);
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
    let mut played = 0;
    for (method, path, operation) in operations() {
        let content = &operation["requestBody"]["content"]["application/json"];
        for (name, example) in each(&content["examples"]) {
            let what = format!("{path}, {name}");
            assert!(example["summary"].as_str().is_some_and(|summary| summary.ends_with('.')), "{what}");
            fits(&content["schema"], &example["value"], &what);
            agent.person.then(consent(path));
            let body = for_this_token(&example["value"], &token.id("person-rsa"));
            succeeded(operation, &agent.send(&agent.page("POST", path).json(&body)), &what);
            played += 1;
        }
        assert!(method != "post" || content.get("examples").is_some(), "{path} has no example");
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().unwrap() {
            let parameter = resolved(parameter);
            let Some(example) = parameter["example"].as_str() else { continue };
            fits(&parameter["schema"], &json!(example), path);
            if parameter["in"] == "query" {
                let name = parameter["name"].as_str().unwrap();
                let pair =
                    form_urlencoded::Serializer::new(String::new()).append_pair(name, example).finish();
                let reply = agent.send(&agent.page("GET", &format!("{path}?{pair}")));
                succeeded(operation, &reply, &format!("{path}?{pair}"));
                query.push(pair);
                played += 1;
            }
        }
        if method == "get" && path != "/v1/socket" {
            let reply = agent.send(&agent.page("GET", &format!("{path}?{}", query.join("&"))));
            succeeded(operation, &reply, path);
        }
    }
    assert_eq!(played, 14);
    let forget = agent.send(&agent.page("DELETE", "/v1/pairings/current"));
    succeeded(operation("delete", "/v1/pairings/current").unwrap(), &forget, "forget");
}

#[test]
fn every_example_of_a_conversation_runs() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let socket = &operation("get", "/v1/socket").unwrap()["x-websocket"];
    let examples = socket["examples"].as_object().unwrap();
    assert!(examples.len() >= 5);
    for (name, turns) in examples {
        let turns = turns.as_array().unwrap();
        let cancels = turns.iter().any(|turn| turn["send"]["cancel"] == true);
        let mut page = Socket::open(agent.port, PAGE);
        let (mut sent, mut heard, mut called) = ("first", "first", Value::Null);
        for turn in turns {
            if let Some(message) = turn.get("send") {
                fits(&socket["send"][sent], message, name);
                sent = "then";
                if let Some(path) = message["path"].as_str() {
                    let act = if cancels { Some(Act::Nothing) } else { consent(path) };
                    agent.person.then(act);
                    called = message.clone();
                }
                let message = message.to_string().replace("<bearer>", &agent.bearer);
                page.say(&serde_json::from_str(&message).unwrap());
                continue;
            }
            plug(&token, turn["receive"]["event"].as_str().unwrap_or_default());
            let Heard::Text(mut said) = page.next() else { panic!("{name}: closed at {turn}") };
            fits(&socket["receive"][heard], &said, name);
            heard = "then";
            let mut example = turn["receive"].clone();
            if let Some(shown) = example.get_mut("token") {
                let (shown, real) = (resolved(&shown.take()).clone(), said["token"].take());
                fits(&contract()["components"]["schemas"]["Token"], &shown, name);
                assert_eq!(fields(&shown), fields(&real), "{name}");
            }
            if let Some(body) = example.get_mut("body") {
                let (body, real) = (resolved(&body.take()).clone(), said["body"].take());
                let method = called["method"].as_str().unwrap();
                let operation = operation(method, called["path"].as_str().unwrap()).unwrap();
                let status = u16::try_from(said["status"].as_u64().unwrap()).unwrap();
                for body in [&body, &real] {
                    is_documented(operation, status, body.to_string().as_bytes(), name);
                }
                assert_eq!(fields(&body), fields(&real), "{name}");
                assert_eq!(told(&body), told(&real), "{name}: what does not change from run to run");
            }
            assert_eq!(said, example, "{name}");
        }
    }
}

/// Does what this news tells of, if it tells of a token.
fn plug(token: &SoftHsm, event: &str) {
    let (there, aside) = (token.tokens(), token.tokens().with_extension("aside"));
    match event {
        "token_removed" => std::fs::rename(there, aside).unwrap(),
        "token_inserted" => std::fs::rename(aside, there).unwrap(),
        _ => {}
    }
}

/// A body's fields, by name.
fn fields(body: &Value) -> Vec<&String> {
    body.as_object().unwrap().keys().collect()
}

/// What a body has of the call, or of its error.
fn told(body: &Value) -> Vec<&Value> {
    let of_errors = ["code", "message", "hint", "retry"].map(|name| &body["error"][name]);
    [&body["origin"], &body["format"], &body["signatures"][0]["name"], &body["signatures"][0]["digest"]]
        .into_iter()
        .chain(of_errors)
        .collect()
}

/// The codes that a socket is closed with stand in the contract, and no other.
#[test]
fn every_close_is_documented() {
    let close = operation("get", "/v1/socket").unwrap()["x-websocket"]["close"].as_object().unwrap();
    let codes: Vec<&str> = close.keys().map(String::as_str).collect();
    assert_eq!(codes, ["1001", "1002", "1007", "1008", "1009", "4401", "4403"]);
}
