//! The status document: what the agent does, for the tray, for `kyso status` and for other programs.
//!
//! The agent makes it, JSON carries it over the control socket. Names in it are as others chose them: whoever
//! shows them makes them safe first.

mod agent;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use agent::{Agent, Answers, Squatter};

/// What the agent does at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Names this moment: whoever asks for the status after it gets the next one that differs.
    pub moment: String,
    /// The agent's version.
    pub version: String,
    /// New requests are refused, until the person resumes or the agent starts anew.
    pub paused: bool,
    /// What is plugged in.
    pub tokens: Vec<Token>,
    /// The certificates on it.
    pub certificates: Vec<Certificate>,
    /// The question in front of the person, and those whose tokens work; the oldest first.
    pub open: Vec<Open>,
    /// Requests that wait for their turn.
    pub queued: usize,
    /// The last outcomes of signing requests, at most [`Status::RECENT`], the newest first.
    pub recent: Vec<Past>,
    /// The sites that may ask.
    pub sites: Vec<Site>,
    /// Sites that the person refused at least [`Status::NAGS`] times since they last agreed.
    pub refused: Vec<Refused>,
    /// Modules that can't be used now.
    pub problems: Vec<Problem>,
    /// https, where it is wanted.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// The files of the machine's policy that the agent read when it started.
    #[serde(default)]
    pub policy: Vec<String>,
    /// The agent itself.
    #[serde(default)]
    pub agent: Option<Agent>,
}

/// The https listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// Its port on 127.0.0.1; none if it is not open.
    pub port: Option<u16>,
    /// The last moment of its certificate.
    #[serde(with = "time::serde::rfc3339::option")]
    pub not_after: Option<OffsetDateTime>,
    /// From when on it is time for `kyso tls enable`.
    #[serde(with = "time::serde::rfc3339::option")]
    pub renewal: Option<OffsetDateTime>,
    /// Why it is not open.
    pub problem: Option<String>,
}

/// A token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The label its owner gave it.
    pub label: String,
    /// Serial number, as the module tells it.
    pub serial: String,
    /// Model.
    pub model: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// What is known of its PIN.
    pub pin: Pin,
    /// Seconds that its kept login lasts at most; none if none is kept.
    pub kept_s: Option<u64>,
}

/// What is known of a PIN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pin {
    /// Nothing remarkable.
    #[default]
    Ok,
    /// A wrong one was typed.
    Low,
    /// Wrong ones were typed, and the token does not say how many tries are left.
    Doubted,
    /// One try is left.
    FinalTry,
    /// No try is left.
    Locked,
    /// It must be changed first.
    MustChange,
    /// It is typed on the reader.
    Reader,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// `sha256:` and the fingerprint in hex.
    pub id: String,
    /// Whom it names.
    pub name: String,
    /// Their organisation.
    pub organisation: Option<String>,
    /// Serial number of its token.
    pub token: String,
    /// The first moment of its validity.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// The last.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
}

/// A question in front of the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Tells it from others of this agent.
    pub id: u64,
    /// What it is about.
    pub matter: Matter,
    /// Who asks: an origin, or `command line`.
    pub caller: String,
    /// The first names of the documents as the caller claims them; for a PIN, the token's label.
    pub names: Vec<String>,
    /// How many documents in all.
    pub count: usize,
    /// Once the person has agreed.
    pub progress: Option<Progress>,
    /// Since when it stands there.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Whether the person looks at it, as far as that is known.
    pub attended: Option<bool>,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// How far a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Signed so far.
    pub done: usize,
    /// Of how many.
    pub total: usize,
}

/// A request of the past.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Its number in the log.
    pub sequence: i64,
    /// When: RFC 3339, UTC.
    pub time: String,
    /// The same on the machine's clock, `YYYY-MM-DD HH:MM:SS`.
    pub local_time: String,
    /// Who asked: an origin, or `command line`.
    pub caller: String,
    /// The first document's name as the caller claimed it.
    pub name: Option<String>,
    /// How many documents in all.
    pub count: usize,
    /// `signed`, `refused`, `failed`, `cancelled` or `interrupted`.
    pub kind: String,
    /// `ok`, or an error code.
    pub outcome: String,
    /// A sign-in, so there was no document.
    pub sign_in: bool,
}

/// A site that may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its origin.
    pub origin: String,
    /// Its next pairing needs no prompt.
    pub allowed: bool,
    /// Live pairings.
    pub pairings: usize,
    /// The person refused it for good: it may not ask.
    #[serde(default)]
    pub blocked: bool,
}

/// A site that the person keeps refusing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its origin.
    pub origin: String,
    /// How often.
    pub times: u32,
}

/// A module that can't be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Its library.
    pub path: String,
    /// The error code.
    pub code: String,
    /// What lay behind it.
    pub cause: Option<String>,
}

/// The one thing about the agent that matters most to the person now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No agent answers.
    Away,
    /// A question is in front of the person.
    Waiting,
    /// The token signs.
    Signing(Progress),
    /// The token signs the person in.
    SigningIn,
    /// New requests are refused.
    Paused,
    /// A token's PIN is locked, or must be changed.
    Locked,
    /// Wrong PINs were typed, and few tries are left.
    Low,
    /// Nothing is plugged in.
    NoToken,
    /// A token is plugged in.
    Ready,
}

