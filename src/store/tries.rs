//! Wrong PINs in a row, by token.

use rusqlite::{OptionalExtension, params};

use super::Store;
use crate::domain::error::AuditError;
use crate::domain::ports::{BoxFuture, PinTries};
use crate::domain::token::TokenKey;

impl PinTries for Store {
    fn wrong_in_a_row(&self, token: &TokenKey) -> BoxFuture<'_, Result<u32, AuditError>> {
        let token = token.0.clone();
        self.run(move |connection| {
            let found = connection
                .prepare_cached("SELECT wrong FROM tries WHERE token = ?")?
                .query_row([token], |row| row.get(0))
                .optional()?;
            Ok(found.unwrap_or_default())
        })
    }

    fn set_wrong(&self, token: &TokenKey, wrong: u32) -> BoxFuture<'_, Result<(), AuditError>> {
        let token = token.0.clone();
        self.run(move |connection| {
            if wrong == 0 {
                connection.execute("DELETE FROM tries WHERE token = ?", [token])?;
            } else {
                connection.execute(
                    "INSERT OR REPLACE INTO tries (token, wrong) VALUES (?, ?)",
                    params![token, wrong],
                )?;
            }
            Ok(())
        })
    }
}
