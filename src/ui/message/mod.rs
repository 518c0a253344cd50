//! The conversation between agent and prompt: one JSON object a line, both ways.
//!
//! ```text
//! agent → prompt   sign | pair | pin, then wrong_pin | last_try | pin_wrong | pin_refused | waiting | standing | aside | progress | done | failed …
//! prompt → agent   ready | unavailable, then sign | allow | pin | deny | refuse …
//! ```
//!
//! Unknown messages and fields are refused, and so is a line longer than [`MAX_LINE`]. Fields are
//! parsed into the domain's types on the way in: a question that does not parse is never shown.

mod form;
mod pin;
mod question;
mod wire;

use serde::Deserialize;
use serde::Serialize;

pub use pin::PinSheet;
pub use question::Choice;
pub use question::Pair;
pub use question::Sign;

use crate::domain::approval::Answer;
use crate::domain::approval::Consent;
use crate::domain::approval::DialogState;
use crate::domain::certificate::CertId;
use crate::domain::error::ErrorCode;
use crate::domain::pin_task::PinAnswer;
use crate::domain::pin_task::PinConsent;
use crate::domain::pin_task::PinNews;
use crate::domain::seal::SealTarget;
use crate::domain::seal::SealedPair;
use crate::domain::seal::SealedPin;
use crate::domain::token::PinState;
use crate::domain::validation::Standing;
use crate::text::Lang;

/// The longest line, in bytes with its end. A batch of [`crate::domain::request::Items::MAX`] items
/// with the longest names that JSON escapes sixfold would pass it; such names are no names.
pub const MAX_LINE: usize = 4 << 20;

/// What the agent says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToPrompt {
    /// First message: may this be signed.
    Sign(Sign),
    /// First message: may this site ask.
    Pair(Pair),
    /// The PIN was wrong, or nothing is known to be wrong but another is needed.
    WrongPin {
        /// Whose PIN it was.
        #[serde(with = "wire::text")]
        certificate: CertId,
        /// What the token says of its PIN now.
        #[serde(with = "wire::Pin")]
        pin: PinState,
        /// Where to seal the next one to.
        #[serde(with = "wire::Seal")]
        seal: SealTarget,
    },
    /// It is the last try by now; nothing was tried.
    LastTry {
        /// Whose PIN it is.
        #[serde(with = "wire::text")]
        certificate: CertId,
        /// What the token says of its PIN now.
        #[serde(with = "wire::Pin")]
        pin: PinState,
        /// Where to seal the next one to.
        #[serde(with = "wire::Seal")]
        seal: SealTarget,
    },
    /// The kept login has ended; a PIN is asked for.
    LoginEnded {
        /// Which certificate was agreed to.
        #[serde(with = "wire::text")]
        certificate: CertId,
    },
    /// A warning about the certificate came after the person agreed: they agree anew, knowing it.
    Warned {
        /// Which certificate was agreed to.
        #[serde(with = "wire::text")]
        certificate: CertId,
        /// The person has this long at least, in milliseconds.
        milliseconds: u64,
    },
    /// First message: change or unblock this token's PIN.
    Pin(PinSheet),
    /// The PIN or PUK was wrong: all are typed again.
    PinWrong {
        /// What is known of it now.
        #[serde(with = "wire::Pin")]
        state: PinState,
        /// Where to seal the next ones to.
        #[serde(with = "wire::Seal")]
        seal: SealTarget,
    },
    /// The token does not take the new PIN: all are typed again.
    PinRefused {
        /// Where to seal the next ones to.
        #[serde(with = "wire::Seal")]
        seal: SealTarget,
    },
    /// So many requests wait behind this one now.
    Waiting {
        /// How many.
        waiting: usize,
    },
    /// How a certificate stands is known by now.
    Standing {
        /// Which.
        #[serde(with = "wire::text")]
        certificate: CertId,
        /// How.
        #[serde(with = "wire::text")]
        standing: Standing,
        /// Whether it can't sign so.
        barred: bool,
    },
    /// Come to the front; answer nothing.
    Raise {
        /// The desktop's leave to do so: an XDG activation token.
        leave: Option<String>,
    },
    /// Another question is in front of the person now: no key is meant for this one. Or it is its turn again.
    Aside {
        /// Which.
        on: bool,
    },
    /// So many are signed.
    Progress {
        /// Signed so far.
        done: usize,
        /// Of how many.
        total: usize,
        /// The key wants a login for each, which takes long.
        #[serde(default)]
        each_time: bool,
    },
    /// All signed and recorded.
    Done,
    /// It failed.
    Failed {
        /// With this code.
        #[serde(with = "wire::code")]
        code: ErrorCode,
    },
}

