//! All modules together: what is plugged in, and who signs.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::Digest as _;
use sha2::Sha256;

use super::chain;
pub use super::remote::Deadlines;
pub use super::remote::ModuleConfig;
use super::remote::Remote;
use super::remote::ended;
use super::wire::Token;
use super::x509;
use crate::domain::approval::Approved;
use crate::domain::approval::Consent;
use crate::domain::certificate::Certificate;
use crate::domain::error::TokenError;
use crate::domain::job::Job;
use crate::domain::ports::BoxFuture;
use crate::domain::ports::Progress;
use crate::domain::ports::RawSignature;
use crate::domain::ports::Tokens;
use crate::domain::seal::SealTarget;
use crate::domain::token::ModuleProblem;
use crate::domain::token::Snapshot;
use crate::domain::token::TokenInfo;
use crate::domain::token::TokenSerial;
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
}

/// Every module behind a process of its own. Starts none before it is asked.
#[derive(Debug)]
pub struct TokenHub {
    remotes: Vec<Arc<Remote>>,
    chain_folder: Option<PathBuf>,
}

impl TokenHub {
    /// Starts nothing yet.
    pub fn new(config: HubConfig) -> Self {
        let HubConfig { modules, host_program, chain_folder, deadlines } = config;
        let remote = |module| Arc::new(Remote::new(module, host_program.clone(), deadlines));
        Self { remotes: modules.into_iter().map(remote).collect(), chain_folder }
    }

    /// Of each module, whether files were out of its process' reach when it was last looked at; none while no
    /// process of it came up. The rest of the sandbox holds in every process that came up (R54).
    pub fn landlock(&self) -> Vec<Option<Landlock>> {
        self.remotes.iter().map(|remote| remote.seen().landlock).collect()
    }

    async fn look(&self) -> Snapshot {
        let looks: Vec<_> = self.remotes.iter().map(|remote| (remote, remote.list())).collect();
        let folder = self.chain_folder.as_deref().map(chain::folder).unwrap_or_default();
        let mut snapshot = Snapshot::default();
        for (module, (remote, look)) in looks.into_iter().enumerate() {
            match look.await.map_err(ended).flatten() {
                Ok(tokens) => {
                    let earlier = snapshot.tokens.len();
                    tokens.iter().for_each(|token| add(&mut snapshot, earlier, module, token, &folder));
                }
                Err(error) => snapshot.problems.push(problem(remote, error)),
            }
        }
        snapshot
    }

    /// The module that showed this certificate on this token last.
    fn holding(&self, job: &Job) -> Option<&Arc<Remote>> {
        let holds = |token: &Token| {
            token.serial == job.token.0
                && token.certificates.iter().any(|der| Sha256::digest(der).as_slice() == job.certificate.0)
        };
        self.remotes.iter().find(|remote| remote.seen().tokens.iter().any(holds))
    }
}

impl Tokens for TokenHub {
    fn snapshot(&self) -> BoxFuture<'_, Snapshot> {
        Box::pin(self.look())
    }

    fn seal_target(&self, certificate: &Certificate) -> BoxFuture<'_, Result<SealTarget, TokenError>> {
        let remote = self.remotes.get(certificate.module).cloned();
        Box::pin(async move { remote.ok_or(TokenError::Removed)?.seal_target().await.map_err(ended)? })
    }

    fn sign(
        &self,
        job: Approved,
        progress: Progress,
    ) -> BoxFuture<'_, Result<Vec<RawSignature>, TokenError>> {
        Box::pin(async move {
            let (job, consent, target) = job.into_parts();
            // A sealed PIN goes to the very module whose host it was sealed to.
            let remote = match (&consent, target) {
                (Consent::Pin(_), Some(target)) => {
                    self.remotes.iter().find(|remote| remote.seen().key == Some(target.key))
                }
                _ => self.holding(&job),
            };
            let remote = remote.ok_or(TokenError::Removed)?;
            match remote.sign(&job, consent, target, progress).await {
                Err(failed @ TokenError::Failed { .. }) => Err(why(remote, &job.token, failed).await),
                made => made,
            }
        })
    }
}

/// Adds a token and its certificates, unless a preferred module, one of the `earlier` tokens', has shown
/// them already. Of one module, slots may share a serial number and a label: blank ones, or those of a
/// card with several PINs.
fn add(snapshot: &mut Snapshot, earlier: usize, module: usize, token: &Token, folder: &[Vec<u8>]) {
    let serial = TokenSerial(token.serial.clone());
    let same = |known: &TokenInfo| known.serial == serial && known.label == token.label;
    if snapshot.tokens.iter().take(earlier).any(same) {
        return;
    }
    let pool = [token.certificates.as_slice(), folder].concat();
    for der in &token.certificates {
        match x509::certificate(der, &serial, &pool) {
            Some(found) if snapshot.certificates.iter().all(|known| known.id != found.id) => {
                snapshot.certificates.push(Arc::new(Certificate { module, ..found }));
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
async fn why(remote: &Arc<Remote>, serial: &TokenSerial, failed: TokenError) -> TokenError {
    match remote.list().await {
        Ok(Ok(tokens)) if tokens.iter().all(|token| token.serial != serial.0) => TokenError::Removed,
        _ => failed,
    }
}

fn problem(remote: &Remote, error: TokenError) -> ModuleProblem {
    ModuleProblem { path: remote.path().display().to_string(), error }
}
