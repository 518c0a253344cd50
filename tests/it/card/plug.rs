//! Cards that come and go are seen within three seconds (R51).

use super::{FIRST_LISTING, SEEN_WITHIN, agent, certificates, has, tokens, until};
use crate::support::card::Card;
use crate::support::desk::Desk;

#[test]
fn r51_pages_see_a_card_come_and_go() {
    let Some(card) = Card::inserted() else { return };
    let agent = agent(&card);
    for _ in 0..2 {
        card.remove();
        until("the removal", SEEN_WITHIN, || tokens(&agent).is_empty() && certificates(&agent).is_empty());
        card.insert();
        until("the insertion", SEEN_WITHIN, || has(&agent, &card) && tokens(&agent).len() == 1);
    }
}

#[test]
fn r51_pages_see_a_swapped_card() {
    let Some(card) = Card::inserted() else { return };
    let agent = agent(&card);
    let first = tokens(&agent)[0]["serial"].clone();
    card.swap();
    until("the other card", SEEN_WITHIN, || {
        let ids: Vec<String> = certificates(&agent).iter().map(|known| known["id"].to_string()).collect();
        !has(&agent, &card) && ids.iter().any(|id| id.contains(&card.other_id("9a").to_string()))
    });
    let tokens = tokens(&agent);
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_ne!(tokens[0]["serial"], first);
}

#[test]
fn r51_the_command_line_sees_a_card_come_and_go() {
    let Some(card) = Card::inserted() else { return };
    let config = format!("[[modules]]\npath = \"{}\"\n", Card::module().path.display());
    let desk = Desk::configured(&config);
    let _agent = desk.agent();
    let shows = |wanted: bool| {
        let said = desk.kyso(&["tokens"]);
        String::from_utf8_lossy(&said.stdout).contains("piv_II") == wanted && said.status.success() == wanted
    };
    until("the first listing", FIRST_LISTING, || shows(true));
    card.remove();
    until("the removal", SEEN_WITHIN, || shows(false));
    card.insert();
    until("the insertion", SEEN_WITHIN, || shows(true));
}
