//! Reads the log from any process, while the agent writes or not.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use rusqlite::{Connection, Transaction, params};

use super::archive::Closed;
use super::{StoreError, archive, database};

/// One row as it stands in the file; nothing about it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its place, from 1.
    pub sequence: i64,
    /// When: RFC 3339, UTC, milliseconds.
    pub time: String,
    /// What happened, one word: `asked`, then `signed`, `refused`, `failed`, `cancelled`,
    /// `interrupted`, or `replayed`; `paired`, `pairing_refused`, `unpaired`, `allowed`, `revoked`,
    /// `paused`, `resumed`;
    /// `pin_change_asked`, then `pin_changed` or `pin_change_failed`; the same of `pin_unblock`;
    /// `checkpoint`, `rotated`, `removed`, `recovery`.
    pub kind: String,
    /// The particulars, canonical JSON.
    pub body: String,
    /// `hash` of the row before; 32 zero bytes in the first.
    pub previous: Vec<u8>,
    /// SHA-256 over all of the above.
    pub hash: Vec<u8>,
}

/// A row that is only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRef<'a> {
    /// As [`Row::sequence`].
    pub sequence: i64,
    /// As [`Row::time`].
    pub time: &'a str,
    /// As [`Row::kind`].
    pub kind: &'a str,
    /// As [`Row::body`].
    pub body: &'a str,
    /// As [`Row::previous`].
    pub previous: &'a [u8],
    /// As [`Row::hash`].
    pub hash: &'a [u8],
}

/// Which rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// From the start of this local day, `YYYY-MM-DD`.
    pub since: Option<String>,
    /// To the end of this local day, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Only so many, the newest.
    pub last: Option<u32>,
}

/// The log, opened to read, with its closed files.
#[derive(Debug)]
pub struct Reader {
    pub(super) present: Connection,
    /// Where it is; none of a copy, whose closed files are copies of their own.
    pub(super) path: Option<PathBuf>,
}

/// Why reading stopped.
#[derive(Debug)]
pub enum ReadError {
    /// The file.
    Log(StoreError),
    /// What takes the rows.
    Output(io::Error),
}

impl Reader {
    /// Opens an existing log; nothing in it is changed.
    ///
    /// # Errors
    /// [`StoreError`]; `File` with `NotFound` if there is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { present: database::open_to_read(path)?, path: Some(path.to_owned()) })
    }

    /// Opens a copy that nobody writes to, leaving its folder as it is.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) fn open_copy(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { present: database::open_copy(path)?, path: None })
    }

    /// All files as of one moment.
    pub(super) fn moment(&self) -> Result<Moment<'_>, StoreError> {
        // The list of files and the present rows are read in one transaction; closed files never change.
        let present = self.present.unchecked_transaction()?;
        let files = match &self.path {
            Some(path) => archive::list(&present, path)?,
            None => Vec::new(),
        };
        let (removed, closed) = files.into_iter().partition(|file| file.removed);
        Ok(Moment { present, closed, removed })
    }

    /// How many rows the range holds now.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn count(&self, range: &Range) -> Result<u64, StoreError> {
        Ok(self.moment()?.counts(range)?.into_iter().map(i64::unsigned_abs).sum())
    }

    /// Hands over the rows in order, one at a time, as of one moment.
    ///
    /// # Errors
    /// The file's, or the first that `take` returns.
    pub fn each<E: From<StoreError>>(
        &self,
        range: &Range,
        mut take: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let moment = self.moment()?;
        let mut counts = moment.counts(range)?.into_iter();
        moment.each(&mut |_| Ok(()), |file| {
            let wanted = counts.next().unwrap_or_default();
            let mut statement =
                file.prepare(&format!("{SELECT} ORDER BY sequence")).map_err(StoreError::from)?;
            let mut rows =
                statement.query(params![range.since, range.until, wanted]).map_err(StoreError::from)?;
            while let Some(row) = rows.next().map_err(StoreError::from)? {
                take(Row::read(row).map_err(StoreError::from)?)?;
            }
            Ok(())
        })
    }

    /// Hands over all rows in order to be looked at, as of one moment.
    ///
    /// # Errors
    /// The file's, or the first that `take` returns.
    pub fn look<E: From<StoreError>>(&self, take: impl FnMut(RowRef<'_>) -> Result<(), E>) -> Result<(), E> {
        self.look_by_file(|_| Ok(()), take)
    }

    /// The same, told of each closed file before its rows.
    pub(super) fn look_by_file<E: From<StoreError>>(
        &self,
        open: impl FnMut(&Closed) -> Result<(), E>,
        take: impl FnMut(RowRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.moment()?.look(open, take)
    }

    /// A row's time as this machine's clock shows it, `YYYY-MM-DD HH:MM:SS`; as it stands if it is
    /// no time.
    pub fn local_time(&self, time: &str) -> String {
        let local = self.present.query_row("SELECT datetime(?, 'localtime')", [time], |row| row.get(0));
        local.ok().flatten().unwrap_or_else(|| time.to_owned())
    }
}

/// All files as of one moment.
pub(super) struct Moment<'a> {
    pub(super) present: Transaction<'a>,
    pub(super) closed: Vec<Closed>,
    /// Those whose time was over.
    pub(super) removed: Vec<Closed>,
}

