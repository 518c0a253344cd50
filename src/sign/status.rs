//! What the person may see of the service, and what they say about all of it.

use crate::domain::activity::{Activity, Moment, Past};
use crate::domain::audit::Event;
use crate::domain::certificate::Certificate;
use crate::domain::error::{AuditError, SignError};
use crate::domain::kept::Keeping;

use super::{Parts, SigningService};

impl SigningService {
    /// What is under way.
    pub fn activity(&self) -> Activity {
        self.turns.board().read()
    }

    /// Whether the person looks at the open window, as far as that is known.
    pub fn attended(&self) -> Option<bool> {
        self.parts.prompter.attended()
    }

    /// Whether the token of this certificate is logged in already, or could stay so.
    pub fn keeping(&self, certificate: &Certificate) -> Keeping {
        self.parts.tokens.keeping(certificate)
    }

    /// The last outcomes of signing requests, the newest first.
    ///
    /// # Errors
    /// The log can't be read.
    pub async fn recent(&self, most: usize) -> Result<Vec<Past>, AuditError> {
        self.parts.audit.recent(most).await
    }

    /// Numbers of the present state; whatever changes later has others.
    pub async fn moment(&self) -> Moment {
        let Parts { tokens, audit, prompter, .. } = &*self.parts;
        Moment {
            tokens: tokens.changed(NONE).await,
            log: audit.changed(NONE).await,
            activity: self.turns.board().changed(NONE).await,
            attention: prompter.attention(NONE).await,
        }
    }

    /// Resolves once something is no longer as it was at that moment. While somebody waits here, tokens whose
    /// modules tell of no changes are looked at every two seconds.
    ///
    /// # Errors
    /// `ShuttingDown` once the agent stops: it waits for nobody who only looks.
    pub async fn changed(&self, since: Moment) -> Result<(), SignError> {
        tokio::select! {
            biased;
            () = self.tasks.stopping() => return Err(SignError::ShuttingDown),
            _ = self.parts.tokens.changed(since.tokens) => {}
            _ = self.parts.audit.changed(since.log) => {}
            _ = self.turns.board().changed(since.activity) => {}
            _ = self.parts.prompter.attention(since.attention) => {}
        }
        Ok(())
    }

    /// Refuses new requests from now on, or no longer. What is in front of the person already stays. A pause
    /// ends with this agent at the latest.
    ///
    /// # Errors
    /// It could not be written into the log; it holds all the same.
    pub async fn pause(&self, paused: bool) -> Result<(), AuditError> {
        if self.turns.board().pause(paused) {
            self.parts.audit.event(Event::Paused(paused)).await?;
        }
        Ok(())
    }

    /// Something else that is shown beside it has changed.
    pub fn touch(&self) {
        self.turns.board().touch();
    }

    /// Brings the open windows to the front; false if there is none.
    pub fn raise(&self, leave: Option<String>) -> bool {
        self.parts.prompter.raise(leave)
    }
}

/// No state has this number, so whoever waits for another one gets the present one.
const NONE: u64 = u64::MAX;
