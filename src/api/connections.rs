//! How many connections there may be, in all and for one origin (R19).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::domain::origin::Origin;

/// The open connections.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    open: Arc<Mutex<Open>>,
    newcomers: Arc<Semaphore>,
}

/// A connection that has just come and has no place yet: whoever floods the agent with connections would have taken
/// that of a page before its request was on the wire.
#[derive(Debug)]
pub(super) struct Newcomer(#[allow(dead_code, reason = "held")] OwnedSemaphorePermit);

#[derive(Debug, Default)]
struct Open {
    /// Numbers only grow: the first entry is the oldest connection.
    next: u64,
    places: BTreeMap<u64, Place>,
}

#[derive(Debug, Default)]
struct Place {
    claim: Claim,
    origin: Option<Origin>,
    leave: Arc<Notify>,
}

/// What a place is worth when all are taken, the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// Its answer is on the way.
    Answered,
    /// It has not sent its whole head yet, or yields.
    #[default]
    Yields,
    /// It waits for a person or a token.
    Kept,
}

/// One connection's place; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Admitted {
    connections: Connections,
    number: u64,
    leave: Arc<Notify>,
}

impl Default for Connections {
    fn default() -> Self {
        Self { open: Arc::default(), newcomers: Arc::new(Semaphore::new(NEWCOMERS)) }
    }
}

impl Newcomer {
    /// Waits until it says something, a moment at most: then it needs a place.
    pub(super) async fn speaks(self, stream: &TcpStream) {
        let _ = tokio::time::timeout(MOMENT, stream.readable()).await;
    }
}

impl Connections {
    /// Leave to wait a moment without a place; nothing if too many do.
    pub(super) fn newcomer(&self) -> Option<Newcomer> {
        Arc::clone(&self.newcomers).try_acquire_owned().ok().map(Newcomer)
    }

    /// A place, if need be that of the oldest connection that has its answer, or else has not sent its whole head yet,
    /// or yields. Nothing if there is none: they wait for a person or a token.
    pub(super) fn admit(&self) -> Option<Admitted> {
        let mut open = self.lock();
        if open.places.len() >= MOST {
            let (oldest, claim) = open
                .places
                .iter()
                .map(|(number, place)| (*number, place.claim))
                .min_by_key(|(_, claim)| *claim)?;
            if claim == Claim::Kept {
                return None;
            }
            if let Some(place) = open.places.remove(&oldest) {
                place.leave.notify_one();
            }
        }
        let number = open.next;
        open.next += 1;
        let place = Place::default();
        let leave = Arc::clone(&place.leave);
        open.places.insert(number, place);
        Some(Admitted { connections: self.clone(), number, leave })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted {
    /// The head is complete: the place is kept.
    pub(super) fn has_head(&self) {
        self.keep(true);
    }

    /// Keeps the place, or yields it to whoever comes when all are taken: a socket lasts as long as its page
    /// likes, and any page may open some.
    pub(super) fn keep(&self, is_kept: bool) {
        if let Some(place) = self.connections.lock().places.get_mut(&self.number) {
            place.claim = if is_kept { Claim::Kept } else { Claim::Yields };
        }
    }

    /// Has its answer, and counts for nobody: the place goes to whoever comes when all are taken.
    pub(super) fn has_answer(&self) {
        if let Some(place) = self.connections.lock().places.get_mut(&self.number) {
            (place.claim, place.origin) = (Claim::Answered, None);
        }
    }

    /// Counts the connection to its origin; false if that has too many.
    pub(super) fn belongs_to(&self, origin: &Origin) -> bool {
        let mut open = self.connections.lock();
        let count = open.places.values().filter(|place| place.origin.as_ref() == Some(origin)).count();
        if count >= MOST_OF_ONE_ORIGIN {
            return false;
        }
        if let Some(place) = open.places.get_mut(&self.number) {
            place.origin = Some(origin.clone());
        }
        true
    }

    /// Resolves when the place was given to another.
    pub(super) async fn evicted(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.connections.lock().places.remove(&self.number);
    }
}

const MOST: usize = 64;
/// Besides them, for [`MOMENT`] each.
const NEWCOMERS: usize = 256;
const MOMENT: Duration = Duration::from_millis(100);
const MOST_OF_ONE_ORIGIN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_without_a_head_makes_room() {
        let connections = Connections::default();
        let admitted: Vec<Admitted> = (0..MOST).map(|_| connections.admit().expect("a place")).collect();
        admitted[0].has_head();
        let late = connections.admit().expect("a place");
        admitted[1].evicted().await;
        for connection in &admitted[2..] {
            connection.has_head();
        }
        late.has_head();
        assert!(connections.admit().is_none(), "all wait for something");
        admitted[5].keep(false);
        let later = connections.admit().expect("the place of one that yields");
        admitted[5].evicted().await;
        later.has_head();
        assert!(connections.admit().is_none(), "all wait again");
        admitted[6].has_answer();
        let next = connections.admit().expect("the place of one that has its answer");
        admitted[6].evicted().await;
        next.has_head();
        admitted[7].keep(false);
        admitted[8].has_answer();
        let other = connections.admit().expect("the place of one that has its answer");
        admitted[8].evicted().await;
        other.has_head();
        admitted[7].has_head();
        drop(late);
        assert!(connections.admit().is_some());
    }

    #[test]
    fn one_origin_leaves_room_for_others() {
        let connections = Connections::default();
        let origin = |text: &str| text.parse::<Origin>().expect("an origin");
        let admitted: Vec<Admitted> =
            (0..=MOST_OF_ONE_ORIGIN).map(|_| connections.admit().expect("a place")).collect();
        let taken = admitted.iter().filter(|place| place.belongs_to(&origin("https://a.vn"))).count();
        assert_eq!(taken, MOST_OF_ONE_ORIGIN);
        assert!(connections.admit().expect("a place").belongs_to(&origin("https://b.vn")));
        admitted[0].has_answer();
        assert!(
            connections.admit().expect("a place").belongs_to(&origin("https://a.vn")),
            "one was answered"
        );
    }
}
