//! What the script answers, and how a name asks for it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// One answer: first what a person does, then what a token does after a right PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scripted {
    /// Agrees.
    Approve,
    /// Says no.
    Deny,
    /// Says no for good: the site is blocked.
    Never,
    /// Looks away until the time is over.
    Timeout,
    /// There is no screen to ask on.
    NoPrompt,
    /// Types a wrong PIN, then the right one.
    WrongPin,
    /// The token takes so long for the whole request; at a pairing the person does.
    Slow(Duration),
    /// It is pulled out, and put back in after a moment.
    Removed,
    /// Its PIN is locked.
    Locked,
    /// It wants its PIN changed.
    MustChange,
    /// Another one is in its place.
    Changed,
    /// Its library crashes.
    Crash,
    /// Its library does not answer.
    Hang,
    /// It fails.
    Fail,
    /// What it returns is no signature.
    BadSignature,
}

/// The text names no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoAnswer;

impl Scripted {
    /// All, with the seconds of a plain `slow`.
    pub(crate) const ALL: [Self; 15] = [
        Self::Approve,
        Self::Deny,
        Self::Never,
        Self::Timeout,
        Self::NoPrompt,
        Self::WrongPin,
        Self::Slow(SLOW),
        Self::Removed,
        Self::Locked,
        Self::MustChange,
        Self::Changed,
        Self::Crash,
        Self::Hang,
        Self::Fail,
        Self::BadSignature,
    ];

    /// The first answer that stands in brackets in this name: `Công văn [deny].pdf`, `[slow 30]`.
    pub(crate) fn in_name(name: &str) -> Option<Self> {
        let bracketed = |part: &str| part.split_once(']').and_then(|(mark, _)| mark.parse().ok());
        name.split('[').skip(1).find_map(bracketed)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Never => "never",
            Self::Timeout => "timeout",
            Self::NoPrompt => "no-prompt",
            Self::WrongPin => "wrong-pin",
            Self::Slow(_) => "slow",
            Self::Removed => "removed",
            Self::Locked => "locked",
            Self::MustChange => "must-change",
            Self::Changed => "changed",
            Self::Crash => "crash",
            Self::Hang => "hang",
            Self::Fail => "fail",
            Self::BadSignature => "bad-signature",
        }
    }
}

impl FromStr for Scripted {
    type Err = NoAnswer;

    /// An answer's word; `slow` alone, or with seconds behind a blank.
    fn from_str(text: &str) -> Result<Self, NoAnswer> {
        if let Some(seconds) = text.strip_prefix("slow ") {
            let seconds = seconds.parse().ok().filter(|seconds| *seconds <= SLOWEST).ok_or(NoAnswer)?;
            return Ok(Self::Slow(Duration::from_secs(seconds)));
        }
        Self::ALL.into_iter().find(|answer| answer.word() == text).ok_or(NoAnswer)
    }
}

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Slow(time) = self {
            return write!(f, "slow {}", time.as_secs());
        }
        f.write_str(self.word())
    }
}

const SLOW: Duration = Duration::from_secs(5);
/// Seconds.
const SLOWEST: u64 = 3_600;
