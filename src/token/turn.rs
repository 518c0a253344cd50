//! A module's process as the one who holds the turn sees it: started when needed, ended when it can't
//! be trusted any more.

use std::collections::VecDeque;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::SystemTime;

use tokio::time::Instant;

use super::discovery::vet;
use super::process::Process;
use super::remote::ModuleConfig;
use super::trace::Trace;
use super::wire::Failure;
use super::wire::Kind;
use super::wire::Reply;
use crate::domain::error::TokenError;
use crate::domain::seal::SealTarget;
use crate::sys::sandbox::Landlock;

/// At most one process, and how its predecessors ended.
#[derive(Debug, Default)]
pub(super) struct Turn {
    process: Option<Process>,
    /// When the running process was started.
    started: Option<Instant>,
    /// A card moved just now: a module that crashes or hangs over that is not held to it.
    pub(super) forgiving: bool,
    /// Hears of the steps of its processes.
    pub(super) trace: Option<Trace>,
    /// When the last processes crashed or were ended for being late, oldest first.
    crashes: VecDeque<Instant>,
    /// It did not even start in time, and is left alone for a while.
    late: Option<Late>,
}

/// A start that passed its deadline. Each costs so long that [`CRASHES_MOST`] never come together.
#[derive(Clone, Debug)]
struct Late {
    /// How it failed, which is the answer meanwhile.
    why: TokenError,
    pause: Duration,
    until: Instant,
    /// The library's file then.
    file: Option<(SystemTime, u64)>,
}

impl Turn {
    /// The X25519 public key of the process that runs.
    pub(super) fn key(&self) -> Option<[u8; 32]> {
        self.process.as_ref().map(|process| process.key)
    }

    /// How long the process has run.
    pub(super) fn age(&self) -> Option<Duration> {
        self.started.filter(|_| self.process.is_some()).map(|started| started.elapsed())
    }

    /// Whether files are out of the reach of the process that runs.
    pub(super) fn landlock(&self) -> Option<Landlock> {
        self.process.as_ref().map(|process| process.landlock)
    }

    /// The process; starts one if none runs, or if it ended while nobody asked it anything, unless the
    /// module has crashed too often (R45).
    ///
    /// # Errors
    /// `Missing` if the path is not fit to be loaded, else as [`Process::start`].
    pub(super) async fn process(
        &mut self,
        program: &Path,
        module: &ModuleConfig,
        deadline: Duration,
    ) -> Result<&mut Process, TokenError> {
        if self.process.as_mut().is_some_and(|process| !process.runs()) {
            self.crashed();
        }
        let process = match self.process.take() {
            Some(process) => process,
            None => self.start(program, module, deadline).await?,
        };
        Ok(self.process.insert(process))
    }

    async fn start(
        &mut self,
        program: &Path,
        module: &ModuleConfig,
        deadline: Duration,
    ) -> Result<Process, TokenError> {
        let now = Instant::now();
        let file = file(&module.path);
        match &self.late {
            Some(late) if late.file != file => self.late = None,
            Some(late) if now < late.until => return Err(late.why.clone()),
            _ => {}
        }
        self.crashes.retain(|crash| now.duration_since(*crash) < CRASHES_WITHIN);
        if self.crashes.len() >= CRASHES_MOST {
            return Err(TokenError::Crashed(
                "it crashed too often and is left alone for a minute".to_owned(),
            ));
        }
        if let Some(last) = self.crashes.back() {
            let doublings = u32::try_from(self.crashes.len()).unwrap_or(u32::MAX) - 1;
            tokio::time::sleep_until(*last + BACKOFF * 2_u32.pow(doublings)).await;
        }
        let module = ModuleConfig { path: vetted(&module.path).await?, ..module.clone() };
        self.started = Some(now);
        let begun = Instant::now();
        let started = Process::start(program, &module, deadline, self.trace.clone()).await;
        if matches!(started, Err(TokenError::Crashed(_) | TokenError::TimedOut(_))) {
            self.crashed();
        }
        match &started {
            Err(why @ TokenError::TimedOut(_)) if !self.forgiving => {
                let former = self.late.as_ref().map(|late| late.pause);
                let pause = pause(begun.elapsed(), former);
                self.late = Some(Late { why: why.clone(), pause, until: Instant::now() + pause, file });
            }
            Ok(_) => self.late = None,
            Err(_) => {}
        }
        started
    }

