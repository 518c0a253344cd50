//! What became of the last signing requests, in the present file and the closed ones.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::body::Body;
use super::{archive, database};
use crate::domain::activity::Past;

/// The last outcomes, the newest first. A row that can't be read is passed over: `kyso audit verify` is for those.
pub(super) fn recent(connection: &Connection, path: &Path, most: usize) -> rusqlite::Result<Vec<Past>> {
    let mut found = Vec::new();
    add(connection, most, &mut found)?;
    let mut older = archive::list(connection, path)?;
    older.retain(|closed| !closed.removed);
    while let Some(closed) = older.pop() {
        let misses_names = found.iter().any(|(_, asked)| asked.is_some());
        if found.len() >= most && !misses_names {
            break;
        }
        let Ok(file) = database::open_copy(&closed.path) else { break };
        for (past, asked) in &mut found {
            if asked.is_some_and(|asked| asked >= closed.first) {
                name(&file, past, asked)?;
            }
        }
        add(&file, most, &mut found)?;
    }
    Ok(found.into_iter().map(|(past, _)| past).collect())
}

/// An outcome, and its *asked* row while that is not found.
type Found = (Past, Option<i64>);

/// Adds this file's outcomes.
fn add(connection: &Connection, most: usize, found: &mut Vec<Found>) -> rusqlite::Result<()> {
    let mut outcomes = connection.prepare_cached(
        "SELECT sequence, time, datetime(time, 'localtime'), kind, body FROM log
         WHERE kind IN ('signed', 'refused', 'failed', 'cancelled', 'interrupted')
         ORDER BY sequence DESC LIMIT ?",
    )?;
    let wanted = most.saturating_sub(found.len());
    let mut rows = outcomes.query(params![i64::try_from(wanted).unwrap_or(i64::MAX)])?;
    while let Some(row) = rows.next()? {
        let time: String = row.get(1)?;
        let local_time: Option<String> = row.get(2)?;
        let Ok(body) = serde_json::from_str::<Body>(&row.get::<_, String>(4)?) else { continue };
        let mut past = Past {
            sequence: row.get(0)?,
            local_time: local_time.unwrap_or_else(|| time.clone()),
            time,
            kind: row.get(3)?,
            name: None,
            sign_in: body.is_sign_in(),
            caller: body.caller.unwrap_or_default(),
            count: body.count.unwrap_or_default(),
            outcome: body.outcome.unwrap_or_default(),
        };
        let mut asked = body.sequence_asked;
        name(connection, &mut past, &mut asked)?;
        found.push((past, asked));
    }
    Ok(())
}

/// Takes the document's name from the *asked* row, if that is in this file.
fn name(connection: &Connection, past: &mut Past, asked: &mut Option<i64>) -> rusqlite::Result<()> {
    let mut row = connection.prepare_cached("SELECT body FROM log WHERE sequence = ?")?;
    let Some(body) = row.query_row(params![*asked], |row| row.get::<_, String>(0)).optional()? else {
        return Ok(());
    };
    *asked = None;
    let body: Body = serde_json::from_str(&body).unwrap_or_default();
    past.sign_in |= body.is_sign_in();
    if !past.sign_in {
        past.name = body.items.and_then(|items| items.into_iter().next()).map(|item| item.name);
    }
    Ok(())
}
