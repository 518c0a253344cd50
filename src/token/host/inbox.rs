//! The reading end of the pipe, on a thread of its own.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use crate::sys;
use crate::token::wire;
use crate::token::wire::Request;

/// Requests as they come.
pub(super) struct Inbox {
    requests: mpsc::Receiver<Request>,
    cancelled: Arc<AtomicBool>,
}

impl Inbox {
    /// Starts the thread. When the pipe ends, the process has [`LAST_CALL`] left, whatever C call it
    /// is in.
    pub(super) fn open(mut pipe: File) -> Self {
        let (sender, requests) = mpsc::channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancelled);
        std::thread::spawn(move || {
            while let Ok(request) = wire::read::<Request>(&mut pipe) {
                // A cancellation that came too late for its signing must not meet the next one.
                flag.store(request == Request::Cancel, Ordering::SeqCst);
                if sender.send(request).is_err() {
                    break;
                }
            }
            flag.store(true, Ordering::SeqCst);
            drop(sender);
            std::thread::sleep(LAST_CALL);
            sys::child::end_now();
        });
        Self { requests, cancelled }
    }

    /// The next request; none when the pipe has ended.
    fn next(&self) -> Option<Request> {
        self.requests.recv().ok()
    }

    /// The next request; `late` is called if none has come by then.
    pub(super) fn next_by(&self, deadline: Option<Instant>, late: impl FnOnce()) -> Option<Request> {
        let Some(deadline) = deadline else { return self.next() };
        match self.requests.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(request) => Some(request),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                late();
                self.next()
            }
        }
    }

    /// Whether the signing under way is to end.
    pub(super) fn cancelled(&self) -> &AtomicBool {
        &self.cancelled
    }
}

const LAST_CALL: Duration = Duration::from_secs(5);
