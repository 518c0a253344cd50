//! A signing conversation as the prompt sees it: what can be chosen, what the person may do now.
//! Window and terminal both show this.

use super::message::Choice;
use super::message::FromPrompt;
use super::message::Sign;
use super::message::ToPrompt;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Unfit;
use crate::domain::error::ErrorCode;
use crate::domain::job::Job;
use crate::domain::kept::KeepLimits;
use crate::domain::kept::Keeping;
use crate::domain::seal::Pin;
use crate::domain::seal::SealTarget;
use crate::domain::token::PinState;

/// The conversation.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) question: Sign,
    pub(super) phase: Phase,
    /// Whose PIN was wrong last.
    pub(super) wrong: Option<CertId>,
    /// The person wants the login kept, where that is on offer (R38).
    pub(super) keep: bool,
    /// The person took the consent back, whatever came of it.
    pub(super) stopped: bool,
    /// Whose kept login has ended while the question stood.
    ended: Option<CertId>,
    /// What a warning came about after it was agreed to.
    warned: Option<CertId>,
    chosen: Option<usize>,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The person is to answer.
    Asking,
    /// The token works.
    Working { done: usize, total: usize, each_time: bool },
    /// The person took the consent back while the token worked; what came of it is not known yet.
    Stopping,
    /// All signed.
    Done,
    /// Failed.
    Failed(ErrorCode),
    /// Not answered in time.
    Late,
}

/// What agreeing takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// Nothing is chosen yet.
    Choose,
    /// A PIN.
    Pin,
    /// A PIN, and the word that the person knows it is the last try (R40).
    LastPin,
    /// The reader's pad.
    Reader,
    /// The same, and that word.
    LastReader,
    /// A word alone: its login is kept.
    Confirm,
    /// It can't be used.
    Never(Obstacle),
}

/// Why a choice can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The certificate does not fit.
    Unfit(Unfit),
    /// Its PIN is locked.
    Locked,
    /// Its PIN must be changed first.
    MustChange,
    /// There is nowhere to seal a PIN to.
    NoHost,
}

impl Talk {
    /// Chooses what can't be chosen otherwise: the only usable one, or the only one.
    pub(super) fn new(question: Sign) -> Self {
        let usable: Vec<usize> = question
            .choices
            .iter()
            .enumerate()
            .filter(|(_, choice)| obstacle(choice).is_none())
            .map(|(at, _)| at)
            .collect();
        let chosen = match usable.as_slice() {
            [only] => Some(*only),
            [] if question.choices.len() == 1 => Some(0),
            _ => None,
        };
        Self {
            question,
            phase: Phase::Asking,
            wrong: None,
            keep: false,
            stopped: false,
            ended: None,
            warned: None,
            chosen,
        }
    }

    pub(super) fn chosen(&self) -> Option<&Choice> {
        self.question.choices.get(self.chosen?)
    }

    pub(super) fn is_chosen(&self, at: usize) -> bool {
        self.chosen == Some(at)
    }

    /// Chooses a certificate; false if it can't be used.
    pub(super) fn choose(&mut self, at: usize) -> bool {
        let usable = self.question.choices.get(at).is_some_and(|choice| obstacle(choice).is_none());
        if usable {
            self.chosen = Some(at);
            self.keep = false;
        }
        usable
    }

    /// What agreeing takes with the present choice.
    pub(super) fn means(&self) -> Means {
        let Some(choice) = self.chosen() else {
            return Means::Choose;
        };
        match (obstacle(choice), choice.pin) {
            (Some(obstacle), _) => Means::Never(obstacle),
            (None, _) if choice.keeping.is_kept() => Means::Confirm,
            (None, PinState::Reader) => Means::Reader,
            (None, PinState::ReaderDoubted | PinState::ReaderFinal) => Means::LastReader,
            (None, PinState::FinalTry | PinState::Doubted) => Means::LastPin,
            (None, _) => Means::Pin,
        }
    }

    /// Whether the last PIN was wrong for the present choice.
    pub(super) fn was_wrong(&self) -> bool {
        self.chosen().is_some_and(|choice| Some(choice.certificate) == self.wrong)
    }

    /// How long a login would be kept, if that is on offer with the PIN that is to be typed.
    pub(super) fn offer(&self) -> Option<KeepLimits> {
        let typed = matches!(self.means(), Means::Pin | Means::LastPin);
        self.chosen().filter(|_| typed)?.keeping.offer()
    }

    /// Whether the kept login of the present choice has ended while the question stood.
    pub(super) fn has_ended(&self) -> bool {
        self.chosen().is_some_and(|choice| Some(choice.certificate) == self.ended)
    }

    /// Whether a warning about the present choice came after it was agreed to.
    pub(super) fn was_warned(&self) -> bool {
        self.chosen().is_some_and(|choice| Some(choice.certificate) == self.warned)
    }

