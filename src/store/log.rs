//! The log's port: one row before the prompt, one after the outcome.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::Store;
use super::append::append;
use super::body;
use super::body::Body;
use crate::domain::activity::Past;
use crate::domain::audit::{Asked, AuditId, Event, Outcome, Receipt, RenderReply};
use crate::domain::error::{AuditError, ErrorCode};
use crate::domain::ports::{AuditLog, BoxFuture};
use crate::domain::request::{Idempotency, SignRequest};

impl AuditLog for Store {
    fn ask(&self, request: &SignRequest) -> BoxFuture<'_, Result<Asked, AuditError>> {
        let body = Body::asked(request);
        let idempotency = request.idempotency.clone();
        self.run_with(move |connection, upkeep| {
            let room = upkeep.room(connection);
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let asked = match &idempotency {
                Some(idempotency) => asked_before(&transaction, idempotency)?,
                None => None,
            };
            let asked = match asked {
                Some(asked) => asked,
                None => {
                    room?;
                    Asked::New(ask(&transaction, body, idempotency.as_ref())?)
                }
            };
            transaction.commit()?;
            Ok(asked)
        })
    }

    fn recall(&self, key: &Idempotency) -> BoxFuture<'_, Result<Option<Asked>, AuditError>> {
        let key = key.clone();
        self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let asked = asked_before(&transaction, &key)?;
            transaction.commit()?;
            Ok(asked)
        })
    }

    fn close(
        &self,
        id: AuditId,
        outcome: Outcome,
        reply: Option<RenderReply>,
    ) -> BoxFuture<'_, Result<Receipt, AuditError>> {
        self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let error = outcome.error;
            let kind = body::kind_of_outcome(error);
            let receipt = end(&transaction, id, kind, error, |body| body.ended(outcome))?;
            if let (None, Some(render)) = (error, reply) {
                transaction.execute(
                    "INSERT INTO replies (asked, bytes)
                     SELECT asked, ?2 FROM requests WHERE asked = ?1 AND key IS NOT NULL",
                    params![id.0, render(&receipt)],
                )?;
            }
            transaction.commit()?;
            Ok(receipt)
        })
    }

    fn event(&self, event: Event) -> BoxFuture<'_, Result<Receipt, AuditError>> {
        self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let receipt = append_event(&transaction, &event)?;
            transaction.commit()?;
            Ok(receipt)
        })
    }

    fn recent(&self, most: usize) -> BoxFuture<'_, Result<Vec<Past>, AuditError>> {
        let path = self.path.clone();
        self.run(move |connection| super::recent::recent(connection, &path, most))
    }

    fn changed(&self, since: u64) -> BoxFuture<'_, u64> {
        let mut written = self.written.subscribe();
        Box::pin(async move { written.wait_for(|count| *count != since).await.map_or(since, |count| *count) })
    }
}

/// Appends an event within the caller's transaction.
pub(super) fn append_event(connection: &Connection, event: &Event) -> rusqlite::Result<Receipt> {
    let (kind, body) = Body::event(event);
    append(connection, kind, body)
}

/// Ends what a former run left open. A resent request then finds `cancelled`: the page that asked
/// had lost its connection, and nothing was released.
pub(super) fn interrupt_open_requests(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let open: Vec<i64> = transaction
        .prepare("SELECT asked FROM requests WHERE outcome IS NULL ORDER BY asked")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for asked in open {
        end(&transaction, AuditId(asked), "interrupted", Some(ErrorCode::Cancelled), |body| Body {
            outcome: Some(ErrorCode::Cancelled.to_string()),
            ..body
        })?;
    }
    transaction.commit()
}

fn ask(connection: &Connection, body: Body, idempotency: Option<&Idempotency>) -> rusqlite::Result<AuditId> {
    let about = body.clone();
    let receipt = append(connection, "asked", body)?;
    let about = about.belonging_to(receipt.sequence).canonical();
    connection.execute(
        "INSERT INTO requests (asked, pairing, key, body_hash, about) VALUES (?, ?, ?, ?, ?)",
        params![
            receipt.sequence,
            idempotency.map(|idempotency| idempotency.pairing.0),
            idempotency.map(|idempotency| &idempotency.key),
            idempotency.map(|idempotency| idempotency.body),
            about.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?,
        ],
    )?;
    Ok(AuditId(receipt.sequence))
}

/// What became of the request that had this key, if one had.
fn asked_before(connection: &Connection, idempotency: &Idempotency) -> rusqlite::Result<Option<Asked>> {
    let found = connection
        .prepare_cached(
            "SELECT requests.asked, outcome, code, body_hash, bytes FROM requests
             LEFT JOIN replies USING (asked) WHERE pairing = ? AND key = ?",
        )?
        .query_row(params![idempotency.pairing.0, idempotency.key], |row| {
            Ok(Former {
                asked: row.get(0)?,
                outcome: row.get(1)?,
                code: row.get(2)?,
                body: row.get(3)?,
                reply: row.get(4)?,
            })
        })
        .optional()?;
    let Some(former) = found else {
        return Ok(None);
    };
    if former.body != idempotency.body {
        return Ok(Some(Asked::Reused));
    }
    if former.outcome.is_none() {
        return Ok(Some(Asked::Running));
    }
    let Some(reply) = former.reply else {
        let code = former.code.as_deref().and_then(ErrorCode::parse).unwrap_or(ErrorCode::Internal);
        return Ok(Some(Asked::Ended(code)));
    };
    append(connection, "replayed", about(connection, former.asked)?)?;
    Ok(Some(Asked::Replay(reply)))
}

struct Former {
    asked: i64,
    outcome: Option<i64>,
    code: Option<String>,
    body: [u8; 32],
    reply: Option<Vec<u8>>,
}

/// Appends an outcome and closes the request with it.
fn end(
    connection: &Connection,
    id: AuditId,
    kind: &str,
    error: Option<ErrorCode>,
    complete: impl FnOnce(Body) -> Body,
) -> rusqlite::Result<Receipt> {
    let body = complete(about(connection, id.0)?);
    let receipt = append(connection, kind, body)?;
    let closed = connection.execute(
        "UPDATE requests SET outcome = ?, code = ? WHERE asked = ? AND outcome IS NULL",
        params![receipt.sequence, error.map(ErrorCode::as_str), id.0],
    )?;
    // Unknown or closed already: an error rolls the row back.
    if closed == 1 { Ok(receipt) } else { Err(rusqlite::Error::QueryReturnedNoRows) }
}

/// What the rows that belong to an *asked* row say of it, wherever that row is by now.
fn about(connection: &Connection, sequence: i64) -> rusqlite::Result<Body> {
    let text: String = connection
        .prepare_cached("SELECT about FROM requests WHERE asked = ?")?
        .query_row([sequence], |row| row.get(0))?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}
