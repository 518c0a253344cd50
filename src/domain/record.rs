//! What a row of the log tells statistics, borrowed from the row.

use std::borrow::Cow;

use time::Date;

use super::certificate::Holder;

/// One row, its time as the clock of the reading machine shows it. What the row does not say is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// What happened.
    pub happened: Happened,
    /// The local day.
    pub date: Date,
    /// The local hour, 0 to 23.
    pub hour: u8,
    /// An origin, or `command line`.
    pub caller: Option<Cow<'a, str>>,
    /// `ok`, or the code it ended with.
    pub outcome: Option<Cow<'a, str>>,
    /// How many signatures the token made, released or not.
    pub made: u64,
    /// How many wrong PINs were typed; rows of older versions don't tell.
    pub wrong_pins: Option<u64>,
    /// Milliseconds from the prompt's opening to the last answer.
    pub prompt_ms: Option<u64>,
    /// Milliseconds from there to the end of the token's work.
    pub token_ms: Option<u64>,
    /// Serial number of the token.
    pub token: Option<Cow<'a, str>>,
    /// `sha256:` and the certificate's fingerprint in hex.
    pub certificate: Option<Cow<'a, str>>,
    /// Its subject, RFC 4514.
    pub subject: Option<Cow<'a, str>>,
    /// For whom it speaks; rows of older versions don't tell.
    pub holder: Option<Holder>,
    /// Its last moment, RFC 3339; rows of older versions don't tell.
    pub expires: Option<Cow<'a, str>>,
    /// Of a request that ended: whether it was for a sign-in, and so for no signature over a document.
    pub sign_in: bool,
}

/// What kind of row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happened {
    /// A request for signatures came.
    Asked,
    /// It ended.
    Ended(End),
    /// A finished request's reply was sent again.
    Replayed,
    /// A site was paired, or allowed in advance.
    SiteAdmitted,
    /// A pairing was refused.
    PairingRefused,
    /// A site was revoked.
    SiteRevoked,
    /// A PIN was changed or unblocked.
    PinSet,
    /// Changing or unblocking a PIN failed.
    PinNotSet,
    /// Anything else.
    Other,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// All its signatures were released.
    Signed,
    /// The person or the policy said no, or nobody answered.
    Refused,
    /// Something failed.
    Failed,
    /// The caller left.
    Cancelled,
    /// The agent ended.
    Interrupted,
}

impl Happened {
    /// Of a row's kind.
    pub fn of_kind(kind: &str) -> Self {
        match kind {
            "asked" => Self::Asked,
            "signed" => Self::Ended(End::Signed),
            "refused" => Self::Ended(End::Refused),
            "failed" => Self::Ended(End::Failed),
            "cancelled" => Self::Ended(End::Cancelled),
            "interrupted" => Self::Ended(End::Interrupted),
            "replayed" => Self::Replayed,
            "paired" | "allowed" => Self::SiteAdmitted,
            "pairing_refused" => Self::PairingRefused,
            "revoked" => Self::SiteRevoked,
            "pin_changed" | "pin_unblocked" => Self::PinSet,
            "pin_change_failed" | "pin_unblock_failed" => Self::PinNotSet,
            _ => Self::Other,
        }
    }
}

impl End {
    /// In the order in which they are told.
    pub const ALL: [Self; 5] =
        [Self::Signed, Self::Refused, Self::Failed, Self::Cancelled, Self::Interrupted];

    /// The kind of its row.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}