impl Moment<'_> {
    /// Hands over all rows in order to be looked at; before those of a closed file it is named.
    pub(super) fn look<E: From<StoreError>>(
        &self,
        mut open: impl FnMut(&Closed) -> Result<(), E>,
        mut take: impl FnMut(RowRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each(&mut open, |file| {
            let mut statement = file
                .prepare("SELECT sequence, time, kind, body, previous, hash FROM log ORDER BY sequence")
                .map_err(StoreError::from)?;
            let mut rows = statement.query([]).map_err(StoreError::from)?;
            while let Some(row) = rows.next().map_err(StoreError::from)? {
                take(RowRef::of(row).map_err(StoreError::from)?)?;
            }
            Ok(())
        })
    }

    /// Runs this on each file, the oldest first; before a closed one it is named.
    fn each<E: From<StoreError>>(
        &self,
        open: &mut impl FnMut(&Closed) -> Result<(), E>,
        mut take: impl FnMut(&Connection) -> Result<(), E>,
    ) -> Result<(), E> {
        for closed in &self.closed {
            open(closed)?;
            take(&closed.open()?)?;
        }
        take(&self.present)
    }

    /// How many rows of the range each file holds, the oldest first; of a number of the newest, what is left for it.
    fn counts(&self, range: &Range) -> Result<Vec<i64>, StoreError> {
        let sql = format!("SELECT count(*) FROM ({SELECT})");
        let mut left = range.limit();
        let mut count = |file: &Connection| -> Result<i64, StoreError> {
            let count =
                file.query_row(&sql, params![range.since, range.until, left], |row| row.get::<_, i64>(0))?;
            left = if left < 0 { left } else { left - count };
            Ok(count)
        };
        let mut counts = vec![count(&self.present)?];
        for closed in self.closed.iter().rev() {
            counts.push(count(&closed.open()?)?);
        }
        counts.reverse();
        Ok(counts)
    }
}

impl Range {
    /// SQLite takes a negative limit as none.
    fn limit(&self) -> i64 {
        self.last.map_or(-1, i64::from)
    }
}

impl Row {
    /// To be looked at.
    pub fn view(&self) -> RowRef<'_> {
        let Self { sequence, time, kind, body, previous, hash } = self;
        RowRef { sequence: *sequence, time, kind, body, previous, hash }
    }

    /// Text that someone made invalid is read as well as it can be; its hash shows the change.
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let bytes = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_bytes()?.to_vec());
        let text = |index| bytes(index).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok(Self {
            sequence: row.get(0)?,
            time: text(1)?,
            kind: text(2)?,
            body: text(3)?,
            previous: bytes(4)?,
            hash: bytes(5)?,
        })
    }
}

impl<'a> RowRef<'a> {
    /// Text that someone made invalid is read as none; its hash shows the change.
    fn of(row: &'a rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let bytes = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_bytes()?);
        let text = |index| bytes(index).map(|bytes| std::str::from_utf8(bytes).unwrap_or_default());
        Ok(Self {
            sequence: row.get(0)?,
            time: text(1)?,
            kind: text(2)?,
            body: text(3)?,
            previous: bytes(4)?,
            hash: bytes(5)?,
        })
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Log(error)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(error) => error.fmt(f),
            Self::Output(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

/// SQLite knows the time zone: `utc` reads its argument as local.
const SELECT: &str = "SELECT * FROM (
    SELECT sequence, time, kind, body, previous, hash FROM log
    WHERE (?1 IS NULL OR time >= strftime('%Y-%m-%dT%H:%M:%fZ', ?1, 'utc'))
      AND (?2 IS NULL OR time < strftime('%Y-%m-%dT%H:%M:%fZ', ?2, '+1 day', 'utc'))
    ORDER BY sequence DESC LIMIT ?3)";
