//! How full the log is, and how far collectors have come: for whoever looks after the machine.

use rusqlite::{Connection, OptionalExtension as _};

use super::feed::UNTOLD;
use super::migrations;
use super::migrations::VERSION;
use super::read::Reader;
use super::{StoreError, archive};

/// What a collector has not heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unheard {
    /// So many rows.
    pub rows: u64,
    /// When the oldest was written: RFC 3339, UTC.
    pub since: String,
}

/// Where a collector is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It was never told of this log.
    Nowhere,
    /// At the log's end.
    AtTheEnd,
    /// Behind it.
    Behind(Unheard),
}

impl Reader {
    /// How many bytes the log takes, its closed files included: what the machine's `most_megabytes` is about.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bytes(&self) -> Result<u64, StoreError> {
        match &self.path {
            Some(path) if migrations::version(&self.present)? >= VERSION => {
                Ok(archive::bytes_used(&self.present, path)?)
            }
            Some(path) => Ok(std::fs::metadata(path).map_err(StoreError::File)?.len()),
            None => Ok(0),
        }
    }

    /// How far the collector of this name has come.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn place(&self, collector: &str) -> Result<Place, StoreError> {
        if migrations::version(&self.present)? < VERSION {
            return Ok(Place::Nowhere);
        }
        let moment = self.moment()?;
        let sql = "SELECT sequence FROM cursors WHERE collector = ?";
        let heard: Option<i64> = moment.present.query_row(sql, [collector], |row| row.get(0)).optional()?;
        let Some(heard) = heard else { return Ok(Place::Nowhere) };
        let mut rows = 0;
        let mut since: Option<String> = None;
        let mut add = |file: &Connection| -> Result<(), StoreError> {
            let (count, first) = unheard(file, heard)?;
            rows += count.unsigned_abs();
            since = since.take().or(first);
            Ok(())
        };
        for closed in moment.closed.iter().filter(|closed| closed.last > heard) {
            add(&closed.open()?)?;
        }
        add(&moment.present)?;
        Ok(since.map_or(Place::AtTheEnd, |since| Place::Behind(Unheard { rows, since })))
    }
}

/// Of one file: how many, and the time of the first.
fn unheard(file: &Connection, heard: i64) -> rusqlite::Result<(i64, Option<String>)> {
    let untold = UNTOLD.map(|kind| format!("'{kind}'")).join(", ");
    let sql = format!("SELECT count(*), min(time) FROM log WHERE sequence > ? AND kind NOT IN ({untold})");
    file.query_row(&sql, [heard], |row| Ok((row.get(0)?, row.get(1)?)))
}
