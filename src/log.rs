//! What the agent says on standard error: one line an event, for the journal and the terminal.
//!
//! Only what the caller passes is printed, and no caller passes a PIN, a bearer token, a document's
//! name or a digest (R43).

use std::fmt;

/// Writes `kyso: text`.
pub fn note(text: impl fmt::Display) {
    eprintln!("kyso: {text}");
}
