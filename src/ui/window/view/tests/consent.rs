//! What is agreed to is what was shown, and nothing is without the person's act (R26); what Kyso can't vouch
//! for is said (R30).

use std::collections::BTreeSet;
use std::time::Duration;
use std::time::Instant;

use egui::Key;
use proptest::prelude::*;

use super::LARGE;
use super::Stage;
use super::signing;
use crate::domain::caller::Caller;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Unfit;
use crate::domain::error::ErrorCode;
use crate::domain::job::Job;
use crate::domain::seal::SealTarget;
use crate::domain::seal::SealingKey;
use crate::domain::token::PinState;
use crate::text::Lang;
use crate::ui::facts;
use crate::ui::message::FromPrompt;
use crate::ui::message::Sign;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;
use crate::ui::sample;
use crate::ui::secret::PinField;
use crate::ui::talk::Means;
use crate::ui::talk::Phase;
use crate::ui::window::dialog::Act;
use crate::ui::window::dialog::Dialog;
use crate::ui::window::dialog::Topic;

/// What can happen to a window.
#[derive(Clone, Debug)]
enum Step {
    Type,
    Agree,
    Close,
    Choose(usize),
    Understand,
    Block,
    Wrong(PinState),
    Progress,
    Done,
    Failed,
    Gone,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Type),
        4 => Just(Step::Agree),
        1 => Just(Step::Close),
        2 => (0..4_usize).prop_map(Step::Choose),
        2 => Just(Step::Understand),
        1 => Just(Step::Block),
        2 => prop_oneof![
            Just(PinState::Ok),
            Just(PinState::Low),
            Just(PinState::FinalTry),
            Just(PinState::Doubted),
            Just(PinState::Locked),
        ]
        .prop_map(Step::Wrong),
        1 => Just(Step::Progress),
        1 => Just(Step::Done),
        1 => Just(Step::Failed),
        1 => Just(Step::Gone),
        1 => (0..90_000_u64).prop_map(Step::Wait),
    ]
}

fn question(key: &SealingKey) -> Sign {
    let mut question = sample::question(3);
    let other = |id, unfit| {
        let mut candidate = sample::candidate(id, "B");
        candidate.unfit = unfit;
        candidate
    };
    question.candidates.extend([other(2, Some(Unfit::Expired)), other(3, None)]);
    question.candidates[2].token.serial.0.push('x');
    question.candidates[2].token.pin = PinState::FinalTry;
    for candidate in &mut question.candidates {
        candidate.seal = Some(SealTarget { key: key.public(), nonce: [1; 32] });
    }
    Sign::new(&question, Lang::Vi)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn r26_nothing_is_agreed_to_without_an_act_and_only_what_was_shown(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let (key, mut now) = (SealingKey::generate(), Instant::now());
        let asked = question(&key);
        let shown = ToPrompt::Sign(asked.clone());
        let mut dialog = Dialog::new(shown, PinField::new().unwrap(), now).unwrap();
        for step in steps {
            let (phase, can) = (dialog.phase(), dialog.can_agree());
            let (typed, understood) = (dialog.pin.as_str().to_owned(), dialog.understood);
            let Topic::Sign(talk) = &dialog.topic else { panic!("another topic") };
            let (means, chosen) = (talk.means(), talk.chosen().cloned());
            let agrees = matches!(step, Step::Agree);
            happen(&mut dialog, step, &mut now);
            for said in dialog.say() {
                let FromPrompt::Sign { certificate, pin } = said else {
                    prop_assert_eq!(said, if dialog.block { FromPrompt::Refuse } else { FromPrompt::Deny });
                    let stands = matches!(phase, Phase::Asking | Phase::Working { .. });
                    prop_assert!(stands, "a no to nothing");
                    continue;
                };
                prop_assert!(agrees && can && phase == Phase::Asking && !typed.is_empty());
                prop_assert!(means == Means::Pin || means == Means::LastPin && understood);
                let chosen = chosen.clone().expect("a choice");
                prop_assert!(certificate == chosen.certificate && chosen.unfit.is_none());
                let binding = Job::binding(&asked.job(&chosen).frame());
                let nonce = chosen.seal.expect("a seal").nonce;
                let opened = key.open(&pin.expect("a PIN"), &nonce, &binding).expect("for what was shown");
                prop_assert_eq!(opened.bytes(), typed.as_bytes());
                prop_assert!(dialog.pin.is_empty(), "it stays nowhere");
            }
            if dialog.is_closed() {
                break;
            }
        }
    }
}

fn happen(dialog: &mut Dialog, step: Step, now: &mut Instant) {
    let certificate = CertId([1; 32]);
    let says = match step {
        Step::Type => {
            let end = dialog.pin.as_str().len();
            if dialog.takes_a_pin() {
                dialog.pin.insert("7", end);
            }
            return;
        }
        Step::Agree => return dialog.act(Act::Agree),
        Step::Close => return dialog.act(Act::Close),
        Step::Choose(at) => return dialog.act(Act::Choose(at)),
        Step::Understand => return dialog.understood = true,
        Step::Block => return dialog.block ^= dialog.phase() == Phase::Asking,
        Step::Gone => return dialog.hear(News::Gone, *now),
        Step::Wait(milliseconds) => {
            *now += Duration::from_millis(milliseconds);
            return dialog.tick(*now);
        }
        Step::Wrong(pin) => {
            let Topic::Sign(talk) = &dialog.topic else { return };
            let Some(seal) = talk.question.choices[0].seal else { return };
            ToPrompt::WrongPin { certificate, pin, seal: SealTarget { nonce: [2; 32], ..seal } }
        }
        Step::Progress => ToPrompt::Progress { done: 1, total: 3, each_time: false },
        Step::Done => ToPrompt::Done,
        Step::Failed => ToPrompt::Failed { code: ErrorCode::TokenFailed },
    };
    // The agent speaks of an answer that it got.
    if matches!(dialog.phase(), Phase::Working { .. } | Phase::Stopping) {
        dialog.hear(News::Says(says), *now);
    }
}

#[test]
fn r26_a_batch_shows_each_name_with_its_code() {
    let mut stage = Stage::new(signing(300, |_| ()), LARGE, 1.0);
    let question = sample::sign(300);
    let mut seen = BTreeSet::new();
    (0..3).for_each(|_| stage.press(Key::Tab));
    for _ in 0..200 {
        seen.extend(stage.texts());
        stage.press(Key::PageDown);
        (0..30).for_each(|_| stage.frame(Vec::new()));
    }
    seen.extend(stage.texts());
    for item in question.items.as_slice() {
        let name = facts::document(stage.dialog.words, item);
        assert!(seen.contains(&name), "{name} was not shown");
        assert!(seen.contains(&facts::short_code(item)), "{name}: its code was not shown");
    }
}

#[test]
fn r30_a_fingerprint_alone_is_said_to_be_one() {
    for lang in Lang::ALL {
        let page = Stage::new(signing(1, |sign| sign.lang = lang), LARGE, 1.0);
        assert!(page.says(page.dialog.words.only_digest), "{lang:?}");
        let command = signing(1, |sign| (sign.lang, sign.caller) = (lang, Caller::CommandLine));
        let command = Stage::new(command, [560.0, 320.0], 2.0);
        assert!(command.says(command.dialog.words.only_digest_command), "{lang:?}, on a small screen");
    }
}
