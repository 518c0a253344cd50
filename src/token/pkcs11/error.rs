//! What each PKCS#11 answer means (PKCS#11 v2.40 §5.1).

use cryptoki::context::Function;
use cryptoki::error::Error;
use cryptoki::error::RvError;

use crate::token::trace::Answer;
use crate::token::wire::Failure;
use crate::token::wire::Flags;
use crate::token::wire::Kind;

impl Failure {
    /// A failure that is nobody's in particular and leaves the module usable.
    pub(in crate::token) fn other(cause: impl Into<String>) -> Self {
        Self::new(Kind::Failed, cause)
    }

    pub(in crate::token) fn new(kind: Kind, cause: impl Into<String>) -> Self {
        Self { kind, item: None, cause: cause.into(), restart: false }
    }

    /// At which digest it happened.
    pub(super) fn at(mut self, item: usize) -> Self {
        self.item = u32::try_from(item).ok();
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind =
            if let Error::Pkcs11(code, function) = &error { kind(*code, *function) } else { Kind::Failed };
        let lost_only_a_session = matches!(
            error,
            Error::Pkcs11(
                RvError::SessionHandleInvalid
                    | RvError::SessionClosed
                    | RvError::ObjectHandleInvalid
                    | RvError::KeyHandleInvalid
                    | RvError::UserNotLoggedIn,
                _
            )
        );
        Self {
            restart: kind == Kind::Failed && !lost_only_a_session,
            kind,
            item: None,
            cause: error.answer(),
        }
    }
}

impl Answer for Failure {
    fn answer(&self) -> String {
        self.cause.clone()
    }
}

impl Answer for Error {
    /// `C_Sign: CKR_GENERAL_ERROR`.
    #[allow(clippy::wildcard_enum_match_arm, reason = "all others say it by themselves")]
    fn answer(&self) -> String {
        match self {
            Self::Pkcs11(code, function) => format!("C_{function:?}: {}", name(*code)),
            Self::NullFunctionPointer => "the module lacks the function".to_owned(),
            other => other.to_string(),
        }
    }
}

/// The name that PKCS#11 has for it: cryptoki's are made of the same words.
#[allow(clippy::wildcard_enum_match_arm, reason = "all others are named by their words")]
fn name(code: RvError) -> String {
    match code {
        RvError::VendorDefined(code) => format!("CKR_VENDOR_DEFINED ({code:#010x})"),
        RvError::UnknownErrorCode(code) => format!("{code:#010x}"),
        named => {
            let mut name = "CKR".to_owned();
            for letter in format!("{named:?}").chars() {
                if letter.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(letter.to_ascii_uppercase());
            }
            name
        }
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "whatever is not listed is a failure of the module")]
fn kind(code: RvError, function: Function) -> Kind {
    match code {
        RvError::DeviceRemoved
        | RvError::TokenNotPresent
        | RvError::TokenNotRecognized
        | RvError::SlotIdInvalid => Kind::Removed,
        // Elsewhere no PIN was typed that could be typed again.
        RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange
            if matches!(function, Function::Login) =>
        {
            Kind::WrongPin { pin: Flags::Ok, nonce: [0; 32] }
        }
        RvError::PinLocked => Kind::PinLocked,
        RvError::PinExpired => Kind::PinMustChange,
        RvError::FunctionCanceled | RvError::Cancel => Kind::Cancelled,
        RvError::MechanismInvalid
        | RvError::MechanismParamInvalid
        | RvError::KeyFunctionNotPermitted
        | RvError::KeyTypeInconsistent
        | RvError::KeySizeRange => Kind::Unfit,
        _ => Kind::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_named_as_in_the_standard() {
        let of = |code| Error::Pkcs11(code, Function::SignInit).answer();
        assert_eq!(of(RvError::GeneralError), "C_SignInit: CKR_GENERAL_ERROR");
        assert_eq!(of(RvError::SessionReadWriteSoExists), "C_SignInit: CKR_SESSION_READ_WRITE_SO_EXISTS");
        assert_eq!(of(RvError::VendorDefined(0x8000_0001)), "C_SignInit: CKR_VENDOR_DEFINED (0x80000001)");
    }

    #[test]
    fn r49_each_answer_has_its_meaning() {
        let of = |code| Failure::from(Error::Pkcs11(code, Function::Sign));
        for code in [RvError::DeviceRemoved, RvError::TokenNotPresent, RvError::TokenNotRecognized] {
            assert_eq!((of(code).kind, of(code).restart), (Kind::Removed, false), "{code:?}");
        }
        for code in [
            RvError::DeviceError,
            RvError::FunctionFailed,
            RvError::GeneralError,
            RvError::HostMemory,
            RvError::DeviceMemory,
            RvError::CryptokiNotInitialized,
            RvError::OperationActive,
        ] {
            assert_eq!((of(code).kind, of(code).restart), (Kind::Failed, true), "{code:?}");
        }
        for code in [RvError::SessionHandleInvalid, RvError::SessionClosed, RvError::UserNotLoggedIn] {
            assert_eq!((of(code).kind, of(code).restart), (Kind::Failed, false), "{code:?}");
        }
        assert_eq!(of(RvError::PinLocked).kind, Kind::PinLocked);
        assert_eq!(of(RvError::PinExpired).kind, Kind::PinMustChange);
        assert_eq!(of(RvError::FunctionCanceled).kind, Kind::Cancelled);
        let login = Failure::from(Error::Pkcs11(RvError::PinIncorrect, Function::Login));
        assert!(matches!(login.kind, Kind::WrongPin { .. }));
        assert_eq!(of(RvError::PinIncorrect).kind, Kind::Failed, "no PIN was asked for");
    }
}
