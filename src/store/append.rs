//! Adds one row to the end of the chain.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, params};
use time::OffsetDateTime;

use super::body::Body;
use super::chain;
use super::chain::Stamp;
use crate::domain::audit::Receipt;
use crate::sys;

/// Appends within the caller's transaction; durable once that is committed. Adds to the body the
/// OS user, and how far the clock is behind if it was set back.
pub(super) fn append(connection: &Connection, kind: &str, body: Body) -> rusqlite::Result<Receipt> {
    append_after(connection, kind, body, 0)
}

/// The same, with a number above `passed` even where the last row's is lower: those between are lost.
pub(super) fn append_after(
    connection: &Connection,
    kind: &str,
    body: Body,
    passed: i64,
) -> rusqlite::Result<Receipt> {
    let last = connection
        .prepare_cached("SELECT sequence, time, hash FROM log ORDER BY sequence DESC LIMIT 1")?
        .query_row([], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, [u8; 32]>(2)?))
        })
        .optional()?;
    let stamp = Stamp::new(OffsetDateTime::now_utc(), last.as_ref().map(|(_, time, _)| time.as_str()));
    let (last, previous) = last.map_or((0, chain::START), |(sequence, _, hash)| (sequence, hash));
    let sequence = last.max(passed) + 1;
    let body = Body { clock_behind_ms: stamp.clock_behind_ms, user: Some(USER.clone()), ..body };
    let body = body.canonical().map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let head = chain::hash(sequence, &stamp.time, kind, &body, &previous);
    connection
        .prepare_cached(
            "INSERT INTO log (sequence, time, kind, body, previous, hash) VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![sequence, stamp.time, kind, body, previous, head])?;
    Ok(Receipt { sequence, head })
}

/// A process keeps its user.
static USER: LazyLock<String> = LazyLock::new(sys::user::current);
