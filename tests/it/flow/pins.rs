//! The service around a PIN that is changed: log, counts, queue. The token is SoftHSM, the person a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use kyso::domain::approval::{PairAnswer, PairQuestion, SignQuestion};
use kyso::domain::error::{ErrorCode, PromptError, SignError};
use kyso::domain::pin_task::{PinAct, PinAnswer, PinConsent, PinNews, PinQuestion, TokenName};
use kyso::domain::ports::{BoxFuture, Dialog, PinDialog, Presence, Prompter};
use kyso::domain::seal::{Pin, PinPair};
use kyso::domain::token::PinState;
use kyso::sign::PinContext;
use zeroize::Zeroizing;

use crate::support::agent::Agent;
use crate::support::softhsm::SoftHsm;

const NEW: &str = "777777";

/// No log, no new PIN: nobody is even asked.
#[test]
fn r59_a_log_that_is_full_keeps_the_old_pin() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let typist = Typist::new([(SoftHsm::PIN, NEW), (SoftHsm::PIN, NEW)]);
    agent.paper.is_full(true);
    let ended = change(&agent, &typist, PinAct::Change);
    assert!(matches!(ended, Err(SignError::Audit(_))), "{ended:?}");
    assert_eq!(typist.seen(), Vec::<String>::new(), "nobody was asked");
    agent.paper.is_full(false);
    assert!(change(&agent, &typist, PinAct::Change).is_ok(), "the PIN was still the old one");
}

/// The log fills up while the person types: the new PIN is valid, and that is what they are told. The row
/// follows when there is room.
#[test]
fn r59_the_row_of_a_new_pin_is_never_lost() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let typist = Typist::new([(SoftHsm::PIN, NEW), (NEW, SoftHsm::PIN)]);
    let paper = agent.paper.clone();
    typist.before(move || paper.is_full(true));
    let ended = change(&agent, &typist, PinAct::Change);
    assert_eq!(ended.map_err(|error| error.code()), Err(ErrorCode::AuditUnavailable));
    assert_eq!(typist.seen(), ["asked ok", "failed audit_unavailable"]);
    agent.paper.is_full(false);
    agent.logged(|rows| rows.last().is_some_and(|(kind, _)| kind == "pin_changed"));
    typist.before(|| ());
    assert!(change(&agent, &typist, PinAct::Change).is_ok(), "the new PIN is the token's");
    agent.verified();
}

#[test]
fn r40_wrong_pins_are_counted_across_windows_and_a_puk_clears_them() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let typist = Typist::new([("1111", NEW), ("2222", NEW), ("12345678", NEW), (NEW, SoftHsm::PIN)]);
    typist.leaves_after(2);
    let ended = change(&agent, &typist, PinAct::Change);
    assert!(matches!(ended, Err(SignError::Denied)), "{ended:?}");
    assert_eq!(typist.seen(), ["asked ok", "wrong low", "wrong doubted", "failed user_denied"]);
    typist.leaves_after(9);
    assert!(change(&agent, &typist, PinAct::Unblock).is_ok());
    assert!(change(&agent, &typist, PinAct::Change).is_ok());
    let seen = typist.seen();
    assert_eq!(seen[4..], ["asked ok", "done", "asked ok", "done"], "{seen:?}");
    let kinds: Vec<String> = agent.rows().into_iter().map(|(kind, _)| kind).collect();
    let pins: Vec<&String> = kinds.iter().filter(|kind| kind.starts_with("pin_")).collect();
    let both = |asked: &str, ended: &str| [asked.to_owned(), ended.to_owned()];
    let expected = [
        both("pin_change_asked", "pin_change_failed"),
        both("pin_unblock_asked", "pin_unblocked"),
        both("pin_change_asked", "pin_changed"),
    ];
    assert_eq!(pins, expected.as_flattened().iter().collect::<Vec<_>>());
}

#[test]
fn a_token_that_is_not_there_is_no_question() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let typist = Typist::new([]);
    let name = TokenName { serial: Default::default(), label: "other".to_owned(), model: String::new() };
    let ended = agent.block_on(agent.service.set_pin(PinAct::Change, name, typist.context()));
    assert!(matches!(ended, Err(SignError::TokenAbsent)), "{ended:?}");
    assert!(typist.seen().is_empty() && agent.rows().iter().all(|(kind, _)| !kind.starts_with("pin_")));
}

