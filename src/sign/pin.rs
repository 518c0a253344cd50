//! Changing or unblocking a PIN, from the command to the token's answer.
//!
//! queue → the token → *asked* is durable → turn → window ⇄ token (a wrong secret or a new PIN that the
//! token does not take loops, and the person types again) → outcome is durable.
//!
//! Whoever asks may leave while the person types. Once the secrets are on their way nobody can call
//! them back: only the token's answer tells which PIN is valid, so it is waited for and recorded.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::Parts;
use super::attempt::Attempt;
use super::pledges::Pledges;
use super::task::{Gone, lost};
use super::turns::Turns;
use crate::domain::activity::Open;
use crate::domain::audit::{Event, Receipt};
use crate::domain::caller::Caller;
use crate::domain::error::{AuditError, PromptError, SignError, TokenError};
use crate::domain::pin_task::{ApprovedTask, PinAct, PinNews, PinPlace, PinQuestion, PinTask, TokenName};
use crate::domain::ports::{PinDialog, PinTries, Presence, Prompter};
use crate::domain::token::{PinState, TokenInfo, TokenKey};

/// How the command reached us.
#[allow(missing_debug_implementations, reason = "holds trait objects")]
pub struct PinContext {
    /// The other end of the connection.
    pub presence: Arc<dyn Presence>,
    /// Another way to ask than the service's own: the caller's terminal.
    pub prompter: Option<Arc<dyn Prompter>>,
}

/// Runs a command to its end; the log holds its outcome before this returns.
pub(super) async fn run(
    parts: Arc<Parts>,
    turns: Arc<Turns>,
    act: PinAct,
    name: TokenName,
    context: PinContext,
    mut gone: Gone,
) -> Result<Receipt, SignError> {
    let place = turns.enter(&Caller::CommandLine, None).ok_or(SignError::Busy)?;
    let task = PinTask { act, token: name };
    let found = tokio::select! {
        biased;
        error = gone.wait() => return Err(error),
        found = find(&parts, &task) => found?,
    };
    let asked = parts.audit.event(Event::PinAsked(task.clone())).await?.sequence;
    let prepared = tokio::select! {
        biased;
        error = gone.wait() => Err(error),
        error = lost(context.presence.as_ref()) => Err(error),
        prepared = async {
            let turn = place.turn(vec![found.token.module]).await?;
            let pledges = Pledges::new(&parts.tokens);
            pledges.add(found.token.module);
            let (question, dialog) = open(&parts, &context, &task, &found).await?;
            Ok(((pledges, turn), question, dialog))
        } => prepared,
    };
    let (result, dialog) = match prepared {
        Ok((_turn, question, mut dialog)) => {
            let _shown = turns.board().show(Open::pin(&question, context.prompter.is_some()));
            let result = converse(&parts, &context, question, &found, dialog.as_mut(), &mut gone).await;
            // The turn is given back with the window's last word still to come.
            (result, Some(dialog))
        }
        Err(error) => (Err(error), None),
    };
    close(parts, task, asked, result, dialog).await
}

/// A token, and by what its wrong PINs and PUKs are counted.
struct Found {
    token: TokenInfo,
    /// The first is counted; all are cleared by a new PIN.
    pins: Vec<TokenKey>,
    puk: TokenKey,
}

async fn find(parts: &Parts, task: &PinTask) -> Result<Found, SignError> {
    let is_it = |token: &&TokenInfo| TokenName::from(*token) == task.token;
    let mut snapshot = parts.tokens.snapshot().await;
    if !snapshot.tokens.iter().any(|token| is_it(&token)) {
        // It may be behind a module that is slow to start.
        snapshot = parts.tokens.look().await;
    }
    let mut same = snapshot.tokens.iter().filter(is_it);
    let token = match (same.next(), same.next()) {
        (Some(token), None) => token.clone(),
        (Some(_), Some(_)) => return Err(SignError::Token(TokenError::Changed)),
        (None, _) => {
            let problem = snapshot.problems.into_iter().next().filter(|_| snapshot.tokens.is_empty());
            return Err(problem.map_or(SignError::TokenAbsent, |problem| SignError::Token(problem.error)));
        }
    };
    let on_it = snapshot
        .certificates
        .iter()
        .filter(|certificate| certificate.module == token.module && certificate.token == token.serial);
    let mut pins: Vec<TokenKey> = on_it.map(|certificate| token.key(certificate)).collect();
    pins.dedup();
    if pins.is_empty() {
        pins.push(TokenKey(format!("{}/{}", token.model, token.serial)));
    }
    let puk = TokenKey(format!("puk of {}", pins[0].0));
    Ok(Found { token, pins, puk })
}

impl Found {
    fn counted(&self, act: PinAct) -> &TokenKey {
        match act {
            PinAct::Change => &self.pins[0],
            PinAct::Unblock => &self.puk,
        }
    }

    /// The new PIN is right, and nothing wrong was typed since.
    async fn clear(&self, tries: &dyn PinTries, act: PinAct) -> Result<(), AuditError> {
        if act == PinAct::Unblock {
            tries.set_wrong(&self.puk, 0).await?;
        }
        for key in &self.pins {
            tries.set_wrong(key, 0).await?;
        }
        Ok(())
    }
}

