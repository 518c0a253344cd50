//! All modules together: what is plugged in, and who signs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::SystemTime;

use sha2::Digest as _;
use sha2::Sha256;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::chain;
pub use super::deadlines::Deadlines;
use super::description::Description;
use super::distinct::Distinct;
use super::keeper::Rule;
use super::readers::ReaderWatch;
use super::readers::Readers;
pub use super::remote::ModuleConfig;
use super::remote::Remote;
use super::remote::ended;
use super::seen::Shown;
use super::trace::Trace;
use super::wire::Object;
use super::wire::Token;
use super::x509;
use crate::domain::approval::Approved;
use crate::domain::approval::Consent;
use crate::domain::certificate::Certificate;
use crate::domain::certificate::Purpose;
use crate::domain::error::TokenError;
use crate::domain::job::Job;
use crate::domain::kept::KeepLimits;
use crate::domain::kept::Keeping;
use crate::domain::pin_task::ApprovedTask;
use crate::domain::pin_task::PinPlace;
use crate::domain::pin_task::PinTask;
use crate::domain::ports::BoxFuture;
use crate::domain::ports::Progress;
use crate::domain::ports::RawSignature;
use crate::domain::ports::Tokens;
use crate::domain::seal::SealTarget;
use crate::domain::token::ModuleProblem;
use crate::domain::token::PinState;
use crate::domain::token::Snapshot;
use crate::domain::token::TokenInfo;
use crate::domain::token::TokenSerial;
use crate::sys::attendance::Attendance;
use crate::sys::sandbox::Landlock;

/// What a hub needs to know.
#[derive(Clone, Debug)]
pub struct HubConfig {
    /// The modules, the preferred first.
    pub modules: Vec<ModuleConfig>,
    /// `kyso-token-host`.
    pub host_program: PathBuf,
    /// A folder of issuers' certificates that completes chains.
    pub chain_folder: Option<PathBuf>,
    /// How long calls into a module may take.
    pub deadlines: Deadlines,
    /// Whether a certificate that is for signing documents signs in, too, where its issuer meant it for both.
    pub sign_in_with_both: bool,
}

/// Every module behind a process of its own. Starts none before it is asked.
#[derive(Debug)]
pub struct TokenHub {
    remotes: Vec<Arc<Remote>>,
    chain_folder: Option<PathBuf>,
    sign_in_with_both: bool,
    /// Counts changes of what the modules show.
    generation: watch::Sender<u64>,
    /// How many want to hear of changes.
    watchers: watch::Sender<usize>,
    /// Keep the remotes up to date; started by the first question.
    tasks: OnceLock<Vec<AbortHandle>>,
    /// The last snapshot, the generation it is of, and when the folder was changed last.
    made: Mutex<Option<(u64, Option<SystemTime>, Snapshot)>>,
    _readers: Option<ReaderWatch>,
}

/// Counts one that wants to hear of changes.
struct Watching<'a>(&'a watch::Sender<usize>);

impl TokenHub {
    /// Starts no module yet.
    pub fn new(config: HubConfig) -> Self {
        let HubConfig { modules, host_program, chain_folder, deadlines, sign_in_with_both } = config;
        let watch = (!modules.is_empty()).then(ReaderWatch::start);
        let readers =
            watch.as_ref().map_or_else(|| watch::channel(Readers::default()).1, ReaderWatch::readers);
        let (generation, shown) = (watch::Sender::new(0), watch::Sender::default());
        let remote = |module: ModuleConfig| {
            let program = host_program.clone();
            Arc::new(Remote::new(
                module,
                program,
                deadlines,
                (generation.clone(), shown.clone()),
                readers.clone(),
            ))
        };
        let remotes = modules.into_iter().map(remote).collect();
        let (watchers, tasks, made) = (watch::Sender::new(0), OnceLock::new(), Mutex::default());
        Self { remotes, chain_folder, sign_in_with_both, generation, watchers, tasks, made, _readers: watch }
    }

    /// Of each module, whether files were out of its process' reach when it was last looked at; none while no
    /// process of it came up. The rest of the sandbox holds in every process that came up (R54).
    pub fn landlock(&self) -> Vec<Option<Landlock>> {
        self.remotes.iter().map(|remote| remote.seen.borrow().landlock).collect()
    }

