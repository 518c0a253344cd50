//! Whether asking again can help.

use super::ErrorCode;

/// Whether asking again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same request may succeed as it is.
    Now,
    /// After the person did something: plugged in, unlocked, chose.
    AfterUser,
    /// Not unless the request changes.
    Never,
}

impl ErrorCode {
    /// Whether asking again can help.
    pub fn retry(self) -> Retry {
        match self {
            Self::Busy
            | Self::Cancelled
            | Self::ModuleCrashed
            | Self::ModuleTimeout
            | Self::TokenFailed
            | Self::RevocationUnavailable
            | Self::ShuttingDown => Retry::Now,
            Self::PairingRequired
            | Self::UserDenied
            | Self::UserTimeout
            | Self::TokenAbsent
            | Self::TokenRemoved
            | Self::TokenChanged
            | Self::PinMustChange
            | Self::PinLocked
            | Self::PukLocked
            | Self::CertificateUnknown
            | Self::ModuleMissing
            | Self::PromptUnavailable
            | Self::Paused
            | Self::AuditUnavailable => Retry::AfterUser,
            Self::BadRequest
            | Self::DigestMismatch
            | Self::OriginMissing
            | Self::OriginDenied
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::TooLarge
            | Self::MediaType
            | Self::WrongHost
            | Self::CertificateUnfit
            | Self::CertificateRevoked
            | Self::CertificateUntrusted
            | Self::SchemeUnsupported
            | Self::PinUnsupported
            | Self::Internal
            | Self::SignatureInvalid => Retry::Never,
        }
    }
}
