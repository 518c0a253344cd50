//! How far the log had come, in a small file beside it.
//!
//! SQLite takes a cut WAL for a commit that never was, so the file alone can't tell that durable rows are gone.
//! The mark is written after each commit and before its answer, without waiting for the disk: a process that ends
//! leaves it right, and one that is behind after a power cut claims nothing.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use crate::domain::audit::Receipt;
use crate::sys;

/// The file, held open.
#[derive(Debug)]
pub(super) struct Mark(Option<File>);

impl Mark {
    /// A log without its mark is a log all the same.
    pub(super) fn open(path: &Path) -> Self {
        Self(sys::files::private_file(&file(path)).ok())
    }

    /// Writes where the log is now. One length always, so that no full disk stands in its way.
    pub(super) fn set(&mut self, connection: &Connection) {
        let Some(file) = &mut self.0 else { return };
        let Ok(Some(last)) = last(connection) else { return };
        let line = format!("{:020}:{}\n", last.sequence, hex::encode(last.head));
        let _ = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(line.as_bytes()));
    }
}

/// What the mark of the log at `path` says; nothing if there is none or it says nothing clear.
pub(super) fn read(path: &Path) -> Option<Receipt> {
    let text = std::fs::read_to_string(file(path)).ok()?;
    let (sequence, head) = text.trim_end().split_once(':')?;
    let mut receipt = Receipt { sequence: sequence.parse().ok()?, head: [0; 32] };
    hex::decode_to_slice(head, &mut receipt.head).ok()?;
    Some(receipt)
}

/// The last row.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<Receipt>> {
    connection
        .prepare_cached("SELECT sequence, hash FROM log ORDER BY sequence DESC LIMIT 1")?
        .query_row([], |row| Ok(Receipt { sequence: row.get(0)?, head: row.get(1)? }))
        .optional()
}

fn file(path: &Path) -> PathBuf {
    path.with_extension("head")
}
