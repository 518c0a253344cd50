//! The form for a PIN.

use egui::Key;

use super::super::Stage;
use super::screen::Screen;
use super::{fit, told};
use crate::domain::pin_task::{PinAct, PinQuestion};
use crate::domain::token::PinState;
use crate::ui::message::ToPrompt;

/// The PIN form, filled in and sent.
pub(super) fn filled(screen: Screen, again: &str) -> Stage {
    fill_in(screen.form(|_| ()), again)
}

fn fill_in(mut stage: Stage, again: &str) -> Stage {
    for secret in ["123456", "654321", again] {
        stage.type_text(secret);
        stage.press(Key::Enter);
    }
    fit(&mut stage);
    stage
}

pub(super) fn unblock(question: &mut PinQuestion) {
    question.task.act = PinAct::Unblock;
}

pub(super) fn unblock_last(screen: Screen) -> Stage {
    screen.form(|question| {
        unblock(question);
        question.place.state = PinState::FinalTry;
    })
}

/// What came of an unblocking.
pub(super) fn unblocking(screen: Screen, came: ToPrompt) -> Stage {
    told(fill_in(screen.form(unblock), "654321"), came)
}
