//! The sums of a period, and who used what how often.

use std::collections::BTreeMap;

use time::Date;

use super::counts::{Counts, Days, Times};
use super::gathering::{OTHERS, Used};
use super::period::Period;
use crate::domain::certificate::Holder;
use crate::domain::record::{End, Record};
use crate::domain::subject::Subject;

/// What the log says of a period. Lists are by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// The period.
    pub period: Period,
    /// The day it was looked at.
    pub until: Date,
    /// Rows of the log in the period, of every kind.
    pub rows: u64,
    /// All requests to sign.
    pub total: Counts,
    /// Sign-ins, which are in no other sum: no document is signed, so they make no signature.
    pub sign_ins: Counts,
    /// By month, 1 to 12, each month of the period.
    pub months: Vec<(u8, Counts)>,
    /// By who asked: an origin, or `command line`.
    pub sites: Vec<(String, Tally)>,
    /// By the token's serial number.
    pub tokens: Vec<(String, Tally)>,
    /// By code: `ok`, an error's, or `interrupted`.
    pub outcomes: Vec<(String, Tally)>,
    /// By fingerprint; also those that were used outside the period alone.
    pub certificates: Vec<(String, Used)>,
    /// Signatures by weekday from Monday, and hour.
    pub hours: [[u64; 24]; 7],
    /// From the prompt to the signature, of requests that were signed.
    pub times: Times,
    /// What else happened.
    pub events: Events,
}

/// One group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Its sums.
    pub counts: Counts,
    /// The last day of a request.
    pub last: Option<Date>,
}

/// Counts of what is no request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Sites paired, or allowed in advance.
    pub sites_admitted: u64,
    /// Pairings refused.
    pub pairings_refused: u64,
    /// Sites revoked.
    pub sites_revoked: u64,
    /// PINs changed or unblocked.
    pub pins_set: u64,
    /// PINs that were not.
    pub pins_not_set: u64,
    /// Replies sent again.
    pub replayed: u64,
}

/// A person or a seal, over all its certificates: a renewed certificate has the same holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatory {
    /// CN, else O, else the whole subject.
    pub name: String,
    /// title, OU and O, as far as they say more.
    pub place: String,
    /// For whom it signs.
    pub holder: Holder,
    /// How many certificates it used in the period.
    pub certificates: u64,
    /// In the period.
    pub counts: Counts,
    /// Days of the period on which it signed.
    pub days: Days,
    /// The day of its last signature in the log.
    pub last: Option<Date>,
}

impl Tally {
    pub(super) fn add(&mut self, end: End, record: &Record<'_>) {
        self.counts.add(end, record);
        self.last = Some(self.last.map_or(record.date, |day| day.max(record.date)));
    }
}

impl Used {
    /// For whom it speaks: as the row says, which knows the certificate; else by its subject.
    pub fn speaks_for(&self) -> Holder {
        self.holder.unwrap_or_else(|| Subject::parse(&self.subject).holder())
    }
}

impl Statistics {
    /// Persons and seals that were asked to sign in the period, the busiest first.
    pub fn signatories(&self) -> Vec<Signatory> {
        let mut found: BTreeMap<(u8, String), Signatory> = BTreeMap::new();
        for (id, used) in self.certificates.iter().filter(|(_, used)| used.counts.requests() > 0) {
            let subject = Subject::parse(&used.subject);
            let holder = used.speaks_for();
            // The same name may be two people's: a number tells them apart, else the whole subject.
            let identity = subject.number().unwrap_or(&used.subject).to_owned();
            let identity = if id == OTHERS { OTHERS.to_owned() } else { identity };
            let signatory = found.entry((holder as u8, identity)).or_insert_with(|| Signatory {
                name: if id == OTHERS { OTHERS.to_owned() } else { name(&subject, &used.subject) },
                place: place(&subject),
                holder,
                certificates: 0,
                counts: Counts::default(),
                days: Days::default(),
                last: None,
            });
            signatory.certificates += 1;
            signatory.counts.join(&used.counts);
            signatory.days.join(used.days);
            signatory.last = signatory.last.max(used.last);
        }
        let mut list: Vec<Signatory> = found.into_values().collect();
        list.sort_by_key(|one| std::cmp::Reverse((one.counts.signatures, one.counts.requests())));
        list
    }

    /// Sums over the certificates of one kind of holder.
    pub fn of_holder(&self, holder: Holder) -> Counts {
        let mut sum = Counts::default();
        for (_, used) in self.certificates.iter().filter(|(_, used)| used.speaks_for() == holder) {
            sum.join(&used.counts);
        }
        sum
    }

    /// Requests that ended before a certificate was chosen.
    pub fn without_certificate(&self) -> u64 {
        let with: u64 = self.certificates.iter().map(|(_, used)| used.counts.requests()).sum();
        self.total.requests().saturating_sub(with)
    }

    /// Tenths of signatures a month, over the months that have begun.
    pub fn tenths_a_month(&self, signatures: u64) -> u64 {
        let months = self.period.months_begun(self.until);
        (signatures.saturating_mul(20) / months).div_ceil(2)
    }
}

/// What to call a subject in one line.
pub(super) fn name(subject: &Subject, text: &str) -> String {
    subject.part("CN").or_else(|| subject.part("O")).unwrap_or(text).to_owned()
}

/// Where it belongs, without saying its name twice.
pub(super) fn place(subject: &Subject) -> String {
    let name = subject.part("CN");
    let parts = ["title", "OU", "O"].into_iter().filter_map(|part| subject.part(part));
    parts.filter(|part| Some(*part) != name).collect::<Vec<_>>().join(", ")
}
