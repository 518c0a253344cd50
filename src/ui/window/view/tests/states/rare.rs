//! Notices, and turns and ends that are seldom seen.

use super::super::Stage;
use super::screen::Screen;
use super::{answered, filled, fit, progress, seal, signs_in, told};
use crate::domain::certificate::CertId;
use crate::domain::error::ErrorCode;
use crate::domain::token::PinState;
use crate::ui::message::Choice;
use crate::ui::message::ToPrompt;
use crate::ui::window::dialog::Act;

pub(super) fn caps_lock(screen: Screen) -> Stage {
    let mut stage = screen.one(|_| ());
    stage.dialog.caps_lock = Some(true);
    fit(&mut stage);
    stage
}

/// What a Vietnamese keyboard (XKB `vn`) makes of the row of digits.
pub(super) fn pin_marks(screen: Screen) -> Stage {
    let mut stage = screen.one(|_| ());
    stage.type_text("ăâ1");
    fit(&mut stage);
    stage
}

pub(super) fn last_by_now(screen: Screen) -> Stage {
    let pin = PinState::FinalTry;
    told(answered(screen.one(|_| ())), ToPrompt::LastTry { certificate: CertId([1; 32]), pin, seal: seal() })
}

pub(super) fn done_before(screen: Screen) -> Stage {
    let mut stage = answered(screen.many());
    stage.dialog.act(Act::Close);
    told(stage, ToPrompt::Done)
}

pub(super) fn blocks(screen: Screen) -> Stage {
    let mut stage = screen.one(|sign| sign.refusals = 2);
    stage.click(stage.dialog.words.block);
    fit(&mut stage);
    stage
}

pub(super) fn failed(screen: Screen, code: ErrorCode) -> Stage {
    told(answered(screen.one(|_| ())), ToPrompt::Failed { code })
}

pub(super) fn change_wrong(screen: Screen) -> Stage {
    told(filled(screen, "654321"), ToPrompt::PinWrong { state: PinState::Low, seal: seal() })
}

/// As an agent tells it: not to the dialog, but to the window around it.
pub(super) fn aside(screen: Screen) -> Stage {
    let mut stage = progress(screen);
    stage.dialog.guard.step_aside();
    fit(&mut stage);
    stage
}

pub(super) fn sign_in(screen: Screen, change: impl FnOnce(&mut Choice)) -> Stage {
    screen.one(|sign| {
        signs_in(sign);
        change(&mut sign.choices[0]);
    })
}

pub(super) fn pad(choice: &mut Choice) {
    (choice.pin, choice.seal) = (PinState::Reader, None);
}

pub(super) fn pair_nags(screen: Screen) -> Stage {
    screen.pair_but("https://vanban.example.gov.vn", |pair| pair.refusals = 2)
}
