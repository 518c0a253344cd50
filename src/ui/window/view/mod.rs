//! The window's contents, from top to bottom: who asks, what is asked, the answer.

mod answer;
mod certificates;
mod documents;
mod list;
mod pair;
mod parts;
mod pin;
mod search;
mod sign;
#[cfg(test)]
mod tests;

use std::time::Instant;

use egui::CentralPanel;
use egui::Frame;
use egui::Id;
use egui::Key;
use egui::Margin;
use egui::Panel;
use egui::ScrollArea;
use egui::Ui;
use egui::accesskit::Role;
use egui::vec2;

use super::dialog::Act;
use super::dialog::Dialog;
use super::dialog::Topic;
use super::theme;
use super::theme::Palette;
use crate::text::Lang;
use crate::text::prompt::PromptWords;
use crate::ui::talk::Phase;

pub(super) use list::Rows;

/// What every part of the view needs.
#[derive(Clone, Copy)]
struct Scene {
    words: &'static PromptWords,
    palette: &'static Palette,
    lang: Lang,
    now: Instant,
    /// There is room for what could also be scrolled to.
    roomy: bool,
    /// For all that, not everything was in sight in the last frame.
    crowded: bool,
}

/// Shows the dialog, does what the person does, and returns the height that would show all of it.
pub(super) fn show(ui: &mut Ui, dialog: &mut Dialog, rows: &mut Rows, now: Instant) -> f32 {
    let context = ui.ctx().clone();
    let title = dialog.title();
    context.accesskit_node_builder(egui::accesskit_root_id(), |node| {
        node.set_role(Role::Dialog);
        node.set_label(title);
    });
    let room = ui.available_height();
    let roomy = room >= roomy_from(dialog);
    let (words, lang) = (dialog.words, dialog.lang);
    let crowded = context.data(|data| data.get_temp(Id::unique(CROWDED))).unwrap_or_default();
    let scene = Scene { words, lang, palette: theme::palette(&context), now, roomy, crowded };
    // A choice that is to be made comes before everything else.
    let choose = dialog.refocus && dialog.is_to_choose();
    let band = |fill, top, bottom| {
        let side = if roomy { 24 } else { 16 };
        Frame::new().fill(fill).inner_margin(Margin { left: side, right: side, top, bottom })
    };
    let (above, below) = if roomy { (18, 20) } else { (8, 10) };
    let header =
        Panel::top("who").frame(band(scene.palette.card, above, above)).show(ui, |ui| match &dialog.topic {
            Topic::Sign(talk) => sign::who(ui, scene, talk),
            Topic::Pair(pair, _) => pair::who(ui, scene, pair),
            Topic::Pin(form) => pin::who(ui, scene, form),
        });
    context.data_mut(|data| data.insert_temp(Id::unique(EXTRA), 0.0_f32));
    let footer = Panel::bottom("answer")
        .frame(band(scene.palette.ground, 4, below))
        .show_separator_line(!roomy)
        .show(ui, |ui| (answer::show(ui, scene, dialog), ui.min_rect().height()));
    let (answered, foot) = footer.inner;
    let body = CentralPanel::default().frame(band(scene.palette.ground, above - 4, 4)).show(ui, |ui| {
        let leap = leap(ui);
        theme::calm_bars(ui, scene.palette);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.scroll_with_delta(vec2(0.0, leap));
            match &dialog.topic {
                Topic::Sign(talk) => sign::what(ui, scene, talk, rows, choose),
                Topic::Pair(..) => pair::what(ui, scene),
                Topic::Pin(form) => pin::what(ui, scene, form),
            }
        })
    });
    // Without what is said because of it: else it would stay for its own sake. Panels know their height from the
    // frame before, so it is added up here.
    let extra: f32 = context.data(|data| data.get_temp(Id::unique(EXTRA))).unwrap_or_default();
    if dialog.phase() == Phase::Asking {
        context.data_mut(|data| data.insert_temp(Id::unique(ASKED), foot - extra));
    }
    let rest = header.response.rect.height() + f32::from(above) + body.inner.content_size.y;
    let overflows = rest + f32::from(4 + below) + foot - extra > room + 1.0;
    if overflows != crowded {
        context.data_mut(|data| data.insert_temp(Id::unique(CROWDED), overflows));
        context.request_repaint();
    }
    let chosen = body.inner.inner;
    let escape = context.input(|input| input.key_pressed(Key::Escape)).then_some(Act::Close);
    if let Some(act) = escape.or(answered).or(chosen) {
        dialog.act(act);
        context.request_repaint();
    }
    rest + footer.response.rect.height() - extra
}

/// The height from which on it is drawn with all its room.
fn roomy_from(dialog: &Dialog) -> f32 {
    let with_documents = matches!(&dialog.topic, Topic::Sign(talk) if !talk.question.is_sign_in());
    if with_documents { ROOMY } else { ROOMY_PAIR }
}

/// How far the keys scroll what does not fit; the list of documents takes them for itself.
fn leap(ui: &Ui) -> f32 {
    if ui.memory(|memory| memory.has_focus(list::id())) {
        return 0.0;
    }
    let page = ui.available_height() * 0.8;
    ui.input(|input| {
        let pressed = |key| if input.key_pressed(key) { page } else { 0.0 };
        pressed(Key::PageUp) - pressed(Key::PageDown)
    })
}

/// The height of the answer's place while the person was asked.
const ASKED: &str = "asked";
const CROWDED: &str = "crowded";
/// The height of what is said because of it.
const EXTRA: &str = "extra";
const ROOMY: f32 = 480.0;
/// Below what the shortest of them wants: a window opens as high as it wants to be.
const ROOMY_PAIR: f32 = 300.0;
