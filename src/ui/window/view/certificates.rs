//! With what it would be signed: one certificate, or a choice of several.

use egui::CursorIcon;
use egui::Frame;
use egui::Margin;
use egui::Role;
use egui::Sense;
use egui::Stroke;
use egui::Ui;
use egui::UiBuilder;
use egui::WidgetInfo;
use egui::vec2;

use super::Scene;
use super::parts;
use crate::ui::facts;
use crate::ui::message::Choice;
use crate::ui::talk;
use crate::ui::talk::Phase;
use crate::ui::talk::Talk;
use crate::ui::window::dialog::Act;
use crate::ui::window::theme;

/// `choose`: the first that can be chosen gets the focus now.
pub(super) fn show(ui: &mut Ui, scene: Scene, talk: &Talk, mut choose: bool) -> Option<Act> {
    match talk.question.choices.as_slice() {
        [only] => {
            parts::heading(ui, scene, facts::with(scene.words, &talk.question));
            parts::card(ui, scene, |ui| certificate(ui, scene, only, false));
            None
        }
        several => {
            parts::heading(ui, scene, facts::with(scene.words, &talk.question));
            let mut act = None;
            // What can be chosen comes first; the order is the agent's otherwise.
            let mut several: Vec<_> = several.iter().enumerate().collect();
            several.sort_by_key(|(_, choice)| talk::obstacle(choice).is_some());
            for (at, choice) in several {
                if option(ui, scene, talk, at, choice, std::mem::take(&mut choose)) {
                    act = Some(Act::Choose(at));
                }
            }
            act
        }
    }
}

/// One of several; true if it was pressed.
fn option(ui: &mut Ui, scene: Scene, talk: &Talk, at: usize, choice: &Choice, focus: bool) -> bool {
    let usable = talk::obstacle(choice).is_none();
    let chosen = talk.is_chosen(at);
    let can_change = usable && talk.phase == Phase::Asking;
    let sense = if can_change { Sense::click() } else { Sense::hover() };
    let palette = scene.palette;
    let edge = match (chosen, usable) {
        (true, _) => Stroke::new(2.0, palette.accent),
        (false, true) => Stroke::new(1.0, palette.edge),
        (false, false) => Stroke::new(1.0, palette.line),
    };
    let shown = ui.scope_builder(UiBuilder::new().id_salt(at).sense(sense), |ui| {
        Frame::new()
            .fill(if usable { palette.card } else { palette.ground })
            .stroke(edge)
            .corner_radius(8)
            .inner_margin(Margin::symmetric(14, 10))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal_top(|ui| {
                    mark(ui, scene, chosen, usable);
                    ui.vertical(|ui| certificate(ui, scene, choice, true));
                });
            });
    });
    let label = std::iter::once(facts::name(choice)).chain(facts::lines(scene.lang, choice));
    let label = label.collect::<Vec<_>>().join(". ");
    let response = shown.response;
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, can_change, chosen, &label));
    if focus && can_change {
        response.request_focus();
    }
    parts::focus_ring(ui, scene, &response);
    if !can_change {
        return false;
    }
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}

/// The round mark of a choice.
fn mark(ui: &mut Ui, scene: Scene, chosen: bool, usable: bool) {
    let (rect, _) = ui.allocate_exact_size(vec2(20.0, 22.0), Sense::hover());
    let color = match (chosen, usable) {
        (true, _) => scene.palette.accent,
        (false, true) => scene.palette.edge,
        (false, false) => scene.palette.line,
    };
    let center = rect.center() - vec2(2.0, 0.0);
    ui.painter().circle_stroke(center, 7.0, Stroke::new(1.5, color));
    if chosen {
        ui.painter().circle_filled(center, 4.0, color);
    }
}

fn certificate(ui: &mut Ui, scene: Scene, choice: &Choice, with_obstacle: bool) {
    let palette = scene.palette;
    ui.spacing_mut().item_spacing.y = 3.0;
    let obstacle = talk::obstacle(choice);
    let text = if with_obstacle && obstacle.is_some() { palette.weak } else { palette.text };
    parts::paragraph(ui, theme::bold(facts::name(choice), theme::STRONG).color(text));
    let lines = facts::lines(scene.lang, choice);
    let person = lines.len() - TECHNICAL - usize::from(obstacle.is_some());
    for (at, line) in lines.into_iter().enumerate() {
        let line = match at {
            _ if at < person => theme::text(line, theme::BODY).color(text),
            _ if at < person + TECHNICAL => theme::text(line, theme::FINE).color(palette.weak),
            _ if with_obstacle => theme::bold(line, theme::FINE).color(palette.danger.text),
            // The answer's place says it.
            _ => break,
        };
        parts::paragraph(ui, line);
    }
    if let Some((sentence, well)) = facts::standing(scene.lang, choice) {
        let line = if well {
            theme::text(sentence, theme::FINE).color(palette.weak)
        } else {
            // The policy may only warn of it.
            let tint = if choice.unfit.is_some() { palette.danger } else { palette.warning };
            theme::bold(sentence, theme::FINE).color(tint.text)
        };
        parts::paragraph(ui, line);
    }
}

/// The lines on issuer, and on end and token, which every certificate has.
const TECHNICAL: usize = 2;
