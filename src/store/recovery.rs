//! A log whose end is torn goes on: what was found is put aside as it was, what can be read and is one chain is
//! kept, and a `recovery` row says which rows are lost. Their numbers are not used again, so that a receipt of
//! one of them finds no other row.
//!
//! Rows that somebody edited are left as they are: they are read like any others, and are for `kyso audit verify`.

use std::fs::File;
use std::io;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, ffi};
use time::OffsetDateTime;

use super::append::append_after;
use super::archive::FileBody;
use super::body::Body;
use super::database::beside;
use super::{StoreError, archive, chain, database, mark};
use crate::domain::audit::Receipt;
use crate::sys;

mod salvage;

/// Opens the log to write, whatever state it is in.
///
/// # Errors
/// [`StoreError`] where it is no damaged log: no database, a newer one, a disk that fails.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let rebuilt = beside(path, REBUILT);
    if rebuilt.try_exists().map_err(StoreError::File)? {
        put_in_place(&rebuilt, path).map_err(StoreError::File)?;
    }
    let opened = database::open(path).and_then(|connection| {
        look_at_the_end(&connection)?;
        Ok(connection)
    });
    let connection = match opened {
        Err(error) if is_damage(&error, path) => {
            rebuild(path)?;
            database::open(path)?
        }
        opened => opened?,
    };
    declare_missing_end(&connection, path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

/// A file that is no database was a log only if it has a mark.
fn is_damage(error: &StoreError, path: &Path) -> bool {
    let StoreError::Database(error) = error else { return false };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => true,
        Some(ErrorCode::NotADatabase) => mark::read(path).is_some(),
        _ => false,
    }
}

/// Reads what the agent needs, and the last rows; a small file in whole.
fn look_at_the_end(connection: &Connection) -> Result<(), StoreError> {
    for sql in READ_AT_START {
        let mut statement = connection.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                row.get_ref(column)?;
            }
        }
    }
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages <= SMALL {
        let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if said != "ok" {
            let corrupt = ffi::Error::new(ffi::SQLITE_CORRUPT);
            return Err(rusqlite::Error::SqliteFailure(corrupt, Some(said)).into());
        }
    }
    Ok(())
}

/// Says so if the log ends before its mark, or otherwise than there.
fn declare_missing_end(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let Some(mark) = mark::read(path) else { return Ok(()) };
    let last = mark::last(connection)?.unwrap_or(Receipt { sequence: 0, head: chain::START });
    if last.sequence > mark.sequence || last == mark {
        return Ok(());
    }
    let file = put_aside(path).map_err(StoreError::File)?;
    let cause = if last.sequence < mark.sequence { "missing_end" } else { "other_end" };
    declare(connection, file, cause, last.sequence, Some(&mark), mark.sequence)
}

/// Writes the `recovery` row: the rows after `last` and up to `passed` are lost.
fn declare(
    connection: &Connection,
    file: FileBody,
    cause: &str,
    last: i64,
    mark: Option<&Receipt>,
    passed: i64,
) -> Result<(), StoreError> {
    let lost = passed > last;
    let file = FileBody {
        first: lost.then_some(last + 1),
        head: mark.filter(|mark| mark.sequence == passed).map(|mark| hex::encode(mark.head)),
        last: lost.then_some(passed),
        ..file
    };
    let body = Body { cause: Some(cause.to_owned()), file: Some(file), ..Body::default() };
    let transaction = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    append_after(&transaction, "recovery", body, passed)?;
    Ok(transaction.commit()?)
}

/// Makes a new file of what can be read of the damaged one, and puts it in its place.
fn rebuild(path: &Path) -> Result<(), StoreError> {
    let aside = put_aside(path).map_err(StoreError::File)?;
    let (source, made) = (beside(path, ".salvage"), beside(path, ".draft"));
    for file in [&source, &made] {
        clear(file).map_err(StoreError::File)?;
    }
    copy_with_wal(path, &source).map_err(StoreError::File)?;
    let new = database::open(&made)?;
    // If not even this opens, nothing can be read of it.
    let kept = match Connection::open_with_flags(&source, OpenFlags::SQLITE_OPEN_READ_WRITE) {
        Ok(old) => salvage::salvage(&old, &new)?,
        Err(_) => salvage::Kept::default(),
    };
    let mark = mark::read(path);
    let passed = mark.as_ref().map_or(0, |mark| mark.sequence).max(kept.remembered).max(kept.last);
    declare(&new, aside, "damaged", kept.last, mark.as_ref(), passed)?;
    new.pragma_update(None, "journal_mode", "delete")?;
    drop(new);
    let whole = beside(path, REBUILT);
    let done = || {
        File::open(&made)?.sync_all()?;
        std::fs::rename(&made, &whole)?;
        sys::files::sync_folder_of(&whole)?;
        clear(&source)?;
        put_in_place(&whole, path)
    };
    done().map_err(StoreError::File)
}

/// Whole already: a crash in between begins here again. Its WAL goes first, which the new file must not meet.
fn put_in_place(whole: &Path, path: &Path) -> io::Result<()> {
    for end in ["-wal", "-shm"] {
        archive::remove(&beside(path, end))?;
    }
    std::fs::rename(whole, path)?;
    sys::files::sync_folder_of(path)
}

/// Copies the log as it was found, with its WAL, to names of their own that nothing writes to.
fn put_aside(path: &Path) -> io::Result<FileBody> {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let name = format!("{stem}-damaged-{now}.sqlite");
    let aside = path.with_file_name(&name);
    copy_with_wal(path, &aside)?;
    for file in [&aside, &beside(&aside, "-wal")] {
        if file.try_exists()? {
            File::open(file)?.sync_all()?;
            sys::files::close_for_good(file)?;
        }
    }
    sys::files::sync_folder_of(&aside)?;
    Ok(FileBody { digest: archive::named(&archive::digest_of(&aside)?), name, ..FileBody::default() })
}

fn copy_with_wal(from: &Path, to: &Path) -> io::Result<()> {
    for end in ["", "-wal"] {
        let (from, to) = (beside(from, end), beside(to, end));
        match File::open(&from) {
            Ok(mut source) => {
                io::copy(&mut source, &mut sys::files::private_file(&to)?)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn clear(file: &Path) -> io::Result<()> {
    ["", "-wal", "-shm"].iter().try_for_each(|end| archive::remove(&beside(file, end)))
}

/// The end of the name of a file that is whole and waits for its place.
const REBUILT: &str = ".rebuilt";
/// Pages of a file that is looked through in whole: a few milliseconds.
const SMALL: i64 = 1_024;
const READ_AT_START: [&str; 8] = [
    "SELECT * FROM log ORDER BY sequence DESC LIMIT 256",
    "SELECT * FROM files",
    "SELECT * FROM requests WHERE outcome IS NULL",
    "SELECT * FROM pairings",
    "SELECT * FROM allowed",
    "SELECT * FROM refused",
    "SELECT * FROM tries",
    "SELECT * FROM cursors",
];
