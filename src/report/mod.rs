//! Statistics of a year or a quarter, and how they are written: a page, CSV, JSON.
//!
//! The arithmetic is values alone: [`Gathering`] adds up records that something else has read, [`Statistics`]
//! is what comes of it. Offices report the number and the frequency of signatures each quarter and year; a
//! person's and a seal's are told apart by [`Subject::holder`](crate::domain::subject::Subject::holder), and
//! what rows don't tell is written as unknown.

pub mod counts;
pub mod csv;
mod gathering;
pub mod html;
pub mod inventory;
pub mod json;
mod period;
mod statistics;

use time::{Date, UtcOffset};

pub use gathering::{Gathering, OTHERS, Used};
pub use period::Period;
pub use statistics::{Events, Signatory, Statistics, Tally};

use inventory::Item;

/// Everything that a report says.
#[derive(Clone, Debug)]
pub struct Report {
    /// The office, as the person named it.
    pub office: Option<String>,
    /// The sums.
    pub statistics: Statistics,
    /// The certificates.
    pub inventory: Vec<Item>,
    /// Where it is from.
    pub origin: Provenance,
}

/// How a report was made.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// The files, in order.
    pub sources: Vec<Source>,
    /// How many machines they are of; none for this machine's own log.
    pub machines: Option<u64>,
    /// The day it was made.
    pub made: Date,
    /// The time of that day, hour and minute.
    pub time: (u8, u8),
    /// The zone in which days begin.
    pub offset: UtcOffset,
    /// How many lists of certificates on tokens went in; without any, unused ones are not known.
    pub lists: u64,
    /// Files that are no export.
    pub ignored: Vec<String>,
}

/// One log or export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Rows that counted.
    pub rows: u64,
    /// Rows that another file had already.
    pub repeated: u64,
    /// Rows that say nothing that is understood.
    pub unclear: u64,
    /// First and last sequence number, and the last row's hash in hex; nothing of an empty one.
    pub ends: Option<(i64, i64, String)>,
    /// What is proven of it.
    pub proof: Proof,
}

/// What is proven of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every row is as it was written.
    Whole,
    /// Every row from the first that it holds.
    FromLater,
    /// No row is missing; CSV does not hold what would prove what they say.
    Unproven,
    /// It was changed, and counted all the same. Why, in the person's words.
    Changed(String),
    /// It was not counted. Why, in the person's words.
    Refused(String),
}

impl Provenance {
    /// Rows that counted.
    pub fn rows(&self) -> u64 {
        self.sources.iter().map(|source| source.rows).sum()
    }

    /// Files that counted.
    pub fn files(&self) -> u64 {
        self.sources.iter().filter(|source| !matches!(source.proof, Proof::Refused(_))).count() as u64
    }

    /// Whether a source was changed or refused.
    pub fn is_damaged(&self) -> bool {
        self.sources.iter().any(|source| matches!(source.proof, Proof::Changed(_) | Proof::Refused(_)))
    }
}
