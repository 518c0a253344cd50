//! What is wrong with a configuration file, in the person's language.

use std::io;
use std::path::PathBuf;

use crate::domain::kept::KeepLimits;
use crate::domain::module::ModuleSettings;
use crate::text::config::ConfigWords;
use crate::text::{Lang, cause, fill};

/// What is wrong.
#[derive(Debug)]
pub enum Fault {
    /// The file can't be read.
    Unread(io::Error),
    /// It is no TOML, or not what is expected: where, and what.
    Text {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        text: String,
        /// What is wrong with it.
        what: Misread,
    },
    /// The port is one of the system's.
    Port,
    /// A login would be kept too long, or not at all.
    Keep,
    /// A path of a module depends on a folder.
    Relative(PathBuf),
    /// Too many or too few signatures at a time.
    Parallel,
    /// The language stands where it can't be changed.
    Language,
}

/// How a line is wrong; names are those of the file.
#[derive(Debug, PartialEq, Eq)]
pub enum Misread {
    /// There is no such key, but these.
    Unknown(String, Vec<String>),
    /// This key is missing below it.
    Missing(String),
    /// Not one of the values that can be chosen.
    Choice(String, Vec<String>),
    /// Of another type, or out of range.
    Value,
    /// No TOML, with the parser's word.
    Syntax(String),
}

impl Fault {
    /// What the parser found in this text.
    pub(super) fn of(error: &toml::de::Error, text: &str) -> Self {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
        let shown = text.lines().nth(line).unwrap_or_default().trim().to_owned();
        Self::Text { line: line + 1, text: shown, what: Misread::of(error.message()) }
    }

    /// In words.
    pub fn told(&self, lang: Lang) -> String {
        let words = ConfigWords::of(lang);
        match self {
            Self::Unread(error) => return cause::system(lang, error),
            Self::Text { line, text, what } => {
                let what = what.told(words);
                fill(words.line, &[("line", &line.to_string()), ("text", text), ("what", &what)])
            }
            Self::Port => words.port.into(),
            Self::Keep => {
                let (idle, most) = (KeepLimits::MOST_IDLE.to_string(), KeepLimits::MOST.to_string());
                fill(words.keep, &[("idle", &idle), ("most", &most)])
            }
            Self::Relative(path) => fill(words.relative, &[("path", &path.display().to_string())]),
            Self::Parallel => fill(words.parallel, &[("most", &ModuleSettings::MOST_SESSIONS.to_string())]),
            Self::Language => words.language.into(),
        }
        .into_owned()
    }
}

impl Fault {
    /// In words for a stranger: where, and what is wrong, but not what stands there, which may be a secret.
    pub fn told_to_others(&self, lang: Lang) -> String {
        match self {
            Self::Text { line, what, .. } => {
                let words = ConfigWords::of(lang);
                let what = what.told(words);
                fill(words.line, &[("line", &line.to_string()), ("text", LEFT_OUT), ("what", &what)])
                    .into_owned()
            }
            Self::Unread(_)
            | Self::Port
            | Self::Keep
            | Self::Relative(_)
            | Self::Parallel
            | Self::Language => self.told(lang),
        }
    }
}

/// In place of what stands in a file.
pub(crate) const LEFT_OUT: &str = "…";

impl Misread {
    /// serde's complaints begin alike whatever the format, and put names between backticks.
    pub(crate) fn of(message: &str) -> Self {
        let mut names = message.split('`').skip(1).step_by(2).map(str::to_owned);
        let begins = |start| message.starts_with(start);
        match names.next() {
            Some(name) if begins("unknown field") => Self::Unknown(name, names.collect()),
            Some(name) if begins("unknown variant") => Self::Choice(name, names.collect()),
            Some(name) if begins("missing field") => Self::Missing(name),
            _ if begins("invalid type") || begins("invalid value") => Self::Value,
            _ => Self::Syntax(message.replace('\n', "; ")),
        }
    }

    /// In words.
    pub(crate) fn told(&self, words: &ConfigWords) -> String {
        let listed = |sentence, name: &String, known: &Vec<String>| {
            fill(sentence, &[("name", name), ("known", &known.join(", "))])
        };
        match self {
            Self::Unknown(name, known) => listed(words.unknown, name, known),
            Self::Choice(name, known) => listed(words.choice, name, known),
            Self::Missing(name) => fill(words.missing, &[("name", name)]),
            Self::Value => words.value.into(),
            Self::Syntax(detail) => fill(words.syntax, &[("detail", detail)]),
        }
        .into_owned()
    }
}
