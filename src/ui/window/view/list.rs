//! The documents of a batch: a list of which only rows in sight are laid out, and a field to search it.

use egui::Align;
use egui::FontId;
use egui::Id;
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
use super::search;
use super::search::Search;
use crate::domain::request::Item;
use crate::ui::facts;
use crate::ui::window::letters;
use crate::ui::window::theme;

/// How high each row is, which are shown, and where each of these begins; at last where the list ends.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    width: f32,
    heights: Vec<f32>,
    tops: Vec<f32>,
    search: Search,
}

pub(super) fn show(ui: &mut Ui, scene: Scene, items: &[Item], rows: &mut Rows, most: f32) {
    let searched = items.len() > FEW;
    let changed = searched && search::show(ui, scene, items, &mut rows.search);
    if searched {
        ui.add_space(APART);
    }
    let id = id();
    let bar = ui.spacing().scroll.allocated_width();
    rows.measure(ui, scene, items, ui.available_width() - bar, changed);
    // A list that is searched keeps its height, whatever is found.
    let height = if searched { most - APART - search::height(&rows.search) } else { rows.height().min(most) };
    let place = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    let region = ui.interact(place, id, Sense::focusable_noninteractive());
    let label = facts::count(scene.lang, items.len());
    region.widget_info(|| WidgetInfo::labeled(Role::List, true, &label));
    parts::focus_ring(ui, scene, &region);
    let leap = if region.has_focus() { leap(ui, id, height) } else { 0.0 };
    let mut area = ScrollArea::vertical().id_salt("documents").max_height(height).auto_shrink(false);
    if changed {
        area = area.vertical_scroll_offset(0.0);
    }
    area.show_viewport(ui, |ui, sight| {
        ui.scroll_with_delta(vec2(0.0, leap));
        ui.set_height(rows.height().max(height));
        let origin = ui.max_rect().min;
        for at in rows.first(sight.min.y)..rows.end(sight.max.y) {
            let item = rows.search.nth(at);
            let Some(shown) = items.get(item) else { break };
            let (top, bottom) = rows.span(at);
            let place = Rect::from_min_max(
                pos2(origin.x, origin.y + top),
                pos2(origin.x + rows.width, origin.y + bottom),
            );
            ui.scope_builder(UiBuilder::new().id_salt(item).max_rect(place), |ui| {
                row(ui, scene, item, shown);
            });
        }
    });
}

/// Names the list for the keyboard.
pub(super) fn id() -> Id {
    Id::unique("documents")
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
fn leap(ui: &Ui, id: Id, height: f32) -> f32 {
    let filter = egui::EventFilter { vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let page = height - LINE;
    ui.input(|input| {
        let pressed = |key, far| if input.key_pressed(key) { far } else { 0.0 };
        pressed(Key::ArrowUp, LINE) - pressed(Key::ArrowDown, LINE) + pressed(Key::Home, f32::from(u16::MAX))
            - pressed(Key::End, f32::from(u16::MAX))
            + pressed(Key::PageUp, page)
            - pressed(Key::PageDown, page)
    })
}

impl Rows {
    /// Lays all rows out once for each width, and puts those that are shown below each other.
    fn measure(&mut self, ui: &Ui, scene: Scene, items: &[Item], width: f32, changed: bool) {
        let measured = self.width == width && self.heights.len() == items.len();
        if measured && !changed {
            return;
        }
        if !measured {
            self.width = width;
            let room = width - NUMBER;
            self.heights = ui.fonts_mut(|fonts| {
                let mut height = |text: String, size: f32| {
                    let (font, text) = (FontId::proportional(size), letters::shown(&text));
                    // A thousand lines are laid out in the time of the first frame: most need not be, since
                    // their letters' widths say that one row is enough.
                    let width: f32 = text.chars().map(|letter| fonts.glyph_width(&font, letter)).sum();
                    if width + SURE < room {
                        return fonts.row_height(&font);
                    }
                    fonts.layout(text, font, scene.palette.text, room).size().y
                };
                let mut each = |item: &Item| {
                    let name = height(facts::document(scene.words, item), theme::BODY);
                    name + 2.0 + height(facts::short_code(item), theme::FINE) + GAP
                };
                items.iter().map(&mut each).collect()
            });
        }
        let mut top = 0.0;
        let shown = (0..self.search.count(items.len())).map(|at| self.search.nth(at));
        let ends = shown.map(|item| {
            top += self.heights.get(item).copied().unwrap_or_default();
            top
        });
        self.tops = std::iter::once(0.0).chain(ends).collect();
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
        self.tops.partition_point(|top| *top < y).min(self.tops.len().saturating_sub(1))
    }

    fn span(&self, at: usize) -> (f32, f32) {
        let top = |at: usize| self.tops.get(at).copied().unwrap_or_default();
        (top(at), top(at + 1))
    }
}

/// What kerning could add to a row, generously.
const SURE: f32 = 8.0;
/// So many documents are seen at a glance.
const FEW: usize = 8;
/// Between the search and the list.
const APART: f32 = 4.0;
const NUMBER: f32 = 42.0;
const GAP: f32 = 10.0;
const LINE: f32 = 48.0;
