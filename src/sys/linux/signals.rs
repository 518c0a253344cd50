//! The words that end a process.

use tokio::signal::unix::{SignalKind, signal};

/// How a process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Once what is under way is done: SIGTERM, as service managers send it.
    Finish,
    /// At once: SIGINT and SIGHUP, for whoever sits at the terminal has left or wants it so.
    Stop,
}

/// Resolves at the first such word after the call.
///
/// # Errors
/// If the handlers can't be set.
pub async fn word() -> std::io::Result<Word> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(tokio::select! {
        _ = terminate.recv() => Word::Finish,
        _ = interrupt.recv() => Word::Stop,
        _ = hangup.recv() => Word::Stop,
    })
}

/// Resolves at the first SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
/// If the handlers can't be set.
pub async fn shutdown() -> std::io::Result<()> {
    word().await.map(drop)
}
