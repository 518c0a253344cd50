//! The stand-in for tokens: one token, keys in memory. What it is to do comes as its PIN, sealed by the person's
//! stand-in for one job as a real PIN is, so nothing else links the two.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kyso::domain::approval::{Approved, Consent};
use kyso::domain::certificate::Certificate;
use kyso::domain::error::TokenError;
use kyso::domain::job::Job;
use kyso::domain::pin_task::{ApprovedTask, PinPlace, PinTask};
use kyso::domain::ports::{BoxFuture, Made, Progress, RawSignature, Tokens};
use kyso::domain::seal::{SealTarget, SealingKey};
use kyso::domain::token::{PinState, Snapshot, TokenInfo, TokenSerial};
use tokio::sync::watch;

use crate::answer::Scripted;
use crate::authority::Holding;

/// The token.
pub(crate) struct StandIn {
    holdings: Vec<Holding>,
    seal: SealingKey,
    nonces: Mutex<HashSet<[u8; 32]>>,
    state: Arc<watch::Sender<State>>,
}

/// Whether it is plugged in, and how often that changed.
#[derive(Clone, Copy, Debug)]
struct State {
    number: u64,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    PluggedIn,
    /// Back in a moment.
    PulledOut,
    Nowhere,
}

impl StandIn {
    /// With these certificates; `absent` is a machine without a token.
    pub(crate) fn new(holdings: Vec<Holding>, absent: bool) -> Self {
        let place = if absent { Place::Nowhere } else { Place::PluggedIn };
        let state = Arc::new(watch::Sender::new(State { number: 1, place }));
        Self { holdings, seal: SealingKey::generate(), nonces: Mutex::default(), state }
    }

    /// Its serial number, which the log names beside each signature.
    pub(crate) fn serial() -> TokenSerial {
        TokenSerial("KYSO-SIMULATOR".to_owned())
    }

    fn seen(&self) -> Snapshot {
        if self.state.borrow().place != Place::PluggedIn {
            return Snapshot::default();
        }
        let info = TokenInfo {
            serial: Self::serial(),
            label: "TEST Kyso".to_owned(),
            model: "kyso-simulator".to_owned(),
            manufacturer: "Kyso".to_owned(),
            pin: PinState::Ok,
            module: 0,
        };
        let certificates = self.holdings.iter().map(|holding| Arc::clone(&holding.certificate));
        Snapshot { tokens: vec![info], certificates: certificates.collect(), problems: Vec::new() }
    }

    fn is_here(&self) -> Result<(), TokenError> {
        if self.state.borrow().place == Place::PluggedIn { Ok(()) } else { Err(TokenError::Removed) }
    }

