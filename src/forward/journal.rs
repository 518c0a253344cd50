//! The journal of this machine, by its native protocol (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>).

use std::io;
use std::path::{Path, PathBuf};

use super::Collector;
use crate::domain::forwarding::{Entry, severity};
use crate::domain::ports::BoxFuture;
use crate::domain::retention::JOURNALD;
use crate::sys;

/// The journal.
#[derive(Debug)]
pub struct Journal(PathBuf);

impl Journal {
    /// The system's.
    pub fn system() -> Self {
        Self(sys::journal::socket())
    }

    /// At another socket.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl Collector for Journal {
    fn name(&self) -> String {
        JOURNALD.to_owned()
    }

    fn deliver<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            // A datagram is in the journal's queue, which its restart leaves as it is, or there is an error.
            let messages: Vec<Vec<u8>> = entries.iter().map(datagram).collect();
            sys::journal::send(&self.0, &messages).await
        })
    }
}

/// One `FIELD=value` a line; values hold no line breaks.
fn datagram(entry: &Entry) -> Vec<u8> {
    let mut text = format!(
        "MESSAGE=kyso {}\nPRIORITY={}\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=kyso\nKYSO_KIND={}\nKYSO_TIME={}\n",
        entry.kind,
        severity(&entry.kind),
        entry.kind,
        entry.time
    );
    for (name, value) in &entry.fields {
        text.push_str(&format!("KYSO_{}={value}\n", name.to_ascii_uppercase()));
    }
    text.into_bytes()
}
