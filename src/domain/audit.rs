//! What the log keeps.

use std::time::Duration;

use time::OffsetDateTime;

use super::approval::Consent;
use super::certificate::{CertId, Certificate, Holder};
use super::error::ErrorCode;
use super::origin::Origin;
use super::pin_task::PinTask;
use super::policy::PairedBy;
use super::scheme::Scheme;
use super::token::TokenSerial;
use super::validation::Standing;

/// Names an open request in the log: the sequence number of its *asked* row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AuditId(pub i64);

/// Proof that a row is durable: its place and the head of the chain after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Sequence number, from 1.
    pub sequence: i64,
    /// SHA-256 that ends the chain at this row.
    pub head: [u8; 32],
}

/// What became of asking the log to open a request.
#[derive(Debug)]
pub enum Asked {
    /// A new request; its *asked* row is durable.
    New(AuditId),
    /// This key succeeded before: the reply's bytes. The row `replayed` is durable.
    Replay(Vec<u8>),
    /// This key's request still runs.
    Running,
    /// This key ended otherwise before.
    Ended(ErrorCode),
    /// This key came with another body.
    Reused,
}

/// With what was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The certificate.
    pub certificate: CertId,
    /// Its subject, RFC 4514.
    pub subject: String,
    /// The token.
    pub token: TokenSerial,
    /// The scheme.
    pub scheme: Scheme,
    /// For whom the certificate speaks.
    pub holder: Holder,
    /// Its last moment of validity.
    pub expires: OffsetDateTime,
}

/// How the person agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBy {
    /// A PIN in the prompt.
    Pin,
    /// A PIN on the reader's pad.
    Reader,
    /// A word, while the token's login was kept.
    Kept,
}

/// How a request ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The code it failed with; none is success.
    pub error: Option<ErrorCode>,
    /// For a failure, what lay behind it; never leaves the log.
    pub cause: Option<String>,
    /// How many signatures the token made, released or not.
    pub made: usize,
    /// With what, if it came that far.
    pub signer: Option<Signer>,
    /// How the person agreed last, if it came that far.
    pub consent: Option<GivenBy>,
    /// How many PINs the token called wrong.
    pub wrong_pins: u32,
    /// How the certificate stood, where the machine wanted to know.
    pub validation: Option<Standing>,
    /// From the prompt's opening to the last answer.
    pub prompt: Duration,
    /// From the last answer to the end of the token's work.
    pub token: Duration,
}

/// A thing worth a row that is no signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A site paired, with or without a prompt.
    Paired {
        /// The site.
        origin: Origin,
        /// By whose leave.
        by: PairedBy,
    },
    /// A pairing was refused or not answered.
    PairingRefused {
        /// The site.
        origin: Origin,
        /// The code it ended with.
        code: ErrorCode,
    },
    /// A page forgot itself.
    Unpaired {
        /// The site.
        origin: Origin,
    },
    /// The person granted a site in advance.
    Allowed {
        /// The site.
        origin: Origin,
    },
    /// The person revoked a site.
    Revoked {
        /// The site.
        origin: Origin,
    },
    /// The person refused a site for good.
    Blocked {
        /// The site.
        origin: Origin,
    },
    /// The person has paused signing, or lets it go on.
    Paused(bool),
    /// Somebody is about to be asked for the secrets that change or unblock a PIN.
    PinAsked(PinTask),
    /// What came of it.
    PinEnded {
        /// Of what.
        task: PinTask,
        /// Sequence number of the *asked* row.
        asked: i64,
        /// The code it failed with; none is success.
        error: Option<ErrorCode>,
        /// For a failure, what lay behind it; never leaves the log.
        cause: Option<String>,
    },
}

/// Makes the reply's bytes once the receipt is known, to be kept beside the outcome.
pub type RenderReply = Box<dyn FnOnce(&Receipt) -> Vec<u8> + Send>;

impl GivenBy {
    /// Of a consent.
    pub fn of(consent: &Consent) -> Self {
        match consent {
            Consent::Pin(_) | Consent::PinToKeep(_) => Self::Pin,
            Consent::Reader => Self::Reader,
            Consent::Confirm => Self::Kept,
        }
    }

    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Reader => "reader",
            Self::Kept => "kept",
        }
    }
}

impl Signer {
    /// Of a certificate and a scheme.
    pub fn new(certificate: &Certificate, scheme: Scheme) -> Self {
        Self {
            certificate: certificate.id,
            subject: certificate.subject.text.clone(),
            token: certificate.token.clone(),
            scheme,
            holder: certificate.holder,
            expires: certificate.not_after,
        }
    }
}
