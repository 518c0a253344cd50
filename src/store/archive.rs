//! Closed files: rows that were moved out of the present one, never changed again (0400).
//!
//! A closed file is written whole and is on the disk before the present file knows of it; then one transaction
//! adds the row that names it, which is the first of what stays, and takes its rows out. So a crash at any
//! point leaves every row in one place or both, and what a file that nobody knows of holds is written anew.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::append::append;
use super::body::Body;
use super::migrations::VERSION;
use super::{StoreError, chain, database, feed, witness};
use crate::sys;

/// A file that a row is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileBody {
    /// `sha256:` and the hex of the file's digest.
    pub digest: String,
    /// Sequence number of its first row; in a `recovery`, of the first one lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<i64>,
    /// The hash of its last row, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Sequence number of its last row; in a `recovery`, of the last one lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<i64>,
    /// Its name, beside the log.
    pub name: String,
}

/// A closed file as the present one lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closed {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) head: [u8; 32],
    pub(super) digest: [u8; 32],
    pub(super) bytes: i64,
    pub(super) ended: String,
    pub(super) removed: bool,
}

impl Closed {
    /// Opens it to read.
    pub(super) fn open(&self) -> Result<Connection, StoreError> {
        database::open_copy(&self.path)
            .map_err(|error| StoreError::Closed(self.name.clone(), Box::new(error)))
    }

    /// As rows name it.
    pub(super) fn body(&self) -> FileBody {
        FileBody {
            digest: named(&self.digest),
            first: Some(self.first),
            head: Some(hex::encode(self.head)),
            last: Some(self.last),
            name: self.name.clone(),
        }
    }
}

/// The closed files of the log at `path`, the oldest first; none in a log of before there were any.
pub(super) fn list(connection: &Connection, path: &Path) -> rusqlite::Result<Vec<Closed>> {
    if super::migrations::version(connection)? < VERSION {
        return Ok(Vec::new());
    }
    let mut all = connection.prepare_cached(
        "SELECT first, last, name, head, digest, bytes, ended, removed FROM files ORDER BY first",
    )?;
    let files = all.query_map([], |row| {
        let name: String = row.get(2)?;
        Ok(Closed {
            first: row.get(0)?,
            last: row.get(1)?,
            // A name, never a way out of the folder.
            path: path.with_file_name(Path::new(&name).file_name().unwrap_or_default()),
            name,
            head: row.get(3)?,
            digest: row.get(4)?,
            bytes: row.get(5)?,
            ended: row.get(6)?,
            removed: row.get(7)?,
        })
    })?;
    files.collect()
}

/// Moves all rows into a closed file of their own.
pub(super) fn rotate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let (first, last, ended, head): (i64, i64, String, [u8; 32]) = connection.query_row(
        "SELECT (SELECT min(sequence) FROM log), sequence, time, hash FROM log ORDER BY sequence DESC LIMIT 1",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let name = name(path, first, last);
    let file = path.with_file_name(&name);
    let draft = path.with_file_name(format!("{name}.draft"));
    remove(&draft).map_err(StoreError::File)?;
    let made = copy(connection, &draft).and_then(|()| finish(&draft, &file).map_err(StoreError::File));
    if made.is_err() {
        let _ = remove(&draft);
    }
    let (digest, bytes) = made?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let body = FileBody {
        digest: named(&digest),
        first: Some(first),
        head: Some(hex::encode(head)),
        last: Some(last),
        name: name.clone(),
    };
    append(&transaction, "rotated", Body { file: Some(body), ..Body::default() })?;
    transaction.execute(
        "INSERT INTO files (first, last, name, head, digest, bytes, ended) VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![first, last, name, head, digest, i64::try_from(bytes).unwrap_or(i64::MAX), ended],
    )?;
    transaction.execute("DELETE FROM log WHERE sequence <= ?", [last])?;
    transaction.commit()?;
    Ok(())
}