    /// Agrees: seals the PIN to the token host, for exactly the job that was shown. Nothing if the
    /// present choice takes something else.
    pub(super) fn agree(&mut self, pin: Option<&Pin>) -> Option<FromPrompt> {
        let choice = self.chosen().filter(|_| self.phase == Phase::Asking)?;
        let certificate = choice.certificate;
        let answer = match (self.means(), pin, self.offer().filter(|_| self.keep)) {
            (Means::Pin | Means::LastPin, Some(pin), keep) => {
                let frame = self.question.job(choice).frame();
                let seal = |binding| pin.seal(&choice.seal?, &binding).ok();
                match keep {
                    None => FromPrompt::Sign { certificate, pin: Some(seal(Job::binding(&frame))?) },
                    Some(limits) => {
                        let pin = Some(seal(Job::binding_to_keep(&frame, limits))?);
                        FromPrompt::SignAndKeep { certificate, pin }
                    }
                }
            }
            (Means::Reader | Means::LastReader, None, _) => FromPrompt::Sign { certificate, pin: None },
            (Means::Confirm, None, _) => FromPrompt::Confirm { certificate },
            _ => return None,
        };
        self.phase = Phase::Working { done: 0, total: self.question.items.count(), each_time: false };
        Some(answer)
    }

    /// Takes the consent back while the token works.
    pub(super) fn stop(&mut self) {
        self.phase = Phase::Stopping;
        self.stopped = true;
    }

    /// The certificates of one token share its PIN, and the nonce for the next one.
    fn renew(&mut self, certificate: CertId, pin: PinState, seal: SealTarget) {
        let place = |choice: &Choice| (choice.serial.clone(), choice.token.clone());
        let spent = self.question.choices.iter().find(|choice| choice.certificate == certificate);
        let token = spent.map(place);
        for choice in &mut self.question.choices {
            if token.as_ref() == Some(&place(choice)) {
                choice.pin = pin;
                choice.seal = choice.seal.map(|_| seal);
            }
        }
        self.phase = Phase::Asking;
    }

    /// Takes in what the agent says; false if it makes no sense here, and the prompt is to end.
    pub(super) fn hear(&mut self, message: ToPrompt) -> bool {
        match message {
            ToPrompt::WrongPin { certificate, pin, seal } => {
                self.renew(certificate, pin, seal);
                self.wrong = Some(certificate);
            }
            ToPrompt::LastTry { certificate, pin, seal } => {
                self.renew(certificate, pin, seal);
                self.wrong = None;
            }
            ToPrompt::LoginEnded { certificate } => {
                // The login was the token's, not the certificate's.
                let place = |choice: &Choice| (choice.serial.clone(), choice.token.clone());
                let spent = self.question.choices.iter().find(|choice| choice.certificate == certificate);
                let token = spent.map(place);
                let same = |choice: &&mut Choice| token.as_ref() == Some(&place(choice));
                self.question
                    .choices
                    .iter_mut()
                    .filter(same)
                    .for_each(|choice| choice.keeping = Keeping::Never);
                self.ended = Some(certificate);
                self.phase = Phase::Asking;
            }
            ToPrompt::Warned { certificate, .. } => {
                (self.warned, self.wrong, self.ended) = (Some(certificate), None, None);
                self.phase = Phase::Asking;
            }
            ToPrompt::Standing { certificate, standing, barred } => {
                let its = |choice: &&mut Choice| choice.certificate == certificate;
                for choice in self.question.choices.iter_mut().filter(its) {
                    choice.standing = standing;
                    if barred {
                        (choice.unfit, choice.seal) = (Some(Unfit::Barred), None);
                    }
                }
            }
            ToPrompt::Waiting { waiting } => self.question.waiting = waiting,
            ToPrompt::Progress { .. } if self.phase == Phase::Stopping => {}
            ToPrompt::Progress { done, total, each_time } => {
                self.phase = Phase::Working { done, total, each_time };
            }
            ToPrompt::Raise { .. } | ToPrompt::Aside { .. } => {}
            ToPrompt::Done => self.phase = Phase::Done,
            ToPrompt::Failed { code } => self.phase = Phase::Failed(code),
            ToPrompt::Sign(_)
            | ToPrompt::Pair(_)
            | ToPrompt::Pin(_)
            | ToPrompt::PinWrong { .. }
            | ToPrompt::PinRefused { .. } => return false,
        }
        true
    }
}

/// Why this choice can't be used, if so.
pub(super) fn obstacle(choice: &Choice) -> Option<Obstacle> {
    match (choice.unfit, choice.pin) {
        (Some(reason), _) => Some(Obstacle::Unfit(reason)),
        (None, PinState::Locked) => Some(Obstacle::Locked),
        (None, PinState::MustChange) => Some(Obstacle::MustChange),
        (None, PinState::Reader | PinState::ReaderDoubted | PinState::ReaderFinal) => None,
        (None, PinState::Ok | PinState::Low | PinState::Doubted | PinState::FinalTry) => {
            choice.seal.is_none().then_some(Obstacle::NoHost)
        }
    }
}

#[cfg(test)]
mod tests;
