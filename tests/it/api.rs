//! What every web page in the world may send: each answer a documented one, nobody asked, nothing lost.

mod bodies;
mod cancelled;
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

/// Whatever came, the answer is one that the contract knows.
pub(crate) fn documented(reply: &Reply) {
    let error = &reply.json()["error"];
    let code = ErrorCode::parse(error["code"].as_str().unwrap()).expect("a documented code");
    assert_eq!(reply.status, status(code).as_u16());
    for field in ["message", "hint", "request"] {
        assert!(error[field].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    }
    assert!(["now", "after_user", "never"].contains(&error["retry"].as_str().unwrap()), "{error}");
}
