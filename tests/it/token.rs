//! The token host and its client, on SoftHSM and on a module that misbehaves.

mod always;
mod answers;
mod broken;
mod cancel;
mod crash;
mod discovery;
mod hang;
mod kept;
mod kept_host;
mod liar;
mod locking;
mod modules;
mod pin;
mod process;
mod sandbox;
mod schemes;
mod service;
mod set_pin;
mod stress;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kyso::domain::approval::{Answer, Approved, Candidate, Consent, SignQuestion};
use kyso::domain::caller::Caller;
use kyso::domain::certificate::CertId;
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::error::TokenError;
use kyso::domain::form::Form;
use kyso::domain::job::Job;
use kyso::domain::ports::{RawSignature, Tokens};
use kyso::domain::request::{Item, Items, RequestId};
use kyso::domain::scheme::Scheme;
use kyso::domain::seal::Pin;
use kyso::domain::validation::Standing;
use kyso::token::hub::{Deadlines, HubConfig, ModuleConfig, TokenHub};
use zeroize::Zeroizing;

use crate::support::softhsm::SoftHsm;

const HOST: &str = env!("CARGO_BIN_EXE_kyso-token-host");

/// The agent's side of some modules, and a person who types a PIN into a question of it.
struct Desk {
    hub: TokenHub,
}

impl Desk {
    fn new(modules: impl IntoIterator<Item = ModuleConfig>) -> Self {
        Self::hurried(modules, Deadlines::default())
    }

    fn hurried(modules: impl IntoIterator<Item = ModuleConfig>, deadlines: Deadlines) -> Self {
        let modules = modules.into_iter().collect();
        let host_program = PathBuf::from(HOST);
        Self {
            hub: TokenHub::new(HubConfig {
                modules,
                host_program,
                chain_folder: None,
                deadlines,
                sign_in_with_both: false,
            }),
        }
    }

    /// The question about these digests, with this certificate or the only one as its candidate.
    ///
    /// # Errors
    /// What kept the certificate from being found.
    async fn question(
        &self,
        id: Option<CertId>,
        scheme: Scheme,
        digests: &[Digest],
    ) -> Result<SignQuestion, TokenError> {
        let snapshot = self.hub.look().await;
        let wanted = |known: &CertId| id.is_none_or(|id| id == *known);
        let Some(certificate) = snapshot.certificates.iter().find(|known| wanted(&known.id)) else {
            let problem = snapshot.problems.into_iter().next();
            return Err(problem.map_or(TokenError::Removed, |problem| problem.error));
        };
        let token = snapshot.token_of(certificate).unwrap().clone();
        let on_the_reader = token.pin.is_typed_on_reader();
        let seal = if on_the_reader { None } else { Some(self.hub.seal_target(certificate).await?.0) };
        let keeping = self.hub.keeping(certificate);
        let certificate = Arc::clone(certificate);
        Ok(SignQuestion {
            request: RequestId::random(),
            caller: Caller::CommandLine,
            items: items(digests),
            form: Form::Raw,
            candidates: vec![Candidate {
                certificate,
                token,
                scheme,
                unfit: None,
                seal,
                keeping,
                standing: Standing::NotChecked,
            }],
            time: Duration::from_secs(60),
            waiting: 0,
            refusals: 0,
        })
    }

    /// The same question about other digests, without a look at the tokens.
    async fn asked_again(
        &self,
        question: &SignQuestion,
        digests: &[Digest],
    ) -> Result<SignQuestion, TokenError> {
        let mut candidate = question.candidates[0].clone();
        candidate.seal = Some(self.hub.seal_target(&candidate.certificate).await?.0);
        let (request, items) = (RequestId::random(), items(digests));
        Ok(SignQuestion { request, items, candidates: vec![candidate], ..question.clone() })
    }

    async fn spend(&self, approved: Approved) -> Result<Vec<RawSignature>, TokenError> {
        self.hub.sign(approved, Arc::new(|_| ())).await
    }

    /// One whole request with the one certificate there is.
    async fn request(&self, pin: &str, count: usize) -> Result<Vec<RawSignature>, TokenError> {
        let question = self.question(None, Scheme::RsaPkcs1, &digests(count)).await?;
        if question.candidates[0].seal.is_none() {
            // A module that talks nonsense may say that it has a reader with a pad.
            return Err(TokenError::PinUnsupported("no PIN is typed here".to_owned()));
        }
        self.spend(typed(&question, pin)).await
    }
}

/// The person's answer: this PIN, for what the question shows.
fn typed(question: &SignQuestion, pin: &str) -> Approved {
    let frame = question.job(&question.candidates[0]).frame();
    answered(question, pin, &Job::binding(&frame))
}

/// The same with the PIN sealed for any job.
fn answered(question: &SignQuestion, pin: &str, binding: &[u8; 32]) -> Approved {
    let candidate = &question.candidates[0];
    let pin = Pin::new(Zeroizing::new(pin.as_bytes().to_vec())).unwrap();
    let sealed = pin.seal(&candidate.seal.unwrap(), binding).unwrap();
    let answer = Answer::Allow { certificate: candidate.certificate.id, consent: Consent::Pin(sealed) };
    answer.into_approved(question).unwrap()
}

fn items(digests: &[Digest]) -> Items {
    let item = |digest: &Digest| Item { name: "a.pdf".to_owned(), digest: digest.clone() };
    Items::new(digests.iter().map(item).collect()).unwrap()
}

/// SHA-256 digests, no two the same.
fn digests(count: usize) -> Vec<Digest> {
    (0..count).map(|index| digest(DigestAlgorithm::Sha256, index as u64)).collect()
}

fn digest(algorithm: DigestAlgorithm, seed: u64) -> Digest {
    let mut value = vec![0xa5; algorithm.len()];
    value[..8].copy_from_slice(&seed.to_be_bytes());
    Digest::new(algorithm, value).unwrap()
}

fn softhsm(token: &SoftHsm) -> ModuleConfig {
    let environment = vec![("SOFTHSM2_CONF".into(), token.conf().into_os_string())];
    ModuleConfig { path: SoftHsm::module(), environment, settings: token.settings() }
}

/// Deadlines short enough to wait for.
const SHORT: Deadlines = Deadlines {
    init: Duration::from_secs(2),
    list: Duration::from_secs(2),
    login: Duration::from_secs(2),
    reader: Duration::from_secs(2),
    sign: Duration::from_secs(2),
};
