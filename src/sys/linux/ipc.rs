//! The local control socket: a Unix socket in the user's runtime folder, 0600, whose peers must be
//! of the same user (`SO_PEERCRED`, unix(7)).

use std::io;
use std::path::Path;

use tokio::net::{UnixListener, UnixStream};

/// One connection to or from the control socket.
pub type Stream = UnixStream;

/// The agent's end.
#[derive(Debug)]
pub struct Listener(UnixListener);

impl Listener {
    /// Listens at `path`; a dead socket there is replaced. The caller holds the instance lock, so a
    /// live one can't be.
    ///
    /// # Errors
    /// The system call's.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // The folder is 0700, so nobody else reaches the socket between these two lines.
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(Self(listener))
    }

    /// The next connection of this user; others are closed without a word.
    ///
    /// # Errors
    /// The system call's.
    pub async fn accept(&self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.0.accept().await?;
            if stream.peer_cred()?.uid() == rustix::process::getuid().as_raw() {
                return Ok(stream);
            }
        }
    }
}

/// Connects to a running agent.
///
/// # Errors
/// `NotFound` or `ConnectionRefused` if none runs; else the system call's.
pub async fn connect(path: &Path) -> io::Result<Stream> {
    UnixStream::connect(path).await
}