/// What the prompt says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromPrompt {
    /// The question is in front of the person.
    Ready,
    /// The window has the focus now, or has it no more. Said besides the conversation.
    Focus {
        /// Which.
        on: bool,
    },
    /// The person can't be asked.
    Unavailable {
        /// Why, in the language of the prompt.
        reason: String,
    },
    /// Yes to signing.
    Sign {
        /// With this certificate.
        #[serde(with = "wire::text")]
        certificate: CertId,
        /// Base64; none if the PIN is typed on the reader.
        #[serde(with = "wire::sealed")]
        pin: Option<SealedPin>,
    },
    /// Yes to signing, and the login is to be kept as long as was offered.
    SignAndKeep {
        /// With this certificate.
        #[serde(with = "wire::text")]
        certificate: CertId,
        /// Base64; sealed together with that wish.
        #[serde(with = "wire::sealed")]
        pin: Option<SealedPin>,
    },
    /// Yes to signing with a login that is kept.
    Confirm {
        /// With this certificate.
        #[serde(with = "wire::text")]
        certificate: CertId,
    },
    /// Yes to changing or unblocking a PIN.
    Pin {
        /// Base64; none if the secrets are typed on the reader.
        #[serde(with = "wire::sealed_pair")]
        pair: Option<SealedPair>,
    },
    /// Yes to a site.
    Allow,
    /// No.
    Deny,
    /// No, and this site is not to ask again.
    Refuse,
}

/// The line is no message of this conversation.
#[derive(Debug)]
pub struct NotAMessage(pub String);

/// Writes a message as a line without its end.
pub fn line(message: &impl Serialize) -> String {
    // Strings, numbers and maps with text keys only: nothing that JSON can't say.
    serde_json::to_string(message).unwrap_or_default()
}

impl ToPrompt {
    /// The language of a question; of anything else, the environment's.
    #[allow(clippy::wildcard_enum_match_arm, reason = "questions alone have one")]
    pub(super) fn lang(&self) -> Lang {
        match self {
            Self::Sign(sign) => sign.lang,
            Self::Pair(pair) => pair.lang,
            Self::Pin(sheet) => sheet.lang,
            _ => Lang::from_env(),
        }
    }

    /// # Errors
    /// [`NotAMessage`] with the reason, for the log.
    pub fn parse(line: &str) -> Result<Self, NotAMessage> {
        parse(line)
    }
}

impl FromPrompt {
    /// # Errors
    /// [`NotAMessage`] with the reason, for the log.
    pub fn parse(line: &str) -> Result<Self, NotAMessage> {
        parse(line)
    }

    /// The answer to a signing question; nothing if it is none.
    pub fn into_answer(self) -> Option<Answer> {
        match self {
            Self::Sign { certificate, pin } => {
                let consent = pin.map_or(Consent::Reader, Consent::Pin);
                Some(Answer::Allow { certificate, consent })
            }
            Self::SignAndKeep { certificate, pin } => {
                Some(Answer::Allow { certificate, consent: Consent::PinToKeep(pin?) })
            }
            Self::Confirm { certificate } => Some(Answer::Allow { certificate, consent: Consent::Confirm }),
            Self::Deny => Some(Answer::Deny),
            Self::Refuse => Some(Answer::Refuse),
            Self::Ready | Self::Focus { .. } | Self::Unavailable { .. } | Self::Allow | Self::Pin { .. } => {
                None
            }
        }
    }

    /// The answer to a question about a PIN; nothing if it is none.
    pub fn into_pin_answer(self) -> Option<PinAnswer> {
        match self {
            Self::Pin { pair } => Some(PinAnswer::Allow(pair.map_or(PinConsent::Reader, PinConsent::Sealed))),
            Self::Deny => Some(PinAnswer::Deny),
            Self::Ready
            | Self::Focus { .. }
            | Self::Unavailable { .. }
            | Self::Allow
            | Self::Refuse
            | Self::Sign { .. }
            | Self::SignAndKeep { .. }
            | Self::Confirm { .. } => None,
        }
    }
}

