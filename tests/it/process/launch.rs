//! `kyso launch kyso:start`: what the desktop runs for a page's link. Any page in the world can open one.

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::PAGE;
use crate::support::desk::Desk;
use crate::support::http::{Request, exchange};

/// The agent of this desk: whoever listens on its control socket, by the kernel's word.
fn agent(desk: &Desk) -> Option<u32> {
    let stream = UnixStream::connect(desk.folder().join("run/kyso/control.sock")).ok()?;
    let peer = rustix::net::sockopt::socket_peercred(&stream).unwrap();
    peer.pid.as_raw_nonzero().get().try_into().ok()
}

/// Ends the agent that was started, whatever a test finds.
struct Started<'a>(&'a Desk);

impl Drop for Started<'_> {
    fn drop(&mut self) {
        agent(self.0).into_iter().for_each(super::kill);
    }
}

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
    let _started = Started(&desk);
    // Two clicks in a row.
    let clicks: Vec<_> = (0..2).map(|_| desk.command(&["launch", "kyso:start"]).spawn().unwrap()).collect();
    for mut click in clicks {
        assert!(click.wait().unwrap().success());
    }
    let health = Request::new("GET", "/v1/health", port, PAGE).bytes();
    let serves = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    until("an agent serves", serves);
    assert_eq!(exchange(port, &health).expect("an answer").status, 200);
    let first = agent(&desk).expect("it listens on its own socket");
    assert!(desk.kyso(&["launch", "kyso:start"]).status.success(), "one that runs is left alone");
    assert_eq!(agent(&desk), Some(first));
}

/// What the package's autostart entry runs.
#[test]
fn the_tray_of_the_desktop_brings_the_agent_along() {
    let desk = Desk::configured("modules = []");
    let _started = Started(&desk);
    let mut tray = desk.command(&["tray", "--with-agent"]).spawn().unwrap();
    until("an agent runs", || agent(&desk).is_some());
    tray.kill().unwrap();
    tray.wait().unwrap();
    assert!(agent(&desk).is_some(), "it does not end with the tray");
}

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
