//! What the agent says on standard error: one line an event, for the journal and the terminal.
//!
//! Only what the caller passes is printed, and no caller passes a PIN, a bearer token, a document's
//! name or a digest (R43).

use std::fmt;

/// Writes `kyso: text`.
pub fn note(text: impl fmt::Display) {
    eprintln!("kyso: {}", line(&text.to_string()));
}

/// One line, whatever it is made of: what modules print may hold what moves a terminal's cursor.
fn line(text: &str) -> String {
    text.trim_end().chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r43_an_event_is_one_harmless_line() {
        assert_eq!(
            line("it printed: \u{1b}[2J\u{9b}31m\nxin chào\n"),
            "it printed: \u{FFFD}[2J\u{FFFD}31m\u{FFFD}xin chào"
        );
    }
}
