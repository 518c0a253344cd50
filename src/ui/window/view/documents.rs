//! What is to be signed: one document, or a list that shows each whole name and code.

use egui::Ui;

use super::Scene;
use super::list;
use super::list::Rows;
use super::parts;
use crate::ui::facts;
use crate::ui::message::Sign;
use crate::ui::window::theme;

pub(super) fn show(ui: &mut Ui, scene: Scene, sign: &Sign, rows: &mut Rows) {
    let items = sign.items.as_slice();
    parts::heading(ui, scene, &facts::count(scene.lang, items.len()));
    parts::card(ui, scene, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        match items {
            [only] => {
                let name = facts::document(scene.words, only);
                parts::paragraph(ui, theme::bold(name, theme::STRONG).color(scene.palette.text));
                remark(ui, scene, facts::claimed(scene.words, sign));
                let code = facts::code(scene.words, only);
                parts::paragraph(ui, theme::text(code, theme::FINE).color(scene.palette.text));
            }
            many => {
                remark(ui, scene, facts::claimed(scene.words, sign));
                ui.add_space(2.0);
                let tall = scene.roomy && sign.choices.len() == 1;
                list::show(ui, scene, many, rows, if tall { TALL } else { SHORT });
            }
        }
    });
}

fn remark(ui: &mut Ui, scene: Scene, words: &str) {
    parts::paragraph(ui, theme::text(words, theme::FINE).color(scene.palette.weak));
}

const TALL: f32 = 232.0;
const SHORT: f32 = 130.0;
