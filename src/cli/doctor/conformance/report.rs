//! The table: for people, or the same as JSON.

use std::time::Duration;

use clap::ArgMatches;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::mask::Mask;
use super::steps::Steps;
use crate::cli::complain;
use crate::cli::exit::Exit;
use crate::cli::print_json;
use crate::cli::say;
use crate::text::Lang;
use crate::text::conformance::ConformanceWords;
use crate::text::fill;
use crate::token::trace::Step;

/// The rows so far.
pub(super) struct Report {
    lang: Lang,
    pub(super) mask: Mask,
    rows: Vec<Row>,
}

/// One step, and how it went.
#[derive(Clone, Debug)]
pub(super) struct Row {
    what: String,
    state: State,
    /// A `CKR_` answer or a code.
    why: Option<String>,
    took: Option<Duration>,
    details: String,
    /// For programs.
    values: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Well,
    Failed,
    NotTried,
}

impl Report {
    pub(super) fn new(lang: Lang, mask: Mask) -> Self {
        Self { lang, mask, rows: Vec::new() }
    }

    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// The person stopped it: what came to no row of its own shows by where it was.
    pub(super) fn stop(&mut self, subject: Row, told: &Steps, words: &ConformanceWords) {
        let place = told.unfinished(&Step::ALL).map(|step| words.in_step(step.name()));
        let said = format!("{} {}", words.refused_before, place.unwrap_or_default());
        if self.rows.is_empty() {
            self.add(subject.failed(said.trim_end()));
        }
    }

    /// Prints it; [`Exit::Wrong`] unless everything passed and, where signing was asked for, something was
    /// signed.
    pub(super) fn print(&self, matches: &ArgMatches, signs: bool) -> Exit {
        let words = ConformanceWords::of(self.lang);
        let tried = self.rows.iter().any(|row| row.values["step"] == "trial" && row.state == State::Well);
        let well = self.rows.iter().all(|row| row.state != State::Failed) && (tried || !signs);
        if matches.get_flag("json") {
            let rows: Value = self.rows.iter().map(Row::value).collect();
            print_json(&json!({
                "kyso": env!("CARGO_PKG_VERSION"),
                "system": system(),
                "sign": signs,
                "rows": self.mask.value(rows),
                "ok": well,
            }));
        } else {
            self.table(words, signs).iter().for_each(say);
            complain(if well { words.all_well } else { words.not_all_well });
        }
        if well { Exit::Done } else { Exit::Wrong }
    }

    fn table(&self, words: &ConformanceWords, signs: bool) -> Vec<String> {
        let command = if signs { "kyso doctor --module --sign" } else { "kyso doctor --module" };
        let values = [("version", env!("CARGO_PKG_VERSION")), ("system", &system()), ("command", command)];
        let head = [words.column_step, words.column_outcome, words.column_ms, words.column_details];
        let lines: Vec<[String; 4]> = std::iter::once(head.map(str::to_owned))
            .chain(self.rows.iter().map(|row| row.cells(words).map(|cell| self.mask.text(&cell))))
            .collect();
        let width = |column: usize| lines.iter().map(|cells| cells[column].width()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2)];
        let blanks = |cell: &str, column: usize| " ".repeat(widths[column].saturating_sub(cell.width()));
        let line = |[what, outcome, ms, details]: &[String; 4]| {
            let line = format!(
                "{what}{}  {outcome}{}  {}{ms}  {details}",
                blanks(what, 0),
                blanks(outcome, 1),
                blanks(ms, 2)
            );
            line.trim_end().to_owned()
        };
        std::iter::once(fill(words.title, &values).into_owned()).chain(lines.iter().map(line)).collect()
    }
}

impl Row {
    /// One that went well so far; `step` is its name for programs.
    pub(super) fn new(step: &str, what: impl Into<String>) -> Self {
        let values = [("step".to_owned(), json!(step))].into_iter().collect();
        let (why, took, details) = (None, None, String::new());
        Self { what: what.into(), state: State::Well, why, took, details, values }
    }

    pub(super) fn failed(mut self, why: impl Into<String>) -> Self {
        (self.state, self.why) = (State::Failed, Some(why.into()));
        self
    }

    pub(super) fn not_tried(mut self, why: impl Into<String>) -> Self {
        (self.state, self.why) = (State::NotTried, Some(why.into()));
        self
    }

    pub(super) fn taking(mut self, took: Duration) -> Self {
        self.took = Some(took);
        self
    }

    pub(super) fn saying(mut self, details: impl Into<String>) -> Self {
        self.details = details.into();
        self
    }

    /// Says more, if it is anything.
    pub(super) fn adding(mut self, more: &str) -> Self {
        if !more.is_empty() {
            let separator = if self.details.is_empty() { "" } else { "; " };
            self.details = format!("{}{separator}{more}", self.details);
        }
        self
    }

    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.values.insert(key.to_owned(), value);
        self
    }

    fn cells(&self, words: &ConformanceWords) -> [String; 4] {
        let outcome = match (self.state, &self.why) {
            (State::Well, _) => words.ok.to_owned(),
            (State::Failed, why) => why.clone().unwrap_or_default(),
            (State::NotTried, Some(why)) => format!("{}: {why}", words.not_tried),
            (State::NotTried, None) => words.not_tried.to_owned(),
        };
        [self.what.clone(), outcome, self.took.map(ms).unwrap_or_default(), self.details.clone()]
    }

    fn value(&self) -> Value {
        let mut all = self.values.clone();
        let outcome = match self.state {
            State::Well => "ok",
            State::Failed => "failed",
            State::NotTried => "not_tried",
        };
        all.insert("outcome".to_owned(), json!(outcome));
        all.insert("why".to_owned(), json!(self.why));
        all.insert("ms".to_owned(), json!(self.took.map(in_ms)));
        all.insert("details".to_owned(), json!(self.details));
        Value::Object(all)
    }
}

/// Milliseconds, to the microsecond.
pub(super) fn in_ms(time: Duration) -> f64 {
    time.as_micros() as f64 / 1_000.0
}

/// For people.
pub(super) fn ms(time: Duration) -> String {
    let ms = in_ms(time);
    if ms < 10.0 { format!("{ms:.2}") } else { format!("{ms:.0}") }
}

fn system() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}
