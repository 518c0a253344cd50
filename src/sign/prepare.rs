//! What a request does while its *asked* becomes durable: the disk and the token take about as long.

use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};

use super::board::Queued;
use super::pledges::Pledges;
use super::turns::{Place, Turn};
use super::{Context, Parts, candidates};
use crate::domain::approval::Candidate;
use crate::domain::error::SignError;
use crate::domain::request::SignRequest;

/// What the window is opened with.
pub(super) struct Prepared {
    /// Requests behind this one.
    pub(super) waiting: usize,
    pub(super) candidates: Vec<Candidate>,
    /// For as long as the window is open.
    pub(super) pledges: Pledges,
}

/// Takes the turn and finds the candidates: nothing that anybody sees.
pub(super) async fn prepare(
    parts: &Parts,
    request: &SignRequest,
    context: &Context,
    (place, queued): (Place, Queued),
    turn: &OnceLock<Turn>,
) -> Result<Prepared, SignError> {
    let board = Arc::clone(place.board());
    board.admits()?;
    // No PIN is to be typed for a token that is busy for minutes, and no question is to wait for one.
    let modules = if place.is_next() { Vec::new() } else { candidates::modules(parts, request).await };
    let taken = place.turn(modules).await?;
    let waiting = turn.get_or_init(|| taken).waiting();
    drop(queued);
    board.admits()?;
    let pledges = Pledges::new(&parts.tokens);
    let mut candidates = candidates::find(parts, request, &pledges).await?;
    if context.prompter.as_ref().is_some_and(|prompter| prompter.is_callers()) {
        // Whatever program is at the other end could say the word in the person's place (R38); a PIN it
        // does not know.
        candidates.iter_mut().for_each(Candidate::wants_a_pin);
    }
    Ok(Prepared { waiting, candidates, pledges })
}

/// Waits for the first; what the second has come to by then, if it has come to its end.
pub(super) async fn beside<A, B>(
    first: impl Future<Output = A>,
    mut second: Pin<&mut impl Future<Output = B>>,
) -> (A, Option<B>) {
    let (mut first, mut done) = (pin!(first), None);
    loop {
        tokio::select! {
            biased;
            first = &mut first => return (first, done),
            second = &mut second, if done.is_none() => done = Some(second),
        }
    }
}
