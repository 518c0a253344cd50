//! What is to be signed: one document, or a list that shows each whole name and code.

use egui::Align;
use egui::FontId;
use egui::Key;
use egui::Layout;
use egui::Rect;
use egui::Role;
use egui::ScrollArea;
use egui::Sense;
use egui::Ui;
use egui::UiBuilder;
use egui::WidgetInfo;
use egui::pos2;
use egui::vec2;

use super::Scene;
use super::parts;
use crate::domain::request::Item;
use crate::ui::facts;
use crate::ui::message::Sign;
use crate::ui::window::letters;
use crate::ui::window::theme;

/// Where each row of a list begins, and at last where the list ends: only rows in sight are laid out.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    width: f32,
    tops: Vec<f32>,
}

pub(super) fn show(ui: &mut Ui, scene: Scene, sign: &Sign, rows: &mut Rows) {
    let items = sign.items.as_slice();
    parts::heading(ui, scene, &facts::count(scene.words, items.len()));
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
                list(ui, scene, many, rows, if tall { TALL } else { SHORT });
            }
        }
    });
}

fn remark(ui: &mut Ui, scene: Scene, words: &str) {
    parts::paragraph(ui, theme::text(words, theme::FINE).color(scene.palette.weak));
}

fn list(ui: &mut Ui, scene: Scene, items: &[Item], rows: &mut Rows, most: f32) {
    let id = ui.scope_id().with("documents");
    let bar = ui.spacing().scroll.allocated_width();
    rows.measure(ui, scene, items, ui.available_width() - bar);
    let height = rows.height().min(most);
    let place = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    let region = ui.interact(place, id, Sense::focusable_noninteractive());
    let label = facts::count(scene.words, items.len());
    region.widget_info(|| WidgetInfo::labeled(Role::List, true, &label));
    parts::focus_ring(ui, scene, &region);
    let leap = if region.has_focus() { leap(ui, id) } else { 0.0 };
    ScrollArea::vertical().id_salt("documents").max_height(height).auto_shrink(false).show_viewport(
        ui,
        |ui, sight| {
            ui.scroll_with_delta(vec2(0.0, leap));
            ui.set_height(rows.height());
            let origin = ui.max_rect().min;
            for (at, item) in
                items.iter().enumerate().take(rows.end(sight.max.y)).skip(rows.first(sight.min.y))
            {
                let (top, bottom) = rows.span(at);
                let place = Rect::from_min_max(
                    pos2(origin.x, origin.y + top),
                    pos2(origin.x + rows.width, origin.y + bottom),
                );
                ui.scope_builder(UiBuilder::new().id_salt(at).max_rect(place), |ui| row(ui, scene, at, item));
            }
        },
    );
}

fn row(ui: &mut Ui, scene: Scene, at: usize, item: &Item) {
    ui.spacing_mut().item_spacing = vec2(0.0, 2.0);
    ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
        ui.allocate_ui(vec2(NUMBER, 0.0), |ui| {
            ui.set_min_width(NUMBER);
            ui.label(theme::text(format!("{}.", at + 1), theme::BODY).color(scene.palette.weak));
        });
        ui.vertical(|ui| {
            let name = facts::document(scene.words, item);
            parts::paragraph(ui, theme::text(name, theme::BODY).color(scene.palette.text));
            let code = facts::short_code(item);
            parts::paragraph(ui, theme::text(code, theme::FINE).color(scene.palette.weak));
        });
    });
}

/// How far the keys scroll the list that has the focus.
fn leap(ui: &Ui, id: egui::Id) -> f32 {
    let filter = egui::EventFilter { vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    ui.input(|input| {
        let pressed = |key, far| if input.key_pressed(key) { far } else { 0.0 };
        pressed(Key::ArrowUp, LINE) - pressed(Key::ArrowDown, LINE) + pressed(Key::Home, f32::from(u16::MAX))
            - pressed(Key::End, f32::from(u16::MAX))
    })
}

impl Rows {
    /// Lays all rows out once for each width.
    fn measure(&mut self, ui: &Ui, scene: Scene, items: &[Item], width: f32) {
        if self.width == width && self.tops.len() == items.len() + 1 {
            return;
        }
        self.width = width;
        let room = width - NUMBER;
        self.tops = ui.fonts_mut(|fonts| {
            let mut height = |text: String, size: f32| {
                let font = FontId::proportional(size);
                fonts.layout(letters::shown(&text), font, scene.palette.text, room).size().y
            };
            let mut top = 0.0;
            let ends = items.iter().map(|item| {
                let name = height(facts::document(scene.words, item), theme::BODY);
                let code = height(facts::short_code(item), theme::FINE);
                top += name + 2.0 + code + GAP;
                top
            });
            std::iter::once(0.0).chain(ends).collect()
        });
    }

    fn height(&self) -> f32 {
        self.tops.last().copied().unwrap_or_default()
    }

    /// The row at this height.
    fn first(&self, y: f32) -> usize {
        self.tops.partition_point(|top| *top <= y).saturating_sub(1)
    }

    /// The row behind the last that begins above this height.
    fn end(&self, y: f32) -> usize {
        self.tops.partition_point(|top| *top < y)
    }

    fn span(&self, at: usize) -> (f32, f32) {
        let top = |at: usize| self.tops.get(at).copied().unwrap_or_default();
        (top(at), top(at + 1))
    }
}

const TALL: f32 = 220.0;
const SHORT: f32 = 130.0;
const NUMBER: f32 = 42.0;
const GAP: f32 = 10.0;
const LINE: f32 = 48.0;
