//! Whether a site may ask from now on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::board::Board;
use super::task::{Gone, lost};
use super::turns::Turns;
use super::{PairContext, Parts};
use crate::domain::activity::Open;
use crate::domain::approval::{PairAnswer, PairQuestion};
use crate::domain::audit::Event;
use crate::domain::caller::Caller;
use crate::domain::error::{PromptError, SignError};
use crate::domain::origin::Origin;
use crate::domain::policy::{PairedBy, Verdict};
use crate::domain::ports::{Prompter, Watcher};

/// One pairing waits at a time, and no page floods the screen with them.
#[derive(Debug)]
pub(super) struct Door {
    window: Arc<Semaphore>,
    refused: Mutex<VecDeque<(Instant, Origin)>>,
    /// Pairings that nobody was asked about, since they were allowed in advance.
    unasked: Mutex<VecDeque<(Instant, Origin)>>,
    board: Arc<Board>,
}

/// Pairs a site and returns its bearer token.
pub(super) async fn run(
    parts: Arc<Parts>,
    door: Arc<Door>,
    turns: Arc<Turns>,
    origin: Origin,
    name: String,
    context: PairContext,
    mut gone: Gone,
) -> Result<String, SignError> {
    let policy = parts.policy();
    match policy.judge(&Caller::Web(origin.clone())) {
        Verdict::Refuse => return Err(SignError::OriginDenied),
        Verdict::Permit => {
            door.board.admits()?;
            door.passes(&origin)?;
            return Ok(parts.grants.pair(&origin, policy.granted(&origin)).await?);
        }
        Verdict::AskFirst => {}
    }
    let PairContext { presence, watcher } = context;
    door.board.admits()?;
    let _window = door.enter(&origin).ok_or(SignError::Busy)?;
    let result = tokio::select! {
        biased;
        error = gone.wait() => Err(error),
        error = lost(presence.as_ref()) => Err(error),
        result = ask(&parts, &turns, &door.board, &origin, name, watcher) => result,
    };
    match result.and_then(|()| presence.holds()) {
        Ok(()) => {
            door.board.agreed(&origin);
            Ok(parts.grants.pair(&origin, PairedBy::Person).await?)
        }
        Err(error) => {
            door.refused(&error, &origin);
            if matches!(error, SignError::Denied | SignError::Prompt(PromptError::Closed)) {
                door.board.refused(&origin);
            }
            parts.audit.event(Event::PairingRefused { origin, code: error.code() }).await?;
            Err(error)
        }
    }
}

/// In its turn: there is one question at a time, whatever it is about (R22).
async fn ask(
    parts: &Parts,
    turns: &Arc<Turns>,
    board: &Arc<Board>,
    origin: &Origin,
    name: String,
    watcher: Option<Watcher>,
) -> Result<(), SignError> {
    let caller = Caller::Web(origin.clone());
    let turn = turns.enter(&caller, None).ok_or(SignError::Busy)?.turn(Vec::new()).await?;
    let mut inside = turn.inside();
    let (waiting, refusals) = (turn.waiting(), turns.refusals(&caller));
    let time = parts.rules.limits.patience(PATIENCE);
    let question = PairQuestion { origin: origin.clone(), name, time, waiting, refusals };
    let _shown = board.show(Open::pair(&question)).to(watcher);
    let answer = tokio::time::timeout(time, answer(parts.prompter.as_ref(), &question, &mut inside)).await;
    match answer.map_err(|_| SignError::TimedOut)?? {
        PairAnswer::Allow => Ok(()),
        PairAnswer::Deny => Err(SignError::Denied),
        PairAnswer::Refuse => {
            parts.grants.refuse(origin).await?;
            Err(SignError::Denied)
        }
    }
}

/// The person's answer; until it comes the window shows how many requests wait behind this one. `inside` counts
/// this one, too.
async fn answer(
    prompter: &dyn Prompter,
    question: &PairQuestion,
    inside: &mut watch::Receiver<usize>,
) -> Result<PairAnswer, PromptError> {
    let mut answer = prompter.pair(question);
    loop {
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            Ok(()) = inside.changed() => prompter.waiting(inside.borrow_and_update().saturating_sub(1)),
        }
    }
}

impl Door {
    pub(super) fn new(board: Arc<Board>) -> Arc<Self> {
        Arc::new(Self {
            window: Arc::new(Semaphore::new(1)),
            refused: Mutex::default(),
            unasked: Mutex::default(),
            board,
        })
    }

    fn enter(&self, origin: &Origin) -> Option<OwnedSemaphorePermit> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        refused.retain(|(time, _)| now.duration_since(*time) < REFUSED_WITHIN);
        let own = refused.iter().filter(|(_, page)| page == origin).count();
        if own >= REFUSED_MOST || refused.len() >= REFUSED_MOST_OF_ALL {
            return None;
        }
        Arc::clone(&self.window).try_acquire_owned().ok()
    }

    /// Each writes rows into the log, and ends the oldest once there are many: no page does that without end.
    fn passes(&self, origin: &Origin) -> Result<(), SignError> {
        let mut unasked = self.unasked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        unasked.retain(|(time, _)| now.duration_since(*time) < REFUSED_WITHIN);
        if unasked.iter().filter(|(_, page)| page == origin).count() >= UNASKED_MOST {
            return Err(SignError::Busy);
        }
        unasked.push_back((now, origin.clone()));
        Ok(())
    }

    fn refused(&self, error: &SignError, origin: &Origin) {
        let counts = matches!(
            error,
            SignError::Denied | SignError::TimedOut | SignError::Cancelled | SignError::Prompt(_)
        );
        if counts {
            self.refused
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_back((Instant::now(), origin.clone()));
        }
    }
}

/// How long the person has.
const PATIENCE: Duration = Duration::from_secs(120);
/// After so many refused, timed-out or abandoned pairings of one page …
const REFUSED_MOST: usize = 2;
/// … or of all, since a page can have as many names as it likes …
const REFUSED_MOST_OF_ALL: usize = 10;
/// So many pairings of a page that was allowed in advance …
const UNASKED_MOST: usize = 40;
/// … within this time, new ones open no window; `kyso origins allow` lets a real one in.
const REFUSED_WITHIN: Duration = Duration::from_secs(600);
