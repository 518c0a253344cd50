//! What collectors hear of the log: nothing is lost while one is away, and nobody waits for it.

mod away;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kyso::api::identity::Identity;
use kyso::domain::audit::{Asked, Event, Outcome};
use kyso::domain::ports::AuditLog;
use kyso::domain::retention::{Forward, Rules};
use kyso::domain::validation::Standing;
use kyso::forward::{Collector, Journal, Syslog, collectors, tell};
use kyso::store::verify::verify;
use kyso::store::{Store, Terms};
use tempfile::TempDir;
use tokio::net::UnixDatagram;

use crate::store::{failure, request, success};
use crate::support::figures::print;
use crate::support::required::skip;

/// A real rsyslog is stopped, rows come meanwhile and go to closed files whose time is over at once, the agent ends and
/// starts: each outcome is with the collector in the end, in order.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_rsyslog_is_away() {
    let Some(mut rsyslog) = Rsyslog::new() else { return skip("rsyslog", "rsyslog") };
    let place = tempfile::tempdir().unwrap();
    let store = keeping_none(&place, &rsyslog.address());
    let telling = tokio::spawn(tell(Arc::new(store.clone()), syslog(&rsyslog.address())));
    until(|| cursor_is_kept(&place)).await;
    rsyslog.start();
    let mut signed = BTreeSet::new();
    signed.insert(sign(&store).await);
    rsyslog.has(&signed).await;

    rsyslog.stop();
    for _ in 0..40 {
        let before = Instant::now();
        signed.insert(sign(&store).await);
        assert!(before.elapsed() < Duration::from_secs(5), "signing waited for the collector");
    }
    rsyslog.start();
    rsyslog.has(&signed).await;

    // Stopped in the middle of things, again and again, without a look at what it has taken.
    for _ in 0..5 {
        for _ in 0..10 {
            signed.insert(sign(&store).await);
        }
        rsyslog.stop();
        signed.insert(sign(&store).await);
        rsyslog.start();
    }
    rsyslog.has(&signed).await;

    // The agent ends while the collector is away; what it had not told is told after its next start.
    rsyslog.stop();
    signed.insert(sign(&store).await);
    telling.abort();
    let _ = telling.await;
    drop(store);
    let store = keeping_none(&place, &rsyslog.address());
    signed.insert(sign(&store).await);
    rsyslog.start();
    let telling = tokio::spawn(tell(Arc::new(store.clone()), syslog(&rsyslog.address())));
    rsyslog.has(&signed).await;
    telling.abort();
    let _ = telling.await;
    drop(store);
    drop(keeping_none(&place, &rsyslog.address()));
    assert!(verify(&place.path().join("audit.sqlite"), None).unwrap().removed > Some(1), "heard, and kept");
    let lines = rsyslog.lines();
    let numbers: Vec<i64> = lines.iter().filter_map(|line| number(line)).collect();
    let mut firsts = BTreeSet::new();
    let mut newest = 0;
    for at in &numbers {
        if firsts.insert(*at) {
            assert!(*at > newest, "{at} came after {newest} for the first time");
            newest = *at;
        }
    }
    print(&format!("{} rows told, {} of them more than once", firsts.len(), numbers.len() - firsts.len()));
}

/// What is told, in full; and what is not.
#[tokio::test(flavor = "multi_thread")]
async fn the_journal_hears_outcomes_and_no_document() {
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("journal.socket");
    let journal = UnixDatagram::bind(&socket).unwrap();
    let store = open(&place);
    let telling = tokio::spawn(tell(Arc::new(store.clone()), Box::new(Journal::at(&socket))));
    until(|| cursor_is_kept(&place)).await;
    let Asked::New(id) = store.ask(&request("Quyết định mật số 7.pdf")).await.unwrap() else {
        panic!()
    };
    let failed = Outcome {
        cause: Some("CKR_SECRET".to_owned()),
        validation: Some(Standing::Unknown),
        ..failure(kyso::domain::error::ErrorCode::TokenFailed)
    };
    store.close(id, failed, None).await.unwrap();
    sign(&store).await;
    store.event(Event::Paused(true)).await.unwrap();
    store.seal().await.unwrap();
    let mut told = Vec::new();
    for _ in 0..4 {
        let mut datagram = vec![0; 65_536];
        let length = tokio::time::timeout(DEADLINE, journal.recv(&mut datagram)).await.unwrap().unwrap();
        datagram.truncate(length);
        told.push(String::from_utf8(datagram).unwrap());
    }
    telling.abort();
    let names = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split_once('=').expect("a field").0.to_owned()).collect()
    };
    assert_eq!(
        names(&told[1]),
        [
            "MESSAGE",
            "PRIORITY",
            "SYSLOG_FACILITY",
            "SYSLOG_IDENTIFIER",
            "KYSO_KIND",
            "KYSO_TIME",
            "KYSO_SEQUENCE",
            "KYSO_HEAD",
            "KYSO_USER",
            "KYSO_CALLER",
            "KYSO_REQUEST",
            "KYSO_OUTCOME",
            "KYSO_COUNT",
            "KYSO_MADE",
            "KYSO_CERTIFICATE",
            "KYSO_TOKEN",
            "KYSO_SCHEME",
            "KYSO_CONSENT",
            "KYSO_WRONG_PINS",
        ]
    );
    assert!(told[0].contains("KYSO_KIND=failed\n") && told[0].contains("PRIORITY=4\n"), "{}", told[0]);
    assert!(told[0].contains("KYSO_VALIDATION=unknown\n"), "how the certificate stood: {}", told[0]);
    assert!(told[2].contains("KYSO_KIND=paused\n"));
    assert!(told[3].contains("KYSO_KIND=checkpoint\n") && told[3].contains("KYSO_SIGNATURE="), "{}", told[3]);
    let all = told.concat();
    for secret in ["Quyết định", "CKR_SECRET", &"07".repeat(32), "Nguyễn"] {
        assert!(!all.contains(secret), "{secret} was told");
    }
}

