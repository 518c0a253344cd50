//! The log and the grants, in one SQLite file.
//!
//! One thread owns the writing connection and takes jobs in order, each one transaction, so the
//! chain has one writer and a caller's future is never a lock. What is done is durable
//! (`synchronous=FULL`) before it is answered. Other processes read beside it (WAL).
//!
//! - `database` opens the file, `schema.sql` is its shape, `migrations` bring older ones to it
//! - `chain` hashes rows and tells the time, `body` is what a row says, `append` adds one
//! - `upkeep` does what is due: signs `checkpoint`s, moves rows to closed files (`archive`); `mark` notes how far the
//!   log came, `witness` what time it is by its own rows, and `recovery` goes on after damage
//! - `log`, `grants`, `tries` and `feed` are the four ports
//! - `read` (`after` for collectors), `export`, `condition` and `verify` are for everyone who only reads
//! - `records` tells statistics what rows say, by the local clock of `clock`; `exports` reads those of many machines

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::{fmt, io};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::domain::error::AuditError;
use crate::domain::ports::{BoxFuture, Notary};
use crate::text::cause::CauseWords;
use crate::text::{Lang, cause, fill};
use upkeep::Upkeep;

mod after;
mod append;
mod archive;
pub mod body;
mod chain;
mod checkpoint;
pub mod clock;
pub mod condition;
mod database;
pub mod export;
pub mod exports;
mod feed;
mod grants;
mod log;
mod mark;
mod migrations;
pub mod read;
mod recent;
pub mod records;
mod recovery;
mod tries;
mod upkeep;
pub mod verify;
mod witness;

pub use self::upkeep::Terms;

/// The log ([`AuditLog`](crate::domain::ports::AuditLog)) and the grants
/// ([`Grants`](crate::domain::ports::Grants)). Clones share one writer; when the last is dropped,
/// what was asked of it is finished and the file is closed.
#[derive(Clone, Debug)]
pub struct Store {
    writer: Arc<Writer>,
    grants: grants::Memory,
    /// Counts what was written.
    written: Arc<watch::Sender<u64>>,
    tries: tries::Counts,
    path: PathBuf,
}

/// Why the file can't be used.
#[derive(Debug)]
pub enum StoreError {
    /// The file can't be made or opened.
    File(io::Error),
    /// A newer Kyso wrote it.
    Newer {
        /// The file's version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// A closed file of the log, by its name, can't be read.
    Closed(String, Box<Self>),
    /// SQLite refuses it: no database, damaged, locked, or the disk is full.
    Database(rusqlite::Error),
}

impl Store {
    /// Opens the file on the usual terms, without checkpoints.
    ///
    /// # Errors
    /// As [`Store::open_on`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_on(path, Terms::default())
    }

    /// Opens the file, making it (0600) if need be; its folder must exist. A damaged one is put aside, and what
    /// can be read of it goes on. Requests that a former run left without an outcome get `interrupted`, in one
    /// transaction. The caller holds the instance lock: one agent at a time owns the file.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is changed then.
    pub fn open_on(path: &Path, terms: Terms) -> Result<Self, StoreError> {
        let mut connection = recovery::open(path)?;
        log::interrupt_open_requests(&mut connection)?;
        feed::succeed(&mut connection, &terms.rules.forward)?;
        let (grants, tries) = (grants::Memory::load(&connection)?, tries::Counts::load(&connection)?);
        let owned = Owned { connection, upkeep: Upkeep::new(path.to_owned(), terms) };
        let writer = Arc::new(Writer::start(owned).map_err(StoreError::File)?);
        // What is due already keeps nobody waiting for the start.
        let _ = writer.submit(Box::new(|owned| owned.upkeep.run(&mut owned.connection)));
        let written = Arc::new(watch::Sender::new(1));
        Ok(Self { writer, grants, written, tries, path: path.to_owned() })
    }

