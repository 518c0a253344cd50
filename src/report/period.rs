//! A year or a quarter of local days.

use time::{Date, Month};

/// A year, or one of its quarters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The year.
    pub year: i32,
    /// 1 to 4; none is the whole year.
    pub quarter: Option<u8>,
}

impl Period {
    /// The quarter that a day is in.
    pub fn quarter_of(day: Date) -> Self {
        Self { year: day.year(), quarter: Some((u8::from(day.month()) - 1) / 3 + 1) }
    }

    /// Its months, 1 to 12.
    pub fn months(self) -> std::ops::RangeInclusive<u8> {
        match self.quarter {
            Some(quarter) => {
                let last = quarter.clamp(1, 4) * 3;
                last - 2..=last
            }
            None => 1..=12,
        }
    }

    /// Whether a day is in it.
    pub fn holds(self, day: Date) -> bool {
        day.year() == self.year && self.months().contains(&u8::from(day.month()))
    }

    /// Its first day.
    pub fn first(self) -> Date {
        let month = Month::try_from(*self.months().start()).unwrap_or(Month::January);
        Date::from_calendar_date(self.year, month, 1).unwrap_or(Date::MIN)
    }

    /// Its last day.
    pub fn last(self) -> Date {
        let month = Month::try_from(*self.months().end()).unwrap_or(Month::December);
        Date::from_calendar_date(self.year, month, month.length(self.year)).unwrap_or(Date::MAX)
    }

    /// How many of its months have begun by a day: one at least.
    pub fn months_begun(self, day: Date) -> u64 {
        let begun = self.months().filter(|month| (self.year, *month) <= (day.year(), u8::from(day.month())));
        (begun.count() as u64).max(1)
    }

    /// `2026` or `2026-Q3`, for file names and programs.
    pub fn code(self) -> String {
        match self.quarter {
            Some(quarter) => format!("{}-Q{quarter}", self.year),
            None => self.year.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn quarters_begin_and_end_with_their_months() {
        let quarter = Period::quarter_of(date!(2026 - 09 - 30));
        assert_eq!(quarter, Period { year: 2026, quarter: Some(3) });
        assert_eq!((quarter.first(), quarter.last()), (date!(2026 - 07 - 01), date!(2026 - 09 - 30)));
        assert!(quarter.holds(date!(2026 - 07 - 01)) && quarter.holds(date!(2026 - 09 - 30)));
        assert!(!quarter.holds(date!(2026 - 06 - 30)) && !quarter.holds(date!(2026 - 10 - 01)));
        assert!(!quarter.holds(date!(2025 - 08 - 01)));
        assert_eq!(quarter.code(), "2026-Q3");
        let year = Period { year: 2024, quarter: None };
        assert_eq!((year.first(), year.last()), (date!(2024 - 01 - 01), date!(2024 - 12 - 31)));
        let first = Period { year: 2024, quarter: Some(1) };
        assert_eq!(first.last(), date!(2024 - 03 - 31));
    }

    #[test]
    fn a_period_that_runs_is_counted_as_far_as_it_has_come() {
        let quarter = Period { year: 2026, quarter: Some(4) };
        let begun =
            [date!(2026 - 10 - 01), date!(2026 - 11 - 26), date!(2027 - 03 - 01), date!(2020 - 01 - 01)];
        assert_eq!(begun.map(|day| quarter.months_begun(day)), [1, 2, 3, 1]);
    }
}
