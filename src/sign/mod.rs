//! The use case: one request from verdict to signature.
//!
//! `SigningService` knows tokens, prompt, log and grants only through `domain::ports`.

mod answer;
mod attempt;
mod board;
mod candidates;
mod cms;
mod ends;
mod flow;
mod line;
mod pairing;
mod pin;
mod pledges;
mod prepare;
mod recall;
mod record;
mod standing;
mod status;
mod task;
mod turns;
mod verify;
mod work;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::audit::Receipt;
use crate::domain::certificate::Certificate;
use crate::domain::error::{Barrier, SignError};
use crate::domain::form::Form;
use crate::domain::origin::Origin;
use crate::domain::pin_task::{PinAct, TokenName};
use crate::domain::policy::{Policy, Verdict};
use crate::domain::ports::{AuditLog, Grants, PinTries, Presence, Prompter, Tokens, Validator, Watcher};
use crate::domain::request::{Items, RequestId, SignRequest};
use crate::domain::rules::Rules;
use crate::domain::scheme::Scheme;
use crate::domain::token::Snapshot;
use crate::domain::validation::Standing;
use pairing::Door;
pub use pin::PinContext;
use task::Tasks;
use turns::Turns;

/// What the service works with.
#[allow(missing_debug_implementations, reason = "holds trait objects")]
pub struct Parts {
    /// The tokens.
    pub tokens: Arc<dyn Tokens>,
    /// The way to ask the person.
    pub prompter: Arc<dyn Prompter>,
    /// The log.
    pub audit: Arc<dyn AuditLog>,
    /// The sites.
    pub grants: Arc<dyn Grants>,
    /// The wrong PINs.
    pub tries: Arc<dyn PinTries>,
    /// How certificates stand.
    pub validator: Arc<dyn Validator>,
    /// What the machine's administrator laid down.
    pub rules: Arc<Rules>,
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
    /// In which form.
    pub form: Form,
    /// One signature an item, in order, in the form and encoding that the request wanted.
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
#[allow(missing_debug_implementations, reason = "holds trait objects")]
pub struct Context {
    /// The other end of the connection.
    pub presence: Arc<dyn Presence>,
    /// Another way to ask than the service's own: the caller's terminal.
    pub prompter: Option<Arc<dyn Prompter>>,
    /// Writes the reply's bytes, to be kept where the request has an idempotency key.
    pub render: fn(&Signed) -> Vec<u8>,
    /// Told of the prompt and of the progress, where the caller wants to hear of them.
    pub watcher: Option<Watcher>,
}

/// How a pairing reached us.
#[allow(missing_debug_implementations, reason = "holds trait objects")]
pub struct PairContext {
    /// The other end of the connection.
    pub presence: Arc<dyn Presence>,
    /// Told of the prompt, where the caller wants to hear of it.
    pub watcher: Option<Watcher>,
}

/// Signs, pairs, lists.
#[allow(missing_debug_implementations, reason = "holds trait objects")]
pub struct SigningService {
    parts: Arc<Parts>,
    turns: Arc<Turns>,
    door: Arc<Door>,
    tasks: Tasks,
}

impl Parts {
    fn policy(&self) -> Policy {
        Policy { rules: Arc::clone(&self.rules), ..self.grants.policy() }
    }
}

impl SigningService {
    /// From its parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let turns = Turns::new();
        let door = Door::new(Arc::clone(turns.board()));
        Arc::new(Self { parts: Arc::new(parts), turns, door, tasks: Tasks::new() })
    }

    /// The sites that may ask.
    pub fn grants(&self) -> &Arc<dyn Grants> {
        &self.parts.grants
    }

    /// Who may ask, by the person's word and the machine's.
    pub fn policy(&self) -> Policy {
        self.parts.policy()
    }

    /// What the machine's administrator laid down.
    pub fn rules(&self) -> &Rules {
        &self.parts.rules
    }

    /// What is plugged in.
    pub async fn snapshot(&self) -> Snapshot {
        self.parts.tokens.snapshot().await
    }

