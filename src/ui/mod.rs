//! Asking the person: the window and the terminal, and the agent's way to them.
//!
//! The agent's end is [`child::ChildPrompter`] (a short-lived `kyso prompt` of its own) or
//! [`lines::LinesPrompter`] (the terminal of `kyso sign`, over the control socket); both speak
//! [`message`]. The prompt's end is [`run`]: it shows a question, seals the PIN to the token host, and
//! says what came of it, until the agent or the person ends it.

pub mod child;
pub use crate::text::clean;
pub mod lines;
pub mod message;
pub mod tray;

mod conversation;
mod facts;
mod pin_talk;
mod prompt;
#[cfg(test)]
mod sample;
mod secret;
mod talk;
mod terminal;
mod window;
mod windows;

use crate::text::Lang;

pub use prompt::run;

/// Whether a question could be asked here: that a display is reached, or that there is a controlling
/// terminal. Shows nothing. Once in a process: the display is not reached a second time.
///
/// # Errors
/// Why not, in the language of the person who looks for the reason.
pub fn can_ask(terminal: bool, lang: Lang) -> Result<(), String> {
    if terminal { terminal::can_ask(lang) } else { window::can_ask(lang) }
}
