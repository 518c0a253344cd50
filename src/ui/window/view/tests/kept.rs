//! A login that is kept, or could be (R38).

use std::time::Duration;

use egui::Key;
use egui::accesskit::Role;
use egui::accesskit::Toggled;

use super::Stage;
use crate::domain::approval::SignQuestion;
use crate::domain::caller::Caller;
use crate::domain::form::Form;
use crate::domain::form::SignIn;
use crate::domain::kept::KeepLimits;
use crate::domain::kept::Keeping;
use crate::domain::seal::SealTarget;
use crate::domain::seal::SealingKey;
use crate::text::Lang;
use crate::text::keep::KeepWords;
use crate::text::prompt::PromptWords;
use crate::ui::message::FromPrompt;
use crate::ui::message::Sign;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;
use crate::ui::sample;

fn stage(keeping: Keeping) -> Stage {
    of(sample::question(1), keeping)
}

fn of(mut question: SignQuestion, keeping: Keeping) -> Stage {
    question.candidates[0].keeping = keeping;
    let key = SealingKey::generate().public();
    question.candidates[0].seal = Some(SealTarget { key, nonce: [1; 32] });
    let mut stage = Stage::new(ToPrompt::Sign(Sign::new(&question, Lang::Vi)), [560.0, 640.0], 1.0);
    stage.wait(600);
    stage
}

pub(super) fn offer() -> Keeping {
    Keeping::Offered(KeepLimits::new(300, 1_800).unwrap())
}

pub(super) fn login() -> Keeping {
    Keeping::Kept { left: Duration::from_secs(840) }
}

fn offered() -> Stage {
    stage(offer())
}

fn kept() -> Stage {
    stage(login())
}

#[test]
fn r38_nothing_is_ticked_beforehand_and_a_tick_is_told() {
    let mut stage = offered();
    let ticks = stage.role(Role::CheckBox);
    assert_eq!(ticks.len(), 1);
    assert_eq!(ticks[0].toggled(), Some(Toggled::False));
    let label = ticks[0].label().unwrap().to_owned();
    let span = |seconds| KeepWords::of(Lang::Vi).span(Duration::from_secs(seconds));
    assert!(label.contains(&span(1_800)) && label.contains(&span(300)), "{label}");
    stage.type_text("1234");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().pop(), Some(FromPrompt::Sign { pin: Some(_), .. })));

    let mut stage = offered();
    stage.type_text("12");
    stage.click(&label);
    stage.type_text("34");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().pop(), Some(FromPrompt::SignAndKeep { pin: Some(_), .. })));
}

#[test]
fn r38_a_kept_login_takes_the_button_and_no_pin() {
    let words = PromptWords::of(Lang::Vi);
    let mut stage = kept();
    assert!(stage.role(Role::PasswordInput).is_empty() && stage.role(Role::TextInput).is_empty());
    let span = KeepWords::of(Lang::Vi).span(Duration::from_secs(840));
    assert!(stage.texts().iter().any(|text| text.contains(&span)), "{:?}", stage.texts());
    stage.click(words.sign);
    assert!(matches!(stage.dialog.say().pop(), Some(FromPrompt::Confirm { .. })));

    let mut stage = kept();
    stage.press(Key::Enter);
    assert_eq!(stage.dialog.say(), [FromPrompt::Deny], "Enter alone agrees to nothing");
}

/// Nobody is told to check documents, or to choose a button that isn't there.
#[test]
fn r38_a_kept_login_speaks_of_the_sign_in() {
    let sign_in = |keeping| {
        let mut question = sample::question(1);
        let Caller::Web(origin) = &question.caller else { panic!("a page asks in the sample") };
        question.form = Form::SignIn(SignIn { origin: origin.clone(), nonce: vec![7; 32] });
        of(question, keeping)
    };
    let (words, keep) = (PromptWords::of(Lang::Vi), KeepWords::of(Lang::Vi));
    let span = keep.span(Duration::from_secs(840));
    let mut stage = sign_in(login());
    let told = crate::text::fill(keep.kept_sign_in, &[("left", &span)]);
    assert!(stage.texts().iter().any(|text| *text == told), "{:?}", stage.texts());
    assert!(told.contains(words.sign_in) && !told.contains("văn bản"));
    stage.click(words.sign_in);
    assert!(matches!(stage.dialog.say().pop(), Some(FromPrompt::Confirm { .. })));

    let stage = sign_in(offer());
    let label = stage.role(Role::CheckBox)[0].label().unwrap().to_owned();
    assert!(label.contains("mỗi lần dùng") && !label.contains("ký"), "{label}");
}

#[test]
fn r38_a_login_that_has_ended_brings_the_field_back() {
    let mut stage = kept();
    stage.click(PromptWords::of(Lang::Vi).sign);
    let certificate = sample::question(1).candidates[0].certificate.id;
    stage.dialog.hear(News::Says(ToPrompt::LoginEnded { certificate }), stage.now);
    stage.frame(Vec::new());
    stage.frame(Vec::new());
    let ended = KeepWords::of(Lang::Vi).ended;
    assert!(stage.texts().iter().any(|text| text == ended), "{:?}", stage.texts());
    stage.wait(600);
    stage.type_text("1234");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().pop(), Some(FromPrompt::Sign { pin: Some(_), .. })));
}
