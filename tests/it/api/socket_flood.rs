//! Frames by the thousand that no page would send (R20).

use std::time::Duration;

use kyso::domain::error::ErrorCode;
use serde_json::{Value, json};

use super::flood::{left_no_trace, resident, settled_files};
use crate::support::agent::{PAGE, item, sha256};
use crate::support::desk::Desk;
use crate::support::dice::Dice;
use crate::support::socket::{Heard, Socket};

#[test]
fn r20_ten_thousand_bad_frames_leave_no_trace() {
    // A process of its own, whose files and memory are nobody else's.
    let desk = Desk::configured("modules = []\n");
    let agent = desk.agent();
    let bearer = desk.pair(agent.port, PAGE);
    let call = |path: &str, more: Value| {
        let mut call = json!({ "id": "7", "method": "POST", "path": path });
        call.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        frame(0x81, call.to_string().as_bytes())
    };
    let items = json!({ "items": [item("Công văn.pdf", &sha256("x"))] });
    let seeds = [
        call("/v1/health", json!({ "method": "GET", "query": "" })),
        call("/v1/signatures", json!({ "body": items, "idempotency_key": "k", "language": "vi" })),
        call("/v1/hello", json!({ "body": { "nonce": "AAAAAAAAAAAAAAAAAAAAAA==" } })),
        frame(0x81, json!({ "id": "7", "cancel": true }).to_string().as_bytes()),
        [frame(0x01, br#"{"id":"7","#), frame(0x89, b"ping"), frame(0x80, br#""cancel":true}"#)].concat(),
        frame(0x88, b"\x03\xe8bye"),
        frame(0x82, &[0; 300]),
    ];
    let id = agent.child.id();
    let mut dice = Dice::new();
    // Before anything is measured, all that is made once has been made.
    for _ in 0..500 {
        attack(agent.port, &bearer, &dice.spoil(&seeds));
    }
    let before = (settled_files(id), resident(id));
    for _ in 0..10_000 {
        attack(agent.port, &bearer, &dice.spoil(&seeds));
    }
    let mut socket = Socket::paired(agent.port, PAGE, &bearer);
    assert_eq!(socket.call("1", "GET", "/v1/health", json!({}))["status"], 200, "still serves");
    drop(socket);
    left_no_trace(&desk, &agent, before);
}

/// Writes the bytes and takes whatever documented answers come.
fn attack(port: u16, bearer: &str, bytes: &[u8]) {
    let mut socket = Socket::paired(port, PAGE, bearer);
    socket.write(bytes);
    while let Some(heard) = socket.soon(Duration::from_millis(3)) {
        match heard {
            Heard::Text(said) => documented(&said),
            Heard::Closed(code) => {
                let known = [None, Some(1000), Some(1002), Some(1007), Some(1008), Some(1009)];
                // Its own close comes back, whatever it says.
                let echoed = bytes.first() == Some(&0x88);
                assert!(known.contains(&code) || echoed, "{code:?} after {bytes:?}");
                return;
            }
        }
    }
}

fn documented(said: &Value) {
    let error = if said.get("id").is_some() { &said["body"]["error"] } else { &said["error"] };
    if error.is_null() {
        assert!(said["status"] == 200 || said.get("event").is_some(), "{said}");
        return;
    }
    let code = ErrorCode::parse(error["code"].as_str().unwrap()).expect("a documented code");
    if said.get("id").is_some() {
        assert_eq!(said["status"], kyso::api::status(code).as_u16(), "{said}");
    }
}

/// Masked with zeros, so that what is spoilt stays nearly JSON.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = match u8::try_from(payload.len()) {
        Ok(short @ ..=125) => vec![0x80 | short],
        _ => [&[0xfe], u16::try_from(payload.len()).unwrap().to_be_bytes().as_slice()].concat(),
    };
    [&[opcode], length.as_slice(), &[0; 4], payload].concat()
}
