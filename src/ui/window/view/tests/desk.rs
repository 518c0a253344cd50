//! Sites that nag, keyboards that don't do what is meant, choices by keys alone, narrow screens.

use egui::Key;
use egui::accesskit::Node;
use egui::accesskit::Role;

use super::LARGE;
use super::Stage;
use super::pairing;
use super::signing;
use super::states::STATES;
use super::states::Screen;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Unfit;
use crate::domain::token::PinState;
use crate::text::Lang;
use crate::text::fill;
use crate::text::prompt::PromptWords;
use crate::ui::message::FromPrompt;
use crate::ui::message::Sign;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;
use crate::ui::sample;

#[test]
fn r22_a_site_that_was_refused_can_be_blocked() {
    let never = Stage::new(signing(1, |_| ()), LARGE, 1.0);
    assert!(!never.says(never.dialog.words.block), "nothing to remember yet");
    let mut stage = Stage::new(signing(1, |sign| sign.refusals = 2), LARGE, 1.0);
    let words = stage.dialog.words;
    stage.wait(600);
    assert!(stage.says("Bạn đã từ chối trang này 2 lần."));
    stage.type_text("123456");
    stage.click(words.block);
    stage.assert_whole("block");
    stage.press(Key::Enter);
    assert!(stage.dialog.say().is_empty() && stage.dialog.pin.is_empty(), "a block signs nothing");
    stage.click(words.do_block);
    assert_eq!(stage.dialog.say(), [FromPrompt::Refuse]);
    assert!(stage.dialog.is_closed());

    let mut stage = Stage::new(signing(1, |sign| sign.refusals = 1), LARGE, 1.0);
    stage.wait(600);
    assert!(stage.says(words.nagged_once));
    stage.press(Key::Escape);
    assert_eq!(stage.dialog.say(), [FromPrompt::Deny], "not ticked, not blocked");
}

#[test]
fn r22_a_site_that_nags_to_be_paired_can_be_blocked() {
    let mut question = pairing("https://lac.example.vn");
    if let ToPrompt::Pair(pair) = &mut question {
        pair.refusals = 1;
    }
    let mut stage = Stage::new(question, [560.0, 480.0], 1.0);
    let words = stage.dialog.words;
    stage.wait(600);
    stage.click(words.block);
    stage.click(words.allow);
    assert!(stage.dialog.say().is_empty(), "it can't be allowed and blocked");
    stage.click(words.do_block);
    assert_eq!(stage.dialog.say(), [FromPrompt::Refuse]);
}

#[test]
fn the_keyboards_doings_are_told_beside_the_pin() {
    let mut stage = Stage::new(signing(1, |_| ()), LARGE, 1.0);
    let words = stage.dialog.words;
    assert!(!stage.says(words.caps_lock) && !stage.says(words.pin_marks));
    stage.dialog.caps_lock = Some(true);
    stage.wait(1);
    assert!(stage.says(words.caps_lock));
    stage.dialog.caps_lock = Some(false);
    // What a Vietnamese keyboard (XKB `vn`) makes of the row of digits.
    stage.type_text("ăâ1");
    assert!(stage.says(words.pin_marks) && !stage.says(words.caps_lock));
    assert!(!stage.texts().iter().any(|text| text.contains('ă') && text.len() < 8), "the PIN itself is not");
}

fn three(sign: &mut Sign) {
    let mut unfit = sign.choices[0].clone();
    (unfit.certificate, unfit.unfit, unfit.seal) = (CertId([2; 32]), Some(Unfit::Expired), None);
    let mut other = sign.choices[0].clone();
    (other.certificate, other.name) = (CertId([3; 32]), "Trần Văn Bình".to_owned());
    sign.choices.splice(0..0, [unfit, other]);
}

