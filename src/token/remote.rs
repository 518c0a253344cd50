//! The agent's side of one token host: its process, its deadlines, its turns.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex as SyncMutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::oneshot;
use tokio::task::JoinError;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio::time::timeout_at;

use super::process::Process;
use super::turn::Turn;
use super::wire::Pass;
use super::wire::Reply;
use super::wire::Request;
use super::wire::Token;
use crate::domain::approval::Consent;
use crate::domain::error::TokenError;
use crate::domain::job::Job;
use crate::domain::module::ModuleSettings;
use crate::domain::ports::Progress;
use crate::domain::ports::RawSignature;
use crate::domain::request::Items;
use crate::domain::seal::SealTarget;
use crate::sys::sandbox::Landlock;

/// A module to load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleConfig {
    /// Its library: absolute, and nobody else's to write (R47).
    pub path: PathBuf,
    /// Variables its process gets besides the agent's own, such as `SOFTHSM2_CONF`.
    pub environment: Vec<(OsString, OsString)>,
    /// How it wants to be treated.
    pub settings: ModuleSettings,
}

/// How long one call into a module may take; passing it ends the module's process (R46).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Loading and `C_Initialize`.
    pub init: Duration,
    /// Looking at all slots, or for the certificate of a job.
    pub list: Duration,
    /// `C_Login`, and finding the key.
    pub login: Duration,
    /// The same where the PIN is typed on the reader.
    pub reader: Duration,
    /// Each signature.
    pub sign: Duration,
}

/// One module: at most one process, at most one request in it.
#[derive(Debug)]
pub struct Remote {
    module: ModuleConfig,
    program: PathBuf,
    deadlines: Deadlines,
    turn: Arc<Mutex<Turn>>,
    signing: Arc<AtomicUsize>,
    seen: Arc<SyncMutex<Seen>>,
}

/// Counts one signing, from before its turn to its end.
struct Signing(Arc<AtomicUsize>);

/// What a module showed last.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) key: Option<[u8; 32]>,
    pub(super) landlock: Option<Landlock>,
    pub(super) tokens: Vec<Token>,
}

impl Default for Deadlines {
    /// R46's.
    fn default() -> Self {
        Self {
            init: Duration::from_secs(20),
            list: Duration::from_secs(10),
            login: Duration::from_secs(60),
            reader: Duration::from_secs(120),
            sign: Duration::from_secs(60),
        }
    }
}

impl Remote {
    /// Starts nothing yet; `program` is `kyso-token-host`.
    pub fn new(module: ModuleConfig, program: PathBuf, deadlines: Deadlines) -> Self {
        Self {
            module,
            program,
            deadlines,
            turn: Arc::default(),
            signing: Arc::default(),
            seen: Arc::default(),
        }
    }

    /// The configured path.
    pub fn path(&self) -> &PathBuf {
        &self.module.path
    }

    /// What it showed last.
    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its tokens now; while it signs or is about to, at once what it showed last.
    pub(super) fn list(self: &Arc<Self>) -> JoinHandle<Result<Vec<Token>, TokenError>> {
        let this = Arc::clone(self);
        tokio::spawn(async move {
            if this.signing.load(Ordering::SeqCst) > 0 {
                return Ok(this.seen().tokens);
            }
            let mut turn = this.turn.lock().await;
            let listed = match this.ask(&mut turn, &Request::List).await {
                Ok(Reply::Tokens(tokens)) if is_plausible(&tokens) => Ok(tokens),
                Ok(_) => Err(turn.nonsense()),
                Err(error) => Err(error),
            };
            let tokens = listed.as_ref().map_or_else(|_| Vec::new(), Clone::clone);
            this.remember(Seen { key: turn.key(), landlock: turn.landlock(), tokens });
            if listed.as_ref().is_ok_and(Vec::is_empty) {
                // SoftHSM finds tokens in C_Initialize only, so the next look is a new process's.
                turn.end();
            }
            listed
        })
    }

