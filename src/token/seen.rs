//! What a module showed last.

use tokio::time::Instant;

use super::readers::Card;
use super::readers::Readers;
use super::wire::Flags;
use super::wire::Token;
use crate::domain::error::TokenError;
use crate::sys::sandbox::Landlock;

/// The answer to the last look, less what has left its reader since.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// X25519 public key of the process that was asked.
    pub(super) key: Option<[u8; 32]>,
    pub(super) tokens: Vec<Shown>,
    /// Whether files are out of that process' reach.
    pub(super) landlock: Option<Landlock>,
    /// Why there was no answer.
    pub(super) problem: Option<TokenError>,
    /// The module reaches its tokens through PC/SC.
    pub(super) reader_stack: bool,
    /// Which of the looks asked for this answers.
    pub(super) look: u64,
    /// When; none before the first.
    pub(super) at: Option<Instant>,
}

/// A token, and its card at that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) token: Token,
    pub(super) card: Card,
}

impl Seen {
    /// The token with this serial number.
    pub(super) fn token(&self, serial: &str) -> Option<&Shown> {
        self.tokens.iter().find(|shown| shown.token.serial == serial)
    }

    /// Leaves out tokens whose card has gone or is another one; whether there were any.
    pub(super) fn drop_pulled(&mut self, readers: &Readers) -> bool {
        let before = self.tokens.len();
        self.tokens.retain(|shown| !has_left(shown.card, readers.card(&shown.token.reader)));
        self.tokens.len() != before
    }

    /// Notes what a token's flags say of its PIN now; whether that is news.
    pub(super) fn note_pin(&mut self, serial: &str, pin: Flags) -> bool {
        let mut news = false;
        for shown in self.tokens.iter_mut().filter(|shown| shown.token.serial == serial) {
            news |= shown.token.pin != pin;
            shown.token.pin = pin;
        }
        news
    }

    /// Whether this shows something else than `other`.
    pub(super) fn differs(&self, other: &Self) -> bool {
        self.tokens != other.tokens || self.problem != other.problem
    }
}

/// Whether a card that was there is not any more.
pub(super) fn has_left(before: Card, now: Card) -> bool {
    matches!(before, Card::There(_)) && now != before
}
