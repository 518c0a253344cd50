//! What the writing thread does for the log by itself, after what was asked of it is answered: checkpoints,
//! rotation, retention. What fails now is tried again after the next row.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ffi};

use super::archive;
use super::checkpoint;
use super::database;
use super::mark::Mark;
use crate::domain::ports::Notary;
use crate::domain::retention::Rules;

/// On what terms a log is kept.
#[derive(Clone, Default)]
#[allow(missing_debug_implementations, reason = "holds a trait object")]
pub struct Terms {
    /// How long and how large.
    pub rules: Rules,
    /// Who signs checkpoints; nobody, and there are none.
    pub notary: Option<Arc<dyn Notary>>,
}

/// What the writing thread keeps in mind.
pub(super) struct Upkeep {
    path: PathBuf,
    terms: Terms,
    mark: Mark,
    /// Up to where the log is signed; not known at the start.
    signed: Option<i64>,
    looked_for_old: Option<Instant>,
}

impl Upkeep {
    pub(super) fn new(path: PathBuf, terms: Terms) -> Self {
        let mark = Mark::open(&path);
        Self { path, terms, mark, signed: None, looked_for_old: None }
    }

    pub(super) fn sign_with(&mut self, notary: Arc<dyn Notary>) {
        self.terms.notary = Some(notary);
    }

    /// Notes how far the log has come.
    pub(super) fn mark(&mut self, connection: &Connection) {
        self.mark.set(connection);
    }

    /// Does what is due.
    pub(super) fn run(&mut self, connection: &mut Connection) {
        let _ = self.due(connection);
        self.mark.set(connection);
    }

    /// Signs for what no checkpoint covers yet.
    pub(super) fn seal(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        if let Some(notary) = &self.terms.notary {
            self.signed = Some(checkpoint::sign(connection, &**notary, 1)?);
            self.mark.set(connection);
        }
        Ok(())
    }

    fn due(&mut self, connection: &mut Connection) -> Result<(), super::StoreError> {
        let (first, last): (Option<i64>, Option<i64>) = connection
            .prepare_cached("SELECT (SELECT min(sequence) FROM log), (SELECT max(sequence) FROM log)")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
        if let Some(notary) = &self.terms.notary
            && self.signed.is_none_or(|signed| last - signed >= checkpoint::EVERY)
        {
            self.signed = Some(checkpoint::sign(connection, &**notary, checkpoint::EVERY)?);
        }
        if last - first + 1 >= i64::from(self.terms.rules.rotate_rows.max(FEWEST_ROWS)) {
            self.seal(connection)?;
            archive::rotate(connection, &self.path)?;
            self.looked_for_old = None;
        }
        if self.looked_for_old.is_none_or(|at| at.elapsed() >= LOOK_FOR_OLD) {
            self.remove_old(connection)?;
        }
        Ok(())
    }

    /// Looks for closed files whose time is over when it does next what is due.
    pub(super) fn look_for_old(&mut self) {
        self.looked_for_old = None;
    }

    fn remove_old(&mut self, connection: &mut Connection) -> Result<(), super::StoreError> {
        let rules = &self.terms.rules;
        archive::remove_older(connection, &self.path, rules.keep_days, &rules.forward.names())?;
        self.looked_for_old = Some(Instant::now());
        Ok(())
    }

    /// Refuses what would be begun above the disk's share of the log, unless something in it may go; what was begun may
    /// end.
    pub(super) fn room(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        let most = u64::from(self.terms.rules.most_megabytes);
        if archive::bytes_used(connection, &self.path)? <= most << 20 {
            return Ok(());
        }
        let _ = self.remove_old(connection);
        database::empty_wal(connection, &self.path);
        let used = archive::bytes_used(connection, &self.path)?;
        if used <= most << 20 {
            return Ok(());
        }
        let why =
            format!("the log takes {} megabytes, more than most_megabytes = {most}", used.div_ceil(1 << 20));
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), Some(why)))
    }
}

/// A file for each row would be one too many.
const FEWEST_ROWS: u32 = 10;
const LOOK_FOR_OLD: Duration = Duration::from_secs(3_600);