/// A real journald, stopped and started, where its folders are nobody else's.
#[test]
fn nothing_is_lost_while_journald_is_away() {
    if !Path::new(JOURNALD).exists() {
        return skip("systemd-journald", "systemd");
    }
    let output = Command::new("unshare")
        .args(["--mount", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "forward::child_with_a_journal", "--nocapture"])
        .env(OWN, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("went through"), "{output:?}");
}

/// Not a test of its own: runs where mounts are nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn child_with_a_journal() {
    if std::env::var_os(OWN).is_none() {
        return;
    }
    for folder in ["/run", "/var/log"] {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "none", folder]).status().unwrap();
        assert!(mounted.success(), "{folder}");
    }
    std::fs::create_dir_all("/run/systemd/journal").unwrap();
    std::fs::create_dir_all("/run/log/journal").unwrap();
    let journald = || {
        let child = Command::new(JOURNALD).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Running(child.unwrap())
    };
    let place = tempfile::tempdir().unwrap();
    let store = open(&place);
    let telling = tokio::spawn(tell(Arc::new(store.clone()), Box::new(Journal::system())));
    until(|| cursor_is_kept(&place)).await;
    let mut signed = BTreeSet::new();
    for _ in 0..3 {
        signed.insert(sign(&store).await);
        let running = journald();
        signed.insert(sign(&store).await);
        until(|| signed.is_subset(&in_the_journal())).await;
        drop(running);
        signed.insert(sign(&store).await);
    }
    let _running = journald();
    until(|| signed.is_subset(&in_the_journal())).await;
    telling.abort();
    std::io::Write::write_all(&mut std::io::stdout(), b"\nwent through\n").unwrap();
}

/// Numbers of rows that journald has written.
fn in_the_journal() -> BTreeSet<i64> {
    let output = Command::new("journalctl")
        .args(["-D", "/run/log/journal", "-o", "json", "SYSLOG_IDENTIFIER=kyso", "KYSO_KIND=signed"])
        .output()
        .unwrap();
    let entries = String::from_utf8_lossy(&output.stdout).into_owned();
    let entries = entries.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    entries.filter_map(|entry| entry["KYSO_SEQUENCE"].as_str()?.parse().ok()).collect()
}

/// A program that ends with the test, as the service manager ends it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let id = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

/// A collector that takes the connection and then nothing holds nobody up, and is told again when it is well.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_or_breaks_off_is_told_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let place = tempfile::tempdir().unwrap();
    let store = open(&place);
    let telling = tokio::spawn(tell(Arc::new(store.clone()), syslog(&address)));
    until(|| cursor_is_kept(&place)).await;
    let row = sign(&store).await;
    let (hear, heard) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        use std::io::Read as _;
        // Bytes that are there and unread: the system resets the connection, as for a collector that dies.
        let (broken, _) = listener.accept().unwrap();
        broken.peek(&mut [0]).unwrap();
        drop(broken);
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let _ = hear.send(text);
    });
    let text = tokio::time::timeout(DEADLINE, heard).await.unwrap().unwrap();
    telling.abort();
    assert_eq!(number(&text), Some(row));
    let (count, message) = text.split_once(' ').unwrap();
    assert_eq!(count.parse(), Ok(message.len()), "{text}");
    assert!(message.starts_with("<86>1 20") && message.contains(" kyso "), "{text}");
}

