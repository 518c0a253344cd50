//! What a screen reader hears: a session bus of the test's own with AT-SPI on it.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::bus::Bus;

/// The bus; ended when dropped.
pub(crate) struct Speech {
    _bus: Bus,
    environment: Vec<(String, String)>,
    _folder: TempDir,
}

/// A node of the accessibility tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spoken {
    pub(crate) role: String,
    pub(crate) name: String,
    /// The text in it, where it has such.
    pub(crate) text: String,
    pub(crate) states: Vec<String>,
}

impl Speech {
    /// With a screen reader running, as far as programs can tell.
    pub(crate) fn start(display: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let runtime = folder.path().display().to_string();
        let mut environment =
            vec![("DISPLAY".to_owned(), display.to_owned()), ("XDG_RUNTIME_DIR".to_owned(), runtime)];
        let bus = Bus::with(&environment);
        environment.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), bus.address().to_owned()));
        let speech = Self { _bus: bus, environment, _folder: folder };
        for wish in ["IsEnabled", "ScreenReaderEnabled"] {
            let set = speech
                .command("dbus-send")
                .args(["--session", "--print-reply", "--dest=org.a11y.Bus", "/org/a11y/bus"])
                .args(["org.freedesktop.DBus.Properties.Set", "string:org.a11y.Status"])
                .args([&format!("string:{wish}"), "variant:boolean:true"])
                .output()
                .expect("dbus-send: apt-get install dbus");
            assert!(set.status.success(), "no AT-SPI: apt-get install at-spi2-core: {set:?}");
        }
        speech
    }

    /// For a program that is to be heard.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// The process's tree, in the order in which it is read out; waits until it says this, and where the focus is.
    pub(crate) fn until_heard(&self, process: u32, what: &str) -> Vec<Spoken> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let heard = self.hear(process, "");
            let is_focused = |node: &Spoken| node.states.iter().any(|state| state == "focused");
            if heard.iter().any(|node| node.name == what) && heard.iter().any(is_focused) {
                return heard;
            }
            assert!(Instant::now() < end, "{what:?} is not heard: {heard:#?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Presses the button of this name, as a screen reader does.
    pub(crate) fn press(&self, process: u32, name: &str) {
        self.hear(process, name);
    }

    fn hear(&self, process: u32, press: &str) -> Vec<Spoken> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/speech.py");
        let heard = self.command("/usr/bin/python3").args([script, &process.to_string(), press]).output();
        let heard = heard.expect("python3: apt-get install python3-gi gir1.2-atspi-2.0");
        let said = String::from_utf8_lossy(&heard.stdout);
        assert!(heard.status.success(), "{}", String::from_utf8_lossy(&heard.stderr));
        said.lines().map(|line| Spoken::of(&serde_json::from_str(line).unwrap())).collect()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Spoken {
    fn of(node: &Value) -> Self {
        let text = |key: &str| node[key].as_str().unwrap_or_default().to_owned();
        let states = node["states"].as_array().into_iter().flatten();
        let states = states.filter_map(|state| Some(state.as_str()?.to_owned())).collect();
        Self { role: text("role"), name: text("name"), text: text("text"), states }
    }
}