/// Asks the token, then shows what it says.
async fn open(
    parts: &Parts,
    context: &PinContext,
    task: &PinTask,
    found: &Found,
) -> Result<(PinQuestion, Box<dyn PinDialog>), SignError> {
    let place = parts.tokens.pin_place(&found.token, task).await?;
    if place.state == PinState::Locked {
        return Err(SignError::Token(locked(task.act)));
    }
    let wrong = parts.tries.wrong_in_a_row(found.counted(task.act)).await?;
    let place = PinPlace { state: place.state.after(wrong), ..place };
    let question = PinQuestion { task: task.clone(), place, time: parts.rules.limits.patience(PATIENCE) };
    context.presence.holds()?;
    let prompter = context.prompter.as_ref().unwrap_or(&parts.prompter);
    let dialog = prompter.pin(&question).await?;
    Ok((question, dialog))
}

fn locked(act: PinAct) -> TokenError {
    match act {
        PinAct::Change => TokenError::PinLocked,
        PinAct::Unblock => TokenError::PukLocked,
    }
}

/// Asks until the person says no, the time is over, or the token has taken the new PIN.
async fn converse(
    parts: &Parts,
    context: &PinContext,
    mut question: PinQuestion,
    found: &Found,
    dialog: &mut dyn PinDialog,
    gone: &mut Gone,
) -> Result<(), SignError> {
    let deadline = Instant::now() + question.time;
    loop {
        let answer = tokio::select! {
            biased;
            error = gone.wait() => return Err(error),
            error = lost(context.presence.as_ref()) => return Err(error),
            answer = timeout_at(deadline, dialog.answer()) => answer.map_err(|_| SignError::TimedOut)??,
        };
        let approved = answer.into_approved(&question).ok_or(SignError::Denied)?;
        context.presence.holds()?;
        let (result, wrong) = attempt(parts, question.task.act, found, approved).await?;
        let news = match result {
            Ok(()) => return Ok(()),
            Err(SignError::Token(TokenError::WrongPin { state, next })) => {
                question.renew(state.after(wrong), next);
                PinNews::Wrong { state: question.place.state, next }
            }
            Err(SignError::Token(TokenError::NewPinRefused { next })) => {
                question.renew(question.place.state, next);
                PinNews::Refused { next }
            }
            Err(error) => return Err(error),
        };
        let shown = timeout(SHOW_PATIENCE, dialog.show(news)).await;
        shown.unwrap_or(Err(PromptError::Closed))?;
    }
}

/// One pair of secrets, one try of the token, and the count of wrong ones in a row (R40).
async fn attempt(
    parts: &Parts,
    act: PinAct,
    found: &Found,
    approved: ApprovedTask,
) -> Result<(Result<(), SignError>, u32), SignError> {
    let made = Arc::new(AtomicUsize::new(0));
    let attempt = Attempt::begin(&parts.tries, found.counted(act).clone(), &made).await?;
    let result = parts.tokens.set_pin(&found.token, approved).await.map_err(SignError::from);
    if act == PinAct::Unblock && matches!(result, Err(SignError::Token(TokenError::PinUnsupported(_)))) {
        // It may have been a wrong PUK all the same.
        let before = parts.tries.wrong_in_a_row(&found.puk).await?;
        let _ = attempt.settle(&result).await;
        parts.tries.set_wrong(&found.puk, before.saturating_add(1)).await?;
        return Ok((result, before.saturating_add(1)));
    }
    match attempt.settle(&result).await {
        Ok(wrong) if result.is_err() => Ok((result, wrong)),
        // The new PIN is valid whatever becomes of the count; the outcome's row says if the disk is full.
        _ => {
            if result.is_ok() {
                let _ = found.clear(parts.tries.as_ref(), act).await;
            }
            Ok((result, 0))
        }
    }
}

/// Makes the outcome durable, then says how it ended.
async fn close(
    parts: Arc<Parts>,
    task: PinTask,
    asked: i64,
    result: Result<(), SignError>,
    dialog: Option<Box<dyn PinDialog>>,
) -> Result<Receipt, SignError> {
    let error = result.as_ref().err();
    let event = Event::PinEnded {
        task,
        asked,
        error: error.map(SignError::code),
        cause: error.and_then(SignError::cause).map(str::to_owned),
    };
    let recorded = parts.audit.event(event.clone()).await;
    if recorded.is_err() {
        record_later(parts, event);
    }
    let ended = match result {
        Ok(()) => recorded.map_err(SignError::from),
        Err(error) => Err(error),
    };
    if let Some(mut dialog) = dialog {
        let news = ended.as_ref().map_or_else(|error| PinNews::Failed(error.code()), |_| PinNews::Done);
        // A window that no longer listens is no reason to fail: its person has answered.
        let _ = timeout(SHOW_PATIENCE, dialog.show(news)).await;
    }
    ended
}

/// The token has changed, so the row is written once there is room.
fn record_later(parts: Arc<Parts>, event: Event) {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(ROOM_EVERY).await;
            if parts.audit.event(event.clone()).await.is_ok() {
                return;
            }
        }
    });
}

/// Three secrets take longer than one.
const PATIENCE: Duration = Duration::from_secs(180);
const SHOW_PATIENCE: Duration = Duration::from_secs(1);
const ROOM_EVERY: Duration = Duration::from_secs(1);
