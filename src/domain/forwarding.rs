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
    /// Where the next rows can't be read; the one entry says so.
    pub unread: Option<Unread>,
}

/// Rows that should be there and can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Number of the first.
    pub first: i64,
    /// Number of the last.
    pub last: i64,
    /// What is in the way.
    pub why: String,
}

/// The kind of an entry about rows that can't be read, which is no row itself.
pub const UNREADABLE: &str = "unreadable";

/// How urgent a row is, as syslog counts (RFC 5424 §6.2.1).
pub fn severity(kind: &str) -> u8 {
    match kind {
        "recovery" | UNREADABLE => 3,
        "failed" | "interrupted" | "pin_change_failed" | "pin_unblock_failed" => 4,
        "refused" | "cancelled" | "pairing_refused" | "blocked" => 5,
        _ => 6,
    }
}
