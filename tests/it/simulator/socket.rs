//! The real socket, too: a document system's own tests see progress, events and the ends of calls.

use serde_json::{Value, json};

use super::origin;
use crate::support::agent::{item, sha256};
use crate::support::simulator::Simulator;
use crate::support::socket::Socket;

#[test]
fn a_page_hears_of_progress_and_of_tokens_over_the_socket() {
    let simulator = Simulator::start();
    let page = simulator.page(&origin("a"));
    let mut socket = Socket::paired(simulator.port, &page.origin, &page.bearer);
    let items: Vec<Value> =
        (0..20).map(|at| item(if at == 0 { "[slow 2]" } else { "x" }, &sha256(&at.to_string()))).collect();
    let answer = socket.call("20", "POST", "/v1/signatures", json!({ "body": { "items": items } }));
    assert_eq!(answer["status"], 200, "{answer}");
    let events = socket.early();
    let done: Vec<u64> = events.iter().filter_map(|event| event["done"].as_u64()).collect();
    assert!(done.len() > 10 && done.is_sorted() && done.last() == Some(&20), "{events:?}");

    let body = json!({ "body": { "items": [item("[removed]", &sha256("x"))] } });
    let answer = socket.call("out", "POST", "/v1/signatures", body);
    assert_eq!((&answer["status"], &answer["body"]["error"]["code"]), (&json!(409), &json!("token_removed")));
    let left = socket.event("token_removed");
    assert_eq!(socket.event("token_inserted")["token"], left["token"], "it comes back");
    simulator.let_go();
    assert_eq!(socket.closed(), Some(1001), "and the end");
}
