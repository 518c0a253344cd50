//! The stand-in for the person: answers as the script says, at once and without a window. It types what the token is to
//! do as its PIN, and seals it as the real prompt does.

use std::sync::Arc;

use kyso::domain::approval::{Answer, Consent, DialogState, PairAnswer, PairQuestion, SignQuestion};
use kyso::domain::error::PromptError;
use kyso::domain::form::Form;
use kyso::domain::job::Job;
use kyso::domain::ports::{BoxFuture, Dialog, Prompter};
use kyso::domain::seal::Pin;
use kyso::text::fill;
use kyso::text::simulator::SimulatorWords;
use zeroize::Zeroizing;

use crate::answer::Scripted;
use crate::run::say;
use crate::script::{Ask, Script};

/// The person.
pub(crate) struct StandIn {
    script: Arc<Script>,
    words: &'static SimulatorWords,
}

/// A question that waits for its next answer, if there is to be one.
struct Talk {
    question: SignQuestion,
    next: Option<Scripted>,
}

impl StandIn {
    /// With this script.
    pub(crate) fn new(script: Script, words: &'static SimulatorWords) -> Self {
        Self { script: Arc::new(script), words }
    }

    /// The answer, after a line on standard error that says who asks what and what is answered.
    fn decide(&self, ask: Ask, who: &str, count: usize, name: &str) -> Scripted {
        let answer = self.script.answer(ask, who, name);
        let sentence = match ask {
            Ask::Sign => self.words.sign,
            Ask::SignIn => self.words.sign_in,
            Ask::Pair => self.words.pair,
        };
        let values = [
            ("who", who),
            ("count", &count.to_string()),
            ("answer", &answer.to_string()),
            // The last, since it is whatever the page wrote.
            ("name", name),
        ];
        say(fill(sentence, &values));
        answer
    }
}

impl Prompter for StandIn {
    fn open(&self, question: &SignQuestion) -> BoxFuture<'_, Result<Box<dyn Dialog>, PromptError>> {
        let ask = match question.form {
            Form::SignIn(_) => Ask::SignIn,
            Form::Raw | Form::Cms(_) | Form::Attributes(_) => Ask::Sign,
        };
        let name = question.items.as_slice().first().map_or("", |item| item.name.as_str());
        let answer = self.decide(ask, &question.caller.to_string(), question.items.count(), name);
        let question = question.clone();
        Box::pin(async move {
            if answer == Scripted::NoPrompt {
                return Err(unavailable());
            }
            Ok(Box::new(Talk { question, next: Some(answer) }) as Box<dyn Dialog>)
        })
    }

    fn pair(&self, question: &PairQuestion) -> BoxFuture<'_, Result<PairAnswer, PromptError>> {
        let answer = self.decide(Ask::Pair, question.origin.as_str(), 1, &question.name);
        Box::pin(async move {
            match answer {
                Scripted::Deny => Ok(PairAnswer::Deny),
                Scripted::Never => Ok(PairAnswer::Refuse),
                Scripted::NoPrompt => Err(unavailable()),
                Scripted::Timeout => std::future::pending().await,
                Scripted::Slow(time) => {
                    tokio::time::sleep(time).await;
                    Ok(PairAnswer::Allow)
                }
                // What a token does is no matter of a pairing.
                Scripted::Approve
                | Scripted::WrongPin
                | Scripted::Removed
                | Scripted::Locked
                | Scripted::MustChange
                | Scripted::Changed
                | Scripted::Crash
                | Scripted::Hang
                | Scripted::Fail
                | Scripted::BadSignature => Ok(PairAnswer::Allow),
            }
        })
    }
}

impl Talk {
    /// Agrees with the first certificate that can sign.
    fn agree(&self, typed: Scripted) -> Option<Answer> {
        let mut fit = self.question.candidates.iter().filter(|candidate| candidate.unfit.is_none());
        let (candidate, target) = fit.find_map(|candidate| Some((candidate, candidate.seal?)))?;
        let pin = Pin::new(Zeroizing::new(typed.to_string().into_bytes()))?;
        let pin = pin.seal(&target, &Job::binding(&self.question.job(candidate).frame())).ok()?;
        Some(Answer::Allow { certificate: candidate.certificate.id, consent: Consent::Pin(pin) })
    }
}

impl Dialog for Talk {
    fn answer(&mut self) -> BoxFuture<'_, Result<Answer, PromptError>> {
        Box::pin(async {
            match self.next.take() {
                Some(Scripted::Deny) => Ok(Answer::Deny),
                Some(Scripted::Never) => Ok(Answer::Refuse),
                // Once agreed, never taken back.
                None | Some(Scripted::Timeout) => std::future::pending().await,
                Some(typed) => self.agree(typed).ok_or_else(unavailable),
            }
        })
    }

    fn show(&mut self, state: DialogState) -> BoxFuture<'_, Result<(), PromptError>> {
        if let DialogState::WrongPin { certificate, state, next } = state {
            self.question.renew(certificate, state, next);
            self.next = Some(Scripted::Approve);
        }
        Box::pin(async { Ok(()) })
    }
}

fn unavailable() -> PromptError {
    PromptError::Unavailable("kyso-simulator: scripted".to_owned())
}
