//! A batch: its list, its search, and the consent taken back while the token works.

use std::time::Duration;

use egui::Event;
use egui::Key;
use egui::Modifiers;
use egui::accesskit::Role;

use super::LARGE;
use super::Stage;
use super::signing;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::error::ErrorCode;
use crate::domain::request::Item;
use crate::domain::request::Items;
use crate::text::Lang;
use crate::ui::facts;
use crate::ui::message::FromPrompt;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;

fn batch(lang: Lang) -> Stage {
    let name = |at: usize| match at {
        500 => "Quyết định 12/QĐ-UBND.pdf".to_owned(),
        700 => "QUYẾT ĐỊNH 13.pdf".to_owned(),
        _ => format!("Công văn {}.pdf", at + 1),
    };
    let item = |at: usize| Item {
        name: name(at),
        digest: Digest::new(DigestAlgorithm::Sha256, vec![at as u8; 32]).unwrap(),
    };
    let items = Items::new((0..1_000).map(item).collect()).unwrap();
    let question = signing(1, |sign| (sign.items, sign.lang) = (items.clone(), lang));
    let mut stage = Stage::new(question, LARGE, 1.0);
    stage.wait(600);
    stage
}

fn find(stage: &mut Stage) {
    let modifiers = Modifiers::COMMAND;
    for pressed in [true, false] {
        let (key, repeat) = (Key::F, false);
        stage.frame(vec![Event::Key { key, physical_key: None, pressed, repeat, modifiers }]);
    }
    stage.frame(Vec::new());
}

#[test]
fn only_rows_in_sight_are_laid_out() {
    let mut stage = batch(Lang::Vi);
    assert!(stage.says("“Công văn 1.pdf”") && !stage.says("“Công văn 500.pdf”"));
    assert!(stage.says("1.000 văn bản"));
    let rows = |stage: &Stage| stage.texts().iter().filter(|text| text.starts_with('“')).count();
    assert!(rows(&stage) < 12, "{} rows", rows(&stage));
    // From the PIN's field over the one button that can be pressed and the search to the list.
    stage.press(Key::Tab);
    stage.press(Key::Tab);
    stage.press(Key::Tab);
    stage.press(Key::End);
    // It scrolls there, and does not jump.
    (0..60).for_each(|_| stage.frame(Vec::new()));
    assert!(stage.says("“Công văn 1000.pdf”") && !stage.says("“Công văn 1.pdf”"));
    assert!(rows(&stage) < 12, "{} rows", rows(&stage));
}

#[test]
fn a_batch_is_searched_without_marks_and_signed_whole() {
    for lang in Lang::ALL {
        let mut stage = batch(lang);
        find(&mut stage);
        stage.type_text("quyet dinh");
        assert!(stage.says("“Quyết định 12/QĐ-UBND.pdf”") && stage.says("“QUYẾT ĐỊNH 13.pdf”"));
        assert!(stage.says("501.") && stage.says("701."), "a row keeps its number");
        assert!(!stage.says("“Công văn 1.pdf”"));
        assert!(stage.says(&facts::found(lang, 2, 1_000)), "{:?}", stage.texts());
        stage.assert_whole("search");
        stage.type_text(" 13");
        assert!(stage.says(&facts::found(lang, 1, 1_000)) && !stage.says("“Quyết định 12/QĐ-UBND.pdf”"));
        stage.press(Key::Enter);
        assert!(stage.dialog.say().is_empty(), "Enter in the search signs nothing");
        stage.press(Key::Escape);
        assert!(stage.says("“Công văn 1.pdf”") && stage.dialog.say().is_empty(), "Esc ends the search first");
        stage.type_text("khong co gi nhu the");
        assert!(stage.says(&facts::found(lang, 0, 1_000)));
        assert!(stage.dialog.pin.is_empty(), "nothing of it came to the PIN");
    }
    let mut stage = batch(Lang::Vi);
    stage.press(Key::Escape);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Deny]), "with no search, Esc refuses");
}

/// A number is looked for among the names' numbers, not in all the codes.
#[test]
fn a_search_for_a_number_finds_the_documents_of_that_number() {
    let mut stage = batch(Lang::Vi);
    find(&mut stage);
    stage.type_text("cong van 3");
    // 3, 30–39, 300–399.
    assert!(stage.says(&facts::found(Lang::Vi, 111, 1_000)), "{:?}", stage.texts());
    assert!(stage.says("“Công văn 3.pdf”") && stage.says("“Công văn 30.pdf”"));
    assert!(!stage.says("“Công văn 1.pdf”") && !stage.says("“Công văn 13.pdf”"));
    stage.press(Key::Escape);
    // The code of the document at place 171 and of each 256 further on.
    stage.type_text("ABAB");
    assert!(stage.says(&facts::found(Lang::Vi, 4, 1_000)) && stage.says("“Công văn 172.pdf”"));
}

