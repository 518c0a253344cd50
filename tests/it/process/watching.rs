//! `kyso tokens --watch`, with a token that comes and goes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::support::desk::Desk;
use crate::support::softhsm::SoftHsm;

/// A command that watches, and its lines.
struct Watcher {
    child: Child,
    lines: Receiver<String>,
}

impl Watcher {
    fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let mut child = desk.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let (tell, lines) = channel();
        let read = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || read.map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, lines }
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(SEEN_WITHIN).expect("a change in time")
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn r51_tokens_come_and_go_in_the_terminal() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let alone = desk.kyso(&["tokens", "--watch"]);
    assert_eq!(alone.status.code(), Some(69), "there is no agent: {alone:?}");

    let mut agent = desk.agent();
    let (plain, json) = (
        Watcher::start(&desk, &["tokens", "--watch"]),
        Watcher::start(&desk, &["tokens", "--watch", "--json"]),
    );
    let both = |sign: &str, change: &str| {
        let line = plain.next();
        assert!(line.starts_with(sign) && line.contains("kyso-demo"), "{line}");
        let line: Value = serde_json::from_str(&json.next()).unwrap();
        assert_eq!((&line["change"], &line["token"]["label"]), (&change.into(), &"kyso-demo".into()));
    };
    both("+ ", "came");
    let away = token.tokens().with_extension("away");
    fs::rename(token.tokens(), &away).unwrap();
    fs::create_dir(token.tokens()).unwrap();
    both("- ", "left");
    fs::remove_dir(token.tokens()).unwrap();
    fs::rename(&away, token.tokens()).unwrap();
    both("+ ", "came");

    // Whoever watches keeps no agent from stopping.
    let id = rustix::process::Pid::from_raw(i32::try_from(agent.child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert!(agent.child.wait().unwrap().success());
    for mut watcher in [plain, json] {
        assert_ne!(watcher.child.wait().unwrap().code(), Some(0));
    }
}

/// Three seconds, and what a busy machine takes.
const SEEN_WITHIN: Duration = Duration::from_secs(10);
