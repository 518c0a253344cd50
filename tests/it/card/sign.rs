//! Signing with a card, and with the wrong one.

use std::sync::Arc;

use kyso::domain::scheme::Scheme;
use serde_json::json;

use super::{agent, has, until};
use crate::support::agent::{item, one, sha256, value};
use crate::support::card::Card;
use crate::support::person::Act;
use crate::support::softhsm::verify;

#[test]
fn a_card_signs_a_batch_with_one_pin() {
    let Some(card) = Card::inserted() else { return };
    let agent = agent(&card);
    agent.person.then([Act::Pin(Card::PIN)]);
    let digests = [sha256("a"), sha256("b"), sha256("c")];
    let items: Vec<_> = digests.iter().map(|digest| item("a.pdf", digest)).collect();
    let reply = agent.sign(&json!({ "certificate": card.id("9a").to_string(), "items": items }));
    assert_eq!(reply.status, 200, "{}", reply.json());
    for (at, digest) in digests.iter().enumerate() {
        let signature = value(&reply.json(), at);
        assert!(verify(&card.certificate("9a"), Scheme::RsaPkcs1, digest, &signature));
    }
    assert_eq!(card.said().pins, 1, "one typed PIN, one login");
}

/// Slot 9C forgets the PIN with each signature (SP 800-73-4).
#[test]
fn r42_a_card_that_wants_the_pin_each_time_signs_a_batch_with_one_typed() {
    let Some(card) = Card::inserted() else { return };
    let agent = agent(&card);
    agent.person.then([Act::Pin(Card::PIN)]);
    let digests = [sha256("a"), sha256("b"), sha256("c")];
    let items: Vec<_> = digests.iter().map(|digest| item("a.pdf", digest)).collect();
    let reply = agent.sign(&json!({ "certificate": card.id("9c").to_string(), "items": items }));
    assert_eq!(reply.status, 200, "{}", reply.json());
    let told = agent.person.seen().states;
    assert_eq!(told[0], "progress, each time", "the person hears why it takes long: {told:?}");
    for (at, digest) in digests.iter().enumerate() {
        let signature = value(&reply.json(), at);
        assert!(verify(&card.certificate("9c"), Scheme::RsaPkcs1, digest, &signature));
    }
    assert_eq!(card.said().pins, 4, "one for the login and one for each signature");
}

#[test]
fn r50_a_card_swapped_while_the_pin_is_typed_gets_none() {
    let Some(card) = Card::inserted() else { return };
    let agent = agent(&card);
    let card = Arc::new(card);
    let swapped = Arc::clone(&card);
    agent.person.then([Act::PinAfter(Card::PIN, Arc::new(move || swapped.swap()))]);
    let reply = agent.sign(&one(card.id("9a"), &sha256("a")));
    assert_eq!(reply.json()["error"]["code"], "token_changed", "{}", reply.json());
    let said = card.said();
    assert_eq!((said.tries, said.pins), (3, 0), "the other card was asked nothing");

    card.remove();
    card.wait_for_reader(false);
    card.insert();
    until("the right card", super::SEEN_WITHIN, || has(&agent, &card));
    agent.person.then([Act::Pin(Card::PIN)]);
    let digest = sha256("b");
    let reply = agent.sign(&one(card.id("9a"), &digest));
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert!(verify(&card.certificate("9a"), Scheme::RsaPkcs1, &digest, &value(&reply.json(), 0)));
}