    /// Has this notary sign checkpoints from now on.
    pub fn sign_with(&self, notary: Arc<dyn Notary>) {
        // The thread ends with the last clone of this, not before.
        let _ = self.writer.submit(Box::new(|owned| {
            owned.upkeep.sign_with(notary);
            owned.upkeep.run(&mut owned.connection);
        }));
    }

    /// Signs for what no checkpoint covers yet.
    ///
    /// # Errors
    /// If the log can't be written.
    pub async fn seal(&self) -> Result<(), AuditError> {
        self.run_with(|connection, upkeep| upkeep.seal(connection)).await
    }

    /// Runs `job` on the writing thread. It runs even if the future is dropped.
    fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, AuditError>> {
        self.run_with(move |connection, _| job(connection))
    }

    /// The same, with what the thread keeps in mind.
    fn run_with<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection, &mut Upkeep) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, AuditError>> {
        let (answer, answered) = oneshot::channel();
        let written = Arc::clone(&self.written);
        let sent = self.writer.submit(Box::new(move |owned| {
            let Owned { connection, upkeep } = owned;
            let before = connection.total_changes();
            let result = job(connection, upkeep).map_err(|error| AuditError(error.to_string()));
            let changed = connection.total_changes() != before;
            if changed {
                upkeep.mark(connection);
                written.send_modify(|count| *count += 1);
            }
            // The asker may be gone; what it asked for is done all the same.
            let _ = answer.send(result);
            if changed {
                let before = connection.total_changes();
                upkeep.run(connection);
                if connection.total_changes() != before {
                    written.send_modify(|count| *count += 1);
                }
            }
        }));
        Box::pin(async move {
            sent?;
            answered.await.unwrap_or_else(|_| Err(AuditError("the log's job panicked".to_owned())))
        })
    }
}

/// What the writing thread alone has.
struct Owned {
    connection: Connection,
    upkeep: Upkeep,
}

type Job = Box<dyn FnOnce(&mut Owned) + Send>;

struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    fn start(mut owned: Owned) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            for job in queue {
                // A job that panics rolls back as it unwinds, and the next one finds the log as it was.
                let _ = std::panic::catch_unwind(AssertUnwindSafe(|| job(&mut owned)));
            }
            // The end of the log is signed, too, as far as it can be.
            let _ = owned.upkeep.seal(&mut owned.connection);
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    fn submit(&self, job: Job) -> Result<(), AuditError> {
        let gone = || AuditError("the log's thread ended".to_owned());
        self.jobs.as_ref().ok_or_else(gone)?.send(job).map_err(|_| gone())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Newer { found, known } => {
                write!(f, "the log has version {found}, this Kyso knows versions up to {known}")
            }
            Self::Closed(name, error) => write!(f, "{name}: {error}"),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StoreError {}

impl StoreError {
    /// For the person; [`fmt::Display`] is for the log.
    pub fn told(&self, lang: Lang) -> String {
        let words = CauseWords::of(lang);
        match self {
            Self::File(error) => cause::system(lang, error),
            Self::Newer { found, known } => {
                let values = [("found", &*found.to_string()), ("known", &known.to_string())];
                fill(words.newer, &values).into_owned()
            }
            Self::Closed(name, error) => {
                fill(words.closed, &[("name", name), ("cause", &error.told(lang))]).into_owned()
            }
            Self::Database(error) => match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::NotADatabase) => words.no_log.to_owned(),
                Some(rusqlite::ErrorCode::DatabaseCorrupt) => words.damaged.to_owned(),
                Some(rusqlite::ErrorCode::DiskFull) => words.full.to_owned(),
                Some(rusqlite::ErrorCode::ReadOnly) => words.read_only.to_owned(),
                Some(rusqlite::ErrorCode::DatabaseBusy) => words.in_use.to_owned(),
                _ => fill(words.database, &[("detail", &error.to_string())]).into_owned(),
            },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}
