//! What signing needs from the outside, as traits. A boxed future costs nothing beside a person
//! typing a PIN, and keeps the service one concrete type.

use std::pin::Pin;
use std::sync::Arc;

use super::activity::Past;
use super::approval::{Answer, Approved, DialogState, PairAnswer, PairQuestion, SignQuestion};
use super::audit::{Asked, AuditId, Event, Outcome, Receipt, RenderReply};
use super::certificate::Certificate;
use super::error::{AuditError, PromptError, SignError, TokenError};
use super::forwarding::Heard;
use super::kept::Keeping;
use super::origin::Origin;
use super::pin_task::{ApprovedTask, PinAnswer, PinNews, PinPlace, PinQuestion, PinTask};
use super::policy::{OriginGrant, PairedBy, PairingId, Policy};
use super::request::{Idempotency, SignRequest};
use super::seal::SealTarget;
use super::token::{PinState, Snapshot, TokenInfo, TokenKey};
use super::validation::{Rules, Standing};

/// A future that owns what it needs.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Told how far the token is.
pub type Progress = Arc<dyn Fn(Made) + Send + Sync>;

/// How far a token is with a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// So many signatures are made.
    pub done: usize,
    /// The key wants a login for each of them (`CKA_ALWAYS_AUTHENTICATE`).
    pub each_time: bool,
}

/// Told what a request under way is doing. It decides nothing, and what it does takes no time.
pub type Watcher = Arc<dyn Fn(News) + Send + Sync>;

/// A signature as the token made it: for ECDSA r ‖ s, for RSA as long as the modulus.
pub type RawSignature = Vec<u8>;

/// What a request under way is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The person sees its question.
    PromptOpened,
    /// The person has agreed, and so many of its signatures are made.
    Progress {
        /// So far.
        done: usize,
        /// Of how many.
        total: usize,
    },
    /// The question is over, however it ended.
    PromptClosed,
}

/// The tokens of this machine.
pub trait Tokens: Send + Sync {
    /// What is plugged in, as far as it is known: never waits behind a signature, and only the first time
    /// behind a slow module, and shortly where another has shown a token. A module that fails is a problem in the
    /// snapshot, never an error of the whole.
    fn snapshot(&self) -> BoxFuture<'_, Snapshot>;

    /// The same, each module asked anew unless it signs; however slow, all are waited for.
    fn look(&self) -> BoxFuture<'_, Snapshot>;

    /// Resolves with the number of the present state once it is not `since` any more; 0 comes before the
    /// first look. While somebody waits here, modules that nobody tells of changes are looked at every two
    /// seconds.
    fn changed(&self, since: u64) -> BoxFuture<'_, u64>;

    /// A key and a fresh one-use nonce of the host whose module showed this certificate, and what the
    /// token's flags say of its PIN now.
    fn seal_target(
        &self,
        certificate: &Certificate,
    ) -> BoxFuture<'_, Result<(SealTarget, PinState), TokenError>>;

    /// Whether the token of this certificate is logged in already, or could stay so (R38).
    fn keeping(&self, certificate: &Certificate) -> Keeping {
        let _ = certificate;
        Keeping::Never
    }

    /// Ends every kept login; returns how many there were, once their tokens are logged out.
    fn log_out(&self) -> BoxFuture<'_, usize> {
        Box::pin(async { 0 })
    }

    /// No PIN will come any more that was sealed to a target which this module gave out so far: the question is
    /// over, however it ended, and what was kept as it is for its answer need not be.
    fn let_go(&self, module: usize) {
        let _ = module;
    }

    /// Signs all of the job's digests, in order, or none. Never resent by anyone. Dropped: the C
    /// call under way finishes, the token is logged out, nothing is released.
    ///
    /// Signatures come back as the token made them; the service verifies each.
    fn sign(&self, job: Approved, progress: Progress)
    -> BoxFuture<'_, Result<Vec<RawSignature>, TokenError>>;

    /// What the token that this module showed says of the secret that the task takes, with a fresh
    /// one-use nonce.
    fn pin_place(&self, token: &TokenInfo, task: &PinTask) -> BoxFuture<'_, Result<PinPlace, TokenError>>;

    /// Changes or unblocks a PIN. Never resent by anyone, and not to be dropped: nobody would know then
    /// which PIN is the token's.
    fn set_pin(&self, token: &TokenInfo, task: ApprovedTask) -> BoxFuture<'_, Result<(), TokenError>>;
}

