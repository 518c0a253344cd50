//! The log's disk fills up or fails at any point, and the agent ends at any point (R59, R69): nothing leaves without its
//! durable row, and where the disk works again so does the agent.
//!
//! ENOSPC is that of a small tmpfs in a mount namespace of the test's own. EIO is put by strace in place of what the
//! kernel would answer to the agent's writing and syncing of the log's files: what a failing disk looks like to SQLite,
//! without a failing disk.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::killed::chance;
use super::{ASKS_PIN, PAGE, ask};
use crate::support::agent::{one, rows, sha256, value};
use crate::support::desk::Desk;
use crate::support::figures::print;
use crate::support::http::Reply;
use crate::support::softhsm::{SoftHsm, verify};
use crate::support::terminal::Terminal;
use kyso::domain::scheme::Scheme;

/// Without a restart: refused while the disk is full or fails, signed once it works.
#[test]
fn r59_a_failing_disk_refuses_and_recovers_without_a_restart() {
    in_own_namespace("process::disk::child_without_restart");
}

#[test]
fn r69_kill_at_random_points_with_a_full_disk() {
    in_own_namespace("process::disk::child_swept_full");
}

#[test]
fn r69_kill_at_random_points_with_a_disk_that_fails() {
    in_own_namespace("process::disk::child_swept_failing");
}

/// Not a test of its own: runs where mounts are nobody else's.
#[test]
fn child_without_restart() {
    let Some(mut site) = Site::new() else { return };
    for kind in [Kind::Full, Kind::Failing, Kind::Full, Kind::Failing] {
        let before = site.asked();
        let fault = site.fault(kind);
        let reply = site.sign(PATIENCE).expect("an answer");
        assert_eq!((reply.status, reply.code().as_str()), (500, "audit_unavailable"), "{kind:?}");
        drop(fault);
        // The end of the one before may be written meanwhile, which had no room.
        assert_eq!(site.asked(), before, "{kind:?}: a row of a request that was refused");
        // While the person looks at the prompt: typed, and nothing is released.
        let from = site.agent.text().len();
        let asked = ask(site.port, &site.bearer, &site.body);
        site.agent.wait_for(ASKS_PIN, from);
        let fault = site.fault(kind);
        site.agent.type_text("123456\n");
        let reply = asked.join().unwrap().expect("an answer");
        drop(fault);
        assert_eq!((reply.status, reply.code().as_str()), (500, "audit_unavailable"), "{kind:?}");
        let reply = site.sign(PATIENCE).expect("an answer");
        assert_eq!(reply.status, 200, "{kind:?}: {}", reply.code());
        site.holds(&reply);
        assert!(site.desk.kyso(&["audit", "verify"]).status.success(), "{kind:?}");
    }
    say("went through");
}

/// Not a test of its own.
#[test]
fn child_swept_full() {
    sweep(Kind::Full);
}

/// Not a test of its own.
#[test]
fn child_swept_failing() {
    sweep(Kind::Failing);
}

fn sweep(kind: Kind) {
    let Some(mut site) = Site::new() else { return };
    let kills = if std::env::var_os("KYSO_LONG").is_some() { 500 } else { 50 };
    let start = Instant::now();
    assert_eq!(site.sign(PATIENCE).expect("an answer").status, 200);
    let whole = start.elapsed();
    let (mut held, mut refused, mut slowest) = (0, 0, Duration::ZERO);
    for kill in 0..kills {
        let [fails, types, ends] = [1, 2, 3].map(|part| whole.mul_f64(1.3 * chance(kill * 4 + part)));
        let start = Instant::now();
        let from = site.agent.text().len();
        let asked = ask(site.port, &site.bearer, &site.body);
        // Points are moments, not events.
        let mut fault = None;
        if kill % 3 == 0 {
            std::thread::sleep(fails);
            fault = Some(site.fault(kind));
        }
        // With the fault while the prompt is open, and without: some points lie behind the answer.
        let is_answered = matches!(kill % 9, 4 | 8);
        let patience = if is_answered { PATIENCE } else { types.max(whole / 2) };
        if site.agent.find(ASKS_PIN, from, patience).is_some() {
            if kill % 3 == 1 {
                fault = Some(site.fault(kind));
            }
            site.agent.type_text("123456\n");
            if is_answered {
                answered(&asked);
            } else {
                std::thread::sleep(fails / 4);
            }
            if fault.is_none() {
                fault = Some(site.fault(kind));
            }
            std::thread::sleep(ends.saturating_sub(start.elapsed()));
        }
        site.agent.kill();
        let reply = asked.join().unwrap();
        drop(fault);
        let verified = site.desk.kyso(&["audit", "verify"]);
        assert!(verified.status.success(), "kill {kill}: {verified:?}");
        match reply {
            Some(reply) if reply.status == 200 && reply.body.ends_with(b"}") => {
                held += 1;
                site.holds(&reply);
            }
            Some(reply) if reply.status == 500 => {
                refused += 1;
                assert_eq!(reply.code(), "audit_unavailable", "kill {kill}");
            }
            _ => {}
        }
        let start = Instant::now();
        (site.agent, site.port) = site.desk.agent_in_terminal();
        slowest = slowest.max(start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(2), "kill {kill}: served after {:?}", start.elapsed());
    }
    let reply = site.sign(PATIENCE).expect("an answer");
    assert_eq!(reply.status, 200, "the token is stuck: {}", reply.code());
    let rows = rows(&site.desk.log());
    let count = |wanted: &str| rows.iter().filter(|(kind, _)| kind == wanted).count();
    let ends = ["signed", "interrupted", "cancelled", "failed"].map(count).iter().sum::<usize>();
    assert_eq!(count("asked"), ends);
    assert!(count("signed") >= held + 2);
    assert!(held > 0, "nobody held a signature");
    assert!(refused > 0, "no fault came before an answer");
    say(&format!(
        "went through {kills} kills, {kind:?}: {held} signatures held, {refused} refused, slowest restart {slowest:?}"
    ));
}

