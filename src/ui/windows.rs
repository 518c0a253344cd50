//! The windows that are open: one asks, and others may still show how far their tokens are.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::mpsc;
use tokio::sync::watch;

/// The open windows; the last one is the one that asks.
#[derive(Debug)]
pub(super) struct Windows {
    list: Mutex<List>,
    /// Whether the one that asks has the focus, with the number of that news.
    focus: watch::Sender<(u64, Option<bool>)>,
}

#[derive(Debug, Default)]
struct List {
    opened: u64,
    open: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    number: u64,
    /// Lines to it, once it is started.
    to: Option<mpsc::WeakSender<String>>,
    focus: Option<bool>,
}

impl Default for Windows {
    fn default() -> Self {
        Self { list: Mutex::default(), focus: watch::Sender::new((1, None)) }
    }
}

impl Windows {
    /// A new one, which asks from now on; its number.
    pub(super) fn open(&self) -> u64 {
        let mut list = self.list();
        list.opened += 1;
        let number = list.opened;
        list.open.push(Window { number, to: None, focus: None });
        self.tell(&list);
        number
    }

    /// Where this one hears the agent.
    pub(super) fn reach(&self, number: u64, to: mpsc::WeakSender<String>) {
        if let Some(window) = self.list().open.iter_mut().find(|window| window.number == number) {
            window.to = Some(to);
        }
    }

    /// This one has the focus, or has it no more.
    pub(super) fn focus(&self, number: u64, on: bool) {
        let mut list = self.list();
        if let Some(window) = list.open.iter_mut().find(|window| window.number == number) {
            window.focus = Some(on);
            self.tell(&list);
        }
    }

    /// This one asks again.
    pub(super) fn forward(&self, number: u64) {
        let mut list = self.list();
        if let Some(at) = list.open.iter().position(|window| window.number == number) {
            let window = list.open.remove(at);
            list.open.push(window);
            self.tell(&list);
        }
    }

    /// This one has ended.
    pub(super) fn close(&self, number: u64) {
        let mut list = self.list();
        list.open.retain(|window| window.number != number);
        self.tell(&list);
    }

    /// Says this to the one that asks; false if there is none.
    pub(super) fn say(&self, line: &str) -> bool {
        let list = self.list();
        let asking = list.open.last().and_then(|window| window.to.as_ref()?.upgrade());
        asking.is_some_and(|to| to.try_send(line.to_owned()).is_ok())
    }

    /// Whether the person looks at the one that asks.
    pub(super) fn attended(&self) -> Option<bool> {
        self.focus.borrow().1
    }

    /// Tells of every change of that, each with a number.
    pub(super) fn attention(&self) -> watch::Receiver<(u64, Option<bool>)> {
        self.focus.subscribe()
    }

    fn tell(&self, list: &List) {
        let now = list.open.last().and_then(|window| window.focus);
        self.focus.send_modify(|(number, focus)| (*number, *focus) = (*number + 1, now));
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_that_asks_is_raised_and_looked_at() {
        let windows = Windows::default();
        assert!(!windows.say("raise") && windows.attended().is_none());
        let (first, second) = (windows.open(), windows.open());
        let (to_first, mut at_first) = mpsc::channel(8);
        let (to_second, mut at_second) = mpsc::channel(8);
        windows.reach(first, to_first.downgrade());
        windows.reach(second, to_second.downgrade());
        windows.focus(first, true);
        assert_eq!(windows.attended(), None, "the other one's focus says nothing of this question");
        windows.focus(second, false);
        assert!(windows.say("raise"));
        assert_eq!((windows.attended(), at_second.try_recv().ok().as_deref()), (Some(false), Some("raise")));
        windows.forward(first);
        assert!(windows.say("raise"));
        assert_eq!((windows.attended(), at_first.try_recv().ok().as_deref()), (Some(true), Some("raise")));
        let before = windows.attention().borrow().0;
        windows.close(first);
        assert_eq!(*windows.attention().borrow(), (before + 1, Some(false)));
        drop(to_second);
        assert!(!windows.say("raise"), "nobody speaks with it any more");
    }
}
