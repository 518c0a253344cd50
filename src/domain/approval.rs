//! The question to the person, the answer, and the only way from one to a signature.

use std::sync::Arc;
use std::time::Duration;

use super::caller::Caller;
use super::certificate::{CertId, Certificate, Unfit};
use super::form::Form;
use super::job::Job;
use super::kept::Keeping;
use super::origin::Origin;
use super::request::{Items, RequestId};
use super::scheme::Scheme;
use super::seal::{SealTarget, SealedPin};
use super::token::{PinState, TokenInfo};
use super::validation::Standing;

/// Who asks to sign what, and with what it could be signed.
#[derive(Clone, Debug)]
pub struct SignQuestion {
    /// The request's name.
    pub request: RequestId,
    /// Who asks.
    pub caller: Caller,
    /// What.
    pub items: Items,
    /// In which form the signatures are wanted, its time fixed.
    pub form: Form,
    /// At least one; more than one if the person is to choose.
    pub candidates: Vec<Candidate>,
    /// How long the person has, from the moment the window opens.
    pub time: Duration,
    /// How many requests wait behind this one.
    pub waiting: usize,
    /// How often the person said no to this caller since the agent started; from one on, a no can be for good.
    pub refusals: usize,
}

/// A certificate that the person could sign with.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Its token.
    pub token: TokenInfo,
    /// With which scheme its key would sign; meaningless where `unfit` says it can't.
    pub scheme: Scheme,
    /// Why it can't be chosen, if so.
    pub unfit: Option<Unfit>,
    /// Where to seal the PIN to; none if it is unfit or the PIN is typed on the reader.
    pub seal: Option<SealTarget>,
    /// Whether its token is logged in already, or could stay so.
    pub keeping: Keeping,
    /// How it stands, as far as that is known.
    pub standing: Standing,
}

/// May this site ask from now on.
#[derive(Clone, Debug)]
pub struct PairQuestion {
    /// The site, as its browser vouched for it.
    pub origin: Origin,
    /// What the page calls itself: untrusted, shown marked as a claim, or not at all.
    pub name: String,
    /// How long the person has.
    pub time: Duration,
    /// How many requests wait behind this one when it is asked; [`super::ports::Prompter::waiting`] tells later.
    pub waiting: usize,
    /// As in a [`SignQuestion`].
    pub refusals: usize,
}

/// What the person said to a [`PairQuestion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairAnswer {
    /// It may ask from now on.
    Allow,
    /// Not now.
    Deny,
    /// Never: it is not to ask again.
    Refuse,
}

/// What the person said to a [`SignQuestion`].
#[derive(Debug)]
pub enum Answer {
    /// Yes, with this certificate.
    Allow {
        /// The certificate chosen.
        certificate: CertId,
        /// What the token gets.
        consent: Consent,
    },
    /// No.
    Deny,
    /// No, and this site is not to ask again (R22).
    Refuse,
}

/// The person's act that goes to the token.
#[derive(Debug)]
pub enum Consent {
    /// A PIN, sealed.
    Pin(SealedPin),
    /// A PIN, sealed together with the wish that the login be kept as long as it was offered (R38).
    PinToKeep(SealedPin),
    /// The PIN will be typed on the reader's pad.
    Reader,
    /// A word alone, for a token whose login is kept.
    Confirm,
}

/// A job that a person approved. Only [`Answer::into_approved`] makes one, each typed PIN makes a
/// new one, and it can't be copied:
///
/// ```compile_fail
/// use kyso::domain::approval::Approved;
/// fn again(approved: &Approved) -> Approved {
///     approved.clone()
/// }
/// ```
///
/// Nor can it be made by hand:
///
/// ```compile_fail
/// use kyso::domain::{approval::{Approved, Consent}, job::Job};
/// fn forge(job: Job) -> Approved {
///     Approved { job, consent: Consent::Reader, target: None, last_try: true }
/// }
/// ```
#[derive(Debug)]
pub struct Approved {
    job: Job,
    consent: Consent,
    target: Option<SealTarget>,
    last_try: bool,
}

