//! Small parts that the views share.

use egui::Align;
use egui::Button;
use egui::CursorIcon;
use egui::Frame;
use egui::Label;
use egui::Layout;
use egui::Margin;
use egui::Response;
use egui::RichText;
use egui::Sense;
use egui::Stroke;
use egui::StrokeKind;
use egui::Ui;
use egui::accesskit::Live;
use egui::vec2;

use super::Scene;
use crate::ui::window::theme;
use crate::ui::window::theme::Tint;

/// Text that breaks wherever it must: never cut, never wider than the window.
pub(super) fn paragraph(ui: &mut Ui, words: impl Into<RichText>) -> Response {
    ui.add(Label::new(words.into()).wrap())
}

/// The name of what follows.
pub(super) fn heading(ui: &mut Ui, scene: Scene, words: &str) {
    paragraph(ui, theme::bold(words, theme::FINE).color(scene.palette.weak));
}

/// What belongs together.
pub(super) fn card<R>(ui: &mut Ui, scene: Scene, contents: impl FnOnce(&mut Ui) -> R) -> R {
    Frame::new()
        .fill(scene.palette.card)
        .stroke(Stroke::new(1.0, scene.palette.line))
        .corner_radius(8)
        .inner_margin(Margin::symmetric(16, 12))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            contents(ui)
        })
        .inner
}

/// A sentence that must not be missed; a screen reader says it at once.
pub(super) fn notice(ui: &mut Ui, tint: Tint, words: &str) {
    Frame::new().fill(tint.ground).corner_radius(6).inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            exclaim(ui, tint);
            let label = paragraph(ui, theme::text(words, theme::BODY).color(tint.text));
            ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Assertive));
        });
    });
}

/// An exclamation mark in a disc: colour alone says nothing to some (WCAG 2.2, 1.4.1).
fn exclaim(ui: &mut Ui, tint: Tint) {
    let (rect, _) = ui.allocate_exact_size(vec2(16.0, 20.0), Sense::hover());
    let (painter, centre) = (ui.painter(), rect.center());
    painter.circle_filled(centre, 8.0, tint.text);
    painter.line_segment([centre - vec2(0.0, 4.5), centre + vec2(0.0, 1.0)], Stroke::new(2.0, tint.ground));
    painter.circle_filled(centre + vec2(0.0, 4.0), 1.3, tint.ground);
}

/// A button as it stands in the last row.
pub(super) struct Choice<'a> {
    pub(super) label: &'a str,
    pub(super) look: Look,
    /// It gets the focus now.
    pub(super) focus: bool,
}

/// How a button looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// As good as the others.
    Plain,
    /// The verb.
    Verb,
    /// The verb, while it would do nothing.
    Idle,
    /// What can be reached but does not count yet.
    Waiting,
}

/// The last row: a remark at the left, buttons at the right, in the order of the Tab key. Returns which
/// was pressed.
pub(super) fn last_row(
    ui: &mut Ui,
    scene: Scene,
    remark: Option<RichText>,
    choices: &[Choice<'_>],
) -> Option<usize> {
    let mut pressed = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        let widths: Vec<f32> = choices.iter().map(|choice| width(ui, choice)).collect();
        let gaps = ui.spacing().item_spacing.x * choices.len().saturating_sub(1) as f32;
        let room = ui.available_width() - widths.iter().sum::<f32>() - gaps;
        ui.allocate_ui_with_layout(
            vec2(room.max(0.0), BUTTON.y),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.set_min_width(room.max(0.0) - ui.spacing().item_spacing.x);
                if let Some(remark) = remark {
                    paragraph(ui, remark);
                }
            },
        );
        for (at, (choice, width)) in choices.iter().zip(widths).enumerate() {
            if button(ui, scene, choice, width).clicked() {
                pressed = Some(at);
            }
        }
    });
    pressed
}

fn button(ui: &mut Ui, scene: Scene, choice: &Choice<'_>, width: f32) -> Response {
    let palette = scene.palette;
    let (fill, stroke, text) = match choice.look {
        Look::Plain => (palette.card, Stroke::new(1.0, palette.edge), palette.text),
        Look::Verb => (palette.accent, Stroke::NONE, palette.on_accent),
        Look::Idle | Look::Waiting => (palette.line, Stroke::NONE, palette.weak),
    };
    let label = theme::bold(choice.label, theme::BODY).color(text);
    let made = Button::new(label).min_size(vec2(width, BUTTON.y)).fill(fill).stroke(stroke).corner_radius(6);
    let response = ui
        .push_id(choice.label, |ui| ui.add_enabled(choice.look != Look::Idle, made))
        .inner
        .on_hover_cursor(CursorIcon::PointingHand);
    if choice.focus {
        response.request_focus();
    }
    focus_ring(ui, scene, &response);
    response
}

/// Where the keys go.
pub(super) fn focus_ring(ui: &Ui, scene: Scene, response: &Response) {
    if response.has_focus() {
        let rect = response.rect.expand(2.0);
        ui.painter().rect_stroke(rect, 8, Stroke::new(2.0, scene.palette.accent), StrokeKind::Outside);
    }
}

fn width(ui: &Ui, choice: &Choice<'_>) -> f32 {
    let label = egui::WidgetText::from(theme::bold(choice.label, theme::BODY));
    let galley = label.into_galley(ui, None, f32::INFINITY, egui::TextStyle::Button);
    (galley.size().x + 2.0 * ui.spacing().button_padding.x + 2.0).max(BUTTON.x)
}

pub(super) const BUTTON: egui::Vec2 = vec2(112.0, 38.0);