    /// Lets the person keep a login so long, while `desk` says that they are there (R38).
    pub fn keeping_logins(self, limits: KeepLimits, desk: &watch::Receiver<Attendance>) -> Self {
        for remote in &self.remotes {
            remote.keeper.allow(Rule { limits, desk: desk.clone() });
        }
        self
    }

    /// Has the modules' processes tell of each step.
    pub fn tracing(self, trace: &Trace) -> Self {
        self.remotes.iter().for_each(|remote| remote.trace_to(trace.clone()));
        self
    }

    /// What the module with this number says of itself, asked now.
    ///
    /// # Errors
    /// As a look at its tokens would end.
    pub async fn describe(&self, module: usize) -> Result<Description, TokenError> {
        let remote = self.remotes.get(module).ok_or(TokenError::Removed)?;
        remote.describe().await.map_err(ended)?
    }

    /// Starts the modules, once.
    fn start(&self) {
        self.tasks.get_or_init(|| {
            let keep_up = |remote: &Arc<Remote>| {
                tokio::spawn(Arc::clone(remote).keep_up(self.watchers.subscribe())).abort_handle()
            };
            self.remotes.iter().map(keep_up).collect()
        });
    }

    /// Does it with all modules at the same time: the slowest is waited for, not the sum.
    async fn each<F: Future<Output = ()> + Send + 'static>(&self, deed: impl Fn(Arc<Remote>) -> F) {
        let deeds: Vec<_> =
            self.remotes.iter().map(|remote| tokio::spawn(deed(Arc::clone(remote)))).collect();
        for done in deeds {
            let _ = done.await;
        }
    }

    /// From what the modules showed last.
    fn show(&self) -> Snapshot {
        let changed = self.chain_folder.as_ref().and_then(|folder| folder.metadata().ok()?.modified().ok());
        let generation = *self.generation.borrow();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, folder, snapshot)) = made.as_ref()
            && (*of, *folder) == (generation, changed)
        {
            return snapshot.clone();
        }
        let folder = self.chain_folder.as_deref().map(chain::folder).unwrap_or_default();
        let (mut snapshot, mut distinct) = (Snapshot::default(), Distinct::default());
        for (module, remote) in self.remotes.iter().enumerate() {
            let seen = remote.seen.borrow();
            let tokens = seen.tokens.iter().map(|shown| &shown.token).collect();
            for token in distinct.new_ones(tokens) {
                add(&mut snapshot, module, token, (&folder, self.sign_in_with_both));
            }
            snapshot.problems.extend(seen.problem.clone().map(|error| problem(remote, error)));
        }
        *made = Some((generation, changed, snapshot.clone()));
        snapshot
    }

    /// The module that showed this certificate on this token last.
    fn holding(&self, job: &Job) -> Option<&Arc<Remote>> {
        let is_it = |object: &Object| Sha256::digest(&object.der).as_slice() == job.certificate.0;
        let holds =
            |shown: &Shown| shown.token.serial == job.token.0 && shown.token.certificates.iter().any(is_it);
        self.remotes.iter().find(|remote| remote.seen.borrow().tokens.iter().any(holds))
    }
}

