//! What the agent says on standard error: one line an event, for the journal and the terminal; how much, the
//! person chooses while it runs. The last lines stay in memory for whoever helps them.
//!
//! Only what the caller passes is printed, and no caller passes a PIN, a bearer token, a document's
//! name or a digest (R43).

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What somebody should look at.
    Warn,
    /// And what happens.
    Info,
    /// And every call, with how it ended and how long it took.
    Debug,
}

impl Level {
    /// All, the quietest first.
    pub const ALL: [Self; 3] = [Self::Warn, Self::Info, Self::Debug];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }

    /// The level with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Says something that somebody should look at.
pub fn warn(text: impl fmt::Display) {
    say(Level::Warn, &text);
}

/// Says what happens.
pub fn note(text: impl fmt::Display) {
    say(Level::Info, &text);
}

/// Says what only a search for a fault needs.
pub fn debug(text: impl fmt::Display) {
    say(Level::Debug, &text);
}

/// Says, to a search for a fault, what a stranger's code printed; it is not among the last lines, which go to others.
pub fn overheard(text: impl fmt::Display) {
    if level() == Level::Debug {
        eprintln!("kyso: {}", line(&text.to_string()));
    }
}

/// How much is said now.
pub fn level() -> Level {
    let now = LEVEL.load(Ordering::Relaxed);
    Level::ALL.into_iter().find(|level| *level as u8 == now).unwrap_or(Level::Info)
}

/// From now on this much is said.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// What this process said last, each line with its time; at most [`KEPT`] lines.
pub fn last() -> Vec<String> {
    SAID.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

/// Writes `kyso: text`.
fn say(level: Level, text: &dyn fmt::Display) {
    if level as u8 > LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let line = line(&text.to_string());
    eprintln!("kyso: {line}");
    let time = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let time = time.format(&Rfc3339).unwrap_or_default();
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    said.push_back(format!("{time} {} {line}", level.name()));
    let surplus = said.len().saturating_sub(KEPT);
    said.drain(..surplus);
}

/// One line, whatever it is made of: what modules print may hold what moves a terminal's cursor.
fn line(text: &str) -> String {
    text.trim_end().chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Info as u8);
static SAID: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
/// How many lines stay in memory.
pub const KEPT: usize = 200;

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

    #[test]
    fn levels_come_back_from_their_names() {
        for level in Level::ALL {
            assert_eq!(Level::parse(level.name()), Some(level));
        }
        assert_eq!(Level::parse("trace"), None);
        assert!(Level::Warn < Level::Info && Level::Info < Level::Debug);
    }

    #[test]
    fn the_last_lines_stay() {
        for count in 0..=KEPT {
            warn(format_args!("the_last_lines_stay {count}"));
        }
        let last = last();
        assert_eq!(last.len(), KEPT);
        assert!(last.iter().any(|line| line.contains(" warn the_last_lines_stay")), "{last:?}");
    }
}