impl Status {
    /// How many outcomes it holds.
    pub const RECENT: usize = 10;
    /// So many refusals make a site worth a word.
    pub const NAGS: u32 = 3;

    /// What matters most.
    pub fn state(&self) -> State {
        // A question is more pressing than another one's token at work.
        let asks = self.open.iter().any(|open| open.progress.is_none());
        let working = self.open.iter().find_map(|open| Some((open.matter, open.progress?)));
        if let Some((matter, progress)) = working.filter(|_| !asks) {
            return if matter == Matter::SignIn { State::SigningIn } else { State::Signing(progress) };
        }
        let pin = |wanted: &[Pin]| self.tokens.iter().any(|token| wanted.contains(&token.pin));
        if !self.open.is_empty() {
            State::Waiting
        } else if self.paused {
            State::Paused
        } else if self.tokens.is_empty() {
            State::NoToken
        } else if pin(&[Pin::Locked, Pin::MustChange]) {
            State::Locked
        } else if pin(&[Pin::Low, Pin::Doubted, Pin::FinalTry]) {
            State::Low
        } else {
            State::Ready
        }
    }
}

impl Tls {
    /// The end of a certificate that is to be renewed.
    pub fn due(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.not_after.filter(|_| self.renewal.is_some_and(|renewal| now >= renewal))
    }
}

impl Certificate {
    /// Whole days until it expires, rounded up; 0 or less once it has.
    pub fn days_left(&self, now: OffsetDateTime) -> i64 {
        let seconds = (self.not_after - now).whole_seconds();
        seconds.div_euclid(DAY) + i64::from(seconds.rem_euclid(DAY) > 0)
    }
}

const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn open(progress: Option<Progress>) -> Open {
        Open {
            id: 1,
            matter: Matter::Sign,
            caller: "https://a.vn".to_owned(),
            names: vec!["a.pdf".to_owned()],
            count: 1,
            progress,
            since: datetime!(2026-01-01 0:00 UTC),
            attended: None,
        }
    }

    fn token(pin: Pin) -> Vec<Token> {
        vec![Token { pin, ..Token::default() }]
    }

    #[test]
    fn the_most_pressing_state_is_told() {
        let progress = Progress { done: 1, total: 3 };
        let mut status = Status::default();
        assert_eq!(status.state(), State::NoToken);
        status.tokens = token(Pin::Reader);
        assert_eq!(status.state(), State::Ready);
        for (pin, state) in [
            (Pin::Low, State::Low),
            (Pin::Doubted, State::Low),
            (Pin::FinalTry, State::Low),
            (Pin::Locked, State::Locked),
            (Pin::MustChange, State::Locked),
        ] {
            status.tokens = token(pin);
            assert_eq!(status.state(), state);
        }
        status.paused = true;
        assert_eq!(status.state(), State::Paused);
        status.open = vec![open(None)];
        assert_eq!(status.state(), State::Waiting);
        status.open.push(open(Some(progress)));
        assert_eq!(status.state(), State::Waiting, "the token of another one works");
        status.open.remove(0);
        assert_eq!(status.state(), State::Signing(progress));
        status.open[0].matter = Matter::SignIn;
        assert_eq!(status.state(), State::SigningIn);
    }

    #[test]
    fn days_are_counted_up_to_the_last() {
        let not_after = datetime!(2026-03-02 12:00 UTC);
        let certificate = |not_after| Certificate {
            id: String::new(),
            name: String::new(),
            organisation: None,
            token: String::new(),
            not_before: not_after,
            not_after,
        };
        for (now, left) in [
            (datetime!(2026-03-01 12:00 UTC), 1),
            (datetime!(2026-03-02 11:59 UTC), 1),
            (datetime!(2026-03-02 12:00 UTC), 0),
            (datetime!(2026-03-02 12:01 UTC), 0),
            (datetime!(2026-03-04 12:00 UTC), -2),
            (datetime!(2026-02-28 11:00 UTC), 3),
        ] {
            assert_eq!(certificate(not_after).days_left(now), left, "{now}");
        }
    }

    #[test]
    fn https_is_due_from_its_renewal_on() {
        let (renewal, end) = (datetime!(2027-08-18 0:00 UTC), datetime!(2027-12-27 0:00 UTC));
        let tls = Tls { renewal: Some(renewal), not_after: Some(end), ..Tls::default() };
        assert_eq!(tls.due(renewal - time::Duration::SECOND), None);
        assert_eq!((tls.due(renewal), tls.due(end + time::Duration::DAY)), (Some(end), Some(end)));
        assert_eq!(Tls { problem: Some("port".to_owned()), ..Tls::default() }.due(end), None);
    }

    #[test]
    fn comes_back_as_it_went() {
        let tls =
            Tls { port: Some(21580), not_after: Some(datetime!(2027-12-27 0:00 UTC)), ..Tls::default() };
        let status = Status {
            open: vec![open(None)],
            tokens: token(Pin::FinalTry),
            tls: Some(tls),
            ..Status::default()
        };
        let text = serde_json::to_string(&status).expect("plain data");
        assert!(text.contains(r#""pin":"final_try""#) && text.contains(r#""since":"2026-01-01T00:00:00Z""#));
        assert_eq!(serde_json::from_str::<Status>(&text).expect("a status"), status);
    }
}