#[test]
fn few_documents_are_not_searched() {
    let stage = Stage::new(signing(3, |_| ()), LARGE, 1.0);
    assert!(stage.role(Role::TextInput).is_empty());
}

/// A stage whose token has begun.
fn working() -> Stage {
    let mut stage = batch(Lang::Vi);
    stage.type_text("123456");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Sign { .. }]));
    hear(&mut stage, ToPrompt::Progress { done: 20, total: 1_000, each_time: false });
    assert!(stage.says("Đang ký: 20/1.000"));
    stage
}

fn hear(stage: &mut Stage, message: ToPrompt) {
    stage.dialog.hear(News::Says(message), stage.now);
    stage.wait(600);
}

#[test]
fn a_consent_taken_back_is_told_and_its_end_shown() {
    for by_button in [true, false] {
        let mut stage = working();
        let words = stage.dialog.words;
        if by_button {
            stage.click(words.cancel);
        } else {
            stage.press(Key::Escape);
        }
        assert_eq!(stage.dialog.say(), [FromPrompt::Deny]);
        assert!(!stage.dialog.is_closed() && stage.says(words.stopping));
        hear(&mut stage, ToPrompt::Progress { done: 21, total: 1_000, each_time: false });
        assert!(stage.says(words.stopping), "no progress of what is stopped");
        hear(&mut stage, ToPrompt::Failed { code: ErrorCode::UserDenied });
        assert!(stage.says(words.stopped) && !stage.dialog.is_closed());
        stage.wait(Duration::from_secs(3).as_millis() as u64);
        assert!(stage.dialog.is_closed() && stage.dialog.say().is_empty(), "closes by itself, one no");
    }
}

#[test]
fn a_consent_taken_back_too_late_is_not_called_cancelled() {
    let mut stage = working();
    stage.press(Key::Escape);
    hear(&mut stage, ToPrompt::Done);
    assert!(stage.says(stage.dialog.words.done_before) && !stage.says(stage.dialog.words.stopped));
    stage.wait(60_000);
    assert!(!stage.dialog.is_closed(), "it is to be read");
    stage.press(Key::Escape);
    assert!(stage.dialog.is_closed());
}

#[test]
fn who_queues_up_meanwhile_is_told() {
    let mut stage = batch(Lang::En);
    stage.type_text("12");
    stage.dialog.hear(News::Says(ToPrompt::Waiting { waiting: 3 }), stage.now);
    stage.frame(Vec::new());
    assert!(stage.says("Other requests waiting: 3"));
    stage.type_text("34");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Sign { .. }]), "it disturbs no answer");
}

#[test]
fn a_second_escape_closes_what_stops() {
    let mut stage = working();
    stage.press(Key::Escape);
    stage.press(Key::Escape);
    assert_eq!(stage.dialog.say(), [FromPrompt::Deny]);
    assert!(stage.dialog.is_closed());
}

/// However wide a name is, the rows below it begin where it ends.
#[test]
fn rows_do_not_overlap() {
    for letters in (20..80).step_by(2) {
        let item = |at: u8| Item {
            name: "Wiđ ".repeat(letters / 4) + &"m".repeat(letters % 4),
            digest: Digest::new(DigestAlgorithm::Sha256, vec![at; 32]).unwrap(),
        };
        let items = Items::new(vec![item(1), item(2)]).unwrap();
        let stage = Stage::new(signing(1, |sign| sign.items = items.clone()), LARGE, 1.0);
        let shown = |text: &str| {
            let node = |(_, node): &&(_, egui::accesskit::Node)| {
                [node.label(), node.value()].into_iter().flatten().any(|shown| shown.contains(text))
            };
            let found = stage.tree.nodes.iter().filter(node).filter_map(|(_, node)| node.bounds());
            let mut found: Vec<(f64, f64)> = found.map(|bounds| (bounds.y0, bounds.y1)).collect();
            found.sort_by(|a, b| a.0.total_cmp(&b.0));
            found
        };
        let (names, codes) = (shown("“Wi"), shown("SHA-256: "));
        assert_eq!((names.len(), codes.len()), (2, 2));
        let in_order = [names[0], codes[0], names[1], codes[1]];
        for pair in in_order.windows(2) {
            assert!(pair[0].1 <= pair[1].0 + 0.5, "{letters}: {in_order:?}");
        }
    }
}
