//! A D-Bus daemon of the test's own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use zbus::Connection;

/// The daemon; ended when dropped.
pub(crate) struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    /// Somewhere.
    ///
    /// # Panics
    /// If there is no dbus-daemon.
    pub(crate) fn start() -> Self {
        Self::started(&[], &[])
    }

    /// At this socket.
    pub(crate) fn at(socket: &Path) -> Self {
        Self::started(&[&format!("--address=unix:path={}", socket.display())], &[])
    }

    /// What it starts has these variables, too.
    pub(crate) fn with(environment: &[(String, String)]) -> Self {
        Self::started(&[], environment)
    }

    fn started(arguments: &[&str], environment: &[(String, String)]) -> Self {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .args(arguments)
            .envs(environment.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon: apt-get install dbus");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { daemon, address: address.trim().to_owned() }
    }

    /// For `DBUS_SESSION_BUS_ADDRESS` and its like.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> Connection {
        zbus::block_on(self.builder().build()).unwrap()
    }

    /// A connection that something is to be served on.
    pub(crate) fn builder(&self) -> zbus::connection::Builder<'_> {
        zbus::connection::Builder::address(self.address.as_str()).unwrap()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}
