//! Real Firefox, driven over its own protocol: Debian's has no driver beside it. A message is its length, a
//! colon, and `[0, id, command, parameters]`; an answer `[1, id, error, result]`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::session::until;

/// A Firefox without a window; ended when dropped.
pub(crate) struct Firefox {
    child: Child,
    wire: Wire,
}

/// The connection to one.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    last: u64,
}

impl Firefox {
    /// Starts it with this profile, at this home.
    pub(crate) fn open(home: &Path, profile: &Path) -> Self {
        let settings = [
            "\"marionette.port\", 0",
            "\"browser.shell.checkDefaultBrowser\", false",
            "\"datareporting.policy.dataSubmissionEnabled\", false",
            "\"network.captive-portal-service.enabled\", false",
            "\"network.connectivity-service.enabled\", false",
            "\"browser.safebrowsing.update.enabled\", false",
            "\"app.normandy.enabled\", false",
            "\"extensions.update.enabled\", false",
        ];
        let lines: String = settings.iter().map(|setting| format!("user_pref({setting});\n")).collect();
        std::fs::write(profile.join("user.js"), lines).unwrap();
        let told = profile.join("MarionetteActivePort");
        let _ = std::fs::remove_file(&told);
        let child = Command::new("firefox-esr")
            .args(["--headless", "--marionette", "--no-remote", "--profile"])
            .arg(profile)
            .env("HOME", home)
            .env("MOZ_CRASHREPORTER_DISABLE", "1")
            .env_remove("DISPLAY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("firefox-esr: apt-get install firefox-esr");
        let wire = Wire::open(profile, &json!({}));
        Self { child, wire }
    }

    /// Loads a page.
    pub(crate) fn go(&mut self, url: &str) {
        self.wire.say("WebDriver:Navigate", &json!({ "url": url }));
    }

    /// Runs a script in the page that calls its last argument with a result, and returns that.
    pub(crate) fn run(&mut self, script: &str) -> Value {
        let parameters = json!({ "script": script, "args": [], "newSandbox": false });
        self.wire.say("WebDriver:ExecuteAsyncScript", &parameters)["value"].clone()
    }
}

impl Wire {
    /// Waits for the Firefox of this profile, and begins a session of these capabilities.
    pub(crate) fn open(profile: &Path, capabilities: &Value) -> Self {
        let told = profile.join("MarionetteActivePort");
        let port = until("Firefox' port", || std::fs::read_to_string(&told).ok()?.trim().parse::<u16>().ok());
        let stream = until("Firefox", || TcpStream::connect(("127.0.0.1", port)).ok());
        let mut wire = Self { stream: BufReader::new(stream), last: 0 };
        wire.hear();
        wire.say("WebDriver:NewSession", capabilities);
        wire
    }

    /// What comes of a command.
    pub(crate) fn say(&mut self, command: &str, parameters: &Value) -> Value {
        self.last += 1;
        let message = json!([0, self.last, command, parameters]).to_string();
        write!(self.stream.get_mut(), "{}:{message}", message.len()).unwrap();
        let answer = self.hear();
        assert_eq!((&answer[1], &answer[2]), (&json!(self.last), &Value::Null), "{command}: {answer}");
        answer[3].clone()
    }

    fn hear(&mut self) -> Value {
        let mut length = Vec::new();
        self.stream.read_until(b':', &mut length).unwrap();
        let length = String::from_utf8(length).unwrap();
        let mut message = vec![0; length.trim_end_matches(':').parse().expect("Firefox has gone")];
        self.stream.read_exact(&mut message).unwrap();
        serde_json::from_slice(&message).unwrap()
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
