//! The first run: what was found on the machine becomes a list of steps, each with its verdict.
//!
//! All of it is values: [`Facts`] go in, [`Step`]s come out ([`judge()`]). Gathering facts, asking and signing
//! are the command's ([`crate::cli::setup`]), sentences are [`crate::text::setup`]'s.
//!
//! The first cause is the one that is told: what can't be known before it is mended only waits.

mod judge;
pub mod memory;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use time::OffsetDateTime;

pub use self::judge::judge;
pub use self::judge::triable;
use self::memory::Trial;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Unfit;
use crate::domain::token::PinState;
use crate::sys::pcsc::Daemon;
use crate::token::discovery::Reason;
use crate::token::usb::Device;
use crate::token::usb::UsbId;

/// What was found.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Tokens and readers on USB; none if the system lists no devices.
    pub usb: Option<Vec<Plugged>>,
    /// The PC/SC daemon.
    pub daemon: Daemon,
    /// Whether its driver for CCID readers is there.
    pub ccid: bool,
    /// Libraries that could be a token's, those in use first.
    pub libraries: Vec<Library>,
    /// Tokens that Kyso sees.
    pub tokens: Vec<Token>,
    /// Their certificates.
    pub certificates: Vec<Held>,
    /// An agent runs, and does not see the tokens that this command sees: it started before the software came.
    pub stale_agent: bool,
    /// Whether the person can be asked.
    pub asking: Asking,
    /// The last trial signature with one of the certificates above.
    pub trial: Option<Trial>,
    /// Whether Kyso starts with the desktop.
    pub autostart: Autostart,
    /// The moment that certificates are judged at.
    pub now: OffsetDateTime,
}

/// A token or a reader on USB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugged {
    /// Its id.
    pub id: UsbId,
    /// What it calls itself.
    pub name: String,
    /// What is known of it.
    pub known: Option<Device>,
}

/// A library that could be a token's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is, by the list's name.
    pub vendor: Option<String>,
    /// What became of it.
    pub state: LibraryState,
}

/// What became of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LibraryState {
    /// It is in use.
    Used,
    /// It may not be loaded.
    LeftOut(Reason),
    /// It was loaded and did not work.
    Failed(String),
}

/// A token that Kyso sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its label.
    pub label: String,
    /// Its serial number.
    pub serial: String,
    /// Its PIN.
    pub pin: PinState,
}

/// A certificate on one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub id: CertId,
    /// Whom it names.
    pub holder: String,
    /// Whose they are.
    pub organisation: String,
    /// Who issued it.
    pub issuer: String,
    /// Last moment of validity.
    pub until: OffsetDateTime,
    /// Why it can't sign documents.
    pub unfit: Option<Unfit>,
    /// Serial number of its token.
    pub token: String,
}

/// Whether the person can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asking {
    /// In a window.
    Window,
    /// In the terminal.
    Terminal,
    /// Not at all, with the system's reason.
    No(String),
}

/// Whether Kyso starts with the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autostart {
    /// It does.
    On,
    /// It does not.
    Off,
    /// It does not, and the person said so.
    Declined,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub topic: Topic,
    /// How it is.
    pub finding: Finding,
}

/// What a step is about, in the order they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The token in its socket.
    Plugged,
    /// The system's way to card readers.
    Readers,
    /// The vendor's library.
    Library,
    /// The token as Kyso sees it.
    Token,
    /// Its certificates.
    Certificate,
    /// The window that asks.
    Asking,
    /// The trial signature.
    Trial,
    /// Starting with the desktop.
    Autostart,
}

