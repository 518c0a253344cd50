//! What a call over a socket is answered that its page cancels: each time as the contract has it, which
//! [`Socket::answer`] looks at.

use std::time::Duration;

use kyso::token::hub::Deadlines;
use serde_json::{Value, json};

use crate::support::agent::{Agent, PAGE};
use crate::support::contract::{codes, each, operations};
use crate::support::hostile::Hostile;
use crate::support::person::Act;
use crate::support::socket::Socket;

fn cancelled(answer: &Value) -> bool {
    answer["status"] == 409 && answer["body"]["error"]["code"] == "cancelled"
}

#[test]
fn a_cancelled_pairing_closes_its_window_and_says_so() {
    let agent = Agent::without_token();
    let mut socket = Socket::open(agent.port, PAGE);
    socket.say(&json!({ "token": null }));
    socket.next();
    agent.person.then([Act::Nothing]);
    let body = json!({ "name": "x", "nonce": "AAAAAAAAAAAAAAAAAAAAAA==" });
    socket.begin("1", "POST", "/v1/pairings", json!({ "body": body }));
    socket.event("prompt_opened");
    socket.say(&json!({ "id": "1", "cancel": true }));
    let answer = socket.answer("1");
    assert!(cancelled(&answer), "{answer}");
    agent.within(Duration::from_secs(1), |seen| seen.open == 0).expect("the window closes within a second");
}

/// Those that wait for a token's library end when they are cancelled; no other waits for anything.
#[test]
fn a_cancelled_look_at_the_tokens_ends_and_says_so() {
    let hostile = Hostile::new();
    let deadlines = Deadlines { list: Duration::from_secs(20), ..Deadlines::default() };
    let agent = Agent::of(vec![hostile.always("C_GetSlotList=hang")], deadlines);
    let mut socket = agent.socket();
    let gets = operations().filter(|(method, path, _)| *method == "get" && *path != "/v1/socket");
    let mut ended = Vec::new();
    for (_, path, _) in gets {
        socket.begin(path_id(path), "GET", path, json!({}));
        socket.say(&json!({ "id": path_id(path), "cancel": true }));
        let answer = socket.answer(path_id(path));
        if cancelled(&answer) {
            ended.push(path);
        } else {
            assert_eq!(answer["status"], 200, "{path}: {answer}");
        }
    }
    assert_eq!(ended, ["/v1/certificates", "/v1/tokens"]);
    // And only of those, and of what waits for a person, does the contract say it.
    let said = operations().filter(|(.., operation)| {
        each(&operation["responses"])
            .any(|(_, response)| codes(response).iter().any(|code| code.as_str() == "cancelled"))
    });
    let said: Vec<&str> = said.map(|(_, path, _)| path).collect();
    assert_eq!(
        said,
        ["/v1/authentications", "/v1/certificates", "/v1/pairings", "/v1/signatures", "/v1/tokens"]
    );
}

/// An id that a call may have.
fn path_id(path: &str) -> &str {
    path.trim_start_matches("/v1/")
}
