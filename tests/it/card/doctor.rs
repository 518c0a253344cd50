//! `kyso doctor --module` with a card whose key wants the PIN for each signature.

use crate::process::doctor_module::{of, report, type_pins};
use crate::support::card::Card;
use crate::support::desk::Desk;

#[test]
fn r42_trials_with_a_key_that_wants_the_pin_each_time_take_one_typed_pin_each() {
    let Some(card) = Card::inserted() else { return };
    let desk = Desk::configured("modules = []");
    let (module, id) = (Card::module().path.display().to_string(), card.id("9c").to_string());
    let arguments = ["doctor", "--module", &module, "--sign", "--json", "--certificate", &id];
    let mut terminal = desk.in_terminal(&arguments);
    type_pins(&mut terminal, Card::PIN, 2);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    let report = report(&terminal.end());
    let trials = of(&report, "trial");
    assert_eq!(trials.len(), 2, "{report}");
    assert!(trials.iter().all(|trial| trial["verified"] == 3), "{report}");
    assert_eq!(card.said().pins, 8, "of each trial one for the login and one for each signature");
}
