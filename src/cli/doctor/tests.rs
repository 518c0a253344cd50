//! What is said of a token.

use super::*;
use crate::domain::token::TokenSerial;
use crate::text::setup::SetupWords;

fn found(pin: PinState) -> Finding {
    let (serial, module) = (TokenSerial("0123".to_owned()), 0);
    let (label, model, manufacturer) = ("kyso-demo".to_owned(), String::new(), String::new());
    let tokens = vec![TokenInfo { serial, label, model, manufacturer, pin, module }];
    super::tokens(&Snapshot { tokens, ..Snapshot::default() }, Lang::En).remove(0)
}

/// The same as setup says; only what keeps it from signing is wrong.
#[test]
fn a_pin_that_the_person_should_know_of_is_told_with_what_to_do() {
    let words = SetupWords::of(Lang::En);
    for (pin, mark, todo) in [
        (PinState::Ok, Mark::Well, None),
        (PinState::Reader, Mark::Well, None),
        (PinState::Low, Mark::Note, Some(words.pin_low_do)),
        (PinState::FinalTry, Mark::Note, Some(words.pin_final_do)),
        (PinState::ReaderFinal, Mark::Note, Some(words.pin_final_do)),
        (PinState::MustChange, Mark::Wrong, Some(words.pin_must_change_do)),
        (PinState::Locked, Mark::Wrong, Some(words.pin_locked_do)),
    ] {
        let found = found(pin);
        assert_eq!((found.mark, found.todo), (mark, todo), "{pin:?}");
        assert!(found.what.starts_with("kyso-demo (serial 0123)"), "{}", found.what);
        assert_eq!(found.what.contains("its PIN"), todo.is_some(), "{}", found.what);
    }
}
