//! Whether card readers can be reached: the PC/SC daemon and its driver for CCID readers (pcsc-lite, ccid).

use std::os::unix::net::UnixStream;
use std::path::Path;

/// What there is of the PC/SC daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemon {
    /// It takes connections, or systemd does for it.
    Running,
    /// It is installed, and nothing listens.
    Stopped,
    /// It is not installed.
    Missing,
}

/// The daemon, below `root` (`/`).
pub fn daemon(root: &Path) -> Daemon {
    let at = |path: &str| root.join(path);
    if SOCKETS.iter().any(|socket| UnixStream::connect(at(socket)).is_ok()) {
        return Daemon::Running;
    }
    if PROGRAMS.iter().any(|program| at(program).exists()) { Daemon::Stopped } else { Daemon::Missing }
}

/// Whether the driver for CCID readers is installed, below `root`.
pub fn has_ccid(root: &Path) -> bool {
    let machine = format!("usr/lib/{}-linux-gnu/pcsc/drivers", std::env::consts::ARCH);
    let folders = ["usr/lib/pcsc/drivers", "usr/lib64/pcsc/drivers", "usr/local/lib/pcsc/drivers", &machine];
    folders.iter().any(|folder| root.join(folder).join("ifd-ccid.bundle").exists())
}

const SOCKETS: &[&str] = &["run/pcscd/pcscd.comm", "var/run/pcscd/pcscd.comm"];
const PROGRAMS: &[&str] = &["usr/sbin/pcscd", "usr/bin/pcscd", "usr/local/sbin/pcscd", "usr/lib/pcscd/pcscd"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_daemon_is_missing_stopped_or_running() {
        let root = tempfile::tempdir().expect("scratch");
        let at = |path: &str| root.path().join(path);
        assert_eq!((daemon(root.path()), has_ccid(root.path())), (Daemon::Missing, false));
        for folder in ["usr/sbin", "run/pcscd", "usr/lib/pcsc/drivers/ifd-ccid.bundle"] {
            std::fs::create_dir_all(at(folder)).expect("scratch");
        }
        std::fs::write(at("usr/sbin/pcscd"), "").expect("scratch");
        assert_eq!((daemon(root.path()), has_ccid(root.path())), (Daemon::Stopped, true));
        let listener = UnixListener::bind(at("run/pcscd/pcscd.comm")).expect("a socket");
        assert_eq!(daemon(root.path()), Daemon::Running);
        drop(listener);
        assert_eq!(daemon(root.path()), Daemon::Stopped, "a socket that nobody listens at");
    }
}
