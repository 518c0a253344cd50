//! What can go wrong, by who is at fault, and the one list of codes that callers see.

mod from;
mod retry;

pub use retry::Retry;

use super::seal::SealTarget;
use super::token::PinState;
use super::validation::Standing;

/// A stable code of the API, never reused. Status is in `api/reply.rs`, words in `text/error.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is documented by its words in both languages and its README row")]
pub enum ErrorCode {
    BadRequest,
    DigestMismatch,
    PairingRequired,
    OriginMissing,
    OriginDenied,
    UserDenied,
    NotFound,
    TokenAbsent,
    CertificateUnknown,
    MethodNotAllowed,
    UserTimeout,
    TokenRemoved,
    PinMustChange,
    TokenChanged,
    TooLarge,
    MediaType,
    WrongHost,
    CertificateUnfit,
    CertificateRevoked,
    CertificateUntrusted,
    SchemeUnsupported,
    PinUnsupported,
    PinLocked,
    PukLocked,
    Busy,
    AuditUnavailable,
    Internal,
    ModuleCrashed,
    TokenFailed,
    SignatureInvalid,
    Cancelled,
    ModuleMissing,
    PromptUnavailable,
    Paused,
    RevocationUnavailable,
    ShuttingDown,
    ModuleTimeout,
}

/// Why there are no signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignError {
    /// The person said no.
    Denied,
    /// The person did not answer in time.
    TimedOut,
    /// The caller left, or the peer of its connection is no longer this user's process.
    Cancelled,
    /// The queue or the origin's allowance is full.
    Busy,
    /// Policy refuses this origin.
    OriginDenied,
    /// The request names something that is not what it should be.
    Invalid,
    /// The same idempotency key came with another body.
    KeyReused,
    /// The same idempotency key ended so before; there is no second prompt.
    EndedBefore(ErrorCode),
    /// No plugged-in token holds the certificate.
    CertificateUnknown,
    /// No token is plugged in.
    TokenAbsent,
    /// The certificate can't be used for this.
    CertificateUnfit,
    /// The machine's policy does not let this be signed.
    Policy(Barrier),
    /// How the certificate stands keeps it from signing.
    Standing(Standing),
    /// The key can't sign with the scheme.
    SchemeUnsupported,
    /// The token returned something its certificate does not verify.
    SignatureInvalid {
        /// Index of the first such item.
        item: usize,
    },
    /// The token or its module failed.
    Token(TokenError),
    /// The person can't be asked.
    Prompt(PromptError),
    /// The log can't be written.
    Audit(AuditError),
    /// The person has paused signing.
    Paused,
    /// The agent is stopping.
    ShuttingDown,
    /// A part that has no outcome of its own failed; the text goes to the log only.
    Internal(String),
}

/// The setting of the machine's policy that keeps something from being signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// `certificates.issuers`.
    Issuer,
    /// `certificates.rsa_bits`, `certificates.ec_bits`.
    KeySize,
    /// `issuers` and `purposes` of the site.
    Site,
    /// `limits.batch`.
    Batch,
}

/// What a token or its module did wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The PIN was wrong; the host's next nonce is for the next typed one.
    WrongPin {
        /// What the token says of its PIN now.
        state: PinState,
        /// Where to seal the next PIN to.
        next: SealTarget,
    },
    /// One try is left, which the person was not told before they answered: nothing was tried, and the host's next
    /// nonce is for the PIN that they type knowing it.
    LastTry {
        /// Where to seal it to.
        next: SealTarget,
    },
    /// No try is left.
    PinLocked,
    /// No try is left for the PUK either.
    PukLocked,
    /// The token does not take this new PIN; the host's next nonce is for the next typed ones.
    NewPinRefused {
        /// Where to seal them to.
        next: SealTarget,
    },
    /// The token's PIN can't be set through PKCS#11; with the answer, for the log.
    PinUnsupported(String),
    /// The token wants its PIN changed first.
    PinMustChange,
    /// The person cancelled on the reader's pad.
    Cancelled,
    /// Pulled out.
    Removed,
    /// Another token or certificate sits where the approved one was.
    Changed,
    /// The certificate's private key is not on the token, or does not do this.
    Unfit,
    /// The kept login that the job was agreed to with has ended, or won't do for this key: nothing was signed,
    /// and a PIN will do.
    LoginEnded,
    /// The module can't be loaded: missing, unreadable, or no PKCS#11 library.
    Missing(String),
    /// The module's process ended.
    Crashed(String),
    /// A call to the module passed its deadline; its process was ended.
    TimedOut(String),
    /// Anything else, with the PKCS#11 code for the log.
    Failed {
        /// Index of the item, if it came that far.
        item: Option<usize>,
        /// For the log.
        cause: String,
    },
}

