//! The agent's side of one token host: its process, its deadlines, its turns.

mod describe;
mod pin;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex as SyncMutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::oneshot;
use tokio::sync::watch;
use tokio::task::JoinError;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio::time::timeout_at;

use super::deadlines::Deadlines;
use super::keeper::Keeper;
use super::process::Process;
use super::pulled::Watched;
use super::readers::Readers;
use super::seen::Seen;
use super::turn::Turn;
use super::wire::Flags;
use super::wire::Pass;
use super::wire::Reply;
use super::wire::Request;
use crate::domain::approval::Consent;
use crate::domain::error::TokenError;
use crate::domain::job::Job;
use crate::domain::module::ModuleSettings;
use crate::domain::ports::Made;
use crate::domain::ports::Progress;
use crate::domain::ports::RawSignature;
use crate::domain::request::Items;
use crate::domain::request::SignRequest;
use crate::domain::seal::SealTarget;
use crate::domain::token::PinState;

/// A module to load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleConfig {
    /// Its library: absolute, and nobody else's to write (R47).
    pub path: PathBuf,
    /// Variables its process gets besides those of the agent that are handed on, such as `SOFTHSM2_CONF`.
    pub environment: Vec<(OsString, OsString)>,
    /// How it wants to be treated.
    pub settings: ModuleSettings,
}

/// One module: at most one process, at most one request in it.
#[derive(Debug)]
pub struct Remote {
    pub(super) module: ModuleConfig,
    program: PathBuf,
    pub(super) deadlines: Deadlines,
    pub(super) turn: Arc<Mutex<Turn>>,
    signing: Arc<AtomicUsize>,
    /// What it showed last.
    pub(super) seen: watch::Sender<Seen>,
    /// How many looks were asked for.
    pub(super) wanted: watch::Sender<u64>,
    /// Counts changes of what any module shows.
    pub(super) generation: watch::Sender<u64>,
    /// When any module first showed a token.
    pub(super) shown: watch::Sender<Option<Instant>>,
    pub(super) readers: watch::Receiver<Readers>,
    /// When a card moved last.
    pub(super) moved: SyncMutex<Option<Instant>>,
    /// Its process has seen a card leave.
    pub(super) outdated: AtomicBool,
    /// A device has come that the process, shut in before, can not open.
    pub(super) new_device: AtomicBool,
    /// A look was left out because it signed.
    pub(super) missed: AtomicBool,
    /// Its kept login.
    pub(super) keeper: Arc<Keeper>,
    /// Somebody may come with a PIN that is sealed to the process that runs, or ran.
    pledged: SyncMutex<Option<Pledge>>,
}

/// A question to the person under way.
#[derive(Clone, Copy, Debug)]
struct Pledge {
    /// X25519 public key of the process that the PIN is sealed to.
    key: [u8; 32],
    since: Instant,
}

/// Counts one signing, from before its turn to its end.
struct Signing(Arc<AtomicUsize>);

impl Remote {
    /// Starts nothing yet; `program` is `kyso-token-host`.
    pub(super) fn new(
        module: ModuleConfig,
        program: PathBuf,
        deadlines: Deadlines,
        (generation, shown): (watch::Sender<u64>, watch::Sender<Option<Instant>>),
        readers: watch::Receiver<Readers>,
    ) -> Self {
        Self {
            deadlines: if module.settings.slow { deadlines.of_a_slow_module() } else { deadlines },
            module,
            program,
            turn: Arc::default(),
            signing: Arc::default(),
            seen: watch::Sender::default(),
            wanted: watch::Sender::default(),
            generation,
            shown,
            readers,
            moved: SyncMutex::default(),
            outdated: AtomicBool::default(),
            new_device: AtomicBool::default(),
            missed: AtomicBool::default(),
            pledged: SyncMutex::default(),
            keeper: Arc::default(),
        }
    }

    /// The configured path.
    pub(super) fn path(&self) -> &PathBuf {
        &self.module.path
    }

    /// Whether a job is in it, or waits for its turn.
    pub(super) fn is_signing(&self) -> bool {
        self.signing.load(Ordering::SeqCst) > 0
    }

    /// Whether a PIN may be on its way to the process that runs.
    pub(super) fn is_pledged(&self) -> bool {
        locked(&self.pledged).is_some_and(|pledge| pledge.since.elapsed() < PLEDGE)
    }

