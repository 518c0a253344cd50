//! Opens the SQLite file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::StoreError;
use super::migrations;
use super::migrations::VERSION;
use crate::sys;

/// Opens it to write: 0600, WAL, every commit on the disk before it returns. What is in the WAL stays there when
/// it is closed.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    // Made before SQLite does, whose WAL and index files take over its mode.
    // Not opened again once it exists: closing any descriptor of a file drops the locks that this
    // process holds on it (fcntl(2)).
    if !path.try_exists().map_err(StoreError::File)? {
        drop(sys::files::private_file(path).map_err(StoreError::File)?);
    }
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Closing a damaged file must not change it before it is put aside: see `recovery`.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    refuse_newer(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    migrations::run(&mut connection)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Opens an existing one to read, beside a writer in another process.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    std::fs::metadata(path).map_err(StoreError::File)?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    refuse_newer(&connection)?;
    Ok(connection)
}

/// Opens a copy of one that nobody writes to. To read a file in WAL mode SQLite would make two more beside
/// it, which a folder of exports may not allow; where rows still stand in its WAL, there is no other way.
pub(super) fn open_copy(path: &Path) -> Result<Connection, StoreError> {
    if std::fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0) {
        return open_to_read(path);
    }
    std::fs::metadata(path).map_err(StoreError::File)?;
    let escaped: String = form_urlencoded::byte_serialize(path.as_os_str().as_encoded_bytes()).collect();
    // The escaping of forms, but for the blank (RFC 3986 §2.1).
    let uri = format!("file:{}?immutable=1", escaped.replace('+', "%20"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = connect(Path::new(&uri), flags)?;
    refuse_newer(&connection)?;
    Ok(connection)
}

/// Gives back to the disk what its WAL holds, which SQLite else keeps to write over; not while somebody reads there.
pub(super) fn empty_wal(connection: &Connection, path: &Path) {
    if std::fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0)
        && connection.busy_timeout(Duration::ZERO).is_ok()
    {
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let _ = connection.busy_timeout(BUSY);
    }
}

/// A file that SQLite keeps beside this one.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

fn refuse_newer(connection: &Connection) -> Result<(), StoreError> {
    let found = migrations::version(connection)?;
    if found > VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    Ok(())
}

/// How long to wait for a reader's checkpoint.
const BUSY: Duration = Duration::from_secs(5);
