//! What comes and goes is told, and looked at (R51).

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::desk::Desk;
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

/// A command that watches, and its lines.
pub(crate) struct Watcher {
    child: Ended,
    lines: Receiver<String>,
}

impl Watcher {
    pub(crate) fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let mut child = desk.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let (tell, lines) = channel();
        let read = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || read.map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child: Ended(child), lines }
    }

    fn next(&self) -> String {
        self.next_within(SEEN_WITHIN).expect("a change in time")
    }

    /// The next line, if it comes in time.
    pub(crate) fn next_within(&self, limit: Duration) -> Option<String> {
        self.lines.recv_timeout(limit).ok()
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
        // And its certificates with it.
        let names = ["person-rsa", "person-p256", "person-p384", "seal-rsa", "sign-in", "expired", "not-yet"];
        let mut wanted: Vec<String> = names.map(|name| token.id(name).to_string()).into();
        let mut told: Vec<[String; 2]> = Vec::new();
        for _ in names {
            let line: Value = serde_json::from_str(&json.next()).unwrap();
            assert_eq!(line["change"], change, "{line}");
            told.push([plain.next(), line["certificate"]["id"].as_str().unwrap().to_owned()]);
        }
        assert!(told.iter().all(|[line, id]| line.starts_with(sign) && line.ends_with(id)), "{told:?}");
        let mut told: Vec<String> = told.into_iter().map(|[_, id]| id).collect();
        wanted.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, wanted);
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
        assert_ne!(watcher.child.0.wait().unwrap().code(), Some(0));
    }
}

/// A process that is shut in could not open what came after it. Nobody asks and nobody watches. The agent has
/// a `/dev` of its own, so that no other test's hears of it; a file does for a device, since its name is looked at.
#[test]
fn r51_a_new_device_file_is_looked_at_through_a_new_process() {
    let hostile = Hostile::new();
    let module = hostile.always("");
    let desk = Desk::driving(&module);
    let devices = desk.folder().join("dev");
    fs::create_dir(&devices).unwrap();
    let kyso = desk.command(&["agent", "--prompt", "terminal"]);
    let script = "cp -a /dev/null /dev/zero /dev/random /dev/urandom \"$0\" && mount --bind \"$0\" /dev && exec \"$@\"";
    let mut agent = Command::new("unshare");
    agent.args(["--mount", "sh", "-c", script]).arg(&devices).arg(kyso.get_program()).args(kyso.get_args());
    agent.env_clear().envs(kyso.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = agent.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let serving = said.by_ref().map_while(Result::ok).any(|line| line.contains("http://127.0.0.1:"));
    let _agent = Ended(child);
    assert!(serving, "only root can have a /dev of its own: run this as root");

    assert!(desk.kyso(&["tokens"]).status.success());
    assert_eq!(hostile.count("C_Initialize"), 1);
    fs::write(devices.join("hidraw0"), "").unwrap();
    let end = Instant::now() + SEEN_WITHIN;
    while hostile.count("C_Initialize") < 2 {
        assert!(Instant::now() < end, "nobody looked: {:?}", hostile.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Ends with this value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Three seconds, and what a busy machine takes.
const SEEN_WITHIN: Duration = Duration::from_secs(10);
