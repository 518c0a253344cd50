//! Tokens as the person and the page see them.

use std::fmt;
use std::sync::Arc;

use super::certificate::Certificate;

/// A token's serial number as its module reports it, blanks trimmed. Not unique across vendors and
/// blank on some cards, so it is compared together with the certificate, never alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenSerial(pub String);

/// What wrong PINs are counted by: model and serial number, or, where that is blank, the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenKey(pub String);

/// One plugged-in token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// Serial number.
    pub serial: TokenSerial,
    /// The label its owner gave it.
    pub label: String,
    /// Model, as the vendor names it.
    pub model: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// What is known of its PIN.
    pub pin: PinState,
    /// Which of the configured modules showed it.
    pub module: usize,
}

/// What the token's flags say of its user PIN (PKCS#11 v2.40 §3.2, `CK_TOKEN_INFO`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PinState {
    /// Nothing remarkable, or nothing known.
    #[default]
    Ok,
    /// A wrong PIN has been entered since the last right one.
    Low,
    /// Wrong PINs came in a row, and the token does not say how many tries are left: by our own count,
    /// since flags lie (R40).
    Doubted,
    /// One try is left.
    FinalTry,
    /// No try is left.
    Locked,
    /// The PIN must be changed before anything is signed.
    MustChange,
    /// The PIN is typed on the reader's own pad.
    Reader,
    /// The same, and wrong PINs came in a row there, by our own count.
    ReaderDoubted,
    /// The same, and one try is left.
    ReaderFinal,
}

/// What is plugged in, and what could not be looked at.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Tokens, in the order of the modules.
    pub tokens: Vec<TokenInfo>,
    /// End-entity certificates on them.
    pub certificates: Vec<Arc<Certificate>>,
    /// Modules that did not answer, each with the reason, for `kyso doctor` and the log.
    pub problems: Vec<ModuleProblem>,
}

/// A module that can't be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleProblem {
    /// The configured path.
    pub path: String,
    /// What went wrong, and as what an error it counts.
    pub error: super::error::TokenError,
}

impl Snapshot {
    /// The token that holds the certificate: of the module that showed both. A serial number alone is
    /// nobody's name, and another module may claim it.
    pub fn token_of(&self, certificate: &Certificate) -> Option<&TokenInfo> {
        let holds =
            |token: &&TokenInfo| token.module == certificate.module && token.serial == certificate.token;
        self.tokens.iter().find(holds)
    }
}

impl TokenInfo {
    /// What its wrong PINs are counted by.
    pub fn key(&self, certificate: &Certificate) -> TokenKey {
        let serial = &self.serial.0;
        TokenKey(if serial.is_empty() {
            certificate.id.to_string()
        } else {
            format!("{}/{serial}", self.model)
        })
    }
}

impl PinState {
    /// As the person should see it after so many wrong PINs in a row.
    pub fn after(self, wrong: u32) -> Self {
        match self {
            Self::Ok | Self::Low if wrong >= DOUBTFUL => Self::Doubted,
            Self::Reader if wrong >= DOUBTFUL => Self::ReaderDoubted,
            Self::Ok | Self::Low | Self::Reader => self,
            Self::Doubted
            | Self::FinalTry
            | Self::Locked
            | Self::MustChange
            | Self::ReaderDoubted
            | Self::ReaderFinal => self,
        }
    }

    /// Whether the PIN is typed on the reader's own pad.
    pub fn is_typed_on_reader(self) -> bool {
        matches!(self, Self::Reader | Self::ReaderDoubted | Self::ReaderFinal)
    }

    /// Whether the person is to agree that it may be the last try (R40).
    pub fn is_last_try(self) -> bool {
        matches!(self, Self::Doubted | Self::FinalTry | Self::ReaderDoubted | Self::ReaderFinal)
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Low => "low",
            Self::Doubted => "doubted",
            Self::FinalTry => "final_try",
            Self::Locked => "locked",
            Self::MustChange => "must_change",
            Self::Reader | Self::ReaderDoubted | Self::ReaderFinal => "reader",
        }
    }
}

impl fmt::Display for TokenSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Wrong PINs in a row after which the next one may be the last: most tokens lock at three.
const DOUBTFUL: u32 = 2;