/// The way to ask the person.
pub trait Prompter: Send + Sync {
    /// Whether it is the caller's own, who could be any program of the user's.
    fn is_callers(&self) -> bool {
        false
    }

    /// Whether what it shows while a token works may stay where it is when another question comes
    /// ([`DialogState::Aside`]). On one terminal it can't: both would read what is typed.
    fn stands_aside(&self) -> bool {
        false
    }

    /// Opens the window on a signing question. `Err` is an answer: it can't be asked.
    fn open(&self, question: &SignQuestion) -> BoxFuture<'_, Result<Box<dyn Dialog>, PromptError>>;

    /// Asks whether a site may ask. Dropped: the window closes.
    fn pair(&self, question: &PairQuestion) -> BoxFuture<'_, Result<PairAnswer, PromptError>>;

    /// Opens the window that asks for a PIN or PUK and a new PIN.
    fn pin(&self, question: &PinQuestion) -> BoxFuture<'_, Result<Box<dyn PinDialog>, PromptError>> {
        let _ = question;
        Box::pin(async { Err(PromptError::Unavailable("this prompt changes no PIN".to_owned())) })
    }

    /// Brings the open windows to the front, with the desktop's leave for it (an XDG activation token) where
    /// there is one; answers nothing in the person's stead. False if there is none.
    fn raise(&self, leave: Option<String>) -> bool {
        let _ = leave;
        false
    }

    /// Tells the open window how many requests wait behind it now.
    fn waiting(&self, waiting: usize) {
        let _ = waiting;
    }

    /// Whether the person looks at the open window, as far as that is known.
    fn attended(&self) -> Option<bool> {
        None
    }

    /// Resolves with the number of what [`Prompter::attended`] says once it is not `since`.
    fn attention(&self, since: u64) -> BoxFuture<'_, u64> {
        still(since)
    }
}

/// An open window on a [`PinQuestion`]. Dropping it closes it, whatever it shows, unless it shows an end.
pub trait PinDialog: Send {
    /// The person's next answer.
    fn answer(&mut self) -> BoxFuture<'_, Result<PinAnswer, PromptError>>;
    /// Shows what came of the last one.
    fn show(&mut self, news: PinNews) -> BoxFuture<'_, Result<(), PromptError>>;
}

/// An open window. Dropping it closes it, whatever it shows, unless it shows an end.
pub trait Dialog: Send {
    /// The person's next answer.
    fn answer(&mut self) -> BoxFuture<'_, Result<Answer, PromptError>>;
    /// Shows what came of the last one.
    fn show(&mut self, state: DialogState) -> BoxFuture<'_, Result<(), PromptError>>;
}

/// The log. Every method returns once its row is durable.
pub trait AuditLog: Send + Sync {
    /// Writes the *asked* row, or finds that this idempotency key was asked before.
    fn ask(&self, request: &SignRequest) -> BoxFuture<'_, Result<Asked, AuditError>>;

    /// What became of the request that had this idempotency key, if one had; asks nothing new.
    fn recall(&self, key: &Idempotency) -> BoxFuture<'_, Result<Option<Asked>, AuditError>>;

    /// Writes the outcome. For a success of a request with an idempotency key, `reply` is called
    /// with the receipt and its bytes are kept in the same transaction.
    fn close(
        &self,
        id: AuditId,
        outcome: Outcome,
        reply: Option<RenderReply>,
    ) -> BoxFuture<'_, Result<Receipt, AuditError>>;

    /// Writes an event.
    fn event(&self, event: Event) -> BoxFuture<'_, Result<Receipt, AuditError>>;

    /// The last outcomes of signing requests, the newest first.
    fn recent(&self, most: usize) -> BoxFuture<'_, Result<Vec<Past>, AuditError>> {
        let _ = most;
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Resolves with the number of the log's present state once it is not `since`. A log that tells of no
    /// changes is at 0 for ever.
    fn changed(&self, since: u64) -> BoxFuture<'_, u64> {
        still(since)
    }
}

