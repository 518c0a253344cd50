//! Exit codes, after sysexits(3) where it has one. They are part of the interface: scripts branch on
//! them, and the README lists them.

use std::process::ExitCode;

use crate::domain::error::ErrorCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: a check found something wrong (`doctor`, `audit verify`), or there was nothing to revoke.
    Wrong,
    /// 2: the arguments are not understood.
    Usage,
    /// 65: what was asked can't be done with these data: digest, certificate, scheme.
    Data,
    /// 66: an input file is missing or can't be read.
    NoInput,
    /// 69: something that is needed is not there: token, module, prompt, a free port.
    Unavailable,
    /// 70: a fault in Kyso.
    Software,
    /// 73: an output file can't be written.
    CantCreate,
    /// 74: the log can't be read or written.
    Io,
    /// 75: try again: busy, timed out, the token failed.
    TryAgain,
    /// 77: the person or the policy said no.
    Refused,
    /// 78: the configuration can't be used.
    Config,
}

impl Exit {
    /// How a signing command ends with this error.
    pub fn of(code: ErrorCode) -> Self {
        match code {
            ErrorCode::BadRequest
            | ErrorCode::DigestMismatch
            | ErrorCode::CertificateUnfit
            | ErrorCode::CertificateRevoked
            | ErrorCode::CertificateUntrusted
            | ErrorCode::SchemeUnsupported
            | ErrorCode::TooLarge => Self::Data,
            ErrorCode::TokenAbsent
            | ErrorCode::CertificateUnknown
            | ErrorCode::ModuleMissing
            | ErrorCode::PromptUnavailable
            | ErrorCode::PinLocked
            | ErrorCode::PukLocked
            | ErrorCode::PinUnsupported
            | ErrorCode::PinMustChange
            | ErrorCode::NotFound => Self::Unavailable,
            ErrorCode::Busy
            | ErrorCode::UserTimeout
            | ErrorCode::TokenRemoved
            | ErrorCode::TokenChanged
            | ErrorCode::TokenFailed
            | ErrorCode::ModuleCrashed
            | ErrorCode::ModuleTimeout
            | ErrorCode::Cancelled
            | ErrorCode::RevocationUnavailable
            | ErrorCode::ShuttingDown => Self::TryAgain,
            ErrorCode::UserDenied
            | ErrorCode::Paused
            | ErrorCode::OriginDenied
            | ErrorCode::PairingRequired => Self::Refused,
            ErrorCode::AuditUnavailable => Self::Io,
            ErrorCode::OriginMissing
            | ErrorCode::MethodNotAllowed
            | ErrorCode::MediaType
            | ErrorCode::WrongHost
            | ErrorCode::SignatureInvalid
            | ErrorCode::Internal => Self::Software,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Wrong => 1,
            Self::Usage => 2,
            Self::Data => 65,
            Self::NoInput => 66,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::CantCreate => 73,
            Self::Io => 74,
            Self::TryAgain => 75,
            Self::Refused => 77,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_every_exit_code_that_an_error_can_end_with() {
        let readme = include_str!("../../README.md");
        let own = [Exit::Done, Exit::Wrong, Exit::Usage, Exit::NoInput, Exit::CantCreate, Exit::Config];
        for exit in ErrorCode::ALL.into_iter().map(Exit::of).chain(own) {
            assert_eq!(readme.matches(&format!("\n| {} | ", exit.code())).count(), 1, "{exit:?}");
        }
    }
}
