//! The chain's hash, and a time that never runs backwards.

use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// `previous` of the first row.
pub(super) const START: [u8; 32] = [0; 32];

/// SHA-256 over the parts of a row, each behind its length (8 bytes, big endian), so that no two
/// rows are hashed as the same bytes.
pub(super) fn hash(sequence: i64, time: &str, kind: &str, body: &str, previous: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let sequence = sequence.to_be_bytes();
    for part in [DOMAIN, &sequence, time.as_bytes(), kind.as_bytes(), body.as_bytes(), previous] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// When a row is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// RFC 3339, UTC, milliseconds: sorts as text.
    pub(super) time: String,
    /// Where the clock was set back and `time` is the last row's: how far behind it is.
    pub(super) clock_behind_ms: Option<u64>,
}

impl Stamp {
    /// `now`, or the time of the last row if that is later.
    pub(super) fn new(now: OffsetDateTime, last: Option<&str>) -> Self {
        let time = text(now);
        match last {
            Some(last) if *last > *time => {
                let behind = OffsetDateTime::parse(last, &Rfc3339)
                    .ok()
                    .and_then(|last| u64::try_from((last - now).whole_milliseconds()).ok());
                Self { time: last.to_owned(), clock_behind_ms: Some(behind.unwrap_or(0)) }
            }
            _ => Self { time, clock_behind_ms: None },
        }
    }
}

/// As rows write times.
pub(super) fn text(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    // Formatting UTC numbers can't fail; the start of time sorts before every last row.
    moment.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

const DOMAIN: &[u8] = b"kyso log v1";

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn r73_a_clock_set_back_keeps_the_last_time_and_says_so() {
        let now = datetime!(2026-03-01 10:00:00.5 UTC);
        assert_eq!(Stamp::new(now, None).time, "2026-03-01T10:00:00.500Z");
        let later = Stamp::new(now, Some("2026-03-01T10:00:02.000Z"));
        assert_eq!(
            later,
            Stamp { time: "2026-03-01T10:00:02.000Z".to_owned(), clock_behind_ms: Some(1_500) }
        );
    }

    #[test]
    fn moving_a_byte_between_parts_changes_the_hash() {
        let one = hash(1, "t", "ab", "c", &START);
        assert_ne!(one, hash(1, "t", "a", "bc", &START));
        assert_ne!(one, hash(2, "t", "ab", "c", &START));
        assert_ne!(one, hash(1, "t", "ab", "c", &[1; 32]));
    }
}