/// Copies the rows into a file with nothing else in it.
fn copy(connection: &Connection, draft: &Path) -> Result<(), StoreError> {
    drop(sys::files::private_file(draft).map_err(StoreError::File)?);
    let name = draft.to_str().ok_or_else(|| StoreError::File(io::ErrorKind::InvalidFilename.into()))?;
    connection.execute("ATTACH ? AS closed", [name])?;
    // Nobody reads it before it is whole and its bytes are on the disk, which `finish` sees to.
    let copied = connection.execute_batch(&format!(
        "PRAGMA closed.journal_mode = off;
         PRAGMA closed.synchronous = off;
         BEGIN;
         CREATE TABLE closed.log (
             sequence INTEGER PRIMARY KEY,
             time     TEXT NOT NULL,
             kind     TEXT NOT NULL,
             body     TEXT NOT NULL,
             previous BLOB NOT NULL CHECK (length(previous) = 32),
             hash     BLOB NOT NULL CHECK (length(hash) = 32)
         ) STRICT;
         INSERT INTO closed.log SELECT sequence, time, kind, body, previous, hash FROM main.log ORDER BY sequence;
         PRAGMA closed.user_version = {VERSION};
         COMMIT;"
    ));
    if copied.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    connection.execute_batch("DETACH closed")?;
    Ok(copied?)
}

/// Puts it under its name, closed and on the disk. Returns its digest and size.
fn finish(draft: &Path, file: &Path) -> io::Result<([u8; 32], u64)> {
    File::open(draft)?.sync_all()?;
    let digest = digest_of(draft)?;
    let bytes = std::fs::metadata(draft)?.len();
    sys::files::close_for_good(draft)?;
    // One that a crash left behind.
    remove(file)?;
    std::fs::rename(draft, file)?;
    sys::files::sync_folder_of(file)?;
    Ok((digest, bytes))
}

/// Removes the closed files whose last row is older than so many days, by the clock and by the log's own rows, and whose
/// rows all these collectors have heard, with a row that says so, and what was remembered of their requests. No time
/// at all is over by any clock.
pub(super) fn remove_older(
    connection: &mut Connection,
    path: &Path,
    keep_days: u32,
    collectors: &[String],
) -> Result<(), StoreError> {
    let mut witnessed = None;
    let heard = feed::heard_by_all(connection, collectors)?;
    for closed in list(connection, path)? {
        if closed.removed {
            // A crash may have come between the row and this.
            let _ = remove(&closed.path);
            continue;
        }
        // Only from the start of the log, and never a later one before an earlier one.
        if closed.last > heard {
            break;
        }
        if keep_days > 0 {
            let now = OffsetDateTime::now_utc();
            if !is_old(&closed, keep_days, now) {
                break;
            }
            let witnessed = match witnessed {
                Some(known) => known,
                None => *witnessed.insert(witness::time(connection, path, now)?),
            };
            if !witnessed.is_some_and(|witnessed| is_old(&closed, keep_days, witnessed)) {
                break;
            }
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        append(&transaction, "removed", Body { file: Some(closed.body()), ..Body::default() })?;
        transaction.execute("UPDATE files SET removed = 1 WHERE first = ?", [closed.first])?;
        transaction.execute("DELETE FROM replies WHERE asked <= ?", [closed.last])?;
        transaction
            .execute("DELETE FROM requests WHERE asked <= ? AND outcome IS NOT NULL", [closed.last])?;
        transaction.commit()?;
        remove(&closed.path).map_err(StoreError::File)?;
    }
    Ok(())
}

fn is_old(closed: &Closed, keep_days: u32, now: OffsetDateTime) -> bool {
    let before = now.checked_sub(time::Duration::days(i64::from(keep_days))).map(chain::text);
    before.is_some_and(|before| closed.ended < before)
}

/// How many bytes the log takes: what is used of the present file, and the closed ones.
pub(super) fn bytes_used(connection: &Connection, path: &Path) -> rusqlite::Result<u64> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let used = (number("page_count")? - number("freelist_count")?) * number("page_size")?;
    let mut closed =
        connection.prepare_cached("SELECT coalesce(sum(bytes), 0) FROM files WHERE removed = 0")?;
    let closed: i64 = closed.query_row([], |row| row.get(0))?;
    let wal = std::fs::metadata(database::beside(path, "-wal")).map_or(0, |wal| wal.len());
    Ok(used.unsigned_abs() + closed.unsigned_abs() + wal)
}

/// SHA-256 of a file.
pub(super) fn digest_of(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(&block[..read]);
    }
}

/// As rows name a digest.
pub(super) fn named(digest: &[u8; 32]) -> String {
    format!("sha256:{}", hex::encode(digest))
}

/// Removes a file that may be closed, or not there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match sys::files::remove_closed(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Sorts as its rows do.
fn name(path: &Path, first: i64, last: i64) -> String {
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    format!("{stem}-{first:012}-{last:012}.sqlite")
}