    fn target(&self) -> Result<SealTarget, TokenError> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(|error| failed(error.to_string()))?;
        self.nonces().insert(nonce);
        Ok(SealTarget { key: self.seal.public(), nonce })
    }

    fn nonces(&self) -> MutexGuard<'_, HashSet<[u8; 32]>> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was typed.
    fn opened(
        &self,
        job: &Job,
        consent: &Consent,
        target: Option<SealTarget>,
    ) -> Result<Scripted, TokenError> {
        let (Consent::Pin(pin), Some(target)) = (consent, target) else {
            return Err(failed("no PIN was typed".to_owned()));
        };
        if !self.nonces().remove(&target.nonce) {
            return Err(failed("a nonce that is not known".to_owned()));
        }
        let opened = self.seal.open(pin, &target.nonce, &Job::binding(&job.frame()));
        let pin = opened.map_err(|_| failed("a PIN that does not open".to_owned()))?;
        let text = str::from_utf8(pin.bytes()).unwrap_or_default();
        text.parse().map_err(|_| failed("a PIN that is no answer".to_owned()))
    }

    async fn act(
        &self,
        job: &Job,
        typed: Scripted,
        progress: &Progress,
    ) -> Result<Vec<RawSignature>, TokenError> {
        let scripted = || SCRIPTED.to_owned();
        match typed {
            Scripted::Approve => self.signatures(job, Duration::ZERO, progress).await,
            Scripted::Slow(time) => self.signatures(job, time, progress).await,
            Scripted::BadSignature => {
                let mut made = self.signatures(job, Duration::ZERO, progress).await?;
                made.iter_mut().filter_map(|signature| signature.last_mut()).for_each(|last| *last ^= 1);
                Ok(made)
            }
            Scripted::WrongPin => Err(TokenError::WrongPin { state: PinState::Low, next: self.target()? }),
            Scripted::Removed => {
                self.leave();
                Err(TokenError::Removed)
            }
            Scripted::Locked => Err(TokenError::PinLocked),
            Scripted::MustChange => Err(TokenError::PinMustChange),
            Scripted::Changed => Err(TokenError::Changed),
            Scripted::Crash => Err(TokenError::Crashed(scripted())),
            Scripted::Hang => Err(TokenError::TimedOut(scripted())),
            Scripted::Fail | Scripted::Deny | Scripted::Never | Scripted::Timeout | Scripted::NoPrompt => {
                Err(failed(scripted()))
            }
        }
    }

    /// Spread evenly over `time`.
    async fn signatures(
        &self,
        job: &Job,
        time: Duration,
        progress: &Progress,
    ) -> Result<Vec<RawSignature>, TokenError> {
        let holding = self.holdings.iter().find(|holding| holding.certificate.id == job.certificate);
        let key = &holding.ok_or(TokenError::Changed)?.key;
        let each = time / u32::try_from(job.digests.len().max(1)).unwrap_or(u32::MAX);
        let mut made = Vec::with_capacity(job.digests.len());
        for digest in &job.digests {
            // Also where there is no time to spend: whoever takes the consent back is to be heard between two.
            tokio::task::yield_now().await;
            tokio::time::sleep(each).await;
            made.push(key.sign(job.scheme, digest).ok_or(TokenError::Unfit)?);
            progress(Made { done: made.len(), each_time: false });
        }
        Ok(made)
    }

    /// Out, and in again after [`AWAY`].
    fn leave(&self) {
        let put = |state: &watch::Sender<State>, place| {
            state.send_modify(|state| *state = State { number: state.number + 1, place });
        };
        put(&self.state, Place::PulledOut);
        let state = Arc::clone(&self.state);
        tokio::spawn(async move {
            tokio::time::sleep(AWAY).await;
            put(&state, Place::PluggedIn);
        });
    }
}

impl Tokens for StandIn {
    fn snapshot(&self) -> BoxFuture<'_, Snapshot> {
        Box::pin(async { self.seen() })
    }

    /// Waits for a token that is out for a moment, so that the next request is not one that nobody expects to fail.
    fn look(&self) -> BoxFuture<'_, Snapshot> {
        Box::pin(async {
            let _ = self.state.subscribe().wait_for(|state| state.place != Place::PulledOut).await;
            self.seen()
        })
    }

    fn changed(&self, since: u64) -> BoxFuture<'_, u64> {
        Box::pin(async move {
            let mut state = self.state.subscribe();
            let state = state.wait_for(|state| state.number != since).await;
            state.map_or(since, |state| state.number)
        })
    }

    fn seal_target(
        &self,
        _certificate: &Certificate,
    ) -> BoxFuture<'_, Result<(SealTarget, PinState), TokenError>> {
        Box::pin(async {
            self.is_here()?;
            Ok((self.target()?, PinState::Ok))
        })
    }

    fn let_go(&self, _module: usize) {
        self.nonces().clear();
    }

    fn sign(
        &self,
        job: Approved,
        progress: Progress,
    ) -> BoxFuture<'_, Result<Vec<RawSignature>, TokenError>> {
        let (job, consent, target) = job.into_parts();
        Box::pin(async move {
            self.is_here()?;
            let typed = self.opened(&job, &consent, target)?;
            self.act(&job, typed, &progress).await
        })
    }

    fn pin_place(&self, _token: &TokenInfo, _task: &PinTask) -> BoxFuture<'_, Result<PinPlace, TokenError>> {
        Box::pin(async { Err(TokenError::PinUnsupported(NO_PIN.to_owned())) })
    }

    fn set_pin(&self, _token: &TokenInfo, _task: ApprovedTask) -> BoxFuture<'_, Result<(), TokenError>> {
        Box::pin(async { Err(TokenError::PinUnsupported(NO_PIN.to_owned())) })
    }
}

fn failed(cause: String) -> TokenError {
    TokenError::Failed { item: None, cause }
}

/// How long it is out: long enough for whoever is told of it to look.
const AWAY: Duration = Duration::from_secs(1);
/// The log's cause of what a script wanted.
const SCRIPTED: &str = "kyso-simulator: scripted";
const NO_PIN: &str = "kyso-simulator: no PIN";
