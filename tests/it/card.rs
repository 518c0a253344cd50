//! A real card stack: OpenSC, pcscd, and a PIV card that is put in, pulled out and swapped.

mod doctor;
mod pin;
mod plug;
mod pulled;
mod removals;
mod sign;

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::agent::Agent;
use crate::support::card::Card;

/// An agent that has listed the card once.
fn agent(card: &Card) -> Agent {
    let agent = Agent::of(vec![Card::module()], kyso::token::hub::Deadlines::default());
    until("the first listing", FIRST_LISTING, || has(&agent, card));
    agent
}

/// Whether the page is told of the first identity's certificate for documents.
fn has(agent: &Agent, card: &Card) -> bool {
    let id = card.id("9a").to_string();
    certificates(agent).iter().any(|certificate| certificate["id"] == id)
}

/// What a page is told.
fn certificates(agent: &Agent) -> Vec<Value> {
    listed(agent, "certificates")
}

fn tokens(agent: &Agent) -> Vec<Value> {
    listed(agent, "tokens")
}

fn listed(agent: &Agent, what: &str) -> Vec<Value> {
    let reply = agent.send(&agent.page("GET", &format!("/v1/{what}")));
    assert_eq!(reply.status, 200, "{}", reply.json());
    reply.json()[what].as_array().unwrap().clone()
}

/// Asks as a page would, until it is as wanted; fails after `limit`.
fn until(what: &str, limit: Duration, mut wanted: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !wanted() {
        assert!(begun.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How long anything that is plugged in or out may go unseen.
const SEEN_WITHIN: Duration = Duration::from_secs(3);
/// OpenSC takes two seconds to read a card, on a machine with nothing else to do.
const FIRST_LISTING: Duration = Duration::from_secs(20);