/// Waits until it is there.
fn answered(asked: &JoinHandle<Option<Reply>>) {
    let end = Instant::now() + PATIENCE;
    while !asked.is_finished() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What befalls the disk.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Full,
    Failing,
}

/// Lasts until it is dropped.
enum Fault {
    Full(PathBuf),
    /// With what it says, which it must be able to go on saying.
    Failing(Child, #[allow(dead_code, reason = "held open")] BufReader<ChildStderr>),
}

impl Drop for Fault {
    fn drop(&mut self) {
        match self {
            Self::Full(filler) => std::fs::remove_file(filler).unwrap(),
            Self::Failing(strace, _) => {
                // It lets go of the agent, if that is still there.
                let id = rustix::process::Pid::from_raw(i32::try_from(strace.id()).unwrap()).unwrap();
                let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
                let end = Instant::now() + Duration::from_secs(2);
                while strace.try_wait().unwrap().is_none() {
                    if Instant::now() > end {
                        // It waits for a process that is gone.
                        let _ = strace.kill();
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }
}

/// A desk whose data are on a small disk of its own.
struct Site {
    token: SoftHsm,
    desk: Desk,
    agent: Terminal,
    port: u16,
    bearer: String,
    body: serde_json::Value,
}

impl Site {
    /// Nothing in the test run itself, only in its own namespace.
    fn new() -> Option<Self> {
        std::env::var_os(OWN)?;
        let token = SoftHsm::new();
        let desk = Desk::with(&token);
        let data = desk.folder().join("data");
        std::fs::create_dir_all(&data).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "none"]).arg(&data).status();
        assert!(mounted.unwrap().success());
        let (agent, port) = desk.agent_in_terminal();
        let bearer = desk.pair(port, PAGE);
        let body = one(token.id("person-p256"), &sha256("x"));
        Some(Self { token, desk, agent, port, bearer, body })
    }

    fn fault(&self, kind: Kind) -> Fault {
        match kind {
            Kind::Full => {
                let filler = self.desk.data().join("filler");
                let mut file = File::create(&filler).unwrap();
                while file.write_all(&[0; 512]).is_ok() {}
                Fault::Full(filler)
            }
            Kind::Failing => {
                let log = self.desk.log();
                let wal = PathBuf::from(format!("{}-wal", log.display()));
                let mut strace = Command::new("strace")
                    .args(["-f", "-o", "/dev/null", "-e", "trace=pwrite64,write,fsync,fdatasync"])
                    .args(["-e", "inject=pwrite64,write,fsync,fdatasync:error=EIO"])
                    .arg("-P")
                    .arg(&log)
                    .arg("-P")
                    .arg(&wal)
                    .args(["-p", &self.agent.id().to_string()])
                    .stderr(Stdio::piped())
                    .spawn()
                    .expect("strace: apt-get install strace");
                // It says so once it holds the agent.
                let mut said = BufReader::new(strace.stderr.take().unwrap());
                let attached =
                    said.by_ref().lines().map_while(Result::ok).any(|line| line.contains("attached"));
                assert!(attached, "strace does not hold the agent");
                Fault::Failing(strace, said)
            }
        }
    }

    /// How many requests the log has.
    fn asked(&self) -> usize {
        rows(&self.desk.log()).iter().filter(|(kind, _)| kind == "asked").count()
    }

    /// A signature that the person agrees to if they are asked.
    fn sign(&mut self, within: Duration) -> Option<Reply> {
        let from = self.agent.text().len();
        let asked = ask(self.port, &self.bearer, &self.body);
        let end = Instant::now() + within;
        while !asked.is_finished() && Instant::now() < end {
            if self.agent.find(ASKS_PIN, from, Duration::from_millis(50)).is_some() {
                self.agent.type_text("123456\n");
                break;
            }
        }
        asked.join().unwrap()
    }

    /// The signature is good, and its row is in the log.
    fn holds(&self, reply: &Reply) {
        let reply = reply.json();
        let certificate = self.token.certificate("person-p256");
        assert!(verify(&certificate, Scheme::Ecdsa, &sha256("x"), &value(&reply, 0)));
        let (sequence, head) = (&reply["receipt"]["sequence"], reply["receipt"]["head"].as_str().unwrap());
        let receipt = format!("{sequence}:{head}");
        let verified = self.desk.kyso(&["audit", "verify", "--head", &receipt]);
        assert!(verified.status.success(), "{verified:?}");
    }
}

/// Runs a test of this binary where its mounts are nobody else's.
fn in_own_namespace(test: &str) {
    let output = Command::new("unshare")
        .args(["--mount", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(OWN, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find(|line| line.contains("went through"));
    assert!(output.status.success() && line.is_some(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    print(line.unwrap_or_default());
}

/// A line of its own to the parent, past the test harness.
fn say(line: &str) {
    std::io::stdout().write_all(format!("\n{line}\n").as_bytes()).unwrap();
}

const PATIENCE: Duration = Duration::from_secs(20);
const OWN: &str = "KYSO_TEST_OWN_MOUNTS";
