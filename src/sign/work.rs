//! What goes on while the token works: the window tells how far it is, the person may take the consent back, and
//! the turn passes on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

use super::Parts;
use super::board::Shown;
use super::line::Id;
use super::pledges::Pledges;
use super::record::Record;
use super::turns::Turn;
use crate::domain::approval::{Approved, Consent, DialogState};
use crate::domain::error::{PromptError, SignError};
use crate::domain::ports::{Dialog, Made, Progress, RawSignature};

/// The question's turn while it is answered.
pub(super) struct Passing<'a> {
    turn: &'a Turn,
    pledges: &'a Pledges,
    /// Whether another question may come while this one's window shows how far the token is.
    aside: bool,
    /// The last one that did.
    by: Option<Id>,
    /// How many requests are in the queue, this one included.
    pub(super) inside: watch::Receiver<usize>,
}

impl<'a> Passing<'a> {
    pub(super) fn new(turn: &'a Turn, pledges: &'a Pledges, aside: bool) -> Self {
        Self { turn, pledges, aside, by: None, inside: turn.inside() }
    }

    /// The token has taken the PIN, so nothing is left to be asked. Not sooner: a wrong one is typed again in the same
    /// window.
    fn pass_on(&self, module: usize) {
        if self.aside && !self.turn.is_passed_on() {
            self.turn.pass_on(module);
            self.pledges.keep_only(module);
        }
    }

    /// Signs, shows how far it is, and stops when the person takes the consent back.
    pub(super) async fn sign(
        &mut self,
        parts: &Parts,
        (approved, module): (Approved, usize),
        dialog: &mut dyn Dialog,
        total: usize,
        record: &Record,
    ) -> Result<Vec<RawSignature>, SignError> {
        let (sender, mut receiver) = watch::channel(Made::default());
        // A PIN before this one may have made some.
        let (count, earlier) = (Arc::clone(&record.made), record.made.load(Ordering::Relaxed));
        let progress: Progress = Arc::new(move |made: Made| {
            count.store(earlier + made.done, Ordering::Relaxed);
            sender.send_replace(made);
        });
        // What is typed on the reader is the person's act, too, and some keys want it for each signature.
        let on_reader = matches!(approved.consent(), Consent::Reader);
        record.show(|shown| shown.signing(0, total));
        let mut signing = parts.tokens.sign(approved, progress);
        let (mut shown, mut is_told) = (Instant::now(), false);
        loop {
            tokio::select! {
                result = &mut signing => {
                    if let Ok(raw) = &result {
                        record.made.store(raw.len(), Ordering::Relaxed);
                        record.show(|shown| shown.signing(total, total));
                    }
                    return Ok(result?);
                }
                // There is one answer to one question: whatever comes now is a no, or the window's end.
                _ = dialog.answer() => return Err(SignError::Denied),
                () = self.turn.overtaken(&mut self.by) => tell(dialog, DialogState::Aside(true)).await?,
                Ok(()) = receiver.changed() => {
                    let Made { done, each_time } = *receiver.borrow_and_update();
                    if !on_reader {
                        self.pass_on(module);
                    }
                    // Why it takes long is told at once.
                    let is_news = each_time && !is_told;
                    if total > 1 && (shown.elapsed() >= PROGRESS_EVERY || is_news) {
                        (shown, is_told) = (Instant::now(), each_time);
                        record.show(|shown| shown.signing(done, total));
                        tell(dialog, DialogState::Progress { done, total, each_time }).await?;
                    }
                }
            }
        }
    }

    /// Asks again, in its turn.
    pub(super) async fn ask_again(
        &mut self,
        dialog: &mut dyn Dialog,
        state: DialogState,
        record: &Record,
    ) -> Result<(), SignError> {
        if self.turn.is_passed_on() {
            let back = self.turn.come_back();
            tokio::select! {
                biased;
                _ = dialog.answer() => return Err(SignError::Denied),
                () = back => {}
            }
            show(dialog, DialogState::Aside(false)).await?;
            self.by = None;
        }
        record.show(Shown::asking);
        Ok(show(dialog, state).await?)
    }
}

/// A window that is gone is a no; one that is slow is no reason to stop.
async fn tell(dialog: &mut dyn Dialog, state: DialogState) -> Result<(), SignError> {
    match timeout(SHOW_PATIENCE, dialog.show(state)).await {
        Ok(Err(_)) => Err(SignError::Denied),
        Ok(Ok(())) | Err(_) => Ok(()),
    }
}

async fn show(dialog: &mut dyn Dialog, state: DialogState) -> Result<(), PromptError> {
    timeout(SHOW_PATIENCE, dialog.show(state)).await.unwrap_or(Err(PromptError::Closed))
}

const PROGRESS_EVERY: Duration = Duration::from_millis(50);
const SHOW_PATIENCE: Duration = Duration::from_secs(1);
