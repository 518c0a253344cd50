//! A signing request: who asks, what for, with which certificate.

use egui::Label;
use egui::Sense;
use egui::Ui;
use egui::vec2;

use super::Scene;
use super::certificates;
use super::documents;
use super::list::Rows;
use super::parts;
use crate::ui::facts;
use crate::ui::talk::Talk;
use crate::ui::window::dialog::Act;
use crate::ui::window::mark;
use crate::ui::window::theme;

pub(super) fn who(ui: &mut Ui, scene: Scene, talk: &Talk) {
    let sign = &talk.question;
    let who = facts::who(scene.words, &sign.caller);
    let waiting = facts::waiting(scene.words, sign.waiting);
    let told = [Some(&*who.name), who.readable.as_deref(), waiting.as_deref()];
    asker(ui, scene, facts::asks(scene.words, sign), told);
}

/// First and largest: the name, what it reads as, a remark. An origin is shown whole, however long: smaller
/// letters, more lines.
pub(super) fn asker(ui: &mut Ui, scene: Scene, asks: &str, [name, readable, remark]: [Option<&str>; 3]) {
    ui.spacing_mut().item_spacing = vec2(16.0, 4.0);
    let name = name.unwrap_or_default();
    let words = |ui: &mut Ui| {
        parts::paragraph(ui, theme::text(asks, theme::BODY).color(scene.palette.weak));
        let size = if name.len() > LONG_NAME { theme::STRONG } else { theme::TITLE };
        ui.add(Label::new(theme::address(name, size, scene.palette.text)).wrap());
        if let Some(readable) = readable {
            ui.add_space(4.0);
            parts::notice(ui, scene.palette.warning, readable);
        }
        if let Some(remark) = remark {
            parts::paragraph(ui, theme::text(remark, theme::FINE).color(scene.palette.weak));
        }
    };
    if scene.roomy {
        ui.horizontal_top(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(MARK, MARK), Sense::hover());
            mark::paint(ui.painter(), rect, scene.palette.accent, scene.palette.on_accent);
            ui.vertical(words);
        });
    } else {
        words(ui);
    }
}

/// `choose`: the first certificate that can be chosen gets the focus now.
pub(super) fn what(ui: &mut Ui, scene: Scene, talk: &Talk, rows: &mut Rows, choose: bool) -> Option<Act> {
    ui.spacing_mut().item_spacing.y = 6.0;
    if !talk.question.is_sign_in() {
        documents::show(ui, scene, &talk.question, rows);
    }
    if !scene.roomy {
        only_digest(ui, scene, talk);
    }
    ui.add_space(8.0);
    certificates::show(ui, scene, talk, choose)
}

/// What Kyso can't vouch for.
pub(super) fn only_digest(ui: &mut Ui, scene: Scene, talk: &Talk) {
    let words = facts::only_digest(scene.words, &talk.question);
    parts::paragraph(ui, theme::text(words, theme::FINE).color(scene.palette.weak));
}

const LONG_NAME: usize = 80;
/// As high as the two lines beside it.
const MARK: f32 = 48.0;