/// What the window shows after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogState {
    /// Type again.
    WrongPin {
        /// The certificate whose PIN it was.
        certificate: CertId,
        /// What the token says of its PIN now.
        state: PinState,
        /// Where to seal the next PIN to.
        next: SealTarget,
    },
    /// It is the last try by now: agree anew, knowing it. Nothing was tried.
    LastTry {
        /// The certificate whose PIN it is.
        certificate: CertId,
        /// What the token says of its PIN now.
        state: PinState,
        /// Where to seal the next PIN to.
        next: SealTarget,
    },
    /// The kept login has ended: nothing was signed, and a PIN is asked for.
    LoginEnded {
        /// The certificate that was agreed to.
        certificate: CertId,
    },
    /// What is known of the certificate by now calls for a warning that was not there when the person agreed: nothing
    /// was signed and no PIN spent, and they agree anew, knowing it.
    Warned {
        /// The certificate that was agreed to.
        certificate: CertId,
        /// The person has this long at least.
        time: Duration,
    },
    /// So many requests wait behind this one now.
    Waiting(usize),
    /// How a certificate stands is known by now.
    Standing {
        /// Which.
        certificate: CertId,
        /// How.
        standing: Standing,
        /// Whether it can't sign so.
        barred: bool,
    },
    /// So many are signed.
    Progress {
        /// Signed so far.
        done: usize,
        /// Of how many.
        total: usize,
        /// The key wants a login for each, which takes long.
        each_time: bool,
    },
    /// Another question is in front of the person, or no more: what shows how far the token is stands behind it,
    /// and no key that is pressed is meant for it.
    Aside(bool),
    /// All signed and recorded; closes by itself.
    Done,
    /// It failed; the person reads why and closes.
    Failed(super::error::ErrorCode),
}

impl Candidate {
    /// Its kept login, if there is one, is not used.
    pub fn wants_a_pin(&mut self) {
        if self.keeping.is_kept() {
            self.keeping = Keeping::Never;
        }
    }
}

impl SignQuestion {
    /// The job that answering with this candidate approves.
    pub fn job(&self, candidate: &Candidate) -> Job {
        Job {
            certificate: candidate.certificate.id,
            token: candidate.token.serial.clone(),
            key: candidate.certificate.key_id.clone(),
            scheme: candidate.scheme,
            digests: self.form.to_sign(self.items.digests(), candidate.certificate.id),
        }
    }

    /// The candidate with this certificate.
    pub fn candidate(&self, id: CertId) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.certificate.id == id)
    }

    /// Puts the host's next nonce where the spent one was, and what is known of the PIN now: for every
    /// certificate of the token that this one is on, since they share both.
    pub fn renew(&mut self, id: CertId, state: PinState, next: SealTarget) {
        let place = |candidate: &Candidate| (candidate.token.module, candidate.token.serial.clone());
        let Some(token) = self.candidate(id).map(place) else { return };
        for candidate in self.candidates.iter_mut().filter(|candidate| place(candidate) == token) {
            candidate.token.pin = state;
            if candidate.seal.is_some() {
                candidate.seal = Some(next);
            }
        }
    }

    /// The kept login of the token that this certificate is on has ended.
    pub fn end_login(&mut self, id: CertId) {
        let place = |candidate: &Candidate| (candidate.token.module, candidate.token.serial.clone());
        let Some(token) = self.candidate(id).map(place) else { return };
        for candidate in self.candidates.iter_mut().filter(|candidate| place(candidate) == token) {
            candidate.keeping = Keeping::Never;
        }
    }
}

impl Answer {
    /// The approved job, or nothing if the person said no, or chose what was not on offer.
    pub fn into_approved(self, question: &SignQuestion) -> Option<Approved> {
        let Self::Allow { certificate, consent } = self else {
            return None;
        };
        let candidate = question.candidate(certificate).filter(|candidate| candidate.unfit.is_none())?;
        let fits = match consent {
            Consent::Pin(_) => candidate.seal.is_some(),
            Consent::PinToKeep(_) => candidate.seal.is_some() && candidate.keeping.offer().is_some(),
            Consent::Confirm => candidate.keeping.is_kept(),
            Consent::Reader => candidate.token.pin.is_typed_on_reader(),
        };
        let last_try = candidate.token.pin.is_last_try();
        fits.then(|| Approved { job: question.job(candidate), consent, target: candidate.seal, last_try })
    }
}

impl Approved {
    /// What was approved.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The person's act.
    pub fn consent(&self) -> &Consent {
        &self.consent
    }

    /// Whether the person was told that it may be the last try, and agreed (R40).
    pub fn is_for_a_last_try(&self) -> bool {
        self.last_try
    }

    /// Spends the approval: the job, the person's act, and where a PIN was sealed to.
    pub fn into_parts(self) -> (Job, Consent, Option<SealTarget>) {
        (self.job, self.consent, self.target)
    }
}
