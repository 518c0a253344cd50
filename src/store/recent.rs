//! What became of the last signing requests.

use rusqlite::{Connection, OptionalExtension, params};

use super::body::Body;
use crate::domain::activity::Past;

/// The last outcomes, the newest first. A row that can't be read is passed over: `kyso audit verify` is for those.
pub(super) fn recent(connection: &Connection, most: usize) -> rusqlite::Result<Vec<Past>> {
    let mut outcomes = connection.prepare_cached(
        "SELECT sequence, time, datetime(time, 'localtime'), kind, body FROM log
         WHERE kind IN ('signed', 'refused', 'failed', 'cancelled', 'interrupted')
         ORDER BY sequence DESC LIMIT ?",
    )?;
    let mut rows = outcomes.query(params![i64::try_from(most).unwrap_or(i64::MAX)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let time: String = row.get(1)?;
        let local_time: Option<String> = row.get(2)?;
        let Ok(body) = serde_json::from_str::<Body>(&row.get::<_, String>(4)?) else { continue };
        let asked = asked(connection, body.sequence_asked)?;
        let sign_in = asked.is_sign_in();
        found.push(Past {
            sequence: row.get(0)?,
            local_time: local_time.unwrap_or_else(|| time.clone()),
            time,
            kind: row.get(3)?,
            name: if sign_in {
                None
            } else {
                asked.items.and_then(|items| items.into_iter().next()).map(|item| item.name)
            },
            sign_in,
            caller: body.caller.unwrap_or_default(),
            count: body.count.unwrap_or_default(),
            outcome: body.outcome.unwrap_or_default(),
        });
    }
    Ok(found)
}

/// What this *asked* row says.
fn asked(connection: &Connection, sequence: Option<i64>) -> rusqlite::Result<Body> {
    let mut row = connection.prepare_cached("SELECT body FROM log WHERE sequence = ?")?;
    let body: Option<String> = row.query_row(params![sequence], |row| row.get(0)).optional()?;
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default())
}