#[test]
fn a_certificate_is_chosen_by_keys_alone() {
    let mut stage = Stage::new(signing(1, three), [560.0, 900.0], 1.0);
    stage.wait(600);
    let focused = |stage: &Stage| {
        let found = stage.tree.nodes.iter().find(|(id, _)| *id == stage.tree.focus);
        found.and_then(|(_, node)| node.label().map(str::to_owned)).unwrap_or_default()
    };
    assert!(focused(&stage).starts_with("Trần Văn Bình"), "{}", focused(&stage));
    stage.press(Key::Tab);
    assert!(focused(&stage).starts_with("Nguyễn Thị Ánh Tuyết"), "{}", focused(&stage));
    stage.press(Key::Space);
    assert_eq!(stage.role(Role::PasswordInput).len(), 1);
    stage.type_text("123456");
    stage.press(Key::Enter);
    let said = stage.dialog.say();
    assert!(matches!(said.as_slice(), [FromPrompt::Sign { certificate: CertId([1, ..]), .. }]), "{said:?}");
}

/// Where the certificate may have to be scrolled to, its holder stands at the PIN all the same.
#[test]
fn r26_with_what_is_signed_is_told_at_the_pin_where_room_is_short() {
    let name = "Nguyễn Thị Ánh Tuyết";
    for (lang, words) in [(Lang::Vi, "Ký bằng: "), (Lang::En, "Sign with: ")] {
        let sentence = format!("{words}{name}");
        let speak = |sign: &mut Sign| sign.lang = lang;
        let mut stage = Stage::new(signing(3, speak), [560.0, 320.0], 1.0);
        let says = |(_, node): &&(_, Node)| [node.label(), node.value()].contains(&Some(sentence.as_str()));
        let told = stage.tree.nodes.iter().find(says).unwrap().1.bounds().unwrap();
        let field = stage.role(Role::PasswordInput)[0].bounds().unwrap();
        assert!(told.y0 >= 0.0 && told.y1 <= field.y0 && field.y0 - told.y1 < 40.0, "{told:?} {field:?}");
        assert!(told.y1 - told.y0 < 26.0, "one line: {told:?}");
        stage.assert_whole("short of room");
        stage = Stage::new(
            signing(3, |sign| (speak(sign), super::on_pad(sign, PinState::Reader)).0),
            [560.0, 320.0],
            1.0,
        );
        assert!(stage.says(&sentence), "on a reader, too");
        let kept = |sign: &mut Sign| (speak(sign), sign.choices[0].keeping = super::kept::login()).0;
        assert!(Stage::new(signing(1, kept), [560.0, 320.0], 1.0).says(&sentence), "without a PIN, too");
        let choosing = Stage::new(signing(1, |sign| (three(sign), speak(sign)).1), [560.0, 320.0], 1.0);
        assert!(!choosing.says(words), "nothing is chosen yet");
        let high = Stage::new(signing(3, speak), [560.0, 860.0], 1.0);
        assert!(!high.says(&sentence), "the certificate is in sight");
    }
}

/// A screen 480 wide is high enough for the usual layout, but not for the longest names in it.
#[test]
fn r26_with_what_is_signed_is_told_at_the_pin_on_narrow_screens_too() {
    for lang in Lang::ALL {
        let screen = Screen { lang, ..Screen::LIGHT_VI };
        let words = PromptWords::of(lang);
        for (state, below) in [("sign-narrow", words.pin), ("kept-narrow", words.sign)] {
            let stage = (STATES.iter().find(|known| known.name == state).unwrap().on)(screen);
            let place = |text: &str| {
                let says = |(_, node): &&(_, Node)| [node.label(), node.value()].contains(&Some(text));
                stage
                    .tree
                    .nodes
                    .iter()
                    .find(says)
                    .unwrap_or_else(|| panic!("{state}: {text}"))
                    .1
                    .bounds()
                    .unwrap()
            };
            let told = place(&fill(words.by, &[("name", "Nguyễn Thị Ánh Tuyết")]));
            assert!(told.y0 > 0.0 && told.y1 <= place(below).y0 + 1.0, "{state}: {told:?}");
            stage.assert_whole(state);
        }
    }
}

