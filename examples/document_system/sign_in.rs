//! Signing in with a token: who came, proven by a signature over this site and a nonce that this server gave to this very
//! browser.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;
use sha2::Digest as _;
use sha2::Sha256;

use crate::refusal::Refusal;
use crate::verify::Anchors;
use crate::verify::chain;
use crate::verify::chain::Signer;

/// Nonces that were given, and people who are in.
#[derive(Debug, Default)]
pub(crate) struct Entrance(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// The oldest first; no more than [`MOST_NONCES`].
    nonces: VecDeque<Given>,
    /// Each with the time it began.
    sessions: HashMap<String, (Signer, Instant)>,
}

/// A nonce, for the browser that it was given to.
#[derive(Debug)]
struct Given {
    visit: String,
    nonce: [u8; NONCE],
    at: Instant,
}

/// What the page brings back from Kyso.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The nonce it says it is about.
    pub(crate) nonce: Vec<u8>,
    /// DER.
    pub(crate) certificate: Vec<u8>,
    /// Its issuers, DER.
    pub(crate) chain: Vec<Vec<u8>>,
    /// `rsa-pkcs1`, `rsa-pss` or `ecdsa`.
    pub(crate) scheme: String,
    pub(crate) signature: Vec<u8>,
}

impl Entrance {
    /// A nonce for one sign-in within [`PATIENCE`], and the name that the browser keeps for it: whoever has an answer to
    /// the nonce alone, such as somebody else's that they had signed in their own page, gets nowhere with it.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(crate) fn nonce(&self) -> Result<(String, [u8; NONCE]), Refusal> {
        let (visit, nonce) = (hex::encode(random()?), random()?);
        let mut kept = self.kept();
        kept.nonces.retain(|given| given.at.elapsed() < PATIENCE);
        if kept.nonces.len() >= MOST_NONCES {
            kept.nonces.pop_front();
        }
        kept.nonces.push_back(Given { visit: visit.clone(), nonce, at: Instant::now() });
        Ok((visit, nonce))
    }

    /// Lets the browser of this visit in at `origin`, this server's own: its session's name and who is there.
    ///
    /// # Errors
    /// What does not fit: nonce, signature or certificate.
    pub(crate) fn sign_in(
        &self,
        origin: &str,
        visit: &str,
        answer: &Answer,
        anchors: &Anchors,
    ) -> Result<(String, Signer), Refusal> {
        let given = self.kept().take(visit).filter(|given| given.at.elapsed() < PATIENCE);
        let given = given.filter(|given| answer.nonce == given.nonce).ok_or(Refusal::Nonce)?;
        // Built from what this server knows, never from what came back.
        let signed = [PREFIX, &Sha256::digest(origin)[..], &Sha256::digest(given.nonce)[..]].concat();
        let certificate = CertificateDer::from(answer.certificate.as_slice());
        if !chain::verifies(&certificate, &answer.scheme, &signed, &answer.signature) {
            return Err(Refusal::SignIn);
        }
        let problems = anchors.sign_in_problems(&answer.certificate, &answer.chain, SystemTime::now());
        let signer = Signer::read(&answer.certificate).filter(|_| problems.is_empty());
        let signer = signer.ok_or(Refusal::Certificate(problems))?;
        let session = hex::encode(random()?);
        let mut kept = self.kept();
        kept.sessions.retain(|_, (_, begun)| begun.elapsed() < SESSION);
        kept.sessions.insert(session.clone(), (signer.clone(), Instant::now()));
        Ok((session, signer))
    }

    /// Whose session this is, until it ends by itself.
    pub(crate) fn who(&self, session: &str) -> Option<Signer> {
        let kept = self.kept();
        let (signer, begun) = kept.sessions.get(session)?;
        (begun.elapsed() < SESSION).then(|| signer.clone())
    }

    /// Ends a session.
    pub(crate) fn leave(&self, session: &str) {
        self.kept().sessions.remove(session);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// What this browser was given; nobody uses it again, whatever comes of the sign-in.
    fn take(&mut self, visit: &str) -> Option<Given> {
        let at = self.nonces.iter().position(|given| given.visit == visit)?;
        self.nonces.remove(at)
    }
}

fn random() -> Result<[u8; NONCE], Refusal> {
    let mut bytes = [0; NONCE];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::Bad("no randomness"))?;
    Ok(bytes)
}

/// Bytes of a nonce, and of the names of a visit and of a session.
const NONCE: usize = 32;
/// What Kyso puts in front, so that no document can pass for a sign-in.
const PREFIX: &[u8] = b"kyso sign-in v1\0";
/// As long as a person may take to find their token.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);
/// More than people who sign in at the same time; asking for ever more of them costs no memory.
const MOST_NONCES: usize = 1024;
/// A working day; the browser is told the same.
pub(crate) const SESSION: Duration = Duration::from_secs(8 * 60 * 60);
