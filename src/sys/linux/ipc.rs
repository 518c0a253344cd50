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
    /// Listens at `path`; a dead socket there is replaced.
    ///
    /// # Errors
    /// `AddrInUse` if somebody listens there, such as an agent with another data folder; else the
    /// system call's.
    pub fn bind(path: &Path) -> io::Result<Self> {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
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

/// Connects to a running agent of this user.
///
/// # Errors
/// `NotFound` or `ConnectionRefused` if none runs, `PermissionDenied` if somebody else listens there;
/// else the system call's.
pub async fn connect(path: &Path) -> io::Result<Stream> {
    let stream = UnixStream::connect(path).await?;
    if stream.peer_cred()?.uid() != rustix::process::getuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(stream)
}