fn change(agent: &Agent, typist: &Typist, act: PinAct) -> Result<(), SignError> {
    agent.block_on(async {
        let token = TokenName::from(&agent.service.snapshot().await.tokens[0]);
        agent.service.set_pin(act, token, typist.context()).await.map(drop)
    })
}

/// Types secrets from a list, one pair for each question and each second try.
#[derive(Clone)]
struct Typist(Arc<Mutex<Script>>);

struct Script {
    pairs: VecDeque<(&'static str, &'static str)>,
    seen: Vec<String>,
    before: Arc<dyn Fn() + Send + Sync>,
    answers: usize,
}

impl Typist {
    fn new(pairs: impl IntoIterator<Item = (&'static str, &'static str)>) -> Self {
        let pairs = pairs.into_iter().collect();
        Self(Arc::new(Mutex::new(Script { pairs, seen: Vec::new(), before: Arc::new(|| ()), answers: 9 })))
    }

    /// Something that happens before each answer.
    fn before(&self, deed: impl Fn() + Send + Sync + 'static) {
        self.0.lock().unwrap().before = Arc::new(deed);
    }

    fn leaves_after(&self, answers: usize) {
        self.0.lock().unwrap().answers = answers;
    }

    fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().seen.clone()
    }

    fn note(&self, line: String) {
        self.0.lock().unwrap().seen.push(line);
    }

    fn context(&self) -> PinContext {
        PinContext { presence: Arc::new(Here), prompter: Some(Arc::new(self.clone())) }
    }
}

impl Prompter for Typist {
    fn open(&self, _: &SignQuestion) -> BoxFuture<'_, Result<Box<dyn Dialog>, PromptError>> {
        Box::pin(async { Err(PromptError::Closed) })
    }

    fn pair(&self, _: &PairQuestion) -> BoxFuture<'_, Result<PairAnswer, PromptError>> {
        Box::pin(async { Ok(PairAnswer::Deny) })
    }

    fn pin(&self, question: &PinQuestion) -> BoxFuture<'_, Result<Box<dyn PinDialog>, PromptError>> {
        self.note(format!("asked {}", question.place.state.name()));
        let window = Window { typist: self.clone(), question: question.clone() };
        Box::pin(async { Ok(Box::new(window) as Box<dyn PinDialog>) })
    }
}

struct Window {
    typist: Typist,
    question: PinQuestion,
}

impl PinDialog for Window {
    fn answer(&mut self) -> BoxFuture<'_, Result<PinAnswer, PromptError>> {
        let (before, pair) = {
            let mut script = self.typist.0.lock().unwrap();
            let Some(answers) = script.answers.checked_sub(1) else {
                return Box::pin(async { Ok(PinAnswer::Deny) });
            };
            script.answers = answers;
            (Arc::clone(&script.before), script.pairs.pop_front())
        };
        before();
        let (present, new) = pair.expect("a pair to type");
        let pin = |text: &str| Pin::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap();
        let pair = PinPair { present: pin(present), new: pin(new) };
        let sealed = pair.seal(&self.question.place.seal, &self.question.task.binding()).unwrap();
        Box::pin(async { Ok(PinAnswer::Allow(PinConsent::Sealed(sealed))) })
    }

    fn show(&mut self, news: PinNews) -> BoxFuture<'_, Result<(), PromptError>> {
        let state = |state: PinState| state.name();
        self.typist.note(match news {
            PinNews::Wrong { state: now, next } => {
                self.question.renew(now, next);
                format!("wrong {}", state(now))
            }
            PinNews::Refused { next } => {
                self.question.renew(self.question.place.state, next);
                "refused".to_owned()
            }
            PinNews::Done => "done".to_owned(),
            PinNews::Failed(code) => format!("failed {code}"),
        });
        Box::pin(async { Ok(()) })
    }
}

struct Here;

impl Presence for Here {
    fn holds(&self) -> Result<(), SignError> {
        Ok(())
    }
}