/// The person can't be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptError {
    /// No display and no terminal, or the prompt did not start; with the reason.
    Unavailable(String),
    /// The prompt ended without an answer: a refusal.
    Closed,
}

/// The log can't be written or read; with the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditError(pub String);

impl ErrorCode {
    /// Every code, in the order of its HTTP status.
    pub const ALL: [Self; 37] = [
        Self::BadRequest,
        Self::DigestMismatch,
        Self::PairingRequired,
        Self::OriginMissing,
        Self::OriginDenied,
        Self::UserDenied,
        Self::NotFound,
        Self::TokenAbsent,
        Self::CertificateUnknown,
        Self::MethodNotAllowed,
        Self::UserTimeout,
        Self::TokenRemoved,
        Self::PinMustChange,
        Self::TokenChanged,
        Self::TooLarge,
        Self::MediaType,
        Self::WrongHost,
        Self::CertificateUnfit,
        Self::CertificateRevoked,
        Self::CertificateUntrusted,
        Self::SchemeUnsupported,
        Self::PinUnsupported,
        Self::PinLocked,
        Self::PukLocked,
        Self::Busy,
        Self::AuditUnavailable,
        Self::Internal,
        Self::ModuleCrashed,
        Self::TokenFailed,
        Self::SignatureInvalid,
        Self::Cancelled,
        Self::ModuleMissing,
        Self::PromptUnavailable,
        Self::Paused,
        Self::RevocationUnavailable,
        Self::ShuttingDown,
        Self::ModuleTimeout,
    ];

    /// The code as it stands in replies and the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::DigestMismatch => "digest_mismatch",
            Self::PairingRequired => "pairing_required",
            Self::OriginMissing => "origin_missing",
            Self::OriginDenied => "origin_denied",
            Self::UserDenied => "user_denied",
            Self::NotFound => "not_found",
            Self::TokenAbsent => "token_absent",
            Self::CertificateUnknown => "certificate_unknown",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UserTimeout => "user_timeout",
            Self::TokenRemoved => "token_removed",
            Self::PinMustChange => "pin_must_change",
            Self::TokenChanged => "token_changed",
            Self::TooLarge => "too_large",
            Self::MediaType => "media_type",
            Self::WrongHost => "wrong_host",
            Self::CertificateUnfit => "certificate_unfit",
            Self::CertificateRevoked => "certificate_revoked",
            Self::CertificateUntrusted => "certificate_untrusted",
            Self::SchemeUnsupported => "scheme_unsupported",
            Self::PinUnsupported => "pin_unsupported",
            Self::PinLocked => "pin_locked",
            Self::PukLocked => "puk_locked",
            Self::Busy => "busy",
            Self::AuditUnavailable => "audit_unavailable",
            Self::Internal => "internal",
            Self::ModuleCrashed => "module_crashed",
            Self::TokenFailed => "token_failed",
            Self::SignatureInvalid => "signature_invalid",
            Self::Cancelled => "cancelled",
            Self::ModuleMissing => "module_missing",
            Self::PromptUnavailable => "prompt_unavailable",
            Self::Paused => "paused",
            Self::RevocationUnavailable => "revocation_unavailable",
            Self::ShuttingDown => "shutting_down",
            Self::ModuleTimeout => "module_timeout",
        }
    }

    /// The code with this text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