/// The log as collectors hear of it.
pub trait Feed: Send + Sync {
    /// At most so many rows after this one, read beside whatever writes; where the next can't be read, that.
    fn after(&self, sequence: i64, most: usize) -> BoxFuture<'_, Result<Heard, AuditError>>;
    /// How far this collector has heard; one that is new, and in no other's place, hears what comes from now on.
    fn cursor(&self, collector: &str) -> BoxFuture<'_, Result<i64, AuditError>>;
    /// Keeps how far it has heard.
    fn keep(&self, collector: &str, sequence: i64) -> BoxFuture<'_, Result<(), AuditError>>;
    /// Resolves with the number of the log's present state once it is not `since`.
    fn grown(&self, since: u64) -> BoxFuture<'_, u64>;
}

/// Signs what the log says of itself.
pub trait Notary: Send + Sync {
    /// The Ed25519 public key (RFC 8032 §5.1.5).
    fn key(&self) -> [u8; 32];
    /// An Ed25519 signature over `kyso checkpoint v1` ‖ 0x00 ‖ this text.
    fn sign(&self, text: &[u8]) -> [u8; 64];
}

/// The sites that may ask. Reads are answered from memory, writes return once durable, and each
/// write puts its event into the log in the same transaction.
pub trait Grants: Send + Sync {
    /// Who may ask, now.
    fn policy(&self) -> Policy;
    /// The live pairing of this origin that this bearer token belongs to; compared in constant time.
    fn pairing(&self, origin: &Origin, bearer: &str) -> Option<PairingId>;
    /// Whether this pairing has not ended.
    fn is_live(&self, id: PairingId) -> bool;
    /// Pairs, and returns the bearer token: 256 random bits, kept only as a hash. Of more pairings
    /// than an origin needs, the oldest ends.
    fn pair(&self, origin: &Origin, by: PairedBy) -> BoxFuture<'_, Result<String, AuditError>>;
    /// Ends one pairing.
    fn unpair(&self, id: PairingId) -> BoxFuture<'_, Result<(), AuditError>>;
    /// Grants in advance.
    fn allow(&self, origin: &Origin) -> BoxFuture<'_, Result<(), AuditError>>;
    /// Ends all pairings and the advance grant of an origin, and keeps it from asking until it is allowed
    /// or revoked (R22).
    fn refuse(&self, origin: &Origin) -> BoxFuture<'_, Result<(), AuditError>>;
    /// Ends all pairings and the advance grant of an origin, and forgets that it was refused for good; false
    /// if there was nothing.
    fn revoke(&self, origin: &Origin) -> BoxFuture<'_, Result<bool, AuditError>>;
    /// Every origin that has a pairing or an advance grant, or is refused for good.
    fn list(&self) -> Vec<OriginGrant>;
    /// Resolves with the number of the grants' present state once it is not `since`. Grants that tell of no
    /// changes are at 0 for ever.
    fn changed(&self, since: u64) -> BoxFuture<'_, u64> {
        still(since)
    }
}

/// Wrong PINs in a row, by our own count (R40). Both return once durable.
pub trait PinTries: Send + Sync {
    /// How many were wrong since the last right one.
    fn wrong_in_a_row(&self, token: &TokenKey) -> BoxFuture<'_, Result<u32, AuditError>>;
    /// Keeps how many are wrong in a row now.
    fn set_wrong(&self, token: &TokenKey, wrong: u32) -> BoxFuture<'_, Result<(), AuditError>>;
}

/// Says how certificates stand before they sign.
pub trait Validator: Send + Sync {
    /// What the machine wants to know.
    fn rules(&self) -> Rules;

    /// What can be said without waiting: nothing of the network, so [`Standing::Checking`] where an answer about
    /// revocation is wanted.
    fn at_once(&self, certificate: &Certificate) -> Standing;

    /// The verdict; never [`Standing::Checking`]. Waits for answers, each no longer than the rules say. Dropped, it
    /// asks nobody any more.
    fn verdict(&self, certificate: Arc<Certificate>) -> BoxFuture<'static, Standing>;
}

/// The number of something that never changes.
fn still(since: u64) -> BoxFuture<'static, u64> {
    if since == 0 { Box::pin(std::future::pending()) } else { Box::pin(std::future::ready(0)) }
}

/// The other end of the connection that a request came on.
pub trait Presence: Send + Sync {
    /// That it is still connected, still a process of this user (R2, R3), and may still ask.
    ///
    /// # Errors
    /// `Cancelled` if it has left, `OriginDenied` if its pairing has ended.
    fn holds(&self) -> Result<(), SignError>;
}