    /// Waits until what is plugged in is another state than `since`; the present state's number, and what it
    /// shows. [`u64::MAX`] is no state's.
    ///
    /// # Errors
    /// `ShuttingDown` if the agent stops meanwhile.
    pub async fn tokens_changed(&self, since: u64) -> Result<(u64, Snapshot), SignError> {
        let number = tokio::select! {
            number = self.parts.tokens.changed(since) => number,
            () = self.tasks.stopping() => return Err(SignError::ShuttingDown),
        };
        Ok((number, self.snapshot().await))
    }

    /// Resolves once the agent stops: whoever only waits for news is to leave.
    pub async fn stopping(&self) {
        self.tasks.stopping().await;
    }

    /// How every certificate on a plugged-in token stands, and whether that keeps it from signing.
    pub async fn standings(&self) -> Vec<(Arc<Certificate>, Standing, bool)> {
        standing::of_all(&self.parts).await
    }

    /// Ends every kept login, and says how many there were (R38).
    pub async fn log_out(&self) -> usize {
        self.parts.tokens.log_out().await
    }

    /// Asks the person and signs: all items or none. The work runs in its own task; dropping this
    /// future is the caller's leaving: the window closes and nothing is released.
    ///
    /// # Errors
    /// [`SignError`], with its outcome in the log if the request came as far as *asked*.
    pub async fn sign(&self, mut request: SignRequest, context: Context) -> Result<Ending, SignError> {
        if self.policy().judge(&request.caller) == Verdict::Refuse {
            return Err(SignError::OriginDenied);
        }
        let limits = &self.parts.rules.limits;
        if request.items.count() > limits.batch {
            return Err(SignError::Policy(Barrier::Batch));
        }
        request.timeout = limits.patience(request.timeout);
        let (parts, turns) = (Arc::clone(&self.parts), Arc::clone(&self.turns));
        self.tasks.run(|gone| flow::run(parts, turns, request, context, gone)).await
    }

    /// Asks the person whether the site may ask, unless it was allowed in advance, and returns the
    /// bearer token. Dropping this future closes the window.
    ///
    /// # Errors
    /// `Denied`, `TimedOut`, `Busy` (another pairing waits, or too many were refused),
    /// `OriginDenied`, `Prompt`, `Audit`.
    pub async fn pair(
        &self,
        origin: Origin,
        name: String,
        context: PairContext,
    ) -> Result<String, SignError> {
        let (parts, door, turns) = (Arc::clone(&self.parts), Arc::clone(&self.door), Arc::clone(&self.turns));
        self.tasks.run(|gone| pairing::run(parts, door, turns, origin, name, context, gone)).await
    }

    /// Asks the person for the secrets that change or unblock a token's PIN, and hands them to the
    /// token. Dropping this future before they are typed closes the window; after that the token's answer
    /// is waited for and recorded all the same.
    ///
    /// # Errors
    /// [`SignError`], with its outcome in the log if it came as far as *asked*.
    pub async fn set_pin(
        &self,
        act: PinAct,
        token: TokenName,
        context: PinContext,
    ) -> Result<Receipt, SignError> {
        let (parts, turns) = (Arc::clone(&self.parts), Arc::clone(&self.turns));
        self.tasks.run(|gone| pin::run(parts, turns, act, token, context, gone)).await
    }

    /// Takes no more requests. Those under way go on: a person may be typing.
    pub fn close(&self) {
        self.tasks.close();
        self.touch();
    }

    /// How many requests are still under way, once no more are taken.
    pub fn last_ones(&self) -> Option<usize> {
        self.tasks.last_ones()
    }

    /// Resolves once no more requests are taken.
    pub async fn closing(&self) {
        self.tasks.closing().await;
    }

    /// Resolves once no request is under way.
    pub async fn idle(&self) {
        self.tasks.idle().await;
    }

    /// Takes no more requests, closes the open windows, and waits until every request under way has
    /// its outcome in the log, or `patience` is over.
    pub async fn shut_down(&self, patience: Duration) {
        self.tasks.stop(patience).await;
        let _ = tokio::time::timeout(patience, self.parts.tokens.log_out()).await;
    }
}