impl Tokens for TokenHub {
    fn snapshot(&self) -> BoxFuture<'_, Snapshot> {
        Box::pin(async {
            self.start();
            self.each(|remote| async move { remote.be_fresh().await }).await;
            self.show()
        })
    }

    fn look(&self) -> BoxFuture<'_, Snapshot> {
        Box::pin(async {
            self.start();
            self.each(|remote| async move { remote.look_again().await }).await;
            self.show()
        })
    }

    fn changed(&self, since: u64) -> BoxFuture<'_, u64> {
        self.watchers.send_modify(|watchers| *watchers += 1);
        let watching = Watching(&self.watchers);
        let mut generation = self.generation.subscribe();
        Box::pin(async move {
            self.start();
            let now = generation.wait_for(|now| *now != since).await.map_or(since, |now| *now);
            drop(watching);
            now
        })
    }

    fn seal_target(
        &self,
        certificate: &Certificate,
    ) -> BoxFuture<'_, Result<(SealTarget, PinState), TokenError>> {
        let remote = self.remotes.get(certificate.module).cloned();
        let serial = certificate.token.0.clone();
        Box::pin(async move { remote.ok_or(TokenError::Removed)?.seal_target(serial).await.map_err(ended)? })
    }

    fn keeping(&self, certificate: &Certificate) -> Keeping {
        self.remotes.get(certificate.module).map_or(Keeping::Never, |remote| remote.keeping(certificate))
    }

    fn log_out(&self) -> BoxFuture<'_, usize> {
        Box::pin(async {
            let mut ended = 0;
            for remote in &self.remotes {
                ended += usize::from(remote.log_out().await);
            }
            ended
        })
    }

    fn let_go(&self, module: usize) {
        if let Some(remote) = self.remotes.get(module) {
            remote.let_go();
        }
    }

    fn sign(
        &self,
        job: Approved,
        progress: Progress,
    ) -> BoxFuture<'_, Result<Vec<RawSignature>, TokenError>> {
        Box::pin(async move {
            let last_try = job.is_for_a_last_try();
            let (job, consent, target) = job.into_parts();
            // A sealed PIN goes to the very module whose host it was sealed to.
            let remote = match (&consent, target) {
                (Consent::Pin(_) | Consent::PinToKeep(_), Some(target)) => {
                    self.remotes.iter().find(|remote| remote.is_sealed_to(target.key))
                }
                _ => self.holding(&job),
            };
            let remote = remote.ok_or(TokenError::Removed)?;
            match remote.sign((&job, last_try), consent, target, progress).await {
                Err(failed @ TokenError::Failed { .. }) => Err(why(remote, &job.token, failed).await),
                made => made,
            }
        })
    }

    fn pin_place(&self, token: &TokenInfo, task: &PinTask) -> BoxFuture<'_, Result<PinPlace, TokenError>> {
        let (remote, frame) = (self.remotes.get(token.module).cloned(), task.frame());
        Box::pin(async move { remote.ok_or(TokenError::Removed)?.pin_place(frame).await.map_err(ended)? })
    }

    fn set_pin(&self, token: &TokenInfo, task: ApprovedTask) -> BoxFuture<'_, Result<(), TokenError>> {
        let remote = self.remotes.get(token.module).cloned();
        Box::pin(async move { remote.ok_or(TokenError::Removed)?.set_pin(task).await.map_err(ended)? })
    }
}

impl Drop for TokenHub {
    fn drop(&mut self) {
        self.tasks.get().into_iter().flatten().for_each(AbortHandle::abort);
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|watchers| *watchers -= 1);
    }
}

/// Adds a token and its certificates; a certificate stays with the module that showed it first.
fn add(snapshot: &mut Snapshot, module: usize, token: &Token, (folder, both): (&[Vec<u8>], bool)) {
    let serial = TokenSerial(token.serial.clone());
    let pool: Vec<Vec<u8>> =
        token.certificates.iter().map(|object| object.der.clone()).chain(folder.iter().cloned()).collect();
    for object in &token.certificates {
        match x509::certificate(&object.der, &serial, &pool) {
            Some(mut found) if snapshot.certificates.iter().all(|known| known.id != found.id) => {
                if both && x509::is_for_both(&object.der) {
                    found.purposes.push(Purpose::Authenticate);
                }
                let key_id = object.id.clone();
                snapshot.certificates.push(Arc::new(Certificate { module, key_id, ..found }));
            }
            _ => {}
        }
    }
    snapshot.tokens.push(TokenInfo {
        serial,
        label: token.label.clone(),
        model: token.model.clone(),
        manufacturer: token.manufacturer.clone(),
        pin: token.pin.into(),
        module,
    });
}

/// A token that is pulled out in the middle of a signature fails in as many ways as there are modules
/// (OpenSC says `CKR_GENERAL_ERROR`), so whether it is still there is asked afterwards.
async fn why(remote: &Remote, serial: &TokenSerial, failed: TokenError) -> TokenError {
    remote.look_again().await;
    let seen = remote.seen.borrow();
    if seen.problem.is_none() && seen.token(&serial.0).is_none() { TokenError::Removed } else { failed }
}

fn problem(remote: &Remote, error: TokenError) -> ModuleProblem {
    ModuleProblem { path: remote.path().display().to_string(), error }
}
