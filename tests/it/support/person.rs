//! A person made of a script: answers the agent's questions without a screen, sealing a real PIN to
//! the real token host.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use kyso::domain::approval::{
    Answer, Candidate, Consent, DialogState, PairAnswer, PairQuestion, SignQuestion,
};
use kyso::domain::certificate::CertId;
use kyso::domain::error::PromptError;
use kyso::domain::job::Job;
use kyso::domain::ports::{BoxFuture, Dialog, Prompter};
use kyso::domain::seal::Pin;
use tokio::sync::watch;
use zeroize::Zeroizing;

/// What the person does at the next question or the next turn of one.
#[derive(Clone)]
pub(crate) enum Act {
    /// Types this PIN and signs, with the first certificate that can be chosen.
    Pin(&'static str),
    /// The same, after something else has happened.
    PinAfter(&'static str, Deed),
    /// Types this PIN, signs, and ticks that the login be kept.
    Keep(&'static str),
    /// Signs with the login that is kept.
    Confirm,
    /// The same, after something else has happened.
    ConfirmAfter(Deed),
    /// Says no.
    No,
    /// Says no for good.
    Never,
    /// The same, after something else has happened.
    NeverAfter(Deed),
    /// Says yes to a pairing.
    Yes,
    /// Looks away.
    Nothing,
    /// Can't be asked at all.
    Unavailable,
}

/// Something that happens while the person types.
pub(crate) type Deed = Arc<dyn Fn() + Send + Sync>;

/// What a test can see of the person's screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Windows on the screen now.
    pub(crate) open: usize,
    /// Windows that were ever opened.
    pub(crate) opened: usize,
    /// Origins or "command line", in the order they asked.
    pub(crate) callers: Vec<String>,
    /// In which form signatures were asked for: `raw`, `cms`, `attributes`, `sign-in`.
    pub(crate) forms: Vec<&'static str>,
    /// How many requests the open window says are waiting.
    pub(crate) waiting: usize,
    /// How many requests waited behind each window when it opened.
    pub(crate) behind: Vec<usize>,
    /// What each signing window said of the PINs of all certificates that fit.
    pub(crate) shown: Vec<Vec<&'static str>>,
    /// How many refusals each window knew of.
    pub(crate) refusals: Vec<usize>,
    /// What each signing window said of the PIN when it opened.
    pub(crate) pins: Vec<&'static str>,
    /// How the certificates of each signing window stood when it opened.
    pub(crate) stood: Vec<Vec<String>>,
    /// What windows showed, in order.
    pub(crate) states: Vec<String>,
}

/// The scripted prompter.
#[derive(Clone)]
pub(crate) struct Person {
    acts: Arc<Mutex<VecDeque<Act>>>,
    seen: Arc<watch::Sender<Seen>>,
    regret: Arc<watch::Sender<bool>>,
}

impl Person {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let acts = Arc::new(Mutex::new(acts.into_iter().collect()));
        Self { acts, seen: Arc::new(watch::Sender::new(Seen::default())), regret: Arc::default() }
    }

    /// Adds to the script.
    pub(crate) fn then(&self, acts: impl IntoIterator<Item = Act>) {
        self.acts.lock().unwrap().extend(acts);
    }

    /// Ends the script: what was not played is not played any more.
    pub(crate) fn forget(&self) {
        self.acts.lock().unwrap().clear();
    }

    /// What the screen has shown so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits until the screen is as wanted; the test's own deadline bounds it.
    pub(crate) async fn until(&self, wanted: impl FnMut(&Seen) -> bool) -> Seen {
        self.seen.subscribe().wait_for(wanted).await.unwrap().clone()
    }

    /// Takes the consent back at the first progress that is shown.
    pub(crate) fn will_regret(&self) {
        self.regret.send_replace(true);
    }

    async fn regrets(&self) -> Result<Answer, PromptError> {
        let _ = self.regret.subscribe().wait_for(|regret| *regret).await;
        let _ = self
            .seen
            .subscribe()
            .wait_for(|seen| seen.states.iter().any(|state| state.starts_with("progress")))
            .await;
        self.regret.send_replace(false);
        Ok(Answer::Deny)
    }

    fn next(&self) -> Act {
        self.acts.lock().unwrap().pop_front().unwrap_or(Act::Nothing)
    }

    fn window(&self, caller: String, refusals: usize) -> Window {
        self.seen.send_modify(|seen| {
            seen.refusals.push(refusals);
            seen.open += 1;
            seen.opened += 1;
            seen.callers.push(caller);
        });
        Window(Arc::clone(&self.seen))
    }
}

impl Prompter for Person {
    fn stands_aside(&self) -> bool {
        true
    }

    fn open(&self, question: &SignQuestion) -> BoxFuture<'_, Result<Box<dyn Dialog>, PromptError>> {
        let question = question.clone();
        Box::pin(async move {
            if matches!(self.acts.lock().unwrap().front(), Some(Act::Unavailable)) {
                self.next();
                return Err(PromptError::Unavailable("no display".to_owned()));
            }
            let window = self.window(question.caller.to_string(), question.refusals);
            let mut fit = question.candidates.iter().filter(|candidate| candidate.unfit.is_none());
            let shown = fit.clone().map(|candidate| candidate.token.pin.name()).collect();
            let usable = fit.next();
            self.seen.send_modify(|seen| {
                seen.waiting = question.waiting;
                seen.behind.push(question.waiting);
                seen.shown.push(shown);
                seen.stood.push(question.candidates.iter().map(|one| one.standing.to_string()).collect());
            });
            let pin = usable.map_or("", |candidate| candidate.token.pin.name());
            self.seen.send_modify(|seen| seen.pins.push(pin));
            self.seen.send_modify(|seen| seen.forms.push(question.form.name()));
            Ok(Box::new(Conversation { person: self.clone(), question, window, answered: false })
                as Box<dyn Dialog>)
        })
    }