    /// Something has changed that may let it start.
    pub(super) fn try_again(&mut self) {
        self.late = None;
    }

    /// Ends the process where it can't be trusted any more, and says what its failure means.
    ///
    /// # Errors
    /// What the reply says, or why there is none.
    pub(super) fn settle(&mut self, reply: Result<Reply, TokenError>) -> Result<Reply, TokenError> {
        match reply {
            Ok(Reply::Failed(failure)) => {
                let key = self.key().unwrap_or_default();
                if failure.restart {
                    self.end();
                }
                Err(failure.meaning(key))
            }
            Ok(reply) => Ok(reply),
            Err(error) => {
                if matches!(error, TokenError::Crashed(_) | TokenError::TimedOut(_)) {
                    self.crashed();
                }
                Err(error)
            }
        }
    }

    /// Ends the process: SIGKILL, the one cure for a C call that does not return.
    pub(super) fn end(&mut self) {
        self.process = None;
    }

    /// For a reply that does not belong to its request.
    pub(super) fn nonsense(&mut self) -> TokenError {
        self.crashed();
        TokenError::Crashed("the token host answered what was not asked".to_owned())
    }

    fn crashed(&mut self) {
        self.end();
        if !self.forgiving {
            self.crashes.push_back(Instant::now());
        }
    }
}

/// How long a module is left alone that took `lost` to fail to start, after `former` the last time.
fn pause(lost: Duration, former: Option<Duration>) -> Duration {
    (lost * LATE_PAUSE).max(former.unwrap_or_default() * 2).min(LATE_PAUSE_MOST)
}

/// When it was written, and its size.
fn file(path: &Path) -> Option<(SystemTime, u64)> {
    let data = path.metadata().ok()?;
    Some((data.modified().ok()?, data.len()))
}

/// Vetted beside the runtime, since a library is read for it.
async fn vetted(path: &Path) -> Result<PathBuf, TokenError> {
    let named = path.to_owned();
    let missing = |why: String| TokenError::Missing(format!("{}: {why}", path.display()));
    let outcome = tokio::task::spawn_blocking(move || vet::vet(&named)).await;
    outcome.map_err(|error| missing(error.to_string()))?.map_err(|unfit| missing(unfit.to_string()))
}

impl Failure {
    /// As the service knows it; `key` is the host's that failed.
    pub(super) fn meaning(mut self, key: [u8; 32]) -> TokenError {
        // It goes into the log, where each row stays.
        self.cause.truncate(self.cause.floor_char_boundary(LONGEST_CAUSE));
        match self.kind {
            Kind::WrongPin { pin, nonce } => {
                TokenError::WrongPin { state: pin.into(), next: SealTarget { key, nonce } }
            }
            Kind::LastTry { nonce } => TokenError::LastTry { next: SealTarget { key, nonce } },
            Kind::PinLocked => TokenError::PinLocked,
            Kind::PinMustChange => TokenError::PinMustChange,
            Kind::LoginEnded => TokenError::LoginEnded,
            Kind::PukLocked => TokenError::PukLocked,
            Kind::NewPinRefused { nonce } => TokenError::NewPinRefused { next: SealTarget { key, nonce } },
            Kind::PinUnsupported => TokenError::PinUnsupported(self.cause),
            Kind::Cancelled => TokenError::Cancelled,
            Kind::Removed => TokenError::Removed,
            Kind::Changed => TokenError::Changed,
            Kind::Unfit => TokenError::Unfit,
            Kind::Missing => TokenError::Missing(self.cause),
            Kind::Failed => {
                TokenError::Failed { item: self.item.map(|item| item as usize), cause: self.cause }
            }
        }
    }
}

/// So many crashes …
const CRASHES_MOST: usize = 5;
/// … within this time leave a module alone until the first of them is that old.
const CRASHES_WITHIN: Duration = Duration::from_secs(60);
/// The wait after the first crash; each further one doubles it.
const BACKOFF: Duration = Duration::from_millis(100);

