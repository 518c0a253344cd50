//! One prompt at a time, a short queue behind it, and no site that nags.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::board::Board;
use crate::domain::caller::Caller;
use crate::domain::error::SignError;
use crate::domain::request::Idempotency;

/// Who may open a window now (R22).
#[derive(Debug)]
pub(super) struct Turns {
    window: Arc<Semaphore>,
    state: Mutex<State>,
    /// Requests in the queue, the one on the screen included.
    inside: watch::Sender<usize>,
    board: Arc<Board>,
}

/// A place in the queue; dropping it gives it up.
#[derive(Debug)]
pub(super) struct Place {
    turns: Arc<Turns>,
    caller: Caller,
    key: Option<Idempotency>,
}

/// The window is this request's until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    place: Place,
    _window: OwnedSemaphorePermit,
}

#[derive(Debug, Default)]
struct State {
    inside: usize,
    running: HashSet<(i64, String)>,
    spoiled: HashMap<String, VecDeque<Instant>>,
    wasted: HashMap<String, VecDeque<Instant>>,
}

impl Turns {
    pub(super) fn new() -> Arc<Self> {
        let (window, inside) = (Arc::new(Semaphore::new(1)), watch::Sender::new(0));
        Arc::new(Self { window, state: Mutex::default(), inside, board: Board::new() })
    }

    /// A place in the queue, or nothing if it is full, the same idempotency key is under way, or the
    /// caller spoiled [`SPOILED_A_MINUTE`] prompts within a minute.
    pub(super) fn enter(self: &Arc<Self>, caller: &Caller, key: Option<&Idempotency>) -> Option<Place> {
        let mut state = self.state();
        if state.inside > QUEUE || state.nags(caller) {
            return None;
        }
        if let Some(key) = key
            && !state.running.insert((key.pairing.0, key.key.clone()))
        {
            return None;
        }
        state.inside += 1;
        self.inside.send_replace(state.inside);
        drop(state);
        Some(Place { turns: Arc::clone(self), caller: caller.clone(), key: key.cloned() })
    }

    /// Remembers that this caller's prompt ended refused, timed out or abandoned.
    pub(super) fn spoiled(&self, caller: &Caller) {
        if let Caller::Web(origin) = caller {
            self.state().spoiled.entry(origin.to_string()).or_default().push_back(Instant::now());
        }
    }

    /// Remembers that this caller's request ended with a row in the log before anybody was asked.
    pub(super) fn wasted(&self, caller: &Caller) {
        if let Caller::Web(origin) = caller {
            self.state().wasted.entry(origin.to_string()).or_default().push_back(Instant::now());
        }
    }

    /// Tells how many requests are in the queue, the one on the screen included.
    pub(super) fn inside(&self) -> watch::Receiver<usize> {
        self.inside.subscribe()
    }

    /// How often the person said no to this caller since they last said yes.
    pub(super) fn refusals(&self, caller: &Caller) -> usize {
        let Caller::Web(origin) = caller else { return 0 };
        let known = self.board.read().refused;
        known.iter().find(|(site, _)| site == origin).map_or(0, |(_, times)| *times as usize)
    }

    /// What is under way.
    pub(super) fn board(&self) -> &Arc<Board> {
        &self.board
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// What is under way.
    pub(super) fn board(&self) -> &Arc<Board> {
        &self.turns.board
    }

    /// Waits until the window is free.
    ///
    /// # Errors
    /// `Busy` if the caller spoiled too many prompts while this one waited.
    pub(super) async fn turn(self) -> Result<Turn, SignError> {
        let window = Arc::clone(&self.turns.window).acquire_owned().await;
        let window = window.map_err(|_| SignError::ShuttingDown)?;
        if self.turns.state().nags(&self.caller) {
            return Err(SignError::Busy);
        }
        Ok(Turn { place: self, _window: window })
    }
}

impl Turn {
    /// How many wait behind this one.
    pub(super) fn waiting(&self) -> usize {
        self.place.turns.state().inside.saturating_sub(1)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        state.inside = state.inside.saturating_sub(1);
        self.turns.inside.send_replace(state.inside);
        if let Some(key) = &self.key {
            state.running.remove(&(key.pairing.0, key.key.clone()));
        }
    }
}

impl State {
    fn nags(&mut self, caller: &Caller) -> bool {
        let caller = caller.to_string();
        at_least(&mut self.spoiled, &caller, SPOILED_A_MINUTE)
            || at_least(&mut self.wasted, &caller, WASTED_A_MINUTE)
    }
}

/// Whether this caller did it so often within the last minute.
fn at_least(done: &mut HashMap<String, VecDeque<Instant>>, caller: &str, most: usize) -> bool {
    let now = Instant::now();
    done.retain(|_, times| {
        times.retain(|time| now.duration_since(*time) < MINUTE);
        !times.is_empty()
    });
    done.get(caller).is_some_and(|times| times.len() >= most)
}

/// Requests that may wait behind the one on screen.
pub(super) const QUEUE: usize = 8;
/// Prompts that may end refused, timed out or abandoned for one origin in a minute.
const SPOILED_A_MINUTE: usize = 3;
/// Requests that may end before anybody is asked for one origin in a minute: each leaves its row in the
/// log, names and all.
const WASTED_A_MINUTE: usize = 20;
const MINUTE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Caller {
        Caller::Web("https://a.vn".parse().expect("an origin"))
    }

    #[tokio::test]
    async fn one_window_and_eight_behind() {
        let turns = Turns::new();
        let first = turns.enter(&site(), None).expect("room").turn().await.expect("a turn");
        let queue: Vec<Place> = (0..QUEUE).filter_map(|_| turns.enter(&site(), None)).collect();
        assert_eq!(queue.len(), QUEUE);
        assert_eq!(first.waiting(), QUEUE);
        assert!(turns.enter(&site(), None).is_none(), "the ninth behind it");
        drop(first);
        assert!(turns.enter(&site(), None).is_some(), "room again");
    }

    #[test]
    fn three_spoiled_prompts_a_minute() {
        let turns = Turns::new();
        for _ in 0..SPOILED_A_MINUTE {
            assert!(turns.enter(&site(), None).is_some());
            turns.spoiled(&site());
        }
        assert!(turns.enter(&site(), None).is_none());
        assert!(turns.enter(&Caller::CommandLine, None).is_some(), "only the site that nags");
    }

    #[test]
    fn the_same_key_runs_once() {
        let turns = Turns::new();
        let key =
            Idempotency { key: "k".to_owned(), pairing: crate::domain::policy::PairingId(1), body: [0; 32] };
        let first = turns.enter(&site(), Some(&key));
        assert!(first.is_some() && turns.enter(&site(), Some(&key)).is_none());
        drop(first);
        assert!(turns.enter(&site(), Some(&key)).is_some());
    }
}
