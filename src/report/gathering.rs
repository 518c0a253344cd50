//! Adds up records, one at a time; memory grows with sites, tokens and certificates, not with rows.

use std::collections::HashMap;

use time::Date;

use super::counts::{Counts, Days, Times};
use super::period::Period;
use super::statistics::{Events, Statistics, Tally};
use crate::domain::certificate::Holder;
use crate::domain::record::{End, Happened, Record};

/// Statistics under way.
#[derive(Debug)]
pub struct Gathering {
    period: Period,
    until: Date,
    rows: u64,
    total: Counts,
    sign_ins: Counts,
    months: [Counts; 12],
    sites: Groups<Tally>,
    tokens: Groups<Tally>,
    outcomes: Groups<Tally>,
    certificates: Groups<Used>,
    hours: [[u64; 24]; 7],
    times: Times,
    events: Events,
}

/// One certificate, in the period and ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Its subject, RFC 4514, as last seen.
    pub subject: String,
    /// For whom it speaks, where rows tell.
    pub holder: Option<Holder>,
    /// Its last moment, RFC 3339, where rows tell.
    pub expires: Option<String>,
    /// Serial numbers of tokens that held it.
    pub tokens: Vec<String>,
    /// In the period.
    pub counts: Counts,
    /// Days of the period on which it signed.
    pub days: Days,
    /// Signatures ever.
    pub ever: u64,
    /// The day of its first signature ever.
    pub first: Option<Date>,
    /// The day of its last signature ever.
    pub last: Option<Date>,
    /// The day of its last sign-in ever.
    pub last_sign_in: Option<Date>,
}

/// Groups by name, up to a number: who makes up names can't fill the memory.
#[derive(Debug)]
pub(super) struct Groups<T> {
    named: HashMap<String, T>,
    others: T,
}

impl Gathering {
    /// Of a period, as of a day: the period counts as far as it has come by then.
    pub fn new(period: Period, today: Date) -> Self {
        Self {
            period,
            until: today,
            rows: 0,
            total: Counts::default(),
            sign_ins: Counts::default(),
            months: [Counts::default(); 12],
            sites: Groups::new(),
            tokens: Groups::new(),
            outcomes: Groups::new(),
            certificates: Groups::new(),
            hours: [[0; 24]; 7],
            times: Times::default(),
            events: Events::default(),
        }
    }

    /// Adds what a row says.
    pub fn add(&mut self, record: &Record<'_>) {
        let within = self.period.holds(record.date);
        self.rows += u64::from(within);
        match record.happened {
            Happened::Ended(end) if record.sign_in => self.sign_in(end, record, within),
            Happened::Ended(end) => {
                self.use_certificate(end, record, within);
                if within {
                    self.end(end, record);
                }
            }
            _ if !within => {}
            Happened::Replayed => self.events.replayed += 1,
            Happened::SiteAdmitted => self.events.sites_admitted += 1,
            Happened::PairingRefused => self.events.pairings_refused += 1,
            Happened::SiteRevoked => self.events.sites_revoked += 1,
            Happened::PinSet => self.events.pins_set += 1,
            Happened::PinNotSet => self.events.pins_not_set += 1,
            Happened::Asked | Happened::Other => {}
        }
    }

    fn end(&mut self, end: End, record: &Record<'_>) {
        self.total.add(end, record);
        self.months[usize::from(u8::from(record.date.month())) - 1].add(end, record);
        let outcome = match (end, record.outcome.as_deref()) {
            // Its code is that of a caller who left, as the page sees it.
            (End::Interrupted, _) => Some("interrupted"),
            (_, outcome) => outcome,
        };
        self.outcomes.entry(outcome.unwrap_or_default()).add(end, record);
        self.sites.entry(record.caller.as_deref().unwrap_or_default()).add(end, record);
        if let Some(token) = record.token.as_deref() {
            self.tokens.entry(token).add(end, record);
        }
        if end == End::Signed {
            let day = usize::from(record.date.weekday().number_days_from_monday());
            self.hours[day][usize::from(record.hour.min(23))] += record.made;
            if let (Some(prompt), Some(token)) = (record.prompt_ms, record.token_ms) {
                self.times.add(prompt.saturating_add(token));
            }
        }
    }

    /// A certificate that signs people in is in use, though it signs nothing.
    fn sign_in(&mut self, end: End, record: &Record<'_>, within: bool) {
        if within {
            self.sign_ins.add(end, &Record { made: 0, ..record.clone() });
        }
        if let Some(used) = self.certificate(record).filter(|_| end == End::Signed) {
            used.last_sign_in = used.last_sign_in.max(Some(record.date));
        }
    }

    fn use_certificate(&mut self, end: End, record: &Record<'_>, within: bool) {
        let Some(used) = self.certificate(record) else { return };
        if end == End::Signed {
            used.ever = used.ever.saturating_add(record.made);
            used.first = Some(used.first.map_or(record.date, |day| day.min(record.date)));
            used.last = Some(used.last.map_or(record.date, |day| day.max(record.date)));
        }
        if within {
            used.counts.add(end, record);
            if end == End::Signed {
                used.days.insert(record.date);
            }
        }
    }

    /// The certificate of a row, with what the row tells of it.
    fn certificate(&mut self, record: &Record<'_>) -> Option<&mut Used> {
        let used = self.certificates.entry(record.certificate.as_deref()?);
        if let Some(subject) = record.subject.as_deref().filter(|subject| *subject != used.subject) {
            subject.clone_into(&mut used.subject);
        }
        used.holder = record.holder.or(used.holder);
        if let Some(expires) = record.expires.as_deref().filter(|at| Some(*at) != used.expires.as_deref()) {
            used.expires = Some(expires.to_owned());
        }
        let known = |token: &str| used.tokens.iter().any(|known| known == token);
        if let Some(token) = record.token.as_deref().filter(|token| !known(token))
            && used.tokens.len() < MOST_TOKENS
        {
            used.tokens.push(token.to_owned());
        }
        Some(used)
    }

