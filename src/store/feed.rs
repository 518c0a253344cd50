//! The log as collectors hear of it: read by a connection of its own, so that the writing thread waits for nothing.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use time::OffsetDateTime;

use super::after::Next;
use super::body::Body;
use super::read::{Reader, Row};
use super::{Store, StoreError, chain};
use crate::domain::error::AuditError;
use crate::domain::forwarding::{Entry, Heard, UNREADABLE, Unread};
use crate::domain::ports::{BoxFuture, Feed};
use crate::domain::retention::{Forward, syslog_at};

impl Feed for Store {
    fn after(&self, sequence: i64, most: usize) -> BoxFuture<'_, Result<Heard, AuditError>> {
        let path = self.path.clone();
        Box::pin(async move {
            let read = move || Reader::open(&path)?.after(sequence, most);
            let read = tokio::task::spawn_blocking(read).await;
            let next = read.map_err(|error| AuditError(error.to_string()))?;
            Ok(match next.map_err(|error| AuditError(error.to_string()))? {
                Next::Rows(rows) => Heard {
                    last: rows.last().map_or(sequence, |row| row.sequence),
                    entries: rows.iter().filter_map(entry).collect(),
                    unread: None,
                },
                Next::Unread { last, why } => unread(sequence + 1, last, why),
            })
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
        self.run_with(move |connection, upkeep| {
            let ends = "SELECT EXISTS (SELECT 1 FROM files JOIN cursors ON collector = ?2
                        WHERE removed = 0 AND last > sequence AND last <= ?1)";
            if connection.prepare_cached(ends)?.query_row(params![sequence, collector], |row| row.get(0))? {
                // It may have been kept for this collector alone.
                upkeep.look_for_old();
            }
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

/// Puts a syslog collector that has no place yet in the place of those that the policy no longer names, the one of them
/// that has heard least: an address that was corrected is the same office's collector, and what the wrong one never
/// heard is owed to it. Theirs end with that, so that a later change of the address goes on from this one's.
pub(super) fn succeed(connection: &mut Connection, rules: &Forward) -> rusqlite::Result<()> {
    let Some(name) = rules.server().map(syslog_at) else { return Ok(()) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let others = "FROM cursors WHERE collector <> ?1 AND substr(collector, 1, length(?2)) = ?2";
    let start = syslog_at("");
    transaction.execute(
        &format!("INSERT OR IGNORE INTO cursors SELECT ?1, min(sequence) {others} HAVING count(*) > 0"),
        [&name, &start],
    )?;
    transaction.execute(&format!("DELETE {others}"), [&name, &start])?;
    transaction.commit()
}

/// That these rows can't be read, for the collector as well.
fn unread(first: i64, last: i64, why: Option<StoreError>) -> Heard {
    let file = match &why {
        Some(StoreError::Closed(name, _)) => Some(("file", clean(name))),
        _ => None,
    };
    let fields = [("first", first.to_string()), ("last", last.to_string())];
    let entry = Entry {
        sequence: last,
        time: chain::text(OffsetDateTime::now_utc()),
        kind: UNREADABLE.to_owned(),
        fields: fields.into_iter().chain(file).collect(),
    };
    let why = why.map_or_else(|| "they are not there".to_owned(), |error| error.to_string());
    Heard { entries: vec![entry], last, unread: Some(Unread { first, last, why }) }
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
        ("validation", body.validation),
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
