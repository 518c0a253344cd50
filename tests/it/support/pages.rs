//! Pages on https under made-up names, as document systems and others have them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running server; ended when dropped.
pub(crate) struct Pages {
    child: Child,
    pub(crate) port: u16,
    plain: u16,
}

/// Names that browsers of the tests find on this machine; the first is the one in the policy files.
pub(crate) const NAMES: [&str; 2] = ["vanban.example.gov.vn", "evil.example.com"];

impl Pages {
    pub(crate) fn start() -> Self {
        let root = env!("CARGO_MANIFEST_DIR");
        let mut child = Command::new("python3")
            .arg(format!("{root}/tests/it/support/pages.py"))
            .arg(format!("{root}/web/client/dist/kyso.js"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3: apt-get install python3 python3-cryptography");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error}: apt-get install python3-cryptography: {line:?}"));
        let port = |name: &str| ready[name].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
        Self { child, port: port("port"), plain: port("plain") }
    }

    /// The document system's origin.
    pub(crate) fn office(&self) -> String {
        format!("https://{}:{}", NAMES[0], self.port)
    }

    /// The document system where it has no TLS.
    pub(crate) fn unencrypted(&self) -> String {
        format!("http://{}:{}", NAMES[0], self.plain)
    }

    /// Somebody else's origin.
    pub(crate) fn foreign(&self) -> String {
        format!("https://{}:{}", NAMES[1], self.port)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
