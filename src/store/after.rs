//! The log read on from a row, around what can't be read any more: a lost file ends nothing but itself.

use rusqlite::{Connection, params};

use super::StoreError;
use super::archive::Closed;
use super::read::{Reader, Row};

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    /// Rows without a gap; none at the log's end.
    Rows(Vec<Row>),
    /// The next row can't be read, nor those up to the one with this number; nothing is in the way where they are just
    /// not there.
    Unread { last: i64, why: Option<StoreError> },
}

impl Reader {
    /// What comes after this row, at most so many rows.
    ///
    /// # Errors
    /// The present file's, which alone knows of the others.
    pub(super) fn after(&self, sequence: i64, most: usize) -> Result<Next, StoreError> {
        let moment = self.moment()?;
        let (mut rows, mut why) = (Vec::new(), None);
        let unheard = moment.closed.iter().filter(|closed| closed.last > sequence);
        for closed in unheard.clone() {
            if rows.len() >= most {
                return Ok(in_order(sequence, rows, why));
            }
            let Err(error) = add_closed(closed, sequence, most, &mut rows) else { continue };
            if !rows.is_empty() {
                // It is in the way once these are told.
                return Ok(in_order(sequence, rows, why));
            }
            if let Some(first) = readable_from(closed, sequence) {
                // All of it can be read by now: it was in the way for a moment.
                let gap = first > sequence + 1;
                return if gap { Ok(Next::Unread { last: first - 1, why: Some(error) }) } else { Err(error) };
            }
            why = why.or(Some(error));
        }
        add(&moment.present, sequence, i64::MAX, most, &mut rows)?;
        match unheard.clone().next_back() {
            Some(closed) if rows.is_empty() => Ok(Next::Unread { last: closed.last, why }),
            _ => Ok(in_order(sequence, rows, why)),
        }
    }
}

/// Adds the rows of a closed file, as far as they can be read.
fn add_closed(closed: &Closed, sequence: i64, most: usize, rows: &mut Vec<Row>) -> Result<(), StoreError> {
    let file = closed.open()?;
    add(&file, sequence, closed.last, most, rows)
        .map_err(|error| StoreError::Closed(closed.name.clone(), Box::new(error.into())))
}

/// Adds the rows of one file after `sequence` and what is there already, up to the one with the number `last`.
fn add(
    file: &Connection,
    sequence: i64,
    last: i64,
    most: usize,
    rows: &mut Vec<Row>,
) -> rusqlite::Result<()> {
    let from = rows.last().map_or(sequence, |row| row.sequence);
    let left = i64::try_from(most.saturating_sub(rows.len())).unwrap_or(i64::MAX);
    let mut read = file.prepare(
        "SELECT sequence, time, kind, body, previous, hash FROM log WHERE sequence >= ? AND sequence <= ?
         ORDER BY sequence LIMIT ?",
    )?;
    // Where the row before is on a page that is damaged, it can't be gone on from.
    for row in read.query_map(params![from.saturating_add(1), last, left], Row::read)? {
        rows.push(row?);
    }
    Ok(())
}

/// Number of the first row after `sequence` from which on a closed file can be read to its end: behind a page that is
/// damaged there may be others.
fn readable_from(closed: &Closed, sequence: i64) -> Option<i64> {
    let file = closed.open().ok()?;
    let mut read = file
        .prepare(
            "SELECT sequence, time, kind, body, previous, hash FROM log WHERE sequence > ? AND sequence <= ?
             ORDER BY sequence DESC",
        )
        .ok()?;
    let rows = read.query_map([sequence, closed.last], Row::read).ok()?;
    rows.map_while(Result::ok).last().map(|row| row.sequence)
}

/// What of these rows comes next after `sequence`: up to where numbers are missing, or that they are.
fn in_order(sequence: i64, mut rows: Vec<Row>, why: Option<StoreError>) -> Next {
    if let Some(first) = rows.first().filter(|row| row.sequence > sequence + 1) {
        return Next::Unread { last: first.sequence - 1, why };
    }
    let gap = rows.windows(2).position(|pair| pair[1].sequence != pair[0].sequence + 1);
    rows.truncate(gap.map_or(rows.len(), |at| at + 1));
    Next::Rows(rows)
}
