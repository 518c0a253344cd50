//! What time it is by the log's own rows, for what can't be undone.
//!
//! A clock that is wrong once, years ahead after its battery died or by a typing error, makes every closed file look as if
//! its time were over. So what is old must be old by a row, too, that was written a day ago or earlier: a jump of the clock,
//! or several that are corrected in between, removes nothing before rows of that time have gone on for a day without one
//! of another time among them. A machine that was off for years removes what is old a day after its next row; one that
//! seldom signs, when it signs again. What a clock does that is behind removes nothing either.

use std::path::Path;

use rusqlite::Connection;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{StoreError, archive};

/// What the clock showed when the newest row of a day ago or earlier was written; nothing if there is no such row.
pub(super) fn time(
    connection: &Connection,
    path: &Path,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, StoreError> {
    let Some(latest) = now.checked_sub(Duration::DAY) else { return Ok(None) };
    if let Some(shown) = newest(connection, latest)? {
        return Ok(Some(shown));
    }
    let files = archive::list(connection, path)?;
    for closed in files.iter().rev().filter(|closed| !closed.removed) {
        // One that can't be read bears no witness.
        if let Ok(Some(shown)) = closed.open().and_then(|file| Ok(newest(&file, latest)?)) {
            return Ok(Some(shown));
        }
    }
    Ok(None)
}

/// By the newest row of a file that was written at `latest` or before.
fn newest(file: &Connection, latest: OffsetDateTime) -> rusqlite::Result<Option<OffsetDateTime>> {
    let behind = "CASE WHEN json_valid(body) THEN json_extract(body, '$.clock_behind_ms') END";
    let mut read = file.prepare(&format!("SELECT time, {behind} FROM log ORDER BY sequence DESC"))?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let shown = shown(&row.get::<_, String>(0)?, row.get(1)?);
        if let Some(shown) = shown.filter(|shown| *shown <= latest) {
            return Ok(Some(shown));
        }
    }
    Ok(None)
}

/// A row's time never runs back; the clock does.
fn shown(time: &str, behind_ms: Option<i64>) -> Option<OffsetDateTime> {
    let time = OffsetDateTime::parse(time, &Rfc3339).ok()?;
    time.checked_sub(Duration::milliseconds(behind_ms.unwrap_or(0)))
}
