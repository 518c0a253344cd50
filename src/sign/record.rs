//! What a request has come to, until the log holds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::board::Shown;
use crate::domain::audit::{GivenBy, Outcome, Signer};
use crate::domain::error::SignError;
use crate::domain::validation::Standing;

/// What a request has come to, for its outcome in the log.
#[derive(Default)]
pub(super) struct Record {
    pub(super) prompted: Option<Instant>,
    pub(super) answered: Option<Instant>,
    pub(super) ended: Option<Instant>,
    pub(super) made: Arc<AtomicUsize>,
    pub(super) signer: Option<Signer>,
    pub(super) consent: Option<GivenBy>,
    pub(super) wrong_pins: u32,
    /// How the certificate stood that was to sign.
    pub(super) standing: Standing,
    /// The login that the token was used with goes on, unless the request fails (R38).
    pub(super) keeps: bool,
    /// The person said no for good (R22).
    pub(super) blocks: bool,
    /// The question on the board.
    pub(super) shown: Option<Shown>,
}

impl Record {
    /// Tells the board, where the question stands on it.
    pub(super) fn show(&self, what: impl FnOnce(&Shown)) {
        if let Some(shown) = &self.shown {
            what(shown);
        }
    }

    /// The outcome, as the log keeps it.
    pub(super) fn outcome(self, error: Option<&SignError>) -> Outcome {
        let between = |from: Option<Instant>, to: Option<Instant>| match (from, to) {
            (Some(from), to) => to.unwrap_or_else(Instant::now).saturating_duration_since(from),
            (None, _) => Duration::ZERO,
        };
        let standing = match error {
            Some(SignError::Standing(standing)) => *standing,
            _ => self.standing,
        };
        Outcome {
            error: error.map(SignError::code),
            cause: error.and_then(SignError::cause).map(str::to_owned),
            made: self.made.load(Ordering::Relaxed),
            signer: self.signer,
            consent: self.consent,
            wrong_pins: self.wrong_pins,
            validation: (standing != Standing::NotChecked).then_some(standing),
            prompt: between(self.prompted, self.answered),
            token: between(self.answered, self.ended),
        }
    }
}
