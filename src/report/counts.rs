//! What is counted, alike for every group: ends of requests, signatures, wrong PINs, days of use, times.

use time::Date;

use crate::domain::record::{End, Record};

/// Sums over some requests that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests, by how they ended, in the order of [`End::ALL`].
    pub ended: [u64; 5],
    /// Signatures that were released.
    pub signatures: u64,
    /// Signatures that the token made and nobody got, because the request failed afterwards.
    pub unreleased: u64,
    /// Wrong PINs, as far as rows tell.
    pub wrong_pins: u64,
    /// Requests whose row does not tell of wrong PINs.
    pub pins_unknown: u64,
}

/// The days of one period, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days([u64; 6]);

/// Milliseconds by how often they came: medians are exact below ten minutes, which no prompt outlasts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    counts: Vec<u32>,
    total: u64,
}

impl Counts {
    pub(super) fn add(&mut self, end: End, record: &Record<'_>) {
        self.ended[end as usize] += 1;
        let made = if end == End::Signed { &mut self.signatures } else { &mut self.unreleased };
        *made = made.saturating_add(record.made);
        match record.wrong_pins {
            Some(wrong) => self.wrong_pins = self.wrong_pins.saturating_add(wrong),
            None => self.pins_unknown += 1,
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (one, other) in self.ended.iter_mut().zip(other.ended) {
            *one += other;
        }
        self.signatures = self.signatures.saturating_add(other.signatures);
        self.unreleased = self.unreleased.saturating_add(other.unreleased);
        self.wrong_pins = self.wrong_pins.saturating_add(other.wrong_pins);
        self.pins_unknown += other.pins_unknown;
    }

    /// Requests that ended, however.
    pub fn requests(&self) -> u64 {
        self.ended.iter().sum()
    }

    /// Requests that ended so.
    pub fn of(&self, end: End) -> u64 {
        self.ended[end as usize]
    }
}

impl Days {
    pub(super) fn insert(&mut self, day: Date) {
        let place = usize::from(day.ordinal() - 1);
        self.0[place / 64] |= 1 << (place % 64);
    }

    pub(super) fn join(&mut self, other: Self) {
        for (one, other) in self.0.iter_mut().zip(other.0) {
            *one |= other;
        }
    }

    /// How many.
    pub fn count(self) -> u64 {
        self.0.iter().map(|days| u64::from(days.count_ones())).sum()
    }
}

impl Times {
    pub(super) fn add(&mut self, milliseconds: u64) {
        let place = usize::try_from(milliseconds).unwrap_or(usize::MAX).min(LONGEST);
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] = self.counts[place].saturating_add(1);
        self.total += 1;
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The p-th percentile by the nearest rank, in milliseconds; nothing of nothing.
    pub fn percentile(&self, p: u64) -> Option<u64> {
        let rank = (self.total * p).div_ceil(100).max(1);
        let mut below = 0;
        let found = self.counts.iter().position(|count| {
            below += u64::from(*count);
            below >= rank
        });
        found.map(|milliseconds| milliseconds as u64)
    }
}

/// Milliseconds; a request lasts ten minutes at most.
const LONGEST: usize = 600_000;

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_list() {
        let mut times = Times::default();
        assert_eq!(times.percentile(50), None);
        let mut list: Vec<u64> = (0..101).map(|n| n * n * 7 % 5_003).collect();
        list.iter().for_each(|time| times.add(*time));
        list.sort_unstable();
        assert_eq!((times.percentile(50), times.percentile(90)), (Some(list[50]), Some(list[90])));
        times.add(u64::MAX);
        assert_eq!(times.percentile(100), Some(600_000));
    }

    #[test]
    fn a_day_counts_once() {
        let mut days = Days::default();
        for day in [date!(2024 - 01 - 01), date!(2024 - 12 - 31), date!(2024 - 01 - 01)] {
            days.insert(day);
        }
        assert_eq!(days.count(), 2);
        let mut others = Days::default();
        others.insert(date!(2024 - 06 - 01));
        days.join(others);
        assert_eq!(days.count(), 3);
    }
}
