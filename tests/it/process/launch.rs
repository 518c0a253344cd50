//! `kyso launch kyso:start`: what the desktop runs for a page's link. Any page in the world can open one.

use std::time::{Duration, Instant};

use super::PAGE;
use crate::support::desk::Desk;
use crate::support::http::{Request, exchange};

/// Until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_link_starts_the_agent_once() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let desk = Desk::configured(&format!("modules = []\nport = {port}\n"));
    let _started = desk.ends_its_agent();
    // Two clicks in a row.
    let clicks: Vec<_> = (0..2).map(|_| desk.command(&["launch", "kyso:start"]).spawn().unwrap()).collect();
    for mut click in clicks {
        assert!(click.wait().unwrap().success());
    }
    let health = Request::new("GET", "/v1/health", port, PAGE).bytes();
    let serves = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    until("an agent serves", serves);
    assert_eq!(exchange(port, &health).expect("an answer").status, 200);
    let first = desk.serving().expect("it listens on its own socket");
    assert!(desk.kyso(&["launch", "kyso:start"]).status.success(), "one that runs is left alone");
    assert_eq!(desk.serving(), Some(first));
}

/// What the package's autostart entry runs.
#[test]
fn the_tray_of_the_desktop_brings_the_agent_along() {
    let desk = Desk::configured("modules = []");
    let _started = desk.ends_its_agent();
    let mut tray = desk.command(&["tray", "--with-agent"]).spawn().unwrap();
    until("an agent runs", || desk.serving().is_some());
    tray.kill().unwrap();
    tray.wait().unwrap();
    assert!(desk.serving().is_some(), "it does not end with the tray");
}

/// Where the package's user unit is, the tray has it started, with what windows and notifications need, and nothing else.
#[test]
fn the_tray_hands_the_session_to_the_service() {
    for (set, handed) in [
        (
            &[("DISPLAY", ":77"), ("XAUTHORITY", "/nowhere")][..],
            "--user import-environment DISPLAY XAUTHORITY\n",
        ),
        (&[], ""),
    ] {
        let mut desk = Desk::configured("modules = []");
        let (systemctl, told) = (desk.folder().join("systemctl"), desk.folder().join("told"));
        std::fs::write(&systemctl, format!("#!/bin/sh\necho \"$@\" >>{}\n", told.display())).unwrap();
        std::fs::set_permissions(&systemctl, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        desk.set("PATH", &format!("{}:{}", desk.folder().display(), std::env::var("PATH").unwrap()));
        set.iter().for_each(|(name, value)| desk.set(name, value));
        let mut tray = desk.command(&["tray", "--with-agent"]).spawn().unwrap();
        let wanted = format!("{handed}--user --no-block start kyso.service\n");
        until("the service is started", || std::fs::read_to_string(&told).is_ok_and(|told| told == wanted));
        tray.kill().unwrap();
        tray.wait().unwrap();
        assert_eq!(desk.serving(), None, "the service is the agent");
    }
}

#[test]
fn r68_agent_and_tray_end_once_their_programs_are_removed() {
    let desk = Desk::configured("modules = []");
    let enabled = desk.kyso(&["tls", "enable"]);
    assert!(enabled.status.success(), "{enabled:?}");
    let (key, store) = (desk.data().join("tls.pem"), desk.folder().join(".pki"));
    assert!(key.exists() && store.exists());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_kyso")).parent().unwrap();
    for name in PROGRAMS {
        std::fs::hard_link(programs.join(name), folder.path().join(name)).unwrap();
    }
    let start = |arguments: &[&str]| {
        let usual = desk.command(arguments);
        let known = usual.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let mut there = std::process::Command::new(folder.path().join("kyso"));
        there.args(arguments).env_clear().envs(known).spawn().unwrap()
    };
    let (mut serving, mut tray) = (start(&["agent", "--prompt", "terminal"]), start(&["tray"]));
    until("an agent runs", || desk.serving() == Some(serving.id()));
    let is_small = |id| std::fs::read_link(format!("/proc/{id}/exe")).unwrap().ends_with("kyso-tray");
    until("a tray runs", || is_small(tray.id()));
    for name in PROGRAMS {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    assert!(serving.wait().unwrap().success());
    assert!(!desk.folder().join("run/kyso/control.sock").exists(), "its socket is left");
    assert!(!key.exists() && !store.exists(), "https is left, and browsers trust it");
    assert!(tray.wait().unwrap().success());
}

const PROGRAMS: [&str; 4] = ["kyso", "kyso-agent", "kyso-tray", "kyso-token-host"];

#[test]
fn any_other_address_is_refused_and_starts_nothing() {
    let desk = Desk::configured("modules = []");
    for address in [
        "kyso:",
        "kyso:start?port=1",
        "kyso:start ",
        "kyso://start",
        "kyso:start/",
        "kyso:start#x",
        "KYSO:start",
        "kyso:stop",
        "kyso:agent --config /tmp/x",
        "https://vanban.example.gov.vn",
        "--config",
        "",
    ] {
        let output = desk.kyso(&["launch", address]);
        assert_eq!(output.status.code(), Some(2), "{address}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("kyso: "), "{address}: {said}");
    }
    let refused = desk.kyso(&["launch", "kyso:start?\u{1b}[2J"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("Only kyso:start starts Kyso; nothing was done."), "{said}");
    assert!(!said.contains('\u{1b}'), "an address moves the cursor: {said:?}");
    assert_eq!(desk.kyso(&["launch", "kyso:start", "kyso:start"]).status.code(), Some(2));
    assert!(!desk.data().exists(), "nothing is written");
}
