//! A request's own task: it outlives the connection that asked, so that its end reaches the log.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::domain::error::SignError;
use crate::domain::ports::Presence;

/// The tasks under way, and the word to stop.
#[derive(Debug)]
pub(super) struct Tasks {
    closing: watch::Sender<bool>,
    stopping: watch::Sender<bool>,
    active: Arc<watch::Sender<usize>>,
}

/// Resolves when the caller has left or the agent stops.
#[derive(Debug)]
pub(super) struct Gone {
    left: oneshot::Receiver<()>,
    stopping: watch::Receiver<bool>,
}

struct Active(Arc<watch::Sender<usize>>);

impl Tasks {
    pub(super) fn new() -> Self {
        let (closing, stopping) = (watch::Sender::new(false), watch::Sender::new(false));
        Self { closing, stopping, active: Arc::new(watch::Sender::new(0)) }
    }

    /// Runs `work` in its own task and waits for it. Dropping this future resolves the task's
    /// [`Gone`]; the task itself goes on to its end.
    ///
    /// # Errors
    /// `ShuttingDown` once [`Tasks::close`] or [`Tasks::stop`] was called; `Internal` if the task panicked; else the work's.
    pub(super) async fn run<T, F>(&self, work: impl FnOnce(Gone) -> F) -> Result<T, SignError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, SignError>> + Send + 'static,
    {
        if *self.closing.borrow() || *self.stopping.borrow() {
            return Err(SignError::ShuttingDown);
        }
        let (stay, left) = oneshot::channel();
        let active = Active::new(&self.active);
        let work = work(Gone { left, stopping: self.stopping.subscribe() });
        let task = tokio::spawn(async move {
            let result = work.await;
            drop(active);
            result
        });
        let result = task.await;
        drop(stay);
        result.unwrap_or_else(|error| Err(SignError::Internal(error.to_string())))
    }

    /// Takes no more.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// How many are under way, once no more are taken.
    pub(super) fn last_ones(&self) -> Option<usize> {
        self.closing.borrow().then(|| *self.active.borrow())
    }

    /// Resolves once no more are taken.
    pub(super) async fn closing(&self) {
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Resolves once none is under way.
    pub(super) async fn idle(&self) {
        let _ = self.active.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Resolves when the tasks are told to end.
    pub(super) async fn stopping(&self) {
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// Tells every task to end and waits until they have, or `patience` is over.
    pub(super) async fn stop(&self, patience: Duration) {
        self.stopping.send_replace(true);
        let _ = tokio::time::timeout(patience, self.idle()).await;
    }
}

impl Gone {
    /// Waits, and says why.
    pub(super) async fn wait(&mut self) -> SignError {
        tokio::select! {
            _ = &mut self.left => SignError::Cancelled,
            _ = self.stopping.wait_for(|stopping| *stopping) => SignError::ShuttingDown,
        }
    }
}

/// Resolves when the caller has left without hyper's noticing, or may not ask any more.
pub(super) async fn lost(presence: &dyn Presence) -> SignError {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Err(error) = presence.holds() {
            return error;
        }
    }
}

impl Active {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
