//! What the token host does to its own process before it may see a PIN, and how it ends.

use std::fs;
use std::io::Write as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use kyso::domain::error::TokenError;
use kyso::domain::ports::Tokens;
use kyso::token::wire;

use super::{Desk, HOST};
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

#[tokio::test(flavor = "multi_thread")]
async fn r35_r44_nothing_leaves_the_process_but_by_its_pipes() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("C_GetFunctionList=inspect,C_Login=inspect,C_Sign=inspect")]);
    assert!(desk.request(SoftHsm::PIN, 1).await.is_ok());
    assert_eq!(hostile.count("dumpable NotDumpable"), 3, "{:?}", hostile.log());
    assert_eq!(hostile.count("core Some(0)"), 3);
    assert_eq!(hostile.count("input 0"), 3, "the module can't read the host's requests");
    assert_eq!(hostile.count("apart true"), 3, "Ctrl+C in the agent's terminal does not end a signing");
    let log = hostile.log();
    // What this test was started with it can't help handing on.
    let handed_on = inheritable();
    let inherited = log.iter().filter(|line| line.starts_with("inheritable") && !handed_on.contains(line));
    assert_eq!(inherited.count(), 0, "a child of the module would have these: {log:?}");
    let children: Vec<_> = log.iter().filter(|line| line.starts_with("child")).collect();
    assert_eq!(children, Vec::<&String>::new());

    // The PIN's memory is locked while the token is asked, and not longer than that.
    let locked: Vec<_> = log.iter().filter(|line| line.starts_with("VmLck")).collect();
    let [before, at_login, at_sign] = locked.as_slice() else { panic!("{locked:?}") };
    assert!(before.ends_with(" 0 kB") && at_sign.ends_with(" 0 kB"), "{locked:?}");
    assert!(!at_login.ends_with(" 0 kB"), "{locked:?}");
}

/// The agent's end is the pipe's end.
#[test]
fn r53_the_host_ends_with_its_pipe() {
    let hostile = Hostile::new();
    let (status, _) = end_of_pipe(&hostile, "");
    assert!(!status.success(), "no exit handler of the module ran: {status}");
    assert_eq!(hostile.count("C_Finalize"), 1);
}

#[test]
fn r53_a_hanging_finalize_does_not_hold_the_host() {
    let hostile = Hostile::new();
    let (_, took) = end_of_pipe(&hostile, "C_Finalize=hang");
    assert!(took <= Duration::from_secs(10), "{took:?}");
    assert_eq!(hostile.count("C_Finalize"), 1);
}

#[test]
fn r53_a_hang_in_loading_does_not_hold_the_host() {
    let hostile = Hostile::new();
    let (_, took) = end_of_pipe(&hostile, "C_Initialize=hang");
    assert!(took <= Duration::from_secs(10), "{took:?}");
}

#[test]
fn started_by_hand_it_says_what_it_is() {
    let ran = Command::new(HOST).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("started by kyso"));
}

/// The module looks for a PIN in all memory of its process: none is left after the use (R34).
#[tokio::test(flavor = "multi_thread")]
async fn r34_the_host_forgets_the_pin() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.token(CANARY_REVERSED, "C_Login=scan,C_GetSlotList=scan")]);
    for _ in 0..2 {
        let refused = desk.request(CANARY, 1).await;
        assert!(matches!(refused, Err(TokenError::WrongPin { .. })), "{refused:?}");
    }
    desk.hub.look().await;
    let scans: Vec<_> = hostile.log().into_iter().filter(|line| line.starts_with("scan ")).collect();
    let [none, login] = ["scan C_GetSlotList 0", "scan C_Login 1"];
    assert_eq!(scans.iter().filter(|scan| *scan == login).count(), 2, "{scans:?}");
    assert!(scans.iter().all(|scan| scan == login || scan == none), "{scans:?}");
    assert_eq!(scans.last().map(String::as_str), Some(none), "looked at after the last use");
}

/// What this process would hand on to a child besides its standard streams, as the module notes it.
fn inheritable() -> Vec<String> {
    const CLOEXEC: u32 = 0o2_000_000;
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc/self/fdinfo").unwrap().flatten() {
        let number = entry.file_name().into_string().unwrap();
        let info = fs::read_to_string(entry.path()).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or("0");
        if u32::from_str_radix(flags.trim(), 8).unwrap() & CLOEXEC == 0 {
            found.push(format!("inheritable {number}"));
        }
    }
    found
}

/// Starts a host, closes its pipe at once, and waits until it has ended.
fn end_of_pipe(hostile: &Hostile, behaviour: &str) -> (ExitStatus, Duration) {
    let module = hostile.always(behaviour);
    let mut host = Command::new(HOST)
        .arg(&module.path)
        .envs(module.environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let setup = wire::frame(&wire::Setup::from(&module.settings)).unwrap();
    host.stdin.take().unwrap().write_all(&setup).unwrap();
    let begun = Instant::now();
    (host.wait().unwrap(), begun.elapsed())
}

const CANARY: &str = "canary-7f31-PIN";
/// How the module is told: its environment is memory of its process too.
const CANARY_REVERSED: &str = "NIP-13f7-yranac";
