//! What a request does while its *asked* becomes durable: the disk and the token take about as long.

use std::pin::{Pin, pin};

use super::turns::{Place, Turn};
use super::{Parts, candidates};
use crate::domain::approval::Candidate;
use crate::domain::error::SignError;
use crate::domain::request::SignRequest;

/// What the window is opened with.
pub(super) struct Prepared {
    /// Requests behind this one.
    pub(super) waiting: usize,
    pub(super) candidates: Vec<Candidate>,
}

/// Takes the turn and finds the candidates: nothing that anybody sees.
pub(super) async fn prepare(
    parts: &Parts,
    request: &SignRequest,
    place: Place,
    turn: &mut Option<Turn>,
) -> Result<Prepared, SignError> {
    let waiting = turn.insert(place.turn().await?).waiting();
    let candidates = candidates::find(parts, request).await?;
    Ok(Prepared { waiting, candidates })
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
