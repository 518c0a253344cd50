//! What is under way, for whoever wants to see it: the tray, `kyso status`.

use std::sync::Arc;

use tokio::sync::watch;

use crate::domain::activity::{Activity, Open};
use crate::domain::error::SignError;
use crate::domain::origin::Origin;
use crate::domain::ports::{News, Watcher};

/// The board that every request writes itself on.
#[derive(Debug)]
pub(super) struct Board(watch::Sender<Activity>);

/// A question on the board; dropping it takes it off.
pub(super) struct Shown {
    board: Arc<Board>,
    id: u64,
    /// Whoever asked, where they watch it.
    watcher: Option<Watcher>,
}

/// A request in the queue; dropping it takes it off.
#[derive(Debug)]
pub(super) struct Queued(Arc<Board>);

impl Board {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(Activity { number: 1, ..Activity::default() })))
    }

    /// As it stands now.
    pub(super) fn read(&self) -> Activity {
        self.0.borrow().clone()
    }

    /// Resolves with the number of what stands there once it is not `since`.
    pub(super) async fn changed(&self, since: u64) -> u64 {
        let mut told = self.0.subscribe();
        told.wait_for(|activity| activity.number != since).await.map_or(since, |activity| activity.number)
    }

    /// # Errors
    /// `Paused` while the person has paused signing.
    pub(super) fn admits(&self) -> Result<(), SignError> {
        if self.0.borrow().paused { Err(SignError::Paused) } else { Ok(()) }
    }

    /// Pauses or resumes; false if it was so already.
    pub(super) fn pause(&self, paused: bool) -> bool {
        let was = self.0.borrow().paused;
        self.write(|activity| activity.paused = paused);
        was != paused
    }

    /// Whoever waits for a change looks again.
    pub(super) fn touch(&self) {
        self.write(|_| {});
    }

    pub(super) fn queue(self: &Arc<Self>) -> Queued {
        self.write(|activity| activity.queued += 1);
        Queued(Arc::clone(self))
    }

    pub(super) fn show(self: &Arc<Self>, open: Open) -> Shown {
        let mut id = 0;
        self.write(|activity| {
            id = activity.number;
            activity.open.push(Open { id, ..open });
        });
        Shown { board: Arc::clone(self), id, watcher: None }
    }

    /// The person said no to this site.
    pub(super) fn refused(&self, origin: &Origin) {
        self.write(|activity| {
            let at = activity.refused.iter().position(|(site, _)| site == origin);
            let times = at.map_or(0, |at| activity.refused.remove(at).1);
            activity.refused.push((origin.clone(), times.saturating_add(1)));
            let surplus = activity.refused.len().saturating_sub(MOST_SITES);
            activity.refused.drain(..surplus);
        });
    }

    /// The person said yes to this site.
    pub(super) fn agreed(&self, origin: &Origin) {
        if self.0.borrow().refused.iter().any(|(site, _)| site == origin) {
            self.write(|activity| activity.refused.retain(|(site, _)| site != origin));
        }
    }

    fn write(&self, change: impl FnOnce(&mut Activity)) {
        self.0.send_modify(|activity| {
            activity.number += 1;
            change(activity);
        });
    }
}

impl Shown {
    /// The person sees it, and whoever asked is told what becomes of it from now on.
    pub(super) fn to(mut self, watcher: Option<Watcher>) -> Self {
        self.watcher = watcher;
        self.tell(News::PromptOpened);
        self
    }

    /// The person has agreed, and so many are signed.
    pub(super) fn signing(&self, done: usize, total: usize) {
        self.progress(Some((done, total)));
        self.tell(News::Progress { done, total });
    }

    /// It is the person's turn again.
    pub(super) fn asking(&self) {
        self.progress(None);
    }

    fn tell(&self, news: News) {
        if let Some(watcher) = &self.watcher {
            watcher(news);
        }
    }

    fn progress(&self, progress: Option<(usize, usize)>) {
        self.board.write(|activity| {
            if let Some(open) = activity.open.iter_mut().find(|open| open.id == self.id) {
                open.progress = progress;
            }
        });
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.board.write(|activity| activity.open.retain(|open| open.id != self.id));
        self.tell(News::PromptClosed);
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.write(|activity| activity.queued = activity.queued.saturating_sub(1));
    }
}

/// Sites whose refusals are counted; of more, the oldest are forgotten.
const MOST_SITES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_under_way_stands_there_as_long_as_it_is() {
        let board = Board::new();
        let start = board.read().number;
        let queued = board.queue();
        assert_eq!((board.read().queued, board.changed(start).await), (1, start + 1));
        drop(queued);
        let question = crate::domain::approval::PairQuestion {
            origin: "https://a.vn".parse().expect("an origin"),
            name: String::new(),
            time: std::time::Duration::from_secs(1),
            waiting: 0,
            refusals: 0,
        };
        let (first, second) = (board.show(Open::pair(&question)), board.show(Open::pair(&question)));
        second.signing(1, 3);
        let open = board.read().open;
        assert_eq!(open.iter().map(|open| open.progress).collect::<Vec<_>>(), [None, Some((1, 3))]);
        drop(first);
        assert_eq!(board.read().open.len(), 1);
        drop(second);
        assert_eq!((board.read().open.len(), board.read().queued), (0, 0));
    }

    #[test]
    fn refusals_count_until_the_person_agrees() {
        let board = Board::new();
        let site = |n: usize| format!("https://a{n}.vn").parse::<Origin>().expect("an origin");
        board.refused(&site(1));
        board.refused(&site(2));
        board.refused(&site(1));
        assert_eq!(board.read().refused, [(site(2), 1), (site(1), 2)]);
        board.agreed(&site(1));
        assert_eq!(board.read().refused, [(site(2), 1)]);
        (10..10 + MOST_SITES).for_each(|n| board.refused(&site(n)));
        assert_eq!(board.read().refused.len(), MOST_SITES, "no page fills the memory with names");
    }
}