/// A module that passed its deadline as it started is left alone for so many times what that took; twice as long
/// each further time …
const LATE_PAUSE: u32 = 3;
/// … and this long at most.
const LATE_PAUSE_MOST: Duration = Duration::from_secs(600);

/// Bytes of what a token host says of a failure.
const LONGEST_CAUSE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says_of_a_failure_is_kept_short() {
        let failure = Failure::other("đ".repeat(1_000_000));
        let TokenError::Failed { cause, .. } = failure.meaning([0; 32]) else { panic!("another error") };
        assert!(cause.len() <= LONGEST_CAUSE && cause.starts_with("đ"));
    }

    #[test]
    fn r46_a_module_that_never_starts_in_time_is_tried_ever_more_rarely() {
        let lost = Duration::from_secs(20);
        let mut pauses = vec![pause(lost, None)];
        while pauses.len() < 6 {
            pauses.push(pause(lost, pauses.last().copied()));
        }
        assert_eq!(pauses, [60, 120, 240, 480, 600, 600].map(Duration::from_secs));
        assert_eq!(pause(lost * 4, Some(lost)), lost * 12, "never less than thrice what it took");
    }

    #[tokio::test(start_paused = true)]
    async fn r46_until_then_it_is_not_started_unless_something_has_changed() {
        let nowhere = ModuleConfig { path: PathBuf::from("/nowhere/module.so"), ..ModuleConfig::default() };
        let why = TokenError::TimedOut("loading the module".to_owned());
        let mut turn = Turn::default();
        let minute = Duration::from_secs(60);
        let late = |file| {
            let until = Instant::now() + minute;
            Some(Late { why: why.clone(), pause: minute, until, file })
        };
        let ask = async |turn: &mut Turn| {
            turn.process(Path::new("/nowhere/host"), &nowhere, Duration::ZERO)
                .await
                .expect_err("there is none")
        };
        turn.late = late(None);
        assert_eq!(ask(&mut turn).await, why);
        tokio::time::advance(minute).await;
        assert!(matches!(ask(&mut turn).await, TokenError::Missing(_)), "the pause is over");
        turn.late = late(None);
        turn.try_again();
        assert!(matches!(ask(&mut turn).await, TokenError::Missing(_)), "something has changed");
        turn.late = late(Some((SystemTime::UNIX_EPOCH, 1)));
        assert!(matches!(ask(&mut turn).await, TokenError::Missing(_)), "its file has");
    }

    /// What comes of the next use after so many crashes, so long ago.
    async fn after(crashes: usize, ago: Duration) -> TokenError {
        let mut turn = Turn::default();
        let then = Instant::now().checked_sub(ago).expect("a clock that ran");
        turn.crashes.extend(std::iter::repeat_n(then, crashes));
        let nowhere = ModuleConfig { path: PathBuf::from("/nowhere/module.so"), ..ModuleConfig::default() };
        turn.process(Path::new("/nowhere/host"), &nowhere, Duration::ZERO).await.expect_err("there is none")
    }

    /// A module that is tried is found missing here.
    #[tokio::test]
    async fn r45_the_breaker_opens_at_five_a_minute_and_closes_by_itself() {
        let lately = CRASHES_WITHIN - Duration::from_secs(5);
        assert!(matches!(after(4, lately).await, TokenError::Missing(_)));
        assert!(matches!(after(5, lately).await, TokenError::Crashed(_)));
        assert!(matches!(after(5, CRASHES_WITHIN).await, TokenError::Missing(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn r45_each_crash_doubles_the_wait_before_the_next_start() {
        for (crashes, milliseconds) in [(0, 0), (1, 100), (2, 200), (3, 400), (4, 800)] {
            let begun = Instant::now();
            after(crashes, Duration::ZERO).await;
            let waited = begun.elapsed();
            let wanted = Duration::from_millis(milliseconds);
            assert!(waited >= wanted && waited < wanted + Duration::from_millis(50), "{crashes}: {waited:?}");
        }
    }
}