/// How a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Not known before what stands above is mended.
    Waits,
    /// These devices are plugged in.
    Devices(Vec<Plugged>),
    /// No token and no reader is.
    NothingPlugged,
    /// A token is seen, and no device of USB is known to be it.
    NotOnUsb,
    /// The system lists no USB devices.
    UsbUnseen,
    /// The daemon and what it needs are there, or not needed.
    ReadersWell,
    /// The daemon is not installed.
    NoDaemon,
    /// It does not run.
    DaemonStopped,
    /// Its driver is not installed.
    NoCcid,
    /// This library is in use.
    InUse(Library),
    /// This one would be the token's, and can't be used.
    Unusable(Library),
    /// The device's library is not there.
    Missing(Plugged),
    /// No library at all can be used, and which is needed is not known.
    NoLibrary,
    /// A token, its PIN in order.
    Seen(Token),
    /// Its PIN wants attention: locked, to be changed, low, one try left.
    Pin(Token),
    /// The device is there, and so is a library; the token is not seen.
    NotSeen,
    /// No token answers, and whether one is plugged in can't be told.
    NoneSeen,
    /// A card reader is there, without a card as far as can be told.
    NoCard,
    /// The running agent started before the token's software came.
    Stale,
    /// A certificate that can sign.
    Fit(Held),
    /// One that can sign for so many days more.
    Ending(Held, i64),
    /// One that can't sign.
    Unfit(Held),
    /// The token holds none.
    NoCertificate,
    /// None that it holds can sign.
    NoneFit,
    /// The person is asked in a window, or in the terminal.
    Asks(Asking),
    /// The person can't be asked.
    CannotAsk(String),
    /// A trial can be made with these certificates, the likeliest first.
    TrialOpen(Vec<Held>),
    /// It was made.
    TrialDone(Trial),
    /// Kyso starts with the desktop.
    Starts,
    /// It does not.
    StartOpen,
    /// It does not, as the person wants it.
    StartDeclined,
}

/// What a finding means to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// In order.
    Well,
    /// Good to know.
    Note,
    /// To be done, and setup can do it.
    Open,
    /// To be done by the person.
    Wrong,
    /// Waits for what stands above.
    Waits,
}

impl Finding {
    /// What it means.
    pub fn mark(&self) -> Mark {
        match self {
            Self::Waits => Mark::Waits,
            Self::Devices(_)
            | Self::ReadersWell
            | Self::InUse(_)
            | Self::Seen(_)
            | Self::Fit(_)
            | Self::Asks(_)
            | Self::TrialDone(_)
            | Self::Starts => Mark::Well,
            Self::NotOnUsb | Self::UsbUnseen | Self::Ending(..) | Self::Unfit(_) | Self::StartDeclined => {
                Mark::Note
            }
            Self::Pin(token) => match token.pin {
                PinState::Locked | PinState::MustChange => Mark::Wrong,
                PinState::Ok
                | PinState::Low
                | PinState::Doubted
                | PinState::FinalTry
                | PinState::Reader
                | PinState::ReaderDoubted
                | PinState::ReaderFinal => Mark::Note,
            },
            Self::TrialOpen(_) | Self::StartOpen => Mark::Open,
            Self::NothingPlugged
            | Self::NoDaemon
            | Self::DaemonStopped
            | Self::NoCcid
            | Self::Unusable(_)
            | Self::Missing(_)
            | Self::NoLibrary
            | Self::NotSeen
            | Self::NoneSeen
            | Self::NoCard
            | Self::Stale
            | Self::NoCertificate
            | Self::NoneFit
            | Self::CannotAsk(_) => Mark::Wrong,
        }
    }

    /// A stable name, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Devices(_) => "plugged",
            Self::NothingPlugged => "nothing_plugged",
            Self::NotOnUsb => "not_on_usb",
            Self::UsbUnseen => "usb_unseen",
            Self::ReadersWell => "readers_ok",
            Self::NoDaemon => "no_pcscd",
            Self::DaemonStopped => "pcscd_stopped",
            Self::NoCcid => "no_ccid",
            Self::InUse(_) => "library_used",
            Self::Unusable(_) => "library_unusable",
            Self::Missing(_) => "library_missing",
            Self::NoLibrary => "no_library",
            Self::Seen(_) => "token",
            Self::Pin(_) => "token_pin",
            Self::NotSeen => "token_not_seen",
            Self::NoneSeen => "no_token_seen",
            Self::NoCard => "no_card",
            Self::Stale => "agent_stale",
            Self::Fit(_) => "certificate",
            Self::Ending(..) => "certificate_ending",
            Self::Unfit(_) => "certificate_unfit",
            Self::NoCertificate => "no_certificate",
            Self::NoneFit => "none_fit",
            Self::Asks(_) => "asks",
            Self::CannotAsk(_) => "cannot_ask",
            Self::TrialOpen(_) => "trial_open",
            Self::TrialDone(_) => "trial_done",
            Self::Starts => "starts",
            Self::StartOpen => "start_open",
            Self::StartDeclined => "start_declined",
        }
    }
}

impl Topic {
    /// A stable name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plugged => "plugged",
            Self::Readers => "readers",
            Self::Library => "library",
            Self::Token => "token",
            Self::Certificate => "certificate",
            Self::Asking => "asking",
            Self::Trial => "trial",
            Self::Autostart => "autostart",
        }
    }
}