#[test]
fn r22_a_pairing_hears_who_comes_and_goes_behind_it() {
    let mut stage = Stage::new(pairing("https://vanban.example.gov.vn"), LARGE, 1.0);
    let waits = |n: usize| crate::ui::facts::waiting(PromptWords::of(Lang::Vi), n).unwrap_or_default();
    assert!(!stage.says(&waits(1)));
    for n in [1, 2, 1] {
        stage.dialog.hear(News::Says(ToPrompt::Waiting { waiting: n }), stage.now);
        stage.wait(1);
        assert!(stage.says(&waits(n)) && !stage.dialog.is_closed(), "{n}");
    }
    stage.dialog.hear(News::Says(ToPrompt::Waiting { waiting: 0 }), stage.now);
    stage.wait(1);
    assert!(!stage.says(&waits(1)) && stage.dialog.say().is_empty());
}

/// A sign-in signs no document, so it doesn't say so.
#[test]
fn a_sign_in_says_that_it_signs_in_while_the_token_works() {
    for lang in Lang::ALL {
        let working = STATES.iter().find(|state| state.name == "sign-in-working").unwrap();
        let stage = (working.on)(Screen { lang, ..Screen::LIGHT_VI });
        let words = PromptWords::of(lang);
        assert!(stage.says(words.signing_in) && !stage.says(words.signing));
    }
}

#[test]
fn r22_a_pairing_tells_who_waits_behind_it() {
    let of = |waiting: usize| {
        let mut question = pairing("https://vanban.example.gov.vn");
        if let ToPrompt::Pair(pair) = &mut question {
            pair.waiting = waiting;
        }
        let text = crate::ui::message::line(&question);
        assert_eq!(ToPrompt::parse(&text).unwrap(), question, "as it comes over the line");
        Stage::new(question, [560.0, 480.0], 1.0)
    };
    assert!(of(3).says("Số yêu cầu khác đang chờ: 3"));
    assert!(!of(0).says("Số yêu cầu khác"));
}

/// What is locked stands last, greyed, with its reason.
#[test]
fn a_certificate_on_a_locked_token_is_shown_and_can_not_be_chosen() {
    let locked = |sign: &mut Sign| {
        let mut other = sign.choices[0].clone();
        (other.certificate, other.name) = (CertId([3; 32]), "Trần Văn Bình".to_owned());
        (other.pin, other.seal) = (PinState::Locked, None);
        sign.choices.push(other);
    };
    let mut stage = Stage::new(signing(1, locked), [560.0, 900.0], 1.0);
    stage.wait(600);
    assert!(stage.says(stage.dialog.words.pin_locked));
    let of = |stage: &Stage| {
        let option = |node: &&Node| node.label().is_some_and(|label| label.starts_with("Trần Văn Bình"));
        stage.role(Role::RadioButton).into_iter().find(option).cloned().unwrap()
    };
    assert!(of(&stage).is_disabled());
    stage.type_text("123456");
    stage.click(of(&stage).label().unwrap());
    stage.click(stage.dialog.words.sign);
    let said = stage.dialog.say();
    assert!(matches!(said.as_slice(), [FromPrompt::Sign { certificate: CertId([1, ..]), .. }]), "{said:?}");
}

/// A screen 480 points wide, and the longest names.
#[test]
fn every_view_is_whole_on_a_narrow_screen() {
    let long = |sign: &mut Sign| {
        three(sign);
        for choice in &mut sign.choices {
            choice.organisation = Some(sample::LONG_ORGANISATION.to_owned());
        }
    };
    for size in [[472.0, 640.0], [472.0, 720.0], [420.0, 560.0]] {
        for lang in Lang::ALL {
            for (what, question) in [
                ("one", signing(1, |sign| sign.lang = lang)),
                ("many", signing(1_000, |sign| (sign.lang, sign.waiting) = (lang, 8))),
                ("choice", signing(40, |sign| (long(sign), sign.lang = lang).0)),
                ("nag", signing(1, |sign| (sign.lang, sign.refusals) = (lang, 3))),
                ("pair", pairing(&super::long_origin())),
            ] {
                for scale in [1.0, 1.5, 2.0] {
                    let mut stage = Stage::new(question.clone(), size, scale);
                    stage.dialog.caps_lock = Some(true);
                    (0..4).for_each(|_| stage.wait(1));
                    stage.assert_whole(&format!("{what} {size:?} {lang:?} {scale}"));
                }
            }
        }
    }
}
