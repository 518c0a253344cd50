//! The PIN's field: egui edits the locked block of [`PinField`] in place.

use std::any::TypeId;
use std::ops::Range;

use egui::FontId;
use egui::Id;
use egui::Response;
use egui::TextBuffer;
use egui::TextEdit;
use egui::Ui;
use egui::text::CharIndex;

use super::theme;
use crate::ui::secret::PinField;

/// Shows the field as wide as there is room.
pub(super) fn show(ui: &mut Ui, pin: &mut PinField, hint: &str) -> Response {
    show_as(ui, pin, id(), hint)
}

/// The same as one of several.
pub(super) fn show_as(ui: &mut Ui, pin: &mut PinField, id: Id, hint: &str) -> Response {
    let edit = TextEdit::singleline(pin)
        .id(id)
        .password(true)
        // The caret stands before it, not in its first letter.
        .hint_text(theme::text(format!(" {hint}"), theme::FINE))
        .return_key(None)
        // So that its dots can be counted.
        .font(FontId::proportional(theme::STRONG))
        .margin(egui::vec2(10.0, 7.0))
        .desired_width(f32::INFINITY);
    let response = ui.add(edit);
    // For its undo egui keeps what stood in a field before, in clear.
    if let Some(mut state) = TextEdit::load_state(ui.ctx(), id) {
        state.clear_undoer();
        state.store(ui.ctx(), id);
    }
    response
}

/// The id of one of several fields.
pub(super) fn nth(at: usize) -> Id {
    Id::unique(("pin", at))
}

pub(super) fn id() -> Id {
    Id::unique("pin")
}

impl TextBuffer for PinField {
    fn is_mutable(&self) -> bool {
        true
    }

    fn as_str(&self) -> &str {
        Self::as_str(self)
    }

    fn insert_text(&mut self, text: &str, at: CharIndex) -> usize {
        if self.insert(text, at.0) { text.chars().count() } else { 0 }
    }

    fn delete_char_range(&mut self, range: Range<CharIndex>) {
        self.delete(range.start.0, range.end.0);
    }

    fn clear(&mut self) {
        Self::clear(self);
    }

    /// Nobody takes a PIN out this way.
    fn take(&mut self) -> String {
        Self::clear(self);
        String::new()
    }

    fn type_id(&self) -> TypeId {
        TypeId::of::<Self>()
    }
}
