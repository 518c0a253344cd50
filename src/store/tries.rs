//! Wrong PINs in a row, by token: answered from memory, since each request asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};

use super::Store;
use crate::domain::error::AuditError;
use crate::domain::ports::{BoxFuture, PinTries};
use crate::domain::token::TokenKey;

/// The counts, shared with the writing thread; a token that is missing has 0.
#[derive(Clone, Debug)]
pub(super) struct Counts(Arc<Mutex<HashMap<String, u32>>>);

impl Counts {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut all = connection.prepare("SELECT token, wrong FROM tries")?;
        let counts = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self(Arc::new(Mutex::new(counts.collect::<rusqlite::Result<_>>()?))))
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PinTries for Store {
    fn wrong_in_a_row(&self, token: &TokenKey) -> BoxFuture<'_, Result<u32, AuditError>> {
        let wrong = self.tries.all().get(&token.0).copied().unwrap_or_default();
        Box::pin(async move { Ok(wrong) })
    }

    /// A higher count is believed at once, a lower one when it is durable: a full disk hides no wrong PIN.
    fn set_wrong(&self, token: &TokenKey, wrong: u32) -> BoxFuture<'_, Result<(), AuditError>> {
        let token = token.0.clone();
        let tries = self.tries.clone();
        tries.all().entry(token.clone()).and_modify(|known| *known = wrong.max(*known)).or_insert(wrong);
        self.run(move |connection| {
            if wrong == 0 {
                connection.execute("DELETE FROM tries WHERE token = ?", [&token])?;
                tries.all().remove(&token);
            } else {
                connection.execute(
                    "INSERT OR REPLACE INTO tries (token, wrong) VALUES (?, ?)",
                    params![token, wrong],
                )?;
                tries.all().insert(token, wrong);
            }
            Ok(())
        })
    }
}
