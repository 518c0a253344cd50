//! How long and how large a log is kept, and who else is told of it: the machine's `[log]`.

/// What the machine's policy says of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A new file begins after so many rows.
    pub rotate_rows: u32,
    /// Rotated files whose last row is older than so many days, by the clock and by the log's own rows, are removed,
    /// once the collectors have heard them.
    pub keep_days: u32,
    /// Above so many megabytes (2^20 bytes), rotated files included, nothing new is signed.
    pub most_megabytes: u32,
    /// Who is told of outcomes.
    pub forward: Forward,
}

/// The collectors that hear of outcomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forward {
    /// The journal of this machine.
    pub journald: bool,
    /// `HOST:PORT` of a collector that takes syslog (RFC 5424) over TCP, octets counted (RFC 6587).
    pub syslog: Option<String>,
}

impl Forward {
    /// Names of the collectors' places in the log.
    pub fn names(&self) -> Vec<String> {
        let journald = self.journald.then(|| JOURNALD.to_owned());
        journald.into_iter().chain(self.server().map(syslog_at)).collect()
    }

    /// The address of the collector that takes syslog, if there is one.
    pub fn server(&self) -> Option<&str> {
        self.syslog.as_deref().filter(|address| !address.is_empty())
    }
}

/// Names the place of a collector that takes syslog.
pub fn syslog_at(address: &str) -> String {
    format!("syslog {address}")
}

/// Names the journal's place.
pub const JOURNALD: &str = "journald";

impl Default for Rules {
    fn default() -> Self {
        Self { rotate_rows: 100_000, keep_days: 3_650, most_megabytes: 1_024, forward: Forward::default() }
    }
}
