//! The example document system: a page on another origin, and a server that verifies.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

use super::http::{Reply, Request, ask};

/// A running one; ended when dropped.
pub(crate) struct Site {
    child: Child,
    pub(crate) url: String,
    /// What it has the browser keep, by name.
    cookies: Mutex<BTreeMap<String, String>>,
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
        Self { child, url: url.trim().to_owned(), cookies: Mutex::default() }
    }

    /// What it finds in a file.
    pub(crate) fn check(anchors: &Path, file: &Path) -> Value {
        let mut command = Command::new(program());
        let output = command.arg("--anchors").arg(anchors).arg("--check").arg(file).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// What its own page posts, in a browser that keeps cookies.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        let reply = self.post_with(&self.cookies(), path, body);
        let cookie = reply.header("set-cookie").and_then(|set| set.split(';').next()?.split_once('='));
        if let Some((name, value)) = cookie {
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    /// What its own page posts in a browser with these cookies.
    pub(crate) fn post_with(&self, cookies: &str, path: &str, body: &Value) -> Reply {
        let request = Request::new("POST", path, self.port(), &self.url).header("Cookie", cookies);
        self.exchange(request.json(body))
    }

    /// What the browser of [`Site::post`] sends.
    pub(crate) fn cookies(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
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
        ask(self.port(), &request.header("Connection", "close").bytes()).expect("an answer")
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
