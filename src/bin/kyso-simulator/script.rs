//! The script file: TOML, unknown keys refused. The first rule that fits answers; then marks in names; then yes.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;

use crate::answer::Scripted;

/// What is answered to whom.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// No token is plugged in.
    pub(crate) without_token: bool,
    /// The version of the API that it says it has, if not the present one.
    pub(crate) api: Option<u32>,
    rules: Vec<Rule>,
}

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ask {
    /// Signatures; the name is the first document's.
    Sign,
    /// A sign-in, which has no name.
    SignIn,
    /// To be paired; the name is the page's.
    Pair,
}

#[derive(Debug)]
struct Rule {
    entry: Entry,
    answer: Scripted,
    given: AtomicU32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "plugged_in")]
    plugged_in: bool,
    api: Option<u32>,
    #[serde(default)]
    rules: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    ask: Option<Ask>,
    origin: Option<String>,
    name: Option<String>,
    times: Option<NonZeroU32>,
    answer: String,
}

impl Script {
    /// Reads a file.
    ///
    /// # Errors
    /// What can't be read or understood, for whoever wrote it.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let file: File = toml::from_str(&text).map_err(|error| error.to_string())?;
        let rules = file.rules.into_iter().enumerate().map(|(at, entry)| Rule::new(at, entry));
        Ok(Self { without_token: !file.plugged_in, api: file.api, rules: rules.collect::<Result<_, _>>()? })
    }

    /// The answer to this request; a rule counts it.
    pub(crate) fn answer(&self, ask: Ask, origin: &str, name: &str) -> Scripted {
        let rule = self.rules.iter().find(|rule| rule.takes(ask, origin, name));
        rule.map(|rule| rule.answer).or_else(|| Scripted::in_name(name)).unwrap_or(Scripted::Approve)
    }
}

impl Rule {
    fn new(at: usize, entry: Entry) -> Result<Self, String> {
        let answer = entry.answer.parse().map_err(|_| {
            let known = Scripted::ALL.map(|answer| format!("\"{answer}\"")).join(", ");
            format!("rules[{at}]: answer: {:?} is none of {known}", entry.answer)
        })?;
        if entry.ask == Some(Ask::SignIn) && entry.name.is_some() {
            return Err(format!("rules[{at}]: name: a sign-in has none"));
        }
        Ok(Self { entry, answer, given: AtomicU32::new(0) })
    }

    /// Whether it answers this; if so, one of its times is spent.
    fn takes(&self, ask: Ask, origin: &str, name: &str) -> bool {
        let Entry { ask: wanted, origin: from, name: named, times, answer: _ } = &self.entry;
        let fits = wanted.is_none_or(|wanted| wanted == ask)
            && from.as_ref().is_none_or(|from| from == origin)
            && named.as_ref().is_none_or(|pattern| ask != Ask::SignIn && matches(pattern, name));
        fits && times.is_none_or(|times| self.given.fetch_add(1, Ordering::Relaxed) < times.get())
    }
}

/// Whether the whole name is the pattern's text, with anything in the place of each `*`.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(left) = name.strip_prefix(start) else { return false };
    let ends = left.char_indices().map(|(at, _)| at).chain([left.len()]);
    ends.map(|at| &left[at..]).any(|left| matches(rest, left))
}

fn plugged_in() -> bool {
    true
}
