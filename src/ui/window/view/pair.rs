//! A site's wish to ask from now on: who it is and what it would get.

use egui::Align;
use egui::Layout;
use egui::Ui;

use super::Scene;
use super::parts;
use super::sign;
use crate::text::fill;
use crate::ui::facts;
use crate::ui::message::Pair;
use crate::ui::window::dialog::Act;
use crate::ui::window::theme;

pub(super) fn who(ui: &mut Ui, scene: Scene, pair: &Pair) {
    let readable = pair.origin.unicode_host();
    let readable =
        readable.map(|host| fill(scene.words.reads_as, &[("host", &facts::host(&host))]).into_owned());
    let waiting = facts::waiting(scene.words, pair.waiting);
    let told = [Some(pair.origin.as_str()), readable.as_deref(), waiting.as_deref()];
    sign::asker(ui, scene, scene.words.asks_pair, told);
}

/// There is nothing to choose here: never an act.
pub(super) fn what(ui: &mut Ui, scene: Scene) -> Option<Act> {
    let words = scene.words;
    ui.spacing_mut().item_spacing.y = 8.0;
    parts::card(ui, scene, |ui| {
        parts::paragraph(ui, theme::bold(words.pair_gets, theme::BODY).color(scene.palette.text));
        for line in [words.pair_names, words.pair_may_ask, words.pair_never_signs] {
            ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
                ui.label(theme::text("•", theme::BODY).color(scene.palette.accent));
                parts::paragraph(ui, theme::text(line, theme::BODY).color(scene.palette.text));
            });
        }
    });
    parts::notice(ui, scene.palette.warning, words.pair_care);
    None
}
