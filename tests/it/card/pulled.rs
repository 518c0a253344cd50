//! A card that leaves, or falls silent, in the middle of a signature (R46, R71).

use std::time::{Duration, Instant};

use kyso::domain::scheme::Scheme;
use kyso::token::hub::Deadlines;

use super::{FIRST_LISTING, SEEN_WITHIN, agent, has, until};
use crate::support::agent::{Agent, one, sha256, value};
use crate::support::card::Card;
use crate::support::person::Act;
use crate::support::softhsm::verify;

#[test]
fn r71_a_card_pulled_in_a_signature_ends_it_and_the_next_insertion_signs() {
    let Some(card) = Card::inserted() else { return };
    let agent = agent(&card);
    card.tell("remove-on-sign");
    agent.person.then([Act::Pin(Card::PIN)]);
    let begun = Instant::now();
    let reply = agent.sign(&one(card.id("9a"), &sha256("a")));
    assert_eq!(reply.json()["error"]["code"], "token_removed", "{}", reply.json());
    assert!(begun.elapsed() < ENDED_WITHIN, "{:?}", begun.elapsed());
    put_in_anew(&agent, &card);
    signs(&agent, &card);
}

#[test]
fn r46_a_card_silent_in_a_signature_ends_it_by_the_deadline_and_works_once_put_in_anew() {
    let Some(card) = Card::inserted() else { return };
    let deadlines = Deadlines { sign: Duration::from_secs(3), ..Deadlines::default() };
    let agent = Agent::of(vec![Card::module()], deadlines);
    until("the first listing", FIRST_LISTING, || has(&agent, &card));
    card.tell("hang-on-sign");
    agent.person.then([Act::Pin(Card::PIN)]);
    let begun = Instant::now();
    let reply = agent.sign(&one(card.id("9a"), &sha256("a")));
    assert_eq!(reply.json()["error"]["code"], "module_timeout", "{}", reply.json());
    assert!(begun.elapsed() < deadlines.sign + ENDED_WITHIN, "{:?}", begun.elapsed());
    card.remove();
    put_in_anew(&agent, &card);
    signs(&agent, &card);
}

/// The person puts the card in again and waits until it is listed.
pub(super) fn put_in_anew(agent: &Agent, card: &Card) {
    card.wait_for_reader(false);
    card.insert();
    card.wait_for_reader(true);
    until("the card put in anew", SEEN_WITHIN, || has(agent, card));
}

/// The next request is signed.
pub(super) fn signs(agent: &Agent, card: &Card) {
    agent.person.then([Act::Pin(Card::PIN)]);
    let digest = sha256("next");
    let reply = agent.sign(&one(card.id("9a"), &digest));
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert!(verify(&card.certificate("9a"), Scheme::RsaPkcs1, &digest, &value(&reply.json(), 0)));
}

/// R71's.
pub(super) const ENDED_WITHIN: Duration = Duration::from_secs(5);
