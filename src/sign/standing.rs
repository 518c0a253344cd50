//! How the certificates of an open question stand: the window is there before all is known, and nothing is signed
//! until it is.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::task::{Id, JoinSet};
use tokio::time::timeout;

use super::{Parts, candidates};
use crate::domain::approval::{Answer, Candidate, DialogState, SignQuestion};
use crate::domain::certificate::{CertId, Certificate, Purpose, Unfit};
use crate::domain::error::{PromptError, SignError};
use crate::domain::ports::{Dialog, Validator};
use crate::domain::validation::{Rules, Standing};

/// What can be said of candidates before the window opens; those that must not sign can't be chosen.
pub(super) fn look(validator: &dyn Validator, found: &mut [Candidate]) {
    let rules = validator.rules();
    for candidate in found {
        if let Some(unfit) = candidate.unfit {
            candidate.standing = Standing::of(unfit).unwrap_or_default();
            continue;
        }
        candidate.standing = validator.at_once(&candidate.certificate);
        if candidate.standing != Standing::Checking && rules.bar(candidate.standing) {
            candidate.unfit = Some(Unfit::Barred);
        }
    }
}

/// How every certificate that could sign stands, asked anew where that takes asking; and whether it bars it.
pub(super) async fn of_all(parts: &Parts) -> Vec<(Arc<Certificate>, Standing, bool)> {
    let (rules, now) = (parts.validator.rules(), OffsetDateTime::now_utc());
    let mut found = Vec::new();
    for certificate in parts.tokens.snapshot().await.certificates {
        let purpose = certificate.purposes.first().copied().unwrap_or(Purpose::Sign);
        let unfit = certificate.fit_for(purpose, now).err();
        let standing = match unfit.and_then(Standing::of) {
            Some(standing) => standing,
            None => {
                let verdict = parts.validator.verdict(Arc::clone(&certificate));
                timeout(rules.timeout.saturating_mul(ANSWERS), verdict).await.unwrap_or(Standing::Offline)
            }
        };
        found.push((certificate, standing, rules.bar(standing)));
    }
    found
}

/// Why an answer approves nothing: a no, unless the certificate was barred while the person agreed to it.
pub(super) fn refused(answer: &Answer, question: &SignQuestion) -> SignError {
    let Answer::Allow { certificate, .. } = answer else { return SignError::Denied };
    let barred = |candidate: &&Candidate| candidate.unfit == Some(Unfit::Barred);
    let chosen = question.candidate(*certificate).filter(barred);
    chosen.map_or(SignError::Denied, |candidate| SignError::Standing(candidate.standing))
}

/// The verdicts that are waited for. Dropped, nobody is asked any more.
pub(super) struct Standings {
    rules: Rules,
    waited_for: JoinSet<Standing>,
    whose: HashMap<Id, CertId>,
    /// When the window was told what calls for a warning, until the person has agreed to that, too.
    warned: HashMap<CertId, Instant>,
}

impl Standings {
    /// Asks about every candidate of the question whose standing is not known yet.
    pub(super) fn ask(validator: &Arc<dyn Validator>, question: &SignQuestion) -> Self {
        let rules = validator.rules();
        let (mut waited_for, mut whose) = (JoinSet::new(), HashMap::new());
        for candidate in question.candidates.iter().filter(|one| one.standing == Standing::Checking) {
            let verdict = validator.verdict(Arc::clone(&candidate.certificate));
            let patience = rules.timeout.saturating_mul(ANSWERS);
            let task = waited_for
                .spawn(async move { timeout(patience, verdict).await.unwrap_or(Standing::Offline) });
            whose.insert(task.id(), candidate.certificate.id);
        }
        Self { rules, waited_for, whose, warned: HashMap::new() }
    }

    /// The next verdict; never comes where none is waited for.
    pub(super) async fn next(&mut self) -> (CertId, Standing) {
        loop {
            let (task, standing) = match self.waited_for.join_next_with_id().await {
                Some(Ok((task, standing))) => (task, standing),
                // A check that broke has said nothing.
                Some(Err(error)) => (error.id(), Standing::Offline),
                None => std::future::pending().await,
            };
            if let Some(whose) = self.whose.remove(&task) {
                return (whose, standing);
            }
        }
    }

    /// Puts a verdict into the question and the window.
    ///
    /// # Errors
    /// If it leaves nothing that could sign, or the window is gone.
    pub(super) async fn take(
        &mut self,
        (certificate, standing): (CertId, Standing),
        question: &mut SignQuestion,
        dialog: &mut dyn Dialog,
    ) -> Result<(), SignError> {
        let barred = self.rules.bar(standing);
        let its = |candidate: &&mut Candidate| candidate.certificate.id == certificate;
        for candidate in question.candidates.iter_mut().filter(its) {
            candidate.standing = standing;
            if barred {
                (candidate.unfit, candidate.seal) = (Some(Unfit::Barred), None);
            }
        }
        let news = DialogState::Standing { certificate, standing, barred };
        timeout(SHOW_PATIENCE, dialog.show(news)).await.unwrap_or(Err(PromptError::Closed))?;
        if standing.calls_for_warning() && !barred {
            self.warned.insert(certificate, Instant::now());
        }
        if question.candidates.iter().any(candidates::can_sign) {
            return Ok(());
        }
        Err(SignError::Standing(standing))
    }

    /// Whether the person agreed to this certificate, then, before they can have read a warning about it. They are asked
    /// again, and know it then.
    pub(super) fn surprises(&mut self, certificate: CertId, answered: Instant) -> bool {
        self.warned.remove(&certificate).is_some_and(|warned| answered < warned + READ_WITHIN)
    }

    /// How the certificate that the person chose stands; waits until that is known.
    ///
    /// # Errors
    /// If it must not sign, or the person takes the consent back.
    pub(super) async fn verdict(
        &mut self,
        certificate: CertId,
        question: &mut SignQuestion,
        dialog: &mut dyn Dialog,
    ) -> Result<Standing, SignError> {
        loop {
            let candidate = question.candidate(certificate).ok_or(SignError::Denied)?;
            let standing = candidate.standing;
            if standing != Standing::Checking {
                return if candidate.unfit.is_some() {
                    Err(SignError::Standing(standing))
                } else {
                    Ok(standing)
                };
            }
            let news = tokio::select! {
                biased;
                _ = dialog.answer() => return Err(SignError::Denied),
                news = self.next() => news,
            };
            self.take(news, question, dialog).await?;
        }
    }
}

/// A responder and a list in its place, each for as long as the rules say.
const ANSWERS: u32 = 2;
const SHOW_PATIENCE: Duration = Duration::from_secs(1);
/// What is answered sooner after a warning was on its way before it; windows take no answer for as long (R31).
const READ_WITHIN: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r31_what_is_answered_with_a_warning_just_shown_was_on_its_way_before_it() {
        let (certificate, other, warned) = (CertId([1; 32]), CertId([2; 32]), Instant::now());
        for (after, surprises) in [(0, true), (499, true), (500, false), (60_000, false)] {
            let mut standings = Standings {
                rules: Rules::default(),
                waited_for: JoinSet::new(),
                whose: HashMap::new(),
                warned: HashMap::from([(certificate, warned)]),
            };
            let answered = warned + Duration::from_millis(after);
            assert!(!standings.surprises(other, answered), "nothing was said of it");
            assert_eq!(standings.surprises(certificate, answered), surprises, "{after} ms");
            assert!(!standings.surprises(certificate, answered), "who was asked again knows it");
        }
    }
}
