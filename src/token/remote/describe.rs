//! What a module says of itself, and of each step of its work: the agent's side.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::Remote;
use crate::domain::error::TokenError;
use crate::token::description::Description;
use crate::token::trace::Trace;
use crate::token::wire::Reply;
use crate::token::wire::Request;

impl Remote {
    /// Its processes tell of their steps; to be called before any was started.
    pub(in crate::token) fn trace_to(&self, trace: Trace) {
        if let Ok(mut turn) = self.turn.try_lock() {
            turn.trace = Some(trace);
        }
    }

    /// Asks it, in its turn.
    pub(in crate::token) fn describe(self: &Arc<Self>) -> JoinHandle<Result<Description, TokenError>> {
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let mut turn = this.turn.lock().await;
            let reply = this.ask(&mut turn, &Request::Describe, this.deadlines.list).await?;
            let Reply::Description(description) = reply else { return Err(turn.nonsense()) };
            Ok(description)
        })
    }
}