    /// Where to seal the next PIN to.
    pub(super) fn seal_target(self: &Arc<Self>) -> JoinHandle<Result<SealTarget, TokenError>> {
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let mut turn = this.turn.lock().await;
            let reply = this.ask(&mut turn, &Request::Nonce).await?;
            let (Reply::Nonce(nonce), Some(key)) = (reply, turn.key()) else { return Err(turn.nonsense()) };
            this.remember(Seen { key: Some(key), landlock: turn.landlock(), ..this.seen() });
            Ok(SealTarget { key, nonce })
        })
    }

    /// Signs in a task of its own. When this future is dropped the task cancels, waits for the C call
    /// under way to return, and throws away what was made; until then the turn is not free.
    pub(super) async fn sign(
        self: &Arc<Self>,
        job: &Job,
        consent: Consent,
        target: Option<SealTarget>,
        progress: Progress,
    ) -> Result<Vec<RawSignature>, TokenError> {
        let (pass, login) = match (consent, target) {
            (Consent::Pin(pin), Some(target)) => {
                (Pass::Sealed { nonce: target.nonce, pin: pin.0.clone() }, self.deadlines.login)
            }
            (Consent::Reader, _) => (Pass::Reader, self.deadlines.reader),
            (Consent::Pin(_), None) => return Err(failed("a PIN that was sealed to nobody")),
        };
        let signing = Signing::begin(&self.signing);
        let mut turn = Arc::clone(&self.turn).lock_owned().await;
        // Only the very process the PIN was sealed to can open it; a new one would refuse.
        let sealed_to = target.map(|target| target.key);
        if sealed_to.is_some() && turn.key() != sealed_to {
            return Err(failed("the token host was started anew since the PIN was sealed to it"));
        }
        let request = Request::Sign { frame: job.frame(), pass };
        let count = job.digests.len();
        let this = Arc::clone(self);
        let (leaving, left) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let _signing = signing;
            this.work(&mut turn, &request, login, &progress, left).await
        });
        let made = task.await.map_err(ended)?;
        // Held until here: dropping it tells the task that nobody waits any more.
        drop(leaving);
        made.and_then(|signatures| {
            let whole = signatures.len() == count;
            whole.then_some(signatures).ok_or_else(|| failed("as many signatures as nobody asked for"))
        })
    }

    async fn work(
        &self,
        turn: &mut Turn,
        request: &Request,
        login: Duration,
        progress: &Progress,
        left: oneshot::Receiver<()>,
    ) -> Result<Vec<RawSignature>, TokenError> {
        let process = turn.process(&self.program, &self.module, self.deadlines.init).await?;
        let reply = self.converse(process, request, login, progress, left).await;
        let Reply::Signatures(signatures) = turn.settle(reply)? else { return Err(turn.nonsense()) };
        Ok(signatures)
    }

    /// Sends the job and waits for its end; each step has its own deadline. After `left` resolved,
    /// what was made is thrown away.
    async fn converse(
        &self,
        process: &mut Process,
        request: &Request,
        login: Duration,
        progress: &Progress,
        mut left: oneshot::Receiver<()>,
    ) -> Result<Reply, TokenError> {
        process.send(request).await?;
        let mut deadline = Instant::now() + self.deadlines.list;
        let (mut gone, mut made) = (false, None);
        loop {
            let received = tokio::select! {
                received = timeout_at(deadline, process.receive()) => received,
                _ = &mut left, if !gone => {
                    gone = true;
                    process.send(&Request::Cancel).await?;
                    continue;
                }
            };
            let late = |_| TokenError::TimedOut("login or signature passed its deadline".to_owned());
            let reply = received.map_err(late)??;
            if let Reply::Found = reply {
                deadline = Instant::now() + login;
            } else if let Reply::Progress(done) = reply {
                // Each signature once: a module that counts in circles would never be late.
                if made.is_some_and(|made| done <= made) || done as usize > Items::MAX {
                    return Err(TokenError::Crashed("the token host can't count".to_owned()));
                }
                made = Some(done);
                deadline = Instant::now() + self.deadlines.sign;
                if !gone {
                    progress(done as usize);
                }
            } else if gone && matches!(reply, Reply::Signatures(_)) {
                return Err(TokenError::Cancelled);
            } else {
                return Ok(reply);
            }
        }
    }

    /// To be run to its end: a reply that nobody read would answer the next request.
    async fn ask(&self, turn: &mut Turn, request: &Request) -> Result<Reply, TokenError> {
        let process = turn.process(&self.program, &self.module, self.deadlines.init).await?;
        let reply = match process.send(request).await {
            Ok(()) => process.receive_within(self.deadlines.list, "looking at the tokens").await,
            Err(error) => Err(error),
        };
        turn.settle(reply)
    }

    fn remember(&self, seen: Seen) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }
}

impl Signing {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Signing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a reader with many slots could hold; more is a module gone wild.
fn is_plausible(tokens: &[Token]) -> bool {
    let certificates: usize = tokens.iter().map(|token| token.certificates.len()).sum();
    tokens.len() <= MOST_TOKENS && certificates <= MOST_CERTIFICATES
}

/// For a task that ended without a result.
pub(super) fn ended(error: JoinError) -> TokenError {
    failed(&format!("the task ended: {error}"))
}

fn failed(cause: &str) -> TokenError {
    TokenError::Failed { item: None, cause: cause.to_owned() }
}

const MOST_TOKENS: usize = 64;
const MOST_CERTIFICATES: usize = 256;