impl From<DialogState> for ToPrompt {
    fn from(state: DialogState) -> Self {
        match state {
            DialogState::WrongPin { certificate, state, next } => {
                Self::WrongPin { certificate, pin: state, seal: next }
            }
            DialogState::LastTry { certificate, state, next } => {
                Self::LastTry { certificate, pin: state, seal: next }
            }
            DialogState::LoginEnded { certificate } => Self::LoginEnded { certificate },
            DialogState::Warned { certificate, time } => {
                let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                Self::Warned { certificate, milliseconds }
            }
            DialogState::Waiting(waiting) => Self::Waiting { waiting },
            DialogState::Standing { certificate, standing, barred } => {
                Self::Standing { certificate, standing, barred }
            }
            DialogState::Aside(on) => Self::Aside { on },
            DialogState::Progress { done, total, each_time } => Self::Progress { done, total, each_time },
            DialogState::Done => Self::Done,
            DialogState::Failed(code) => Self::Failed { code },
        }
    }
}

impl From<PinNews> for ToPrompt {
    fn from(news: PinNews) -> Self {
        match news {
            PinNews::Wrong { state, next } => Self::PinWrong { state, seal: next },
            PinNews::Refused { next } => Self::PinRefused { seal: next },
            PinNews::Done => Self::Done,
            PinNews::Failed(code) => Self::Failed { code },
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, NotAMessage> {
    if line.len() > MAX_LINE {
        return Err(NotAMessage("line too long".to_owned()));
    }
    serde_json::from_str(line).map_err(|error| NotAMessage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_as_they_went() {
        let seal = SealTarget { key: [1; 32], nonce: [2; 32] };
        let certificate = CertId([3; 32]);
        for message in [
            ToPrompt::WrongPin { certificate, pin: PinState::FinalTry, seal },
            ToPrompt::LastTry { certificate, pin: PinState::ReaderFinal, seal },
            ToPrompt::LoginEnded { certificate },
            ToPrompt::Warned { certificate, milliseconds: 30_000 },
            ToPrompt::PinWrong { state: PinState::Doubted, seal },
            ToPrompt::PinRefused { seal },
            ToPrompt::Waiting { waiting: 8 },
            ToPrompt::Standing { certificate, standing: Standing::Good, barred: false },
            ToPrompt::Aside { on: true },
            ToPrompt::Progress { done: 1, total: 1_000, each_time: true },
            ToPrompt::Raise { leave: Some("token_1".to_owned()) },
            ToPrompt::Done,
            ToPrompt::Failed { code: ErrorCode::TokenRemoved },
        ] {
            assert_eq!(ToPrompt::parse(&line(&message)).unwrap(), message);
        }
        for message in [
            FromPrompt::Ready,
            FromPrompt::Focus { on: true },
            FromPrompt::Sign { certificate, pin: Some(SealedPin(vec![0, 1, 255])) },
            FromPrompt::Sign { certificate, pin: None },
            FromPrompt::SignAndKeep { certificate, pin: Some(SealedPin(vec![7])) },
            FromPrompt::Confirm { certificate },
            FromPrompt::Pin { pair: Some(SealedPair(vec![0, 1, 255])) },
            FromPrompt::Pin { pair: None },
            FromPrompt::Allow,
            FromPrompt::Deny,
            FromPrompt::Refuse,
        ] {
            assert_eq!(FromPrompt::parse(&line(&message)).unwrap(), message);
        }
    }

    #[test]
    fn unknown_messages_and_fields_are_refused() {
        for text in [
            "",
            "{}",
            r#"{"message":"yes"}"#,
            r#"{"message":"progress","done":1,"total":2,"pin":"1"}"#,
            r#"{"message":"failed","code":"no_such_code"}"#,
            r#"{"message":"sign"}"#,
            r#"[{"message":"done"}]"#,
        ] {
            assert!(ToPrompt::parse(text).is_err(), "{text}");
        }
        for text in [
            r#"{"message":"sign","certificate":"sha256:00","pin":null}"#,
            r#"{"message":"sign","certificate":"x","pin":"***"}"#,
            r#"{"message":"deny","why":"x"} trailing"#,
        ] {
            assert!(FromPrompt::parse(text).is_err(), "{text}");
        }
    }
}
