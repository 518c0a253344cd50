//! The words that end a process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// How a process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Once what is under way is done: SIGTERM, as service managers send it.
    Finish,
    /// At once: SIGINT and SIGHUP, for whoever sits at the terminal has left or wants it so.
    Stop,
}

/// Hears the words from when it is made: make it before anybody may say one.
#[derive(Debug)]
pub struct Words {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Words {
    /// Called in a tokio runtime; from here on no such word ends the process by itself.
    ///
    /// # Errors
    /// If the handlers can't be set.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Resolves at the next word.
    pub async fn next(&mut self) -> Word {
        tokio::select! {
            _ = self.terminate.recv() => Word::Finish,
            _ = self.interrupt.recv() => Word::Stop,
            _ = self.hangup.recv() => Word::Stop,
        }
    }
}

/// Resolves at the first SIGINT, SIGTERM or SIGHUP after it is first polled.
///
/// # Errors
/// If the handlers can't be set.
pub async fn shutdown() -> io::Result<()> {
    Words::listen()?.next().await;
    Ok(())
}
