//! Whether the person is at the desk, as far as the system can tell; the same words on every system.

/// What the system says of the person's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// How often the session was locked, put to sleep or left for another user's, counted since the start:
    /// none of these goes unseen, however short it was.
    pub departures: u64,
    /// How it is now.
    pub now: Now,
}

/// How the session is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Now {
    /// The system has not said yet.
    Asking,
    /// Unlocked, awake and in front.
    There,
    /// Locked, asleep, or behind another user's session.
    Away,
    /// The system can't tell.
    Unknown(Silence),
}

/// Why the system can't tell; details are in the words of libraries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The bus on which it would is not reached.
    NoBus(String),
    /// That bus hung up.
    BusLeft,
    /// Who would tell does not answer as it should.
    Odd(String),
    /// The user has no session with a display.
    NoSession,
    /// Who would tell, or the session, is no more.
    Left,
}

impl Attendance {
    /// Before the system has said anything.
    pub fn asking() -> Self {
        Self { departures: 0, now: Now::Asking }
    }

    /// Unlocked, awake and in front, for all that is known.
    pub fn there() -> Self {
        Self { departures: 0, now: Now::There }
    }

    /// Changes what is known; whatever is not [`Now::There`] is a departure.
    pub fn turn(&mut self, now: Now) {
        if now != Now::There {
            self.departures += 1;
        }
        self.now = now;
    }

    /// Whether the person is there.
    pub fn is_there(&self) -> bool {
        self.now == Now::There
    }
}