/// The machine's rules name them.
#[test]
fn rules_name_the_collectors() {
    let names = |rules: &Forward| collectors(rules).iter().map(|one| one.name()).collect::<Vec<_>>();
    assert!(names(&Forward::default()).is_empty());
    assert!(names(&Forward { journald: false, syslog: Some(String::new()) }).is_empty());
    let both = Forward { journald: true, syslog: Some("127.0.0.1:601".to_owned()) };
    assert_eq!(names(&both), ["journald", "syslog 127.0.0.1:601"]);
    assert_eq!(both.names(), names(&both), "the log knows them otherwise");
}

/// A real rsyslogd with a configuration of its own.
struct Rsyslog {
    folder: TempDir,
    port: u16,
    running: Option<Running>,
}

impl Rsyslog {
    fn new() -> Option<Self> {
        Path::new(RSYSLOGD).exists().then(|| {
            let folder = tempfile::tempdir().unwrap();
            // Free now, and nobody else's on a loopback address of its own.
            let port = TcpListener::bind((ADDRESS, 0)).unwrap().local_addr().unwrap().port();
            let at = |name: &str| folder.path().join(name).display().to_string();
            let configuration = format!(
                "global(workDirectory=\"{}\")\nmodule(load=\"imtcp\")\ninput(type=\"imtcp\" address=\"{ADDRESS}\" port=\"{port}\")\n\
                 template(name=\"raw\" type=\"string\" string=\"%rawmsg%\\n\")\naction(type=\"omfile\" file=\"{}\" template=\"raw\")\n",
                folder.path().display(),
                at("heard"),
            );
            std::fs::write(folder.path().join("rsyslog.conf"), configuration).unwrap();
            Self { folder, port, running: None }
        })
    }

    fn address(&self) -> String {
        format!("{ADDRESS}:{}", self.port)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&mut self) {
        let child = Command::new(RSYSLOGD)
            .arg("-n")
            .arg("-f")
            .arg(self.file("rsyslog.conf"))
            .arg("-i")
            .arg(self.file("pid"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.running = Some(Running(child));
    }

    /// As the service manager stops it.
    fn stop(&mut self) {
        drop(self.running.take());
    }

    fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.file("heard")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until it has written all of these rows.
    async fn has(&self, rows: &BTreeSet<i64>) {
        until(|| {
            let heard: BTreeSet<i64> = self.lines().iter().filter_map(|line| number(line)).collect();
            rows.is_subset(&heard)
        })
        .await;
    }
}

fn open(place: &TempDir) -> Store {
    on(place, Rules::default())
}

/// Where no closed file is kept longer than this collector needs it.
fn keeping_none(place: &TempDir, address: &str) -> Store {
    let forward = Forward { syslog: Some(address.to_owned()), ..Forward::default() };
    on(place, Rules { keep_days: 0, forward, ..Rules::default() })
}

fn on(place: &TempDir, rules: Rules) -> Store {
    let notary = Arc::new(Identity::load_or_create(&place.path().join("identity.key")).unwrap());
    // So few that what is not told yet moves to closed files.
    let rotate_rows = if rules.rotate_rows == Rules::default().rotate_rows { 20 } else { rules.rotate_rows };
    let rules = Rules { rotate_rows, ..rules };
    Store::open_on(&place.path().join("audit.sqlite"), Terms { rules, notary: Some(notary) }).unwrap()
}

fn syslog(address: &str) -> Box<dyn Collector> {
    Box::new(Syslog::at(address))
}

/// A signature; the number of its row.
async fn sign(store: &Store) -> i64 {
    let Asked::New(id) = store.ask(&request("a")).await.unwrap() else { panic!("not new") };
    store.close(id, success(), None).await.unwrap().sequence
}

/// Of a told row.
fn number(line: &str) -> Option<i64> {
    line.split_once(" sequence=\"")?.1.split_once('"')?.0.parse().ok()
}

/// Whether the collector's place is in the file: from then on each row is for it.
fn cursor_is_kept(place: &TempDir) -> bool {
    let file = rusqlite::Connection::open(place.path().join("audit.sqlite")).unwrap();
    file.query_row("SELECT count(*) FROM cursors", [], |row| row.get::<_, i64>(0)).unwrap() > 0
}

/// Looks until it is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < end, "it never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const OWN: &str = "KYSO_TEST_OWN_MOUNTS";
const JOURNALD: &str = "/lib/systemd/systemd-journald";
const RSYSLOGD: &str = "/usr/sbin/rsyslogd";
const ADDRESS: &str = "127.0.0.61";
const DEADLINE: Duration = Duration::from_secs(90);
