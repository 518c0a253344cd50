//! The local control socket: a Unix socket in the user's runtime folder, 0600, whose peers must be
//! of the same user (`SO_PEERCRED`, unix(7)), and none of the processes that hold foreign code.

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

    /// The next connection of this user; others, and those of token hosts, are closed without a word: a
    /// library can connect to named sockets (Landlock before its version 9).
    ///
    /// # Errors
    /// The system call's.
    pub async fn accept(&self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.0.accept().await?;
            let peer = stream.peer_cred()?;
            let is_of_this_user = peer.uid() == rustix::process::getuid().as_raw();
            if is_of_this_user && !peer.pid().is_none_or(is_shut_in) {
                return Ok(stream);
            }
        }
    }
}

/// Whether this is a token host: of this agent, of an earlier one, or of a command such as `kyso doctor`. It has more filters
/// than this process and nobody can look into it (R35), and a library can undo neither; root may look, and then knows it by
/// its program.
fn is_shut_in(pid: i32) -> bool {
    // One that is gone has asked nothing.
    let Some(theirs) = filters(&pid.to_string()) else { return true };
    if theirs <= filters("self").unwrap_or(0) {
        return false;
    }
    let program = std::fs::read_link(format!("/proc/{pid}/exe"));
    program.map_or(true, |program| program.file_name().is_some_and(|name| name == "kyso-token-host"))
}

/// How many filters of system calls a process has (proc(5)); before Linux 5.9, whether it has any.
fn filters(process: &str) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let number = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    number("Seccomp_filters:").or_else(|| number("Seccomp:"))
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
