//! Takes out of a damaged file what can be read.

use rusqlite::types::Value;
use rusqlite::{Connection, TransactionBehavior, params_from_iter};

use crate::store::StoreError;
use crate::store::chain;

/// What came over.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Sequence number of the last row of the chain; 0 if there is none.
    pub(super) last: i64,
    /// The highest number that a remembered request names.
    pub(super) remembered: i64,
}

/// Copies the chain's sound start, and of each other table what can be read.
pub(super) fn salvage(old: &Connection, new: &Connection) -> Result<Kept, StoreError> {
    let transaction = rusqlite::Transaction::new_unchecked(new, TransactionBehavior::Immediate)?;
    let last = rows(old, &transaction)?;
    for (table, columns) in TABLES {
        copy(old, &transaction, table, columns)?;
    }
    let remembered = "SELECT max(coalesce(max(asked), 0), coalesce(max(outcome), 0)) FROM requests";
    let remembered = transaction.query_row(remembered, [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(Kept { last, remembered })
}

/// Up to the first row that can't be read or does not continue the one before.
fn rows(old: &Connection, new: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT sequence, time, kind, body, previous, hash FROM log ORDER BY sequence";
    let Ok(mut read) = old.prepare(sql) else { return Ok(0) };
    let Ok(mut rows) = read.query([]) else { return Ok(0) };
    let mut write = new.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)")?;
    let mut last: Option<(i64, [u8; 32])> = None;
    while let Ok(Some(row)) = rows.next() {
        let read = || {
            Ok::<_, rusqlite::Error>((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, [u8; 32]>(4)?,
                row.get::<_, [u8; 32]>(5)?,
            ))
        };
        let Ok((sequence, time, kind, body, previous, hash)) = read() else { break };
        let continues = last.is_none_or(|(before, head)| {
            previous == head && (sequence == before + 1 || (kind == "recovery" && sequence > before))
        });
        if !continues || hash != chain::hash(sequence, &time, &kind, &body, &previous) {
            break;
        }
        write.execute((sequence, time, kind, body, previous, hash))?;
        last = Some((sequence, hash));
    }
    Ok(last.map_or(0, |(sequence, _)| sequence))
}

/// What of a table can be read and fits; the rest is lost with the file.
fn copy(old: &Connection, new: &Connection, table: &str, columns: &str) -> Result<(), StoreError> {
    let Ok(mut read) = old.prepare(&format!("SELECT {columns} FROM {table}")) else { return Ok(()) };
    let count = read.column_count();
    let marks = vec!["?"; count].join(", ");
    let mut write = new.prepare(&format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"))?;
    let Ok(mut rows) = read.query([]) else { return Ok(()) };
    while let Ok(Some(row)) = rows.next() {
        let values: Result<Vec<Value>, _> = (0..count).map(|column| row.get(column)).collect();
        let Ok(values) = values else { break };
        // A reply whose request is lost has nobody to go to.
        let _ = write.execute(params_from_iter(values));
    }
    Ok(())
}

/// Requests before their replies.
const TABLES: [(&str, &str); 8] = [
    ("files", "first, last, name, head, digest, bytes, ended, removed"),
    ("requests", "asked, outcome, code, pairing, key, body_hash, about"),
    ("replies", "asked, bytes"),
    ("pairings", "id, origin, token_hash, paired_at"),
    ("allowed", "origin"),
    ("refused", "origin"),
    ("tries", "token, wrong"),
    ("cursors", "collector, sequence"),
];
