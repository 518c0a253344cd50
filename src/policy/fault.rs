//! What is wrong with a policy file, in the person's language: the file, the line, and what may stand there.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::config::{LEFT_OUT, Misread};
use crate::domain::kept::KeepLimits;
use crate::text::config::ConfigWords;
use crate::text::policy::PolicyWords;
use crate::text::{Lang, cause, fill};

/// Something that is wrong.
#[derive(Debug)]
pub struct Fault {
    /// In this file.
    pub file: PathBuf,
    /// On this line, counted from 1; none where it is about the file.
    pub line: Option<usize>,
    /// What stands there.
    pub text: String,
    /// What is wrong with it.
    pub what: What,
}

/// How it is wrong.
#[derive(Debug)]
pub enum What {
    /// The file can't be read.
    Unread(io::Error),
    /// Somebody else than the administrator could change it.
    Loose,
    /// Not what is expected there.
    Misread(Misread),
    /// A number out of range.
    Range(RangeInclusive<u64>),
    /// Neither `false` nor two limits.
    Keep,
    /// No origin.
    Origin(String),
    /// No name by RFC 4514.
    Name(String),
    /// A path that depends on a folder.
    Relative(String),
    /// A site that this file names above.
    Twice(String),
    /// No address of a collector.
    Address(String),
    /// Another collector than an earlier file names.
    Collectors(String),
}

impl Fault {
    /// Of a file as a whole.
    pub(super) fn of_file(path: &Path, what: What) -> Self {
        Self { file: path.to_owned(), line: None, text: String::new(), what }
    }

    /// In words.
    pub fn told(&self, lang: Lang) -> String {
        self.worded(lang, |text| text)
    }

    /// In words for a stranger, without what stands in the file: it may name sites.
    pub fn told_to_others(&self, lang: Lang) -> String {
        self.worded(lang, |_| LEFT_OUT)
    }

    fn worded(&self, lang: Lang, shown: fn(&str) -> &str) -> String {
        let (file, what) = (self.file.display(), self.what.worded(lang, shown));
        let Some(line) = self.line else { return format!("{file}: {what}") };
        let values = [("line", &*line.to_string()), ("text", shown(&self.text)), ("what", &what)];
        format!("{file}: {}", fill(ConfigWords::of(lang).line, &values))
    }
}

impl What {
    /// Not one of these names.
    pub(super) fn choice<T>(text: &str, choices: &[(&'static str, T)]) -> Self {
        let known = choices.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self::Misread(Misread::Choice(text.to_owned(), known))
    }

    fn worded(&self, lang: Lang, shown: fn(&str) -> &str) -> String {
        let words = PolicyWords::of(lang);
        let about = |sentence, name: &str, text: &str| fill(sentence, &[(name, shown(text))]);
        match self {
            Self::Unread(error) => return cause::system(lang, error),
            Self::Misread(what) => return what.told(ConfigWords::of(lang)),
            Self::Loose => words.loose.into(),
            Self::Range(range) => {
                let (least, most) = (range.start().to_string(), range.end().to_string());
                fill(words.range, &[("least", &least), ("most", &most)])
            }
            Self::Keep => {
                let (idle, most) = (KeepLimits::MOST_IDLE.to_string(), KeepLimits::MOST.to_string());
                fill(words.keep, &[("idle", &idle), ("most", &most)])
            }
            Self::Origin(text) => about(words.origin, "text", text),
            Self::Name(text) => about(words.name, "text", text),
            Self::Relative(text) => about(words.relative, "text", text),
            Self::Twice(text) => about(words.twice, "text", text),
            Self::Address(text) => about(words.address, "text", text),
            Self::Collectors(text) => about(words.collectors, "text", text),
        }
        .into_owned()
    }
}
