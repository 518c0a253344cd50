//! Conversations that end without an answer.

use egui::Key;

use super::LARGE;
use super::Stage;
use super::signing;
use crate::ui::prompt::News;

#[test]
fn an_agent_that_is_gone_takes_its_question_along() {
    let mut stage = Stage::new(signing(1, |_| ()), LARGE, 1.0);
    stage.dialog.hear(News::Gone, stage.now);
    assert!(stage.dialog.is_closed() && stage.dialog.say().is_empty());
}

#[test]
fn time_over_is_no_answer() {
    let mut stage = Stage::new(signing(1, |_| ()), LARGE, 1.0);
    stage.type_text("123456");
    stage.wait(120_000);
    stage.frame(Vec::new());
    assert!(stage.says(stage.dialog.words.late) && stage.dialog.pin.is_empty());
    stage.press(Key::Enter);
    assert!(stage.dialog.say().is_empty());
}
