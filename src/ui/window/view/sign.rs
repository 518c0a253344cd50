//! A signing request: who asks, what for, with which certificate.

use egui::Label;
use egui::Ui;

use super::Scene;
use super::certificates;
use super::documents;
use super::documents::Rows;
use super::parts;
use crate::text::fill;
use crate::ui::facts;
use crate::ui::talk::Talk;
use crate::ui::window::dialog::Act;
use crate::ui::window::theme;

pub(super) fn who(ui: &mut Ui, scene: Scene, talk: &Talk) {
    let sign = &talk.question;
    let who = facts::who(scene.words, &sign.caller);
    asker(ui, scene, scene.words.asks_sign, &who.name, who.readable.as_deref());
    if sign.waiting > 0 {
        let waiting = fill(scene.words.waiting, &[("n", &sign.waiting.to_string())]);
        parts::paragraph(ui, theme::text(waiting, theme::FINE).color(scene.palette.weak));
    }
}

/// First and largest. An origin is shown whole, however long: smaller letters, more lines.
pub(super) fn asker(ui: &mut Ui, scene: Scene, asks: &str, name: &str, readable: Option<&str>) {
    ui.spacing_mut().item_spacing.y = 4.0;
    parts::paragraph(ui, theme::text(asks, theme::BODY).color(scene.palette.weak));
    let size = if name.len() > LONG_NAME { theme::STRONG } else { theme::TITLE };
    ui.add(Label::new(theme::address(name, size, scene.palette.text)).wrap());
    if let Some(readable) = readable {
        ui.add_space(4.0);
        parts::notice(ui, scene.palette.warning, readable);
    }
}

pub(super) fn what(ui: &mut Ui, scene: Scene, talk: &Talk, rows: &mut Rows) -> Option<Act> {
    ui.spacing_mut().item_spacing.y = 6.0;
    documents::show(ui, scene, &talk.question, rows);
    if !scene.roomy {
        only_digest(ui, scene, talk);
    }
    ui.add_space(8.0);
    certificates::show(ui, scene, talk)
}

/// What Kyso can't vouch for.
pub(super) fn only_digest(ui: &mut Ui, scene: Scene, talk: &Talk) {
    let words = facts::only_digest(scene.words, &talk.question);
    parts::paragraph(ui, theme::text(words, theme::FINE).color(scene.palette.weak));
}

const LONG_NAME: usize = 80;
