//! Checkpoints: rows in which the agent signs for all rows before them.
//!
//! What is signed, by Ed25519 (RFC 8032) with the agent's identity key: `kyso checkpoint v1` ‖ 0x00 ‖ the
//! sequence number of the row before as eight bytes ‖ the number of rows since the last checkpoint as eight
//! bytes, both high first ‖ that row's hash. Each hash covers all rows before, so one signature does.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use serde::{Deserialize, Serialize};

use super::append::append;
use super::body::Body;
use crate::domain::ports::Notary;

/// The kind of these rows.
pub(super) const KIND: &str = "checkpoint";

/// After so many rows without one, a checkpoint follows.
pub(super) const EVERY: i64 = 100;

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointBody {
    /// How many rows there are since the last checkpoint.
    pub count: i64,
    /// The hash of the row before this one, hex.
    pub head: String,
    /// The public key in hex, which also names it.
    pub key: String,
    /// The signature, hex.
    pub signature: String,
}

impl CheckpointBody {
    fn new(sequence: i64, count: i64, head: &[u8; 32], notary: &dyn Notary) -> Self {
        Self {
            count,
            head: hex::encode(head),
            key: hex::encode(notary.key()),
            signature: hex::encode(notary.sign(&signed_text(sequence, count, head))),
        }
    }

    /// The key that has signed for the row with this number and hash; nothing if none has.
    pub(super) fn signer(&self, sequence: i64, head: &[u8]) -> Option<[u8; 32]> {
        let mut key = [0; 32];
        hex::decode_to_slice(&self.key, &mut key).ok()?;
        let signature = hex::decode(&self.signature).ok()?;
        let text = [TEXT, &signed_text(sequence, self.count, head)].concat();
        let signed = UnparsedPublicKey::new(&ED25519, &key).verify(&text, &signature).is_ok();
        (signed && self.head == hex::encode(head)).then_some(key)
    }
}

/// Adds a checkpoint if there are at least `least` rows without one, or if another key signed the last one. Returns
/// up to where the log is signed then.
pub(super) fn sign(connection: &mut Connection, notary: &dyn Notary, least: i64) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let last = transaction
        .prepare_cached("SELECT sequence, hash FROM log ORDER BY sequence DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))
        .optional()?;
    let Some((sequence, head)) = last else { return Ok(0) };
    let (signed, key) = last_signed(&transaction)?;
    let count = sequence - signed;
    let other_key = key.is_some_and(|key| key != hex::encode(notary.key()));
    if count < least && !other_key {
        return Ok(signed);
    }
    let checkpoint = Some(CheckpointBody::new(sequence, count, &head, notary));
    let receipt = append(&transaction, KIND, Body { checkpoint, ..Body::default() })?;
    transaction.commit()?;
    Ok(receipt.sequence)
}

/// Up to where the log is signed, and by which key as far as this file tells: a closed file ends signed.
fn last_signed(connection: &Connection) -> rusqlite::Result<(i64, Option<String>)> {
    let found = connection
        .prepare_cached("SELECT sequence, body FROM log WHERE kind = ? ORDER BY sequence DESC LIMIT 1")?
        .query_row([KIND], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    if let Some((sequence, body)) = found {
        let body: Body = serde_json::from_str(&body).unwrap_or_default();
        return Ok((sequence, Some(body.checkpoint.map(|checkpoint| checkpoint.key).unwrap_or_default())));
    }
    let mut moved = connection.prepare_cached("SELECT coalesce(max(last), 0) FROM files")?;
    Ok((moved.query_row([], |row| row.get(0))?, None))
}

fn signed_text(sequence: i64, count: i64, head: &[u8]) -> Vec<u8> {
    [&sequence.to_be_bytes()[..], &count.to_be_bytes(), head].concat()
}

const TEXT: &[u8] = b"kyso checkpoint v1\0";
