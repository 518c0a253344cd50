//! The field that searches a batch: by name or code, with or without Vietnamese marks.

use egui::Align2;
use egui::Id;
use egui::Key;
use egui::Modifiers;
use egui::Role;
use egui::Stroke;
use egui::TextEdit;
use egui::Ui;
use egui::accesskit::Live;
use egui::vec2;

use super::Scene;
use super::parts;
use crate::domain::request::Item;
use crate::text::fold;
use crate::ui::facts;
use crate::ui::window::theme;

/// What is searched for, and what was found.
#[derive(Debug, Default)]
pub(super) struct Search {
    query: String,
    /// Each document's name and code, folded; made by the first search.
    folded: Vec<(String, String)>,
    /// The documents that match; nothing while nothing is searched for.
    found: Option<Vec<usize>>,
}

/// Shows the field; whether another set of documents is to be shown than before.
pub(super) fn show(ui: &mut Ui, scene: Scene, items: &[Item], search: &mut Search) -> bool {
    let id = Id::unique("search");
    let asked_for = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::F));
    let edit = TextEdit::singleline(&mut search.query)
        .id(id)
        .char_limit(LONGEST)
        .return_key(None)
        .text_color(scene.palette.text)
        .hint_text(theme::text(scene.words.search_hint, theme::FINE))
        .margin(egui::Margin { left: 32, right: 10, top: 6, bottom: 6 })
        .desired_width(f32::INFINITY);
    let field = ui.add(edit);
    ui.ctx().accesskit_node_builder(field.id, |node| {
        node.set_role(Role::SearchInput);
        node.set_label(scene.words.search);
    });
    glass(ui, scene, &field);
    let mut changed = field.changed();
    // Esc first ends the search; only then does it refuse.
    let escaped =
        (field.has_focus() || field.lost_focus()) && ui.input(|input| input.key_pressed(Key::Escape));
    if escaped && !search.query.is_empty() {
        ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        search.query.clear();
        changed = true;
        field.request_focus();
    }
    if asked_for {
        field.request_focus();
    }
    if changed {
        search.look(scene, items);
    }
    if let Some(found) = &search.found {
        let sentence = facts::found(scene.lang, found.len(), items.len());
        let label = parts::paragraph(ui, theme::bold(sentence, theme::FINE).color(scene.palette.text));
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Polite));
    }
    changed
}

/// What the field takes from the list's height.
pub(super) fn height(search: &Search) -> f32 {
    FIELD + if search.found.is_some() { SENTENCE } else { 0.0 }
}

fn glass(ui: &Ui, scene: Scene, field: &egui::Response) {
    let centre = Align2::LEFT_CENTER.pos_in_rect(&field.rect) + vec2(16.0, -1.0);
    let stroke = Stroke::new(1.5, scene.palette.weak);
    ui.painter().circle_stroke(centre, 5.0, stroke);
    ui.painter().line_segment([centre + vec2(3.6, 3.6), centre + vec2(7.5, 7.5)], stroke);
}

impl Search {
    fn look(&mut self, scene: Scene, items: &[Item]) {
        if self.query.trim().is_empty() {
            self.found = None;
            return;
        }
        if self.folded.len() != items.len() {
            let each = |item: &Item| {
                (fold::fold(&facts::document(scene.words, item)), fold::fold(&item.digest.code()))
            };
            self.folded = items.iter().map(each).collect();
        }
        let holds = |(name, code): &(String, String)| fold::holds(name, code, &self.query);
        let matches = self.folded.iter().enumerate().filter(|(_, document)| holds(document));
        self.found = Some(matches.map(|(at, _)| at).collect());
    }

    /// How many documents are shown, of so many.
    pub(super) fn count(&self, all: usize) -> usize {
        self.found.as_ref().map_or(all, Vec::len)
    }

    /// Which document is shown at this place.
    pub(super) fn nth(&self, at: usize) -> usize {
        match &self.found {
            None => at,
            Some(found) => found.get(at).copied().unwrap_or(usize::MAX),
        }
    }
}

/// Letters of a query.
const LONGEST: usize = 100;
const FIELD: f32 = 38.0;
const SENTENCE: f32 = 24.0;
