//! The reading end of the pipe.
//!
//! The thread that makes the C calls reads it, too: handing each request over from another thread would cost
//! as much as a fast token's signature. That thread's own stands by for the pipe's end.

use std::fs::File;
use std::io;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::sys;
use crate::token::wire;
use crate::token::wire::Request;

/// Requests as they come.
pub(super) struct Inbox {
    pipe: Arc<File>,
}

/// The pipe, read while a clock runs.
struct Clocked<'a, F> {
    pipe: &'a File,
    deadline: Option<Instant>,
    late: Option<F>,
}

impl Inbox {
    /// Starts the thread that waits for the pipe's end. From then on the process has [`LAST_CALL`] left,
    /// whatever C call it is in.
    pub(super) fn open(pipe: File) -> Self {
        let pipe = Arc::new(pipe);
        let watched = Arc::clone(&pipe);
        std::thread::spawn(move || {
            // A pipe that can't be waited for is waited for by whoever reads it.
            if sys::child::wait_for_end(&watched).is_ok() {
                last_call();
            }
        });
        Self { pipe }
    }

    /// The next request; `late` is called if it is not whole by then. None when the pipe has ended, or brings
    /// what is no request; then, too, the process has [`LAST_CALL`] left.
    pub(super) fn next_by(&self, deadline: Option<Instant>, late: impl FnOnce()) -> Option<Request> {
        let mut pipe = Clocked { pipe: &self.pipe, deadline, late: Some(late) };
        let request = wire::read(&mut pipe).ok();
        if request.is_none() {
            std::thread::spawn(last_call);
        }
        request
    }

    /// Whether the signing under way is to end: while one is, nothing comes but [`Request::Cancel`] or the
    /// pipe's end, so nothing needs to be read for it.
    pub(super) fn is_cancelled(&self) -> bool {
        sys::child::is_readable(&self.pipe, Duration::ZERO).unwrap_or(true)
    }
}

impl<F: FnOnce()> Read for Clocked<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(deadline) = self.deadline
            && !self.has_more_by(deadline)?
        {
            self.deadline = None;
            if let Some(late) = self.late.take() {
                late();
            }
        }
        self.pipe.read(buffer)
    }
}

impl<F> Clocked<'_, F> {
    fn has_more_by(&self, deadline: Instant) -> io::Result<bool> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if sys::child::is_readable(self.pipe, left)? {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
        }
    }
}

fn last_call() {
    std::thread::sleep(LAST_CALL);
    sys::child::end_now();
}

const LAST_CALL: Duration = Duration::from_secs(5);
