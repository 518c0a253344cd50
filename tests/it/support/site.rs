//! The example document system: a page on another origin, and a server that verifies.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::http::{Reply, Request, exchange};

/// A running one; ended when dropped.
pub(crate) struct Site {
    child: Child,
    pub(crate) url: String,
}

impl Site {
    /// Trusts these roots (PEM).
    pub(crate) fn start(anchors: &Path) -> Self {
        let mut child = Command::new(program())
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

    /// What it finds in a file.
    pub(crate) fn check(anchors: &Path, file: &Path) -> Value {
        let mut command = Command::new(program());
        let output = command.arg("--anchors").arg(anchors).arg("--check").arg(file).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// What its own page posts.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.exchange(Request::new("POST", path, self.port(), &self.url).json(body))
    }

    /// What its own page gets.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.exchange(Request::new("GET", path, self.port(), &self.url))
    }

    /// The same for somebody with a session.
    pub(crate) fn with_cookie(&self, method: &str, path: &str, cookie: &str) -> Reply {
        let request = Request::new(method, path, self.port(), &self.url).header("Cookie", cookie);
        self.exchange(request.body("application/json", b"{}".to_vec()))
    }

    fn exchange(&self, request: Request) -> Reply {
        exchange(self.port(), &request.header("Connection", "close").bytes()).expect("an answer")
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

fn program() -> PathBuf {
    let programs = std::env::current_exe().unwrap();
    programs.ancestors().nth(2).unwrap().join("examples/document_system")
}
