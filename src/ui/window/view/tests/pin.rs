//! The form for a PIN.

use egui::Key;
use egui::accesskit::Role;

use super::Stage;
use crate::domain::error::ErrorCode;
use crate::domain::pin_task::PinAct;
use crate::domain::pin_task::PinLengths;
use crate::domain::pin_task::PinQuestion;
use crate::domain::seal::SealTarget;
use crate::domain::token::PinState;
use crate::text::Lang;
use crate::text::pin::PinWords;
use crate::ui::message::FromPrompt;
use crate::ui::message::PinSheet;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;
use crate::ui::sample;
use crate::ui::secret::PinField;
use crate::ui::window::dialog::Dialog;

fn stage(question: &PinQuestion, size: [f32; 2]) -> Stage {
    let now = std::time::Instant::now();
    let fields = [0; 3].map(|_| PinField::new().unwrap());
    let sheet = PinSheet::new(question, Lang::En);
    Stage::of(Dialog::about_pin(sheet, fields, PinField::new().unwrap(), now), now, size, 1.0)
}

/// A form to change a PIN, with room for all of it.
pub(super) fn change() -> Stage {
    stage(&sample::pin_question(), [560.0, 600.0])
}

pub(super) fn words() -> &'static PinWords {
    PinWords::of(Lang::En)
}

/// Types the three, Enter behind each.
fn type_all(stage: &mut Stage, secrets: [&str; 3]) {
    for secret in secrets {
        stage.type_text(secret);
        stage.press(Key::Enter);
    }
}

#[test]
fn enter_leads_from_field_to_field_and_sends_from_the_last() {
    let mut question = sample::pin_question();
    question.place.lengths = PinLengths::new(4, 8);
    let mut stage = stage(&question, [560.0, 480.0]);
    stage.wait(600);
    type_all(&mut stage, ["123456", "654321", "654322"]);
    assert!(stage.dialog.say().is_empty() && stage.says(words().differ));
    type_all(&mut stage, ["123456", "654321", "654321"]);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Pin { pair: Some(_) }]));
    assert!(stage.says(words().working) && stage.role(Role::Button).is_empty(), "nothing calls it back");
    stage.dialog.hear(News::Says(ToPrompt::Failed { code: ErrorCode::PinUnsupported }), stage.now);
    stage.wait(1);
    assert!(stage.says(words().fail_unsupported));
}

#[test]
fn r40_the_last_puk_wants_a_second_word_each_time() {
    let mut question = sample::pin_question();
    question.task.act = PinAct::Unblock;
    question.place.state = PinState::FinalTry;
    let mut stage = stage(&question, [560.0, 600.0]);
    stage.wait(600);
    let secrets = ["12345678", "654321", "654321"];
    type_all(&mut stage, secrets);
    assert!(stage.dialog.say().is_empty() && stage.says(words().final_unblock), "not understood yet");
    stage.click(words().accept_unblock);
    stage.click(words().do_unblock);
    assert_eq!(stage.dialog.say().len(), 1);
    let seal = SealTarget { key: [1; 32], nonce: [2; 32] };
    let wrong = ToPrompt::PinWrong { state: PinState::FinalTry, seal };
    stage.dialog.hear(News::Says(wrong), stage.now);
    stage.wait(600);
    type_all(&mut stage, secrets);
    assert!(stage.dialog.say().is_empty() && stage.says(words().wrong_unblock), "once more");
}

#[test]
fn every_form_is_whole_at_every_size() {
    let mut question = sample::pin_question();
    for (act, state, reader) in [
        (PinAct::Change, PinState::Ok, false),
        (PinAct::Unblock, PinState::Doubted, false),
        (PinAct::Change, PinState::FinalTry, true),
    ] {
        question.task.act = act;
        (question.place.state, question.place.reader, question.place.must_change) = (state, reader, true);
        for size in [[560.0, 600.0], [1366.0, 700.0], [420.0, 600.0]] {
            stage(&question, size).assert_whole(&format!("{act:?} {state:?} {size:?}"));
        }
    }
}