impl SignError {
    /// The code the caller sees.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Denied => ErrorCode::UserDenied,
            Self::TimedOut => ErrorCode::UserTimeout,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::Busy => ErrorCode::Busy,
            Self::OriginDenied => ErrorCode::OriginDenied,
            Self::Invalid | Self::KeyReused => ErrorCode::BadRequest,
            Self::EndedBefore(code) => *code,
            Self::CertificateUnknown => ErrorCode::CertificateUnknown,
            Self::TokenAbsent => ErrorCode::TokenAbsent,
            Self::CertificateUnfit => ErrorCode::CertificateUnfit,
            Self::Policy(Barrier::Batch) => ErrorCode::TooLarge,
            Self::Policy(Barrier::Issuer | Barrier::KeySize | Barrier::Site) => ErrorCode::CertificateUnfit,
            Self::Standing(standing) => code_of(*standing),
            Self::SchemeUnsupported => ErrorCode::SchemeUnsupported,
            Self::SignatureInvalid { .. } => ErrorCode::SignatureInvalid,
            Self::Token(error) => error.code(),
            Self::Prompt(PromptError::Unavailable(_)) => ErrorCode::PromptUnavailable,
            Self::Prompt(PromptError::Closed) => ErrorCode::UserDenied,
            Self::Audit(_) => ErrorCode::AuditUnavailable,
            Self::Paused => ErrorCode::Paused,
            Self::ShuttingDown => ErrorCode::ShuttingDown,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// The item that failed, if one did.
    pub fn item(&self) -> Option<usize> {
        if let Self::SignatureInvalid { item } = self {
            return Some(*item);
        }
        if let Self::Token(TokenError::Failed { item, .. }) = self { *item } else { None }
    }

    /// The cause, for the log and never for the page.
    pub fn cause(&self) -> Option<&str> {
        if let Self::Token(error) = self {
            return error.cause();
        }
        if let Self::Policy(barrier) = self {
            return Some(barrier.setting());
        }
        if let Self::Prompt(PromptError::Unavailable(cause))
        | Self::Audit(AuditError(cause))
        | Self::Internal(cause) = self
        {
            Some(cause)
        } else {
            None
        }
    }
}

impl Barrier {
    /// The setting's name, for the log.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Issuer => "policy: certificates.issuers",
            Self::KeySize => "policy: certificates.rsa_bits, certificates.ec_bits",
            Self::Site => "policy: sites.issuers, sites.purposes",
            Self::Batch => "policy: limits.batch",
        }
    }
}

/// The code of a standing that bars.
fn code_of(standing: Standing) -> ErrorCode {
    match standing {
        Standing::Revoked { .. } => ErrorCode::CertificateRevoked,
        Standing::NoPath => ErrorCode::CertificateUntrusted,
        Standing::Unknown | Standing::Offline | Standing::Checking => ErrorCode::RevocationUnavailable,
        Standing::Expired
        | Standing::NotYetValid
        | Standing::WrongUsage
        | Standing::Good
        | Standing::NotChecked => ErrorCode::CertificateUnfit,
    }
}

impl TokenError {
    /// The code the caller sees.
    pub fn code(&self) -> ErrorCode {
        match self {
            // A wrong PIN is answered in the prompt; a caller sees it only if no prompt could.
            Self::WrongPin { .. }
            | Self::LastTry { .. }
            | Self::NewPinRefused { .. }
            | Self::LoginEnded
            | Self::Cancelled => ErrorCode::UserDenied,
            Self::PinLocked => ErrorCode::PinLocked,
            Self::PukLocked => ErrorCode::PukLocked,
            Self::PinUnsupported(_) => ErrorCode::PinUnsupported,
            Self::PinMustChange => ErrorCode::PinMustChange,
            Self::Removed => ErrorCode::TokenRemoved,
            Self::Changed => ErrorCode::TokenChanged,
            Self::Unfit => ErrorCode::CertificateUnfit,
            Self::Missing(_) => ErrorCode::ModuleMissing,
            Self::Crashed(_) => ErrorCode::ModuleCrashed,
            Self::TimedOut(_) => ErrorCode::ModuleTimeout,
            Self::Failed { .. } => ErrorCode::TokenFailed,
        }
    }

    /// What lay behind it, for the log.
    pub fn cause(&self) -> Option<&str> {
        if let Self::Missing(cause)
        | Self::PinUnsupported(cause)
        | Self::Crashed(cause)
        | Self::TimedOut(cause)
        | Self::Failed { cause, .. } = self
        {
            Some(cause)
        } else {
            None
        }
    }
}
