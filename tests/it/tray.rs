//! `kyso tray`, as a panel and the desktop's notifications meet it: over a session bus of the test's own.

mod menu;
mod notices;
mod panel;
mod states;
mod status;

use std::process::{Child, Stdio};

use serde_json::json;

use crate::support::agent::{item, sha256};
use crate::support::desk::{Desk, Running};
use crate::support::session::{Item, Session};

/// The page of these tests.
const PAGE: &str = "https://vanban.example.gov.vn";

/// A running `kyso tray`; ended when dropped.
struct Tray(Child);

impl Tray {
    fn start(desk: &Desk) -> Self {
        Self(desk.command(&["tray"]).stderr(Stdio::null()).spawn().unwrap())
    }

    /// What the panel sees of it.
    fn item(&self, session: &Session) -> Item {
        session.item(self.0.id())
    }
}

impl Drop for Tray {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This desk with a session bus.
fn with_session(mut desk: Desk) -> (Desk, Session) {
    let session = Session::start();
    desk.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    (desk, session)
}

/// The page asks for a signature and waits in another thread; the window opens.
fn ask(agent: &Running, bearer: &str, certificate: &str, name: &str) -> std::thread::JoinHandle<String> {
    use std::io::{Read as _, Write as _};
    let body = json!({ "certificate": certificate, "items": [item(name, &sha256(name))] });
    let request = crate::support::http::Request::new("POST", "/v1/signatures", agent.port, PAGE);
    let bytes = request.bearer(bearer).json(&body).bytes();
    let mut stream = crate::support::http::connect(agent.port);
    std::thread::spawn(move || {
        let mut reply = Vec::new();
        let _ = stream.write_all(&bytes).and_then(|()| stream.read_to_end(&mut reply));
        String::from_utf8_lossy(&reply).into_owned()
    })
}
