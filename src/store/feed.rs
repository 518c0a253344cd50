//! The log as collectors hear of it: read by a connection of its own, so that the writing thread waits for nothing.

use rusqlite::{Connection, OptionalExtension, params};

use super::Store;
use super::body::Body;
use super::read::{Reader, Row};
use crate::domain::error::AuditError;
use crate::domain::forwarding::{Entry, Heard};
use crate::domain::ports::{BoxFuture, Feed};

impl Feed for Store {
    fn after(&self, sequence: i64, most: usize) -> BoxFuture<'_, Result<Heard, AuditError>> {
        let path = self.path.clone();
        Box::pin(async move {
            let read = move || Reader::open(&path)?.after(sequence, most);
            let read = tokio::task::spawn_blocking(read).await;
            let rows = read.map_err(|error| AuditError(error.to_string()))?;
            let rows = rows.map_err(|error| AuditError(error.to_string()))?;
            let last = rows.last().map_or(sequence, |row| row.sequence);
            Ok(Heard { entries: rows.iter().filter_map(entry).collect(), last })
        })
    }

    fn cursor(&self, collector: &str) -> BoxFuture<'_, Result<i64, AuditError>> {
        let collector = collector.to_owned();
        self.run(move |connection| {
            let known = connection
                .query_row("SELECT sequence FROM cursors WHERE collector = ?", [&collector], |row| row.get(0))
                .optional()?;
            if let Some(known) = known {
                return Ok(known);
            }
            connection.execute(
                "INSERT INTO cursors (collector, sequence) SELECT ?, coalesce(max(sequence), 0) FROM log",
                [&collector],
            )?;
            connection
                .query_row("SELECT sequence FROM cursors WHERE collector = ?", [&collector], |row| row.get(0))
        })
    }

    fn keep(&self, collector: &str, sequence: i64) -> BoxFuture<'_, Result<(), AuditError>> {
        let collector = collector.to_owned();
        self.run(move |connection| {
            let sql = "UPDATE cursors SET sequence = ? WHERE collector = ?";
            connection.execute(sql, params![sequence, collector]).map(drop)
        })
    }

    fn grown(&self, since: u64) -> BoxFuture<'_, u64> {
        let mut written = self.written.subscribe();
        Box::pin(async move { written.wait_for(|count| *count != since).await.map_or(since, |count| *count) })
    }
}

/// The last row that all of these collectors have heard. One that has no place yet is owed nothing of before.
pub(super) fn heard_by_all(connection: &Connection, collectors: &[String]) -> rusqlite::Result<i64> {
    let mut place = connection.prepare_cached("SELECT sequence FROM cursors WHERE collector = ?")?;
    let mut least = i64::MAX;
    for name in collectors {
        let heard: Option<i64> = place.query_row([name], |row| row.get(0)).optional()?;
        least = least.min(heard.unwrap_or(i64::MAX));
    }
    Ok(least)
}

/// Every row but those that only begin or repeat something.
fn entry(row: &Row) -> Option<Entry> {
    if UNTOLD.contains(&row.kind.as_str()) {
        return None;
    }
    let body: Body = serde_json::from_str(&row.body).unwrap_or_default();
    let (file, checkpoint) = (body.file, body.checkpoint);
    let told = [
        ("sequence", Some(row.sequence.to_string())),
        ("head", Some(hex::encode(&row.hash))),
        ("user", body.user),
        ("caller", body.caller),
        ("request", body.request),
        ("outcome", body.outcome),
        ("form", body.form),
        ("count", body.count.map(|count| count.to_string())),
        ("made", body.made.map(|made| made.to_string())),
        ("certificate", body.certificate),
        ("token", body.token),
        ("scheme", body.scheme),
        ("consent", body.consent),
        ("wrong_pins", body.wrong_pins.map(|wrong| wrong.to_string())),
        ("key", checkpoint.as_ref().map(|checkpoint| checkpoint.key.clone())),
        ("signature", checkpoint.map(|checkpoint| checkpoint.signature)),
        ("file", file.as_ref().map(|file| file.name.clone())),
        ("file_digest", file.map(|file| file.digest)),
    ];
    Some(Entry {
        sequence: row.sequence,
        time: row.time.clone(),
        kind: row.kind.clone(),
        fields: told.into_iter().filter_map(|(name, value)| Some((name, clean(&value?)))).collect(),
    })
}

/// One line, whatever a caller called itself.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Kinds of rows that only begin or repeat something.
pub(super) const UNTOLD: [&str; 4] = ["asked", "replayed", "pin_change_asked", "pin_unblock_asked"];
