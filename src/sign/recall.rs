//! Requests that were made before: their end is told again, and nothing is asked twice.

use super::{Context, Ending, Parts};
use crate::domain::audit::Asked;
use crate::domain::error::SignError;
use crate::domain::request::SignRequest;

/// Without a place in the queue there is no new prompt, but a resent request may have its end already.
pub(super) async fn recall(
    parts: &Parts,
    request: &SignRequest,
    context: &Context,
) -> Result<Ending, SignError> {
    let Some(key) = &request.idempotency else {
        return Err(SignError::Busy);
    };
    match parts.audit.recall(key).await? {
        Some(Asked::Replay(bytes)) => replay(context, bytes),
        Some(Asked::Ended(code)) => Err(SignError::EndedBefore(code)),
        Some(Asked::Reused) => Err(SignError::KeyReused),
        Some(Asked::Running | Asked::New(_)) | None => Err(SignError::Busy),
    }
}

/// The reply of before, for a caller that may still have it.
pub(super) fn replay(context: &Context, bytes: Vec<u8>) -> Result<Ending, SignError> {
    context.presence.holds()?;
    Ok(Ending::Replayed(bytes))
}
