//! How errors become one another, and a code its text.

use std::fmt;

use super::{AuditError, ErrorCode, PromptError, SignError, TokenError};

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<TokenError> for SignError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<PromptError> for SignError {
    fn from(error: PromptError) -> Self {
        Self::Prompt(error)
    }
}

impl From<AuditError> for SignError {
    fn from(error: AuditError) -> Self {
        Self::Audit(error)
    }
}
