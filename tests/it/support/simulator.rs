//! A running `kyso-simulator`, as a document system's own tests start it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::agent::{item, sha256};
use super::http::{Reply, Request, exchange};

/// One with a folder of its own; ended when dropped.
pub(crate) struct Simulator {
    pub(crate) child: Child,
    pub(crate) port: u16,
    folder: TempDir,
    said: Option<JoinHandle<String>>,
}

/// A page that is paired with it.
pub(crate) struct Page<'a> {
    simulator: &'a Simulator,
    pub(crate) origin: String,
    pub(crate) bearer: String,
}

impl Simulator {
    /// That approves what no name marks.
    pub(crate) fn start() -> Self {
        Self::with(None, |_| {})
    }

    /// With this in its folder before it starts.
    pub(crate) fn prepared(prepare: impl FnOnce(&Path)) -> Self {
        Self::with(None, prepare)
    }

    /// With this script.
    pub(crate) fn scripted(script: &str) -> Self {
        Self::with(Some(script), |_| {})
    }

    fn with(script: Option<&str>, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(&folder.path().join("own"));
        let mut command = command();
        command.args(["--port", "0", "--folder"]).arg(folder.path().join("own"));
        if let Some(script) = script {
            let file = folder.path().join("script.toml");
            std::fs::write(&file, script).unwrap();
            command.arg("--script").arg(file);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            let _ = stderr.read_to_string(&mut said);
            said
        });
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert_eq!(ready["folder"], folder.path().join("own").display().to_string());
        let port = ready["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
        Self { child, port, folder, said: Some(said) }
    }

    /// The folder that it keeps its things in.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().join("own")
    }

    /// Its log.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder().join("data/kyso/audit.sqlite")
    }

    /// The certificate to trust.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder().join("root.pem")
    }

    /// Sends and waits for the answer.
    pub(crate) fn send(&self, request: &Request) -> Reply {
        exchange(self.port, &request.bytes()).expect("an answer")
    }

    /// The answer to a page of this name that asks to be paired.
    pub(crate) fn pairing(&self, origin: &str, name: &str) -> Reply {
        let body = json!({ "name": name, "nonce": STANDARD.encode([7; 32]) });
        self.send(&Request::new("POST", "/v1/pairings", self.port, origin).json(&body))
    }

    /// A page on this origin, paired.
    pub(crate) fn page(&self, origin: &str) -> Page<'_> {
        let reply = self.pairing(origin, "CI");
        assert_eq!(reply.status, 201, "{}", reply.json());
        let bearer = reply.json()["token"].as_str().unwrap().to_owned();
        Page { simulator: self, origin: origin.to_owned(), bearer }
    }

    /// Closes its standard input, and what it said once it has ended.
    pub(crate) fn let_go(mut self) -> String {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
        self.said.take().unwrap().join().unwrap()
    }
}

impl Page<'_> {
    /// A request of this page.
    pub(crate) fn request(&self, method: &str, target: &str) -> Request {
        Request::new(method, target, self.simulator.port, &self.origin).bearer(&self.bearer)
    }

    /// What it reads there.
    pub(crate) fn get(&self, target: &str) -> Value {
        let reply = self.simulator.send(&self.request("GET", target));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    /// The request for one signature over a document of this name, whose text is its name.
    pub(crate) fn signing(&self, name: &str) -> Request {
        self.asks(&json!({ "items": [item(name, &sha256(name))], "timeout_s": 10 }))
    }

    /// A request for signatures.
    pub(crate) fn asks(&self, body: &Value) -> Request {
        self.request("POST", "/v1/signatures").json(body)
    }

    /// The answer to [`Page::signing`].
    pub(crate) fn sign(&self, name: &str) -> Reply {
        self.simulator.send(&self.signing(name))
    }

    /// The answer to a request to sign in.
    pub(crate) fn sign_in(&self) -> Reply {
        let body = json!({ "nonce": STANDARD.encode([5; 32]), "timeout_s": 10 });
        self.simulator.send(&self.request("POST", "/v1/authentications").json(&body))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `kyso-simulator`, speaking English, with pipes on all sides.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kyso-simulator"));
    command.env_clear().env("KYSO_LANG", "en").env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What comes of a script that can't be used.
pub(crate) fn refused(folder: &Path, script: &str) -> Output {
    let file = folder.join("script.toml");
    std::fs::write(&file, script).unwrap();
    command().arg("--folder").arg(folder.join("own")).arg("--script").arg(file).output().unwrap()
}
