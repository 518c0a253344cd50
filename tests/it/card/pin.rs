//! Wrong PINs on a card that counts them, and locks (R40).

use super::{SEEN_WITHIN, agent, tokens, until};
use crate::support::agent::{one, sha256};
use crate::support::card::Card;
use crate::support::person::Act;

#[test]
fn r40_the_last_try_is_shown_as_one_and_a_locked_card_is_asked_no_more() {
    let Some(card) = Card::inserted() else { return };
    let agent = agent(&card);
    agent.person.then([Act::Pin("000000"), Act::Pin("111111"), Act::No]);
    let reply = agent.sign(&one(card.id("9a"), &sha256("a")));
    assert_eq!(reply.json()["error"]["code"], "user_denied", "{}", reply.json());
    let seen = agent.until(|seen| seen.open == 0);
    // OpenSC does not say COUNT_LOW of a card that it was not told the most tries of.
    assert_eq!(seen.states[..2], ["wrong pin, ok", "wrong pin, final_try"]);
    assert_eq!(card.said().tries, 1);
    until("the last try in the listing", SEEN_WITHIN, || tokens(&agent)[0]["pin"] == "final_try");

    // The window opens with the warning, and the person types a wrong one all the same.
    agent.person.then([Act::Pin("222222")]);
    let reply = agent.sign(&one(card.id("9a"), &sha256("a")));
    assert_eq!(agent.person.seen().pins.last(), Some(&"final_try"));
    assert_eq!(reply.json()["error"]["code"], "pin_locked", "{}", reply.json());
    assert_eq!(card.said().tries, 0, "locked for real");
    until("the lock in the listing", SEEN_WITHIN, || tokens(&agent)[0]["pin"] == "locked");

    let pins = card.said().pins;
    assert_eq!(pins, 3, "each typed PIN once");
    agent.person.then([Act::Pin(Card::PIN)]);
    let opened = agent.person.seen().opened;
    let reply = agent.sign(&one(card.id("9a"), &sha256("a")));
    assert_eq!(reply.json()["error"]["code"], "pin_locked", "{}", reply.json());
    assert_eq!(agent.person.seen().opened, opened, "no window");
    assert_eq!(card.said().pins, pins, "and no PIN");
}
