//! The grants' port: answered from memory, written with their event in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::Store;
use super::log::append_event;
use crate::domain::audit::Event;
use crate::domain::error::AuditError;
use crate::domain::origin::Origin;
use crate::domain::policy::{OriginGrant, PairedBy, PairingId, Policy};
use crate::domain::ports::{BoxFuture, Grants};

impl Grants for Store {
    /// The person's own grants and refusals.
    fn policy(&self) -> Policy {
        self.grants.read(|table| Policy {
            allowed: table.allowed.clone(),
            refused: table.refused.clone(),
            ..Policy::default()
        })
    }

    fn pairing(&self, origin: &Origin, bearer: &str) -> Option<PairingId> {
        let hash = hash_of(bearer);
        self.grants.read(|table| {
            let pairings = table.pairings.get(origin)?;
            let same = |pairing: &&Pairing| {
                aws_lc_rs::constant_time::verify_slices_are_equal(&pairing.token_hash, &hash).is_ok()
            };
            pairings.iter().find(same).map(|pairing| pairing.id)
        })
    }

    fn is_live(&self, id: PairingId) -> bool {
        self.grants.read(|table| table.origin_of(id).is_some())
    }

    fn pair(&self, origin: &Origin, by: PairedBy) -> BoxFuture<'_, Result<String, AuditError>> {
        let mut secret = [0_u8; 32];
        if getrandom::fill(&mut secret).is_err() {
            return Box::pin(async { Err(AuditError("no randomness for a bearer token".to_owned())) });
        }
        let bearer = URL_SAFE_NO_PAD.encode(secret);
        let token_hash = hash_of(&bearer);
        let origin = origin.clone();
        let memory = self.grants.clone();
        self.change(Some(origin.clone()), move |connection| {
            memory.catch_up(connection, &origin)?;
            let event = Event::Paired { origin: origin.clone(), by };
            let receipt = append_event(connection, &event)?;
            connection.execute(
                "INSERT INTO pairings (origin, token_hash, paired_at)
                 SELECT ?, ?, time FROM log WHERE sequence = ?",
                params![origin.as_str(), token_hash, receipt.sequence],
            )?;
            let ended = connection.execute(
                "DELETE FROM pairings WHERE origin = ?1 AND id NOT IN
                 (SELECT id FROM pairings WHERE origin = ?1 ORDER BY id DESC LIMIT ?2)",
                params![origin.as_str(), MOST_PAIRINGS],
            )?;
            for _ in 0..ended {
                append_event(connection, &Event::Unpaired { origin: origin.clone() })?;
            }
            Ok(bearer)
        })
    }

    fn unpair(&self, id: PairingId) -> BoxFuture<'_, Result<(), AuditError>> {
        let origin = self.grants.read(|table| table.origin_of(id));
        self.change(None, move |connection| {
            let Some(origin) = origin else {
                return Ok(());
            };
            if connection.execute("DELETE FROM pairings WHERE id = ?", [id.0])? == 1 {
                append_event(connection, &Event::Unpaired { origin })?;
            }
            Ok(())
        })
    }

    fn allow(&self, origin: &Origin) -> BoxFuture<'_, Result<(), AuditError>> {
        let origin = origin.clone();
        let memory = self.grants.clone();
        self.change(Some(origin.clone()), move |connection| {
            memory.catch_up(connection, &origin)?;
            let changed = connection
                .execute("INSERT OR IGNORE INTO allowed (origin) VALUES (?)", [origin.as_str()])?
                + connection.execute("DELETE FROM refused WHERE origin = ?", [origin.as_str()])?;
            if changed > 0 {
                append_event(connection, &Event::Allowed { origin })?;
            }
            Ok(())
        })
    }

    /// Its rights end in memory at once, as when it is revoked.
    fn refuse(&self, origin: &Origin) -> BoxFuture<'_, Result<(), AuditError>> {
        self.grants.suspend(origin);
        let origin = origin.clone();
        self.change(Some(origin.clone()), move |connection| {
            end_all(connection, &origin)?;
            connection.execute("INSERT INTO refused (origin) VALUES (?)", [origin.as_str()])?;
            append_event(connection, &Event::Blocked { origin })?;
            Ok(())
        })
    }

    /// Ends in memory at once, and stays ended until it is durable: a full disk keeps no site in.
    fn revoke(&self, origin: &Origin) -> BoxFuture<'_, Result<bool, AuditError>> {
        self.grants.suspend(origin);
        let origin = origin.clone();
        self.change(Some(origin.clone()), move |connection| end_all(connection, &origin))
    }

    fn list(&self) -> Vec<OriginGrant> {
        self.grants.read(|table| {
            let known = table.allowed.iter().chain(table.pairings.keys()).chain(&table.refused);
            let origins: BTreeSet<&Origin> = known.collect();
            origins.into_iter().map(|origin| table.grant(origin)).collect()
        })
    }

    fn changed(&self, since: u64) -> BoxFuture<'_, u64> {
        let mut changes = self.grants.changes.subscribe();
        Box::pin(async move { changes.wait_for(|count| *count != since).await.map_or(since, |count| *count) })
    }
}

