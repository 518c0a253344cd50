//! The times of rows as this machine's clock shows them.

use std::collections::HashMap;

use rusqlite::Connection;
use time::{Date, Month};

use super::StoreError;

/// Tells local time. SQLite knows the time zone, here as in `kyso audit`.
#[derive(Debug)]
pub struct LocalClock {
    sqlite: Connection,
    /// Offsets in seconds by UTC day; none on a day whose offset changes.
    days: HashMap<i64, Option<i64>>,
}

/// A local day and hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// The day.
    pub date: Date,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute.
    pub minute: u8,
}

impl LocalClock {
    /// For the zone of this process.
    ///
    /// # Errors
    /// SQLite's, if there is no memory.
    pub fn new() -> Result<Self, StoreError> {
        Ok(Self { sqlite: Connection::open_in_memory()?, days: HashMap::new() })
    }

    /// What the clock shows `at` seconds after 1970 in UTC; nothing outside the years 0 to 9999.
    pub fn show(&mut self, at: i64) -> Option<Local> {
        let local = at.checked_add(self.offset(at))?;
        let day = i32::try_from(local.div_euclid(DAY)).ok()?;
        let date = Date::from_julian_day(day.checked_add(JULIAN_1970)?).ok()?;
        let second = local.rem_euclid(DAY);
        let small = |value: i64| u8::try_from(value).unwrap_or_default();
        Some(Local { date, hour: small(second / 3_600), minute: small(second / 60 % 60) })
    }

    /// Seconds that the clock is ahead of UTC at that moment.
    pub fn offset(&mut self, at: i64) -> i64 {
        let day = at.div_euclid(DAY);
        if self.days.len() > MOST_DAYS {
            self.days.clear();
        }
        let known = self.days.get(&day).copied().unwrap_or_else(|| {
            let [start, end] = [day, day.saturating_add(1)].map(|day| self.ask(day.saturating_mul(DAY)));
            let same = (start == end).then_some(start);
            self.days.insert(day, same);
            same
        });
        known.unwrap_or_else(|| self.ask(at))
    }

    fn ask(&self, at: i64) -> i64 {
        let sql = "SELECT CAST(strftime('%s', ?1, 'unixepoch', 'localtime') AS INTEGER) - ?1";
        let asked = self.sqlite.prepare_cached(sql).and_then(|mut sql| sql.query_row([at], |row| row.get(0)));
        asked.ok().flatten().unwrap_or_default()
    }
}

/// Seconds after 1970 of a row's time, `YYYY-MM-DDTHH:MM:SS.mmmZ`; nothing if it is none.
pub fn seconds(time: &str) -> Option<i64> {
    let bytes = time.as_bytes();
    let number = |from: usize, digits: usize| {
        bytes
            .get(from..from + digits)?
            .iter()
            .try_fold(0_i32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0')))
    };
    let stands = |at: usize, letter: u8| bytes.get(at) == Some(&letter);
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    if bytes.len() != 24 || !marks.iter().all(|(at, letter)| stands(*at, *letter)) {
        return None;
    }
    let small = |from| number(from, 2).and_then(|number| u8::try_from(number).ok());
    let date = Date::from_calendar_date(number(0, 4)?, Month::try_from(small(5)?).ok()?, small(8)?).ok()?;
    let (hour, minute, second) = (small(11)?, small(14)?, small(17)?);
    number(20, 3)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = i64::from(date.to_julian_day() - JULIAN_1970);
    Some(days * DAY + i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second))
}

const DAY: i64 = 86_400;
const JULIAN_1970: i32 = 2_440_588;
/// Some thirty years.
const MOST_DAYS: usize = 11_000;

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn reads_the_times_of_rows() {
        for (text, moment) in [
            ("1970-01-01T00:00:00.000Z", datetime!(1970-01-01 00:00 UTC)),
            ("2026-11-26T17:25:46.999Z", datetime!(2026-11-26 17:25:46 UTC)),
            ("2024-02-29T23:59:59.000Z", datetime!(2024-02-29 23:59:59 UTC)),
        ] {
            assert_eq!(seconds(text), Some(moment.unix_timestamp()), "{text}");
        }
        for text in
            ["", "2026-02-29T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01 00:00:00.000Z", "é"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    /// Whatever the zone, the local day is SQLite's.
    #[test]
    fn shows_what_sqlite_shows() {
        let mut clock = LocalClock::new().expect("memory");
        for days in 0..2_000 {
            let at = OffsetDateTime::UNIX_EPOCH.unix_timestamp() + 1_600_000_000 + days * 86_400 + days * 37;
            let local = clock.show(at).expect("a day");
            let text = format!("{} {:02}:{:02}", local.date, local.hour, local.minute);
            let sql = "SELECT strftime('%Y-%m-%d %H:%M', ?1, 'unixepoch', 'localtime')";
            let expected: String = clock.sqlite.query_row(sql, [at], |row| row.get(0)).expect("a time");
            assert_eq!(text, expected);
        }
        assert_eq!(clock.show(i64::MAX), None);
    }
}