    /// The sums.
    pub fn finish(self) -> Statistics {
        let months = self.period.months().map(|month| (month, self.months[usize::from(month) - 1]));
        Statistics {
            period: self.period,
            until: self.until,
            rows: self.rows,
            total: self.total,
            sign_ins: self.sign_ins,
            months: months.collect(),
            sites: self.sites.finish(|tally| tally.counts.requests()),
            tokens: self.tokens.finish(|tally| tally.counts.requests()),
            outcomes: self.outcomes.finish(|tally| tally.counts.requests()),
            certificates: self.certificates.finish(|used| used.ever + used.counts.requests()),
            hours: self.hours,
            times: self.times,
            events: self.events,
        }
    }
}

impl<T: Default> Groups<T> {
    fn new() -> Self {
        Self { named: HashMap::new(), others: T::default() }
    }

    fn entry(&mut self, name: &str) -> &mut T {
        // Looked for first: names are seldom new, and an entry would own one each time.
        if !self.named.contains_key(name) {
            if self.named.len() >= MOST_GROUPS {
                return &mut self.others;
            }
            self.named.insert(name.to_owned(), T::default());
        }
        self.named.get_mut(name).unwrap_or(&mut self.others)
    }

    /// By name, and what found no room under [`OTHERS`] if there is any.
    fn finish(self, used: impl Fn(&T) -> u64) -> Vec<(String, T)> {
        let mut groups: Vec<(String, T)> = self.named.into_iter().collect();
        groups.sort_by(|(one, _), (other, _)| one.cmp(other));
        if used(&self.others) > 0 {
            groups.push((OTHERS.to_owned(), self.others));
        }
        groups
    }
}

/// The name of the group for all that found no room; no origin, serial number or fingerprint is called so.
pub const OTHERS: &str = "\u{2026}";

const MOST_GROUPS: usize = 10_000;
const MOST_TOKENS: usize = 8;

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use time::macros::date;

    use super::*;

    fn signed(date: Date, caller: &str, certificate: &'static str) -> Record<'static> {
        Record {
            happened: Happened::Ended(End::Signed),
            date,
            hour: 9,
            caller: Some(Cow::Owned(caller.to_owned())),
            outcome: Some(Cow::Borrowed("ok")),
            made: 2,
            wrong_pins: Some(1),
            prompt_ms: Some(4_000),
            token_ms: Some(500),
            token: Some(Cow::Borrowed("T")),
            certificate: Some(Cow::Borrowed(certificate)),
            subject: Some(Cow::Borrowed("O=UBND,CN=UBND")),
            holder: None,
            expires: None,
            sign_in: false,
        }
    }

    fn third_quarter() -> Gathering {
        Gathering::new(Period { year: 2026, quarter: Some(3) }, date!(2026 - 11 - 26))
    }

    #[test]
    fn what_lies_outside_the_period_counts_for_the_last_use_alone() {
        let mut gathering = third_quarter();
        gathering.add(&signed(date!(2026 - 06 - 30), "a", "one"));
        gathering.add(&signed(date!(2026 - 07 - 01), "a", "two"));
        gathering.add(&signed(date!(2026 - 10 - 01), "a", "two"));
        let statistics = gathering.finish();
        assert_eq!((statistics.rows, statistics.total.signatures), (1, 2));
        assert_eq!(statistics.sites.len(), 1);
        let [(_, one), (_, two)] = &statistics.certificates[..] else { panic!("two certificates") };
        assert_eq!((one.counts.signatures, one.ever, one.last), (0, 2, Some(date!(2026 - 06 - 30))));
        assert_eq!((two.counts.signatures, two.ever, two.last), (2, 4, Some(date!(2026 - 10 - 01))));
        assert_eq!(two.days.count(), 1);
        assert_eq!(statistics.of_holder(Holder::Organisation).signatures, 2);
        // 2026-07-01 is a Wednesday.
        assert_eq!(statistics.hours[2][9], 2);
        assert_eq!(statistics.times.percentile(50), Some(4_500));
        assert_eq!(statistics.tenths_a_month(2), 7, "two signatures in three months");
    }

    #[test]
    fn signatures_that_nobody_got_are_told_apart() {
        let mut gathering = third_quarter();
        let released = signed(date!(2026 - 08 - 01), "a", "one");
        gathering.add(&Record { happened: Happened::Ended(End::Cancelled), ..released.clone() });
        gathering.add(&Record { happened: Happened::Ended(End::Interrupted), wrong_pins: None, ..released });
        let statistics = gathering.finish();
        assert_eq!((statistics.total.signatures, statistics.total.unreleased), (0, 4));
        assert_eq!((statistics.total.wrong_pins, statistics.total.pins_unknown), (1, 1));
        assert_eq!(statistics.times.total(), 0, "nothing was signed");
        assert_eq!(statistics.outcomes[0].0, "interrupted");
    }

    #[test]
    fn who_makes_up_names_does_not_fill_the_memory() {
        let mut gathering = third_quarter();
        for number in 0..MOST_GROUPS + 5 {
            gathering.add(&signed(date!(2026 - 08 - 01), &format!("https://{number}.vn"), "one"));
        }
        let statistics = gathering.finish();
        assert_eq!(statistics.sites.len(), MOST_GROUPS + 1);
        let (name, others) = statistics.sites.last().expect("the rest");
        assert_eq!((name.as_str(), others.counts.requests()), (OTHERS, 5));
    }
}
