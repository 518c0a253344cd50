//! What the agent does at this moment, as far as the person at the desk may want to know.

use time::OffsetDateTime;

use super::approval::PairQuestion;
use super::approval::SignQuestion;
use super::form::Form;
use super::origin::Origin;
use super::pin_task::PinQuestion;
use super::request::Item;

/// Everything that is under way, and what the person has said about all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Grows with every change.
    pub number: u64,
    /// New requests are refused until the person resumes, or the agent starts anew.
    pub paused: bool,
    /// The question in front of the person, and those whose tokens work, the oldest first.
    pub open: Vec<Open>,
    /// Requests that wait for their turn.
    pub queued: usize,
    /// How often the person said no to a site since they last said yes; the newest last.
    pub refused: Vec<(Origin, u32)>,
}

/// A question in front of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Tells it from others of this run of the agent.
    pub id: u64,
    /// What it is about.
    pub matter: Matter,
    /// Who asks: an origin, or `command line`.
    pub caller: String,
    /// The documents' names as the caller claims them, the first [`Open::NAMES`]; for a PIN, the token's label.
    pub names: Vec<String>,
    /// How many documents in all.
    pub count: usize,
    /// Signed so far, of how many, once the person has agreed.
    pub progress: Option<(usize, usize)>,
    /// Since when it stands there.
    pub since: OffsetDateTime,
    /// It is asked in the terminal of whoever asks, so they are looking at it.
    pub in_terminal: bool,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// Signing.
    Sign,
    /// Signing in at a site.
    SignIn,
    /// Whether a site may ask.
    Pair,
    /// Changing or unblocking a PIN.
    Pin,
}

/// A request of the past, from its outcome's row in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Sequence number of the outcome's row.
    pub sequence: i64,
    /// When: RFC 3339, UTC.
    pub time: String,
    /// The same as this machine's clock shows it, `YYYY-MM-DD HH:MM:SS`.
    pub local_time: String,
    /// Who asked: an origin, or `command line`.
    pub caller: String,
    /// The first document's name as the caller claimed it.
    pub name: Option<String>,
    /// How many documents in all.
    pub count: usize,
    /// `signed`, `refused`, `failed`, `cancelled` or `interrupted`.
    pub kind: String,
    /// `ok`, or the code it ended with.
    pub outcome: String,
    /// A sign-in, so there was no document.
    pub sign_in: bool,
}

/// Numbers of all that a picture of the agent is made of: another number, another picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Of what is plugged in.
    pub tokens: u64,
    /// Of the log, and so of the sites.
    pub log: u64,
    /// Of what is under way.
    pub activity: u64,
    /// Of whether the person looks at the question.
    pub attention: u64,
}

impl Open {
    /// Names that are kept of a long list.
    pub const NAMES: usize = 10;

    /// A question for signatures, or for a sign-in, which has no documents.
    pub fn sign(question: &SignQuestion, in_terminal: bool) -> Self {
        let name = |item: &Item| item.name.clone();
        let items = question.items.as_slice();
        if matches!(question.form, Form::SignIn(_)) {
            return Self::about(Matter::SignIn, question.caller.to_string(), in_terminal);
        }
        Self {
            count: items.len(),
            names: items.iter().take(Self::NAMES).map(name).collect(),
            ..Self::about(Matter::Sign, question.caller.to_string(), in_terminal)
        }
    }

    /// A pairing question.
    pub fn pair(question: &PairQuestion) -> Self {
        Self::about(Matter::Pair, question.origin.to_string(), false)
    }

    /// A question for a PIN.
    pub fn pin(question: &PinQuestion, in_terminal: bool) -> Self {
        let caller = super::caller::Caller::CommandLine.to_string();
        let names = vec![question.task.token.label.clone()];
        Self { names, ..Self::about(Matter::Pin, caller, in_terminal) }
    }

    fn about(matter: Matter, caller: String, in_terminal: bool) -> Self {
        let since = OffsetDateTime::now_utc();
        Self { id: 0, matter, caller, names: Vec::new(), count: 0, progress: None, since, in_terminal }
    }
}