    fn pair(&self, question: &PairQuestion) -> BoxFuture<'_, Result<PairAnswer, PromptError>> {
        let (origin, refusals, waiting) = (question.origin.to_string(), question.refusals, question.waiting);
        Box::pin(async move {
            let _window = self.window(origin, refusals);
            self.seen.send_modify(|seen| {
                seen.waiting = waiting;
                seen.behind.push(waiting);
            });
            match self.next() {
                Act::Yes => Ok(PairAnswer::Allow),
                Act::No => Ok(PairAnswer::Deny),
                Act::Never => Ok(PairAnswer::Refuse),
                Act::Unavailable => Err(PromptError::Unavailable("no display".to_owned())),
                Act::Nothing
                | Act::Pin(_)
                | Act::PinAfter(..)
                | Act::Keep(_)
                | Act::Confirm
                | Act::ConfirmAfter(_)
                | Act::NeverAfter(_) => std::future::pending().await,
            }
        })
    }

    fn waiting(&self, waiting: usize) {
        self.seen.send_modify(|seen| seen.waiting = waiting);
    }
}

/// Counts itself away when it closes.
struct Window(Arc<watch::Sender<Seen>>);

impl Drop for Window {
    fn drop(&mut self) {
        self.0.send_modify(|seen| seen.open -= 1);
    }
}

struct Conversation {
    person: Person,
    question: SignQuestion,
    window: Window,
    answered: bool,
}

impl Conversation {
    fn seal(&self, pin: &str, keep: bool) -> Option<(CertId, Consent)> {
        let candidate = self.question.candidates.iter().find(|candidate| candidate.unfit.is_none())?;
        let frame = self.question.job(candidate).frame();
        let pin = Pin::new(Zeroizing::new(pin.as_bytes().to_vec()))?;
        let seal = |binding| pin.seal(&candidate.seal?, &binding).ok();
        let consent = match candidate.keeping.offer().filter(|_| keep) {
            Some(limits) => Consent::PinToKeep(seal(Job::binding_to_keep(&frame, limits))?),
            None => Consent::Pin(seal(Job::binding(&frame))?),
        };
        Some((candidate.certificate.id, consent))
    }
}

impl Dialog for Conversation {
    fn answer(&mut self) -> BoxFuture<'_, Result<Answer, PromptError>> {
        Box::pin(async {
            if self.answered {
                // While the token works.
                return self.person.regrets().await;
            }
            self.answered = true;
            let mut act = self.person.next();
            if let Act::PinAfter(pin, deed) = act {
                deed();
                act = Act::Pin(pin);
            }
            if let Act::ConfirmAfter(deed) = act {
                deed();
                act = Act::Confirm;
            }
            if let Act::NeverAfter(deed) = act {
                deed();
                act = Act::Never;
            }
            match act {
                Act::Pin(pin) | Act::Keep(pin) => {
                    let keep = matches!(act, Act::Keep(_));
                    let (certificate, consent) = self.seal(pin, keep).expect("a certificate to choose");
                    Ok(Answer::Allow { certificate, consent })
                }
                Act::Confirm => {
                    let usable = |candidate: &&Candidate| candidate.unfit.is_none();
                    let certificate = self.question.candidates.iter().find(usable).unwrap().certificate.id;
                    Ok(Answer::Allow { certificate, consent: Consent::Confirm })
                }
                Act::No => Ok(Answer::Deny),
                Act::Never => Ok(Answer::Refuse),
                Act::Unavailable => Err(PromptError::Closed),
                Act::Nothing | Act::Yes | Act::PinAfter(..) | Act::ConfirmAfter(_) | Act::NeverAfter(_) => {
                    std::future::pending().await
                }
            }
        })
    }

    fn show(&mut self, state: DialogState) -> BoxFuture<'_, Result<(), PromptError>> {
        if let DialogState::WrongPin { certificate, state, next }
        | DialogState::LastTry { certificate, state, next } = &state
        {
            self.answered = false;
            self.question.renew(*certificate, *state, *next);
        }
        if let DialogState::LoginEnded { certificate } = &state {
            self.answered = false;
            self.question.end_login(*certificate);
        }
        self.answered &= !matches!(state, DialogState::Warned { .. });
        if let DialogState::Waiting(waiting) = state {
            self.window.0.send_modify(|seen| seen.waiting = waiting);
            return Box::pin(async { Ok(()) });
        }
        let word = match &state {
            DialogState::Waiting(_) => String::new(),
            DialogState::WrongPin { state, .. } => format!("wrong pin, {}", state.name()),
            DialogState::LastTry { state, .. } => format!("last try, {}", state.name()),
            DialogState::LoginEnded { .. } => "login ended".to_owned(),
            DialogState::Warned { .. } => "warned".to_owned(),
            DialogState::Standing { standing, barred, .. } => {
                format!("standing {standing}{}", if *barred { ", barred" } else { "" })
            }
            DialogState::Aside(on) => if *on { "aside" } else { "forward" }.to_owned(),
            DialogState::Progress { each_time, .. } => {
                if *each_time { "progress, each time" } else { "progress" }.to_owned()
            }
            DialogState::Done => "done".to_owned(),
            DialogState::Failed(code) => format!("failed {code}"),
        };
        self.window.0.send_modify(|seen| seen.states.push(word));
        Box::pin(async { Ok(()) })
    }
}
