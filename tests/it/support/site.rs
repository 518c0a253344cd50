//! The example document system: a page on another origin, and a server that verifies.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running one; ended when dropped.
pub(crate) struct Site {
    child: Child,
    pub(crate) url: String,
}

impl Site {
    /// Trusts these roots (PEM).
    pub(crate) fn start(anchors: &Path) -> Self {
        let programs = std::env::current_exe().unwrap();
        let program = programs.ancestors().nth(2).unwrap().join("examples/document_system");
        let mut child = Command::new(program)
            .arg("--anchors")
            .arg(anchors)
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("examples/document_system: cargo build --examples");
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
