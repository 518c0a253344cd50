//! The card of a job under way, as the reader stack sees it (R71).
//!
//! A module whose card is pulled answers with any of a dozen codes, or hangs (OpenSC, measured). The
//! reader stack knows better, so its word shortens the wait.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep_until;

use super::readers::Card;
use super::readers::Readers;
use super::remote::Remote;
use super::seen::has_left;

/// One token's card.
#[derive(Debug)]
pub(super) struct Watched {
    readers: watch::Receiver<Readers>,
    /// Its slot's description.
    reader: String,
    before: Card,
    /// Where its reader is not known: there was a card somewhere, and the module uses PC/SC.
    any_before: bool,
    pulled: Option<Instant>,
}

impl Watched {
    /// Of the token with this serial number, as it was seen last.
    pub(super) fn new(remote: &Remote, serial: &str) -> Self {
        let mut readers = remote.readers.clone();
        let seen = remote.seen.borrow();
        let shown = seen.token(serial);
        let now = readers.borrow_and_update().clone();
        let before = shown.map_or(Card::Unknown, |shown| shown.card);
        let any_before = before == Card::Unknown && seen.reader_stack && now.any_card();
        let reader = shown.map(|shown| shown.token.reader.clone()).unwrap_or_default();
        let mut this = Self { readers, reader, before, any_before, pulled: None };
        this.judge();
        this
    }

    /// Whether the card has left since.
    pub(super) fn is_pulled(&self) -> bool {
        self.pulled.is_some()
    }

    /// The deadline of a step, or soon, if the card has left.
    pub(super) fn deadline(&self, usual: Instant) -> Instant {
        self.pulled.map_or(usual, |pulled| usual.min(pulled + GRACE))
    }

    /// Resolves whenever a card moves; never without a reader stack.
    pub(super) async fn moved(&mut self) {
        if self.readers.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        self.judge();
    }

    /// The token signed something: where its reader is not known, it was another card that left.
    pub(super) fn works(&mut self) {
        if self.before == Card::Unknown {
            self.pulled = None;
        }
    }

    /// Whether the card leaves about now: a module may fail before the reader stack has told.
    pub(super) async fn leaves(&mut self) -> bool {
        let soon = Instant::now() + TELLING;
        while !self.is_pulled() && (self.any_before || self.before != Card::Unknown) {
            tokio::select! {
                () = self.moved() => {}
                () = sleep_until(soon) => break,
            }
        }
        self.is_pulled()
    }

    fn judge(&mut self) {
        let readers = self.readers.borrow_and_update();
        let left = has_left(self.before, readers.card(&self.reader));
        if left || self.any_before && !readers.any_card() {
            self.pulled.get_or_insert_with(Instant::now);
        }
    }
}

/// How long a module may take to find that its card is gone.
const GRACE: Duration = Duration::from_secs(2);
/// How long after a removal the reader stack has told of it.
const TELLING: Duration = Duration::from_secs(1);
