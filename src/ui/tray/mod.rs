//! Kyso's icon in the panel: `kyso tray`.
//!
//! It knows the agent through the [status document](crate::status) alone and does nothing by itself: what the
//! person chooses goes out as an [`Act`]. [`menu`] and [`notices`] are pure functions of what is known;
//! [`icon`] draws; [`run`] owns the icon and the loop.

pub mod icon;
pub mod menu;
pub mod notices;
pub mod run;

use time::OffsetDateTime;

use crate::status::{State, Status};
use crate::text::tray::TrayWords;
use crate::text::{Lang, fill};

/// What the tray knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// What the agent does; none while none answers.
    pub status: Option<Status>,
    /// The tray starts with the desktop.
    pub autostart: bool,
    /// `kyso setup` has never been through.
    pub new: bool,
    /// The time.
    pub now: OffsetDateTime,
}

/// What the person can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Bring the prompt's window to the front.
    Raise,
    /// Start the agent.
    Start,
    /// End every kept login.
    Logout,
    /// Take a site's leave away.
    Revoke(String),
    /// Pause signing, or let it go on.
    Pause(bool),
    /// Show the log.
    OpenLog,
    /// Speak this language from now on.
    Speak(Lang),
    /// Start with the desktop from now on, or no longer.
    Autostart(bool),
    /// Go through the first steps.
    Setup,
    /// Leave the panel.
    Quit,
}

impl Desk {
    /// What matters most.
    pub fn state(&self) -> State {
        self.status.as_ref().map_or(State::Away, Status::state)
    }
}

impl Act {
    /// Its name in the menu: the same act always has the same, so that a click on a menu that has just changed
    /// does what stood there.
    pub fn id(&self) -> String {
        match self {
            Self::Raise => "raise".to_owned(),
            Self::Start => "start".to_owned(),
            Self::Logout => "logout".to_owned(),
            Self::Revoke(origin) => format!("{REVOKE}{origin}"),
            Self::Pause(true) => "pause".to_owned(),
            Self::Pause(false) => "resume".to_owned(),
            Self::OpenLog => "log".to_owned(),
            Self::Speak(Lang::Vi) => "vi".to_owned(),
            Self::Speak(Lang::En) => "en".to_owned(),
            Self::Autostart(true) => "autostart".to_owned(),
            Self::Autostart(false) => "no-autostart".to_owned(),
            Self::Setup => "setup".to_owned(),
            Self::Quit => "quit".to_owned(),
        }
    }

    /// The act with this name.
    pub fn parse(id: &str) -> Option<Self> {
        if let Some(origin) = id.strip_prefix(REVOKE) {
            return Some(Self::Revoke(origin.to_owned()));
        }
        [
            Self::Raise,
            Self::Start,
            Self::Logout,
            Self::Pause(true),
            Self::Pause(false),
            Self::OpenLog,
            Self::Speak(Lang::Vi),
            Self::Speak(Lang::En),
            Self::Autostart(true),
            Self::Autostart(false),
            Self::Setup,
            Self::Quit,
        ]
        .into_iter()
        .find(|act| act.id() == id)
    }
}

/// A state in words.
pub fn sentence(state: State, lang: Lang) -> String {
    let words = TrayWords::of(lang);
    match state {
        State::Away => words.away,
        State::Waiting => words.waiting,
        State::SigningIn => words.signing_in,
        State::Paused => words.paused,
        State::Locked => words.locked,
        State::Low => words.low,
        State::NoToken => words.no_token,
        State::Ready => words.ready,
        State::Signing(progress) => {
            let (done, total) = (progress.done.to_string(), progress.total.to_string());
            return fill(words.signing, &[("done", &done), ("total", &total)]).into_owned();
        }
    }
    .to_owned()
}

const REVOKE: &str = "revoke ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_come_back_from_their_names() {
        let acts = [
            Act::Revoke("https://a.vn".to_owned()),
            Act::Pause(true),
            Act::Pause(false),
            Act::Setup,
            Act::Quit,
        ];
        for act in acts.into_iter().chain(Lang::ALL.map(Act::Speak)) {
            assert_eq!(Act::parse(&act.id()), Some(act));
        }
        assert_eq!(Act::parse("sign"), None);
    }
}
