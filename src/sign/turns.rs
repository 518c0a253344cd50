//! One question at a time, a short queue behind it, and no site that nags.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::board::Board;
use super::line::{Id, Line};
use crate::domain::caller::Caller;
use crate::domain::error::SignError;
use crate::domain::request::Idempotency;

/// Who may ask the person now (R22).
#[derive(Debug)]
pub(super) struct Turns {
    state: Mutex<State>,
    /// Requests in the queue, the one that asks included; not those whose token works.
    inside: watch::Sender<usize>,
    /// Something has changed in the line.
    moved: watch::Sender<()>,
    board: Arc<Board>,
}

/// A place in the queue; dropping it gives it up.
#[derive(Debug)]
pub(super) struct Place {
    turns: Arc<Turns>,
    id: Id,
    caller: Caller,
    key: Option<Idempotency>,
}

/// The question is this request's until it is dropped or passed on.
#[derive(Debug)]
pub(super) struct Turn(Place);

#[derive(Debug, Default)]
struct State {
    inside: usize,
    entered: Id,
    line: Line,
    running: HashSet<(i64, String)>,
    spoiled: HashMap<String, VecDeque<Instant>>,
    wasted: HashMap<String, VecDeque<Instant>>,
}

impl Turns {
    pub(super) fn new() -> Arc<Self> {
        let (inside, moved) = (watch::Sender::new(0), watch::Sender::new(()));
        Arc::new(Self { state: Mutex::default(), inside, moved, board: Board::new() })
    }

    /// A place in the queue, or nothing if it is full, the same idempotency key is under way, or the
    /// caller spoiled [`SPOILED_A_MINUTE`] prompts within a minute.
    pub(super) fn enter(self: &Arc<Self>, caller: &Caller, key: Option<&Idempotency>) -> Option<Place> {
        let id = self.change(|state| {
            if state.inside > QUEUE || state.nags(caller) {
                return None;
            }
            if let Some(key) = key
                && !state.running.insert((key.pairing.0, key.key.clone()))
            {
                return None;
            }
            state.inside += 1;
            state.entered += 1;
            Some(state.entered)
        })?;
        Some(Place { turns: Arc::clone(self), id, caller: caller.clone(), key: key.cloned() })
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

    /// Changes the queue and tells of it.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let done = change(&mut state);
        let queued = state.inside.saturating_sub(state.line.working());
        drop(state);
        self.inside.send_if_modified(|inside| std::mem::replace(inside, queued) != queued);
        self.moved.send_replace(());
        done
    }
}

impl Place {
    /// What is under way.
    pub(super) fn board(&self) -> &Arc<Board> {
        &self.turns.board
    }

    /// Whether its turn would come at once, whatever it needs.
    pub(super) fn is_next(&self) -> bool {
        self.turns.state().line.is_empty()
    }

    /// Waits until the person may be asked this, and none of these modules is busy with a request that came
    /// before.
    ///
    /// # Errors
    /// `Busy` if the caller spoiled too many prompts while this one waited.
    pub(super) async fn turn(self, modules: Vec<usize>) -> Result<Turn, SignError> {
        self.turns.change(|state| state.line.join(self.id, modules));
        self.comes().await;
        if self.turns.state().nags(&self.caller) {
            return Err(SignError::Busy);
        }
        Ok(Turn(self))
    }

    async fn comes(&self) {
        let mut moved = self.turns.moved.subscribe();
        while !self.turns.state().line.comes(self.id) {
            let _ = moved.changed().await;
        }
        self.turns.moved.send_replace(());
    }
}

impl Turn {
    /// How many wait behind this one.
    pub(super) fn waiting(&self) -> usize {
        self.0.turns.inside.borrow().saturating_sub(1)
    }

    /// Tells how many requests are in the queue, the one that asks included.
    pub(super) fn inside(&self) -> watch::Receiver<usize> {
        self.0.turns.inside.subscribe()
    }

    /// The person has answered, and the token of this module works: they may be asked something else.
    pub(super) fn pass_on(&self, module: usize) {
        self.0.turns.change(|state| state.line.pass_on(self.0.id, module));
    }

    /// Whether another request may ask.
    pub(super) fn is_passed_on(&self) -> bool {
        self.0.turns.state().line.asking() != Some(self.0.id)
    }

    /// Waits until the person may be asked again, before all others.
    pub(super) async fn come_back(&self) {
        self.0.turns.change(|state| state.line.come_back(self.0.id));
        self.0.comes().await;
    }

    /// Resolves when another request than this and `by` asks; `by` is that one then.
    pub(super) async fn overtaken(&self, by: &mut Option<Id>) {
        let mut moved = self.0.turns.moved.subscribe();
        loop {
            let asking = self.0.turns.state().line.asking();
            if asking.is_some_and(|asking| asking != self.0.id) && asking != *by {
                *by = asking;
                return;
            }
            let _ = moved.changed().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.turns.change(|state| {
            state.inside = state.inside.saturating_sub(1);
            state.line.leave(self.id);
            if let Some(key) = &self.key {
                state.running.remove(&(key.pairing.0, key.key.clone()));
            }
        });
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

/// Requests that may wait behind the one that asks, those whose tokens work included.
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
        let first = turns.enter(&site(), None).expect("room").turn(vec![0]).await.expect("a turn");
        let queue: Vec<Place> = (0..QUEUE).filter_map(|_| turns.enter(&site(), None)).collect();
        assert_eq!(queue.len(), QUEUE);
        assert_eq!(first.waiting(), QUEUE);
        assert!(turns.enter(&site(), None).is_none(), "the ninth behind it");
        drop(first);
        assert!(turns.enter(&site(), None).is_some(), "room again");
    }

    #[tokio::test]
    async fn a_turn_that_is_passed_on_comes_back_first() {
        let turns = Turns::new();
        let place = || turns.enter(&site(), None).expect("room");
        let first = place().turn(vec![0]).await.expect("a turn");
        let (same, other) = (tokio::spawn(place().turn(vec![0])), tokio::spawn(place().turn(vec![1])));
        tokio::task::yield_now().await;
        assert_eq!((first.waiting(), first.is_passed_on(), same.is_finished()), (2, false, false));
        first.pass_on(0);
        let mut by = None;
        first.overtaken(&mut by).await;
        assert!(first.is_passed_on() && by.is_some() && !same.is_finished());
        let other = other.await.expect("no panic").expect("a turn");
        assert_eq!(
            (other.waiting(), *other.inside().borrow()),
            (1, 2),
            "the one that works waits for nobody"
        );
        {
            let mut back = std::pin::pin!(first.come_back());
            tokio::select! {
                biased;
                () = &mut back => panic!("two questions at a time"),
                () = tokio::task::yield_now() => {}
            }
            drop(other);
            back.await;
        }
        assert!(!first.is_passed_on() && !same.is_finished());
        drop(first);
        assert!(same.await.expect("no panic").is_ok());
    }

    /// Whoever leaves while it waits, works or asks holds nobody up.
    #[tokio::test]
    async fn a_place_that_is_given_up_is_nobodys() {
        let turns = Turns::new();
        let place = || turns.enter(&site(), None).expect("room");
        let first = place().turn(vec![0]).await.expect("a turn");
        first.pass_on(0);
        let second = tokio::spawn(place().turn(vec![0]));
        let third = tokio::spawn(place().turn(vec![0]));
        tokio::task::yield_now().await;
        second.abort();
        assert!(second.await.is_err());
        drop(first);
        drop(third.await.expect("no panic").expect("a turn"));
        assert!(place().is_next());
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
