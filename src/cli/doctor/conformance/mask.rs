//! What does not go to a stranger: serial numbers, names, folders of the person.

use std::path::Path;

use serde_json::Value;

use crate::ui;

/// Leaves it out, unless it was asked for; folders always.
pub(super) struct Mask {
    names: bool,
    /// Folders, and what stands for them.
    folders: Vec<(String, &'static str)>,
    /// Serial numbers, labels, names.
    hidden: Vec<String>,
}

impl Mask {
    /// For a library at this path.
    pub(super) fn new(module: &Path, names: bool) -> Self {
        let mut folders = Vec::new();
        for folder in [module.to_owned(), module.canonicalize().unwrap_or_default()] {
            if let Some(folder) = folder.parent().filter(|folder| folder.components().count() > 1) {
                folders.push((format!("{}/", folder.display()), ""));
            }
        }
        if let Some(home) = directories::BaseDirs::new() {
            folders.push((home.home_dir().display().to_string(), "~"));
        }
        folders.retain(|(text, _)| text.len() >= SHORT);
        Self { names, folders, hidden: Vec::new() }
    }

    /// Whether names were asked for.
    pub(super) fn tells_names(&self) -> bool {
        self.names
    }

    /// This is a name, or has one in it.
    pub(super) fn hide(&mut self, name: &str) {
        if !self.names && name.chars().count() >= SHORT {
            self.hidden.push(name.to_owned());
        }
    }

    /// As much of a serial number's end as tells two tokens apart on one desk.
    pub(super) fn end(serial: &str) -> String {
        let count = serial.chars().count();
        let shown = (count / 4).min(4);
        serial.chars().skip(count - shown).collect()
    }

    /// The text without folders.
    pub(super) fn text(&self, text: &str) -> String {
        self.folders.iter().fold(text.to_owned(), |text, (folder, shown)| text.replace(folder, shown))
    }

    /// What a failure gives as its cause, which may be what a module printed: without folders, names and
    /// numbers, and not much of it.
    pub(super) fn cause(&self, cause: Option<&str>) -> String {
        let text = self.text(cause.unwrap_or_default());
        let text = self.hidden.iter().fold(text, |text, name| text.replace(name, "…"));
        ui::clean::clean(&text, LONG)
    }

    /// The same for every text in a value.
    pub(super) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(all) => all.into_iter().map(|one| self.value(one)).collect(),
            Value::Object(all) => all.into_iter().map(|(key, one)| (key, self.value(one))).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }

    /// A reader's name without the numbers that are its own: runs of eight or more hex digits.
    pub(super) fn reader(&self, name: &str) -> String {
        if self.names {
            return name.to_owned();
        }
        let mut shown = String::new();
        let mut run = String::new();
        for letter in name.chars().map(Some).chain([None]) {
            match letter.filter(char::is_ascii_hexdigit) {
                Some(digit) => run.push(digit),
                None => {
                    let is_number = run.len() >= 8 && run.bytes().any(|byte| byte.is_ascii_digit());
                    shown.push_str(&if is_number { format!("…{}", Self::end(&run)) } else { run.clone() });
                    run.clear();
                    shown.extend(letter);
                }
            }
        }
        shown
    }
}

/// Shorter texts are in others by chance.
const SHORT: usize = 4;
/// Of what a module printed.
const LONG: usize = 300;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leaves_out_names_numbers_and_folders() {
        let mut mask = Mask::new(Path::new("/home/an/lib/x.so"), false);
        mask.hide("Nguyễn Văn An");
        mask.hide("0123456789abcdef");
        let said = "/home/an/lib/x.so: Nguyễn Văn An's 0123456789abcdef";
        assert_eq!(mask.cause(Some(said)), "x.so: …'s …");
        assert_eq!(mask.value(json!([{ "a": "/home/an/lib/x.so" }])), json!([{ "a": "x.so" }]));
        assert_eq!(mask.reader("SoftHSM slot ID 0x6e8a21b3"), "SoftHSM slot ID 0x…b3");
        assert_eq!(mask.reader("Virtual PCD 00 00"), "Virtual PCD 00 00");
        assert_eq!(Mask::end("0123456789abcdef"), "cdef");
        assert_eq!(Mask::end("1234"), "4");
    }
}
