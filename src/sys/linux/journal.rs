//! The journal's socket.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::UnixDatagram;

/// Where it is.
pub fn socket() -> PathBuf {
    PathBuf::from("/run/systemd/journal/socket")
}

/// Sends these datagrams to the socket at `path`, in order.
///
/// # Errors
/// The system's; `TimedOut` if its queue stays full.
pub async fn send(path: &Path, datagrams: &[Vec<u8>]) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    for datagram in datagrams {
        tokio::time::timeout(PATIENCE, socket.send(datagram)).await??;
    }
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(5);
