//! A log on a disk that fails when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kyso::domain::audit::{Asked, AuditId, Event, Outcome, Receipt, RenderReply};
use kyso::domain::error::AuditError;
use kyso::domain::ports::{AuditLog, BoxFuture};
use kyso::domain::request::{Idempotency, SignRequest};
use kyso::store::Store;
use tokio::sync::watch;

/// The real log, until the disk is full.
#[derive(Clone)]
pub(crate) struct Paper {
    store: Store,
    full: Arc<AtomicBool>,
    slow: Arc<watch::Sender<bool>>,
    slow_to_end: Arc<watch::Sender<bool>>,
}

impl Paper {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, full: Arc::default(), slow: Arc::default(), slow_to_end: Arc::default() }
    }

    /// From now on no row, or each row, can be written.
    pub(crate) fn is_full(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    /// *Asked* is not durable until the disk is fast again.
    pub(crate) fn is_slow(&self, slow: bool) {
        self.slow.send_replace(slow);
    }

    /// The outcome is written, and not told until the disk is fast again.
    pub(crate) fn ends_slowly(&self, slow: bool) {
        self.slow_to_end.send_replace(slow);
    }

    fn or_full<'a, T: Send + 'a>(
        &self,
        write: impl FnOnce() -> BoxFuture<'a, Result<T, AuditError>>,
    ) -> BoxFuture<'a, Result<T, AuditError>> {
        if self.full.load(Ordering::Relaxed) {
            return Box::pin(async { Err(AuditError("database or disk is full".to_owned())) });
        }
        write()
    }
}

impl AuditLog for Paper {
    fn ask(&self, request: &SignRequest) -> BoxFuture<'_, Result<Asked, AuditError>> {
        let written = self.or_full(|| self.store.ask(request));
        Box::pin(async {
            let asked = written.await;
            let _ = self.slow.subscribe().wait_for(|slow| !slow).await;
            asked
        })
    }

    fn recall(&self, key: &Idempotency) -> BoxFuture<'_, Result<Option<Asked>, AuditError>> {
        self.or_full(|| self.store.recall(key))
    }

    fn close(
        &self,
        id: AuditId,
        outcome: Outcome,
        reply: Option<RenderReply>,
    ) -> BoxFuture<'_, Result<Receipt, AuditError>> {
        let written = self.or_full(|| self.store.close(id, outcome, reply));
        Box::pin(async {
            let receipt = written.await;
            let _ = self.slow_to_end.subscribe().wait_for(|slow| !slow).await;
            receipt
        })
    }

    fn event(&self, event: Event) -> BoxFuture<'_, Result<Receipt, AuditError>> {
        self.or_full(|| self.store.event(event))
    }
}