    /// Whether a PIN was sealed to the process with this key, be it gone meanwhile.
    pub(super) fn is_sealed_to(&self, key: [u8; 32]) -> bool {
        self.seen.borrow().key == Some(key) || locked(&self.pledged).is_some_and(|pledge| pledge.key == key)
    }

    /// Somebody will come with a PIN.
    fn pledge(&self, key: [u8; 32]) {
        *locked(&self.pledged) = Some(Pledge { key, since: Instant::now() });
    }

    /// Nobody will come with a PIN any more.
    pub(super) fn let_go(&self) {
        *locked(&self.pledged) = None;
    }

    /// Where to seal the next PIN for this token to, and what its flags say of the PIN now.
    pub(super) fn seal_target(
        self: &Arc<Self>,
        serial: String,
    ) -> JoinHandle<Result<(SealTarget, PinState), TokenError>> {
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let mut turn = this.turn.lock().await;
            this.leave_outdated(&mut turn);
            let question = Request::Nonce { serial: serial.clone() };
            let reply = this.ask(&mut turn, &question, this.deadlines.list).await?;
            let (Reply::Nonce { nonce, pin }, Some(key)) = (reply, turn.key()) else {
                return Err(turn.nonsense());
            };
            this.pledge(key);
            this.change(|seen| {
                seen.key = Some(key);
                pin.map(|pin| seen.note_pin(&serial, pin));
            });
            let Some(pin) = pin else {
                this.want();
                return Err(TokenError::Removed);
            };
            Ok((SealTarget { key, nonce }, pin.into()))
        })
    }

    /// Signs in a task of its own. When this future is dropped the task cancels, waits for the C call
    /// under way to return, and throws away what was made; until then the turn is not free.
    pub(super) async fn sign(
        self: &Arc<Self>,
        (job, last_try): (&Job, bool),
        consent: Consent,
        target: Option<SealTarget>,
        progress: Progress,
    ) -> Result<Vec<RawSignature>, TokenError> {
        let (pass, login) = self.pass(consent, target)?;
        let plan = self.keeper.plan(job, &pass);
        let signing = Signing::begin(&self.signing);
        let mut turn = Arc::clone(&self.turn).lock_owned().await;
        // Only the very process the PIN was sealed to can open it; a new one would refuse.
        let sealed_to = target.filter(|_| pass != Pass::Kept).map(|target| target.key);
        if sealed_to.is_some() && turn.key() != sealed_to {
            drop((turn, signing));
            return Err(self.why_anew(&job.token.0).await);
        }
        if !self.keeper.admits(&plan, turn.key()) {
            return Err(TokenError::LoginEnded);
        }
        let request = Request::Sign { frame: job.frame(), pass, last_try };
        let count = job.digests.len();
        let mut card = Watched::new(self, &job.token.0);
        let this = Arc::clone(self);
        let (leaving, left) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let made = this.work(&mut turn, &request, login, &progress, left, &mut card).await;
            this.settle_kept(&mut turn, plan, made.is_ok()).await;
            drop((signing, turn));
            let asks_again = matches!(made, Err(TokenError::WrongPin { .. } | TokenError::LastTry { .. }));
            this.after(asks_again, made.is_err());
            match made {
                Err(TokenError::Failed { .. }) if card.leaves().await => Err(TokenError::Removed),
                made => made,
            }
        });
        let made = task.await.map_err(ended)?;
        // Held until here: dropping it tells the task that nobody waits any more.
        drop(leaving);
        made.and_then(|signatures| {
            let whole = signatures.len() == count;
            whole.then_some(signatures).ok_or_else(|| failed("as many signatures as nobody asked for"))
        })
    }

    /// Why the process that a PIN was sealed to runs no more.
    async fn why_anew(&self, serial: &str) -> TokenError {
        let since = locked(&self.pledged).map(|pledge| pledge.since);
        let moved = *locked(&self.moved);
        if moved.is_none() || moved < since {
            return failed("the token host was started anew since the PIN was sealed to it");
        }
        self.look_again().await;
        let seen = self.seen.borrow();
        let another = seen.token(serial).is_none() && !seen.tokens.is_empty();
        if another { TokenError::Changed } else { TokenError::Removed }
    }

    async fn work(
        &self,
        turn: &mut Turn,
        request: &Request,
        login: Duration,
        progress: &Progress,
        left: oneshot::Receiver<()>,
        card: &mut Watched,
    ) -> Result<Vec<RawSignature>, TokenError> {
        let process = turn.process(&self.program, &self.module, self.deadlines.init).await?;
        let reply = self.converse(process, request, login, progress, left, card).await;
        if card.is_pulled() && reply.is_err() {
            // No crash of the module's own making.
            turn.end();
            return Err(TokenError::Removed);
        }
        let Reply::Signatures(signatures) = turn.settle(reply)? else { return Err(turn.nonsense()) };
        Ok(signatures)
    }

    /// Sends the job and waits for its end; each step has its own deadline, and all have a short one once the
    /// card was pulled. After `left` resolved, what was made is thrown away.
    async fn converse(
        &self,
        process: &mut Process,
        request: &Request,
        login: Duration,
        progress: &Progress,
        mut left: oneshot::Receiver<()>,
        card: &mut Watched,
    ) -> Result<Reply, TokenError> {
        process.send(request).await?;
        let mut deadline = Instant::now() + self.deadlines.list;
        let (mut gone, mut made) = (false, None);
        let (mut found, mut kept, mut each_time) = (false, false, false);
        loop {
            let received = tokio::select! {
                received = timeout_at(card.deadline(deadline), process.receive()) => received,
                _ = &mut left, if !gone => {
                    gone = true;
                    process.send(&Request::Cancel).await?;
                    continue;
                }
                () = card.moved() => continue,
            };
            let late = |_| TokenError::TimedOut("login or signature passed its deadline".to_owned());
            let reply = received.map_err(late)??;
            // Each word once, and each signature: a host that says them in circles would never be late.
            if let Reply::Found = reply {
                once(&mut found)?;
                deadline = Instant::now() + login;
            } else if let Reply::Progress(done) = reply {
                if made.is_some_and(|made| done <= made) || done as usize > Items::MAX {
                    return Err(no_count());
                }
                made = Some(done);
                card.works();
                // Once nobody waits, the call under way is the last.
                if !gone {
                    // Where each signature has its login, that may be typed on the reader.
                    let sign = self.deadlines.sign;
                    deadline = Instant::now() + if each_time { sign.max(login) } else { sign };
                    progress(Made { done: done as usize, each_time });
                }
            } else if let Reply::EachTime = reply {
                once(&mut each_time)?;
            } else if let Reply::Kept = reply {
                once(&mut kept)?;
                self.keeper.heard();
            } else if gone && matches!(reply, Reply::Signatures(_)) {
                return Err(TokenError::Cancelled);
            } else {
                return Ok(reply);
            }
        }
    }

    /// What a job's end means for what was seen: flags of the PIN change, and a look may have been left out.
    fn after(&self, asks_again: bool, changed: bool) {
        if !asks_again {
            self.let_go();
        }
        let warned = |seen: &Seen| seen.tokens.iter().any(|shown| shown.token.pin != Flags::Ok);
        if self.missed.swap(false, Ordering::SeqCst) || changed || warned(&self.seen.borrow()) {
            self.want();
        }
    }

    /// To be run to its end: a reply that nobody read would answer the next request.
    pub(super) async fn ask(
        &self,
        turn: &mut Turn,
        request: &Request,
        deadline: Duration,
    ) -> Result<Reply, TokenError> {
        let process = turn.process(&self.program, &self.module, self.deadlines.init).await?;
        let reply = match process.send(request).await {
            Ok(()) => process.receive_within(deadline, "looking at the tokens").await,
            Err(error) => Err(error),
        };
        turn.settle(reply)
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

fn once(said: &mut bool) -> Result<(), TokenError> {
    if std::mem::replace(said, true) { Err(no_count()) } else { Ok(()) }
}

fn no_count() -> TokenError {
    TokenError::Crashed("the token host can't count".to_owned())
}

/// For a task that ended without a result.
pub(super) fn ended(error: JoinError) -> TokenError {
    failed(&format!("the task ended: {error}"))
}

pub(super) fn failed(cause: &str) -> TokenError {
    TokenError::Failed { item: None, cause: cause.to_owned() }
}

pub(super) fn locked<T>(mutex: &SyncMutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As long as a person may take to answer.
const PLEDGE: Duration = Duration::from_secs(*SignRequest::TIMEOUT_SECONDS.end());