/// Ends all pairings, the advance grant and the refusal of an origin; false if there were none.
fn end_all(connection: &Connection, origin: &Origin) -> rusqlite::Result<bool> {
    let ended = connection.execute("DELETE FROM pairings WHERE origin = ?", [origin.as_str()])?
        + connection.execute("DELETE FROM allowed WHERE origin = ?", [origin.as_str()])?
        + connection.execute("DELETE FROM refused WHERE origin = ?", [origin.as_str()])?;
    if ended > 0 {
        append_event(connection, &Event::Revoked { origin: origin.clone() })?;
    }
    Ok(ended > 0)
}

impl Store {
    /// Runs a change in a transaction and, once it is durable, reads the tables into memory again. A
    /// revocation of `settled` is durable then, too.
    fn change<T: Send + 'static>(
        &self,
        settled: Option<Origin>,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, AuditError>> {
        let memory = self.grants.clone();
        self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = change(&transaction)?;
            let table = Table::load(&transaction)?;
            transaction.commit()?;
            memory.replace(table, settled.as_ref());
            Ok(result)
        })
    }
}

/// The grants as last committed, shared with the writing thread.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    table: Arc<RwLock<Table>>,
    /// Counts what changed in memory, durable or not.
    changes: Arc<watch::Sender<u64>>,
}

#[derive(Debug, Default)]
struct Table {
    allowed: BTreeSet<Origin>,
    refused: BTreeSet<Origin>,
    pairings: BTreeMap<Origin, Vec<Pairing>>,
    /// Revoked by the person, and not durable yet.
    suspended: BTreeSet<Origin>,
}

#[derive(Debug)]
struct Pairing {
    id: PairingId,
    token_hash: [u8; 32],
    paired_at: String,
}

impl Memory {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let table = Arc::new(RwLock::new(Table::load(connection)?));
        Ok(Self { table, changes: Arc::new(watch::Sender::new(1)) })
    }

    fn read<T>(&self, look: impl FnOnce(&Table) -> T) -> T {
        look(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        let result = change(&mut self.table.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Ends an origin's rights until the file says so as well.
    fn suspend(&self, origin: &Origin) {
        self.write(|table| {
            table.suspended.insert(origin.clone());
            table.forget(origin);
        });
    }

    /// Makes an earlier revocation of the origin part of this change.
    fn catch_up(&self, connection: &Connection, origin: &Origin) -> rusqlite::Result<()> {
        if self.read(|table| table.suspended.contains(origin)) {
            end_all(connection, origin)?;
        }
        Ok(())
    }

    fn replace(&self, mut next: Table, settled: Option<&Origin>) {
        self.write(|table| {
            next.suspended = std::mem::take(&mut table.suspended);
            if let Some(origin) = settled {
                next.suspended.remove(origin);
            }
            for origin in next.suspended.clone() {
                next.forget(&origin);
            }
            *table = next;
        });
    }
}

impl Table {
    fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut table = Self::default();
        for (list, all) in [
            (&mut table.allowed, "SELECT origin FROM allowed"),
            (&mut table.refused, "SELECT origin FROM refused"),
        ] {
            for text in connection.prepare_cached(all)?.query_map([], |row| row.get::<_, String>(0))? {
                list.insert(parse(&text?)?);
            }
        }
        let mut pairings = connection
            .prepare_cached("SELECT id, origin, token_hash, paired_at FROM pairings ORDER BY id")?;
        let mut rows = pairings.query([])?;
        while let Some(row) = rows.next()? {
            let origin = parse(&row.get::<_, String>(1)?)?;
            let pairing =
                Pairing { id: PairingId(row.get(0)?), token_hash: row.get(2)?, paired_at: row.get(3)? };
            table.pairings.entry(origin).or_default().push(pairing);
        }
        Ok(table)
    }

    fn forget(&mut self, origin: &Origin) {
        self.allowed.remove(origin);
        self.pairings.remove(origin);
    }

    fn origin_of(&self, id: PairingId) -> Option<Origin> {
        let has = |pairings: &[Pairing]| pairings.iter().any(|pairing| pairing.id == id);
        self.pairings.iter().find(|(_, pairings)| has(pairings)).map(|(origin, _)| origin.clone())
    }

    fn grant(&self, origin: &Origin) -> OriginGrant {
        let pairings = self.pairings.get(origin).map_or(&[][..], Vec::as_slice);
        OriginGrant {
            origin: origin.clone(),
            allowed: self.allowed.contains(origin),
            refused: self.refused.contains(origin),
            pairings: pairings.len(),
            paired_at: pairings.last().map(|pairing| pairing.paired_at.clone()),
        }
    }
}

fn parse(text: &str) -> rusqlite::Result<Origin> {
    text.parse().map_err(|_| {
        let cause = format!("not an origin: {text}").into();
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, cause)
    })
}

fn hash_of(bearer: &str) -> [u8; 32] {
    Sha256::digest(bearer.as_bytes()).into()
}

/// Browser profiles of one user that one site can be open in.
const MOST_PAIRINGS: u32 = 32;
