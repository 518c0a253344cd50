//! What a request's end says of the site that asked.

use crate::domain::error::{PromptError, SignError, TokenError};

/// Ends that are the person's own no.
pub(super) fn is_refusal(error: &SignError) -> bool {
    matches!(
        error,
        SignError::Denied | SignError::Prompt(PromptError::Closed) | SignError::Token(TokenError::Cancelled)
    )
}

/// Ends that count against a site: its prompt was refused, timed out or abandoned.
pub(super) fn spoils(error: &SignError) -> bool {
    matches!(
        error,
        SignError::Denied
            | SignError::TimedOut
            | SignError::Cancelled
            | SignError::Prompt(PromptError::Closed)
            | SignError::Token(TokenError::Cancelled)
    )
}
