//! What collectors are told of the log.

/// A row as a collector hears of it: no document's name or digest, no subject, nothing that lay behind a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Sequence number.
    pub sequence: i64,
    /// RFC 3339, UTC, milliseconds.
    pub time: String,
    /// The row's kind.
    pub kind: String,
    /// Name and value of what else is told, in order.
    pub fields: Vec<(&'static str, String)>,
}

/// Rows from a place in the log on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Those that are told.
    pub entries: Vec<Entry>,
    /// Number of the last row that was looked at, told or not.
    pub last: i64,
}

/// How urgent a row is, as syslog counts (RFC 5424 §6.2.1).
pub fn severity(kind: &str) -> u8 {
    match kind {
        "recovery" => 3,
        "failed" | "interrupted" | "pin_change_failed" | "pin_unblock_failed" => 4,
        "refused" | "cancelled" | "pairing_refused" | "blocked" => 5,
        _ => 6,
    }
}
