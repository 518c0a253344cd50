//! Cards that come and go are seen within three seconds (R51).

use std::time::{Duration, Instant};

use super::{FIRST_LISTING, SEEN_WITHIN, agent, certificates, has, tokens, until};
use crate::process::watching::Watcher;
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

#[test]
fn r51_whoever_watches_is_told_of_a_card_and_its_certificates() {
    let Some(card) = Card::inserted() else { return };
    let config = format!("[[modules]]\npath = \"{}\"\n", Card::module().path.display());
    let desk = Desk::configured(&config);
    let _agent = desk.agent();
    let watcher = Watcher::start(&desk, &["tokens", "--watch"]);
    let told = |sign: char, limit: Duration| {
        let (id, end) = (card.id("9a").to_string(), Instant::now() + limit);
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.ends_with(&id)) {
            let left = end.saturating_duration_since(Instant::now());
            lines
                .push(watcher.next_within(left).unwrap_or_else(|| panic!("only {lines:?} within {limit:?}")));
        }
        assert!(lines.iter().all(|line| line.starts_with(sign)), "{lines:?}");
        assert!(lines[0].contains("piv_II"), "the token first: {lines:?}");
    };
    told('+', FIRST_LISTING);
    // The rest of the first listing is no news.
    while watcher.next_within(Duration::from_millis(300)).is_some() {}
    card.remove();
    told('-', SEEN_WITHIN);
    while watcher.next_within(Duration::from_millis(300)).is_some() {}
    card.insert();
    told('+', SEEN_WITHIN);
}
