//! A log as an agent would have written it over a year, made at once: its rows, chained by a hash of our own.

use std::path::Path;

use kyso::store::Store;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What happens at a desk.
pub(crate) struct Logbook {
    /// Whose machine: rows of different machines differ.
    pub(crate) machine: u64,
    /// How many requests, each with two rows.
    pub(crate) requests: u64,
    /// Seconds after 1970 of the first one.
    pub(crate) start: i64,
    /// Seconds between two.
    pub(crate) step: i64,
    /// Some are for a sign-in.
    pub(crate) sign_ins: bool,
}

/// 2026-01-01T00:00:00Z.
pub(crate) const START: i64 = 1_767_225_600;
/// Seconds of 2025, and of 2026.
const YEAR: i64 = 31_536_000;

impl Logbook {
    /// Spread over the year 2026.
    pub(crate) fn of_2026(machine: u64, requests: u64) -> Self {
        let step = YEAR / i64::try_from(requests.max(1)).unwrap();
        Self { machine, requests, start: START, step, sign_ins: false }
    }

    /// Over the year 2025, with sign-ins among them.
    pub(crate) fn signing_in(requests: u64) -> Self {
        Self { start: START - YEAR, sign_ins: true, ..Self::of_2026(0, requests) }
    }

    /// Writes it as a log of its own.
    pub(crate) fn write(&self, path: &Path) {
        drop(Store::open(path).unwrap());
        let mut log = Log::open(path);
        for number in 0..self.requests {
            let at = self.start + self.step * i64::try_from(number).unwrap();
            let [asked, ended] = self.request(number, log.next);
            log.add(at, "asked", &asked);
            let kind = ended["kind"].as_str().unwrap().to_owned();
            log.add(at + 5, &kind, &ended["body"]);
        }
        log.finish();
    }

    /// The bodies of both rows; the second with its kind.
    fn request(&self, number: u64, sequence: i64) -> [Value; 2] {
        let random = scramble(number ^ (self.machine << 40));
        let pick = |places: u64, salt: u64| scramble(random ^ salt) % places;
        let site = format!("https://vanban{}.example.gov.vn", pick(7, 1));
        let count = if pick(5, 2) == 0 { 1 + pick(9, 3) } else { 1 };
        let request = format!("{random:016x}");
        let items: Vec<Value> = (0..count)
            .map(|item| json!({ "digest": format!("sha-256:{random:064x}"), "name": format!("Công văn số {item}.pdf") }))
            .collect();
        let asked =
            json!({ "caller": site, "count": count, "items": items, "request": request, "user": "an" });
        let (kind, outcome) = match pick(20, 4) {
            0 => ("refused", "user_denied"),
            1 => ("failed", "token_failed"),
            2 => ("cancelled", "cancelled"),
            _ => ("signed", "ok"),
        };
        let certificate = pick(12, 5) + self.machine * 12;
        let (subject, holder) = match certificate % 3 {
            0 => (format!("C=VN,O=Sở {certificate},CN=Sở {certificate}"), "organisation"),
            _ => (
                format!("C=VN,O=Sở,serialNumber=CCCD:{certificate:012},CN=Nguyễn Văn {certificate}"),
                "person",
            ),
        };
        let mut ended = json!({
            "caller": site, "count": count, "request": request, "user": "an", "sequence_asked": sequence,
            "certificate": format!("sha256:{certificate:064x}"), "subject": subject, "holder": holder,
            "expires": "2027-06-30T16:59:59Z", "token": format!("T{certificate:04}"), "scheme": "rsa-pkcs1",
            "consent": "pin", "outcome": outcome, "made": if kind == "signed" { count } else { 0 },
            "prompt_ms": 1_000 + pick(30_000, 6), "token_ms": 100 + pick(900, 7), "wrong_pins": u64::from(pick(25, 8) == 0),
        });
        if self.sign_ins && pick(7, 9) == 0 {
            ended["form"] = json!("sign-in");
            ended["count"] = json!(1);
            ended["made"] = json!(u64::from(kind == "signed"));
        }
        [asked, json!({ "kind": kind, "body": ended })]
    }
}

/// Rows added to a log behind the agent's back, chained as they should be.
pub(crate) struct Log {
    connection: Connection,
    next: i64,
    previous: Vec<u8>,
}

impl Log {
    /// At the end of an existing log.
    pub(crate) fn open(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        let last = connection.query_row(
            "SELECT sequence, hash FROM log ORDER BY sequence DESC LIMIT 1",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
        );
        let (last, previous) = last.unwrap_or_else(|_| (0, vec![0; 32]));
        Self { connection, next: last + 1, previous }
    }

    /// One row.
    pub(crate) fn add(&mut self, at: i64, kind: &str, body: &Value) {
        let moment = time::OffsetDateTime::from_unix_timestamp(at).unwrap();
        let time = format!(
            "{}T{:02}:{:02}:{:02}.000Z",
            moment.date(),
            moment.hour(),
            moment.minute(),
            moment.second()
        );
        let body = body.to_string();
        let hash = hash(self.next, &time, kind, &body, &self.previous);
        self.connection
            .prepare_cached(
                "INSERT INTO log (sequence, time, kind, body, previous, hash) VALUES (?, ?, ?, ?, ?, ?)",
            )
            .unwrap()
            .execute(params![self.next, time, kind, body, self.previous, hash])
            .unwrap();
        self.next += 1;
        self.previous = hash;
    }

    /// Makes them stay, all in the one file.
    pub(crate) fn finish(self) {
        self.connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    }
}

/// splitmix64, whose output looks random for every input.
fn scramble(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A row that is being forged.
pub(crate) struct Forged {
    pub(crate) sequence: i64,
    pub(crate) time: String,
    pub(crate) kind: String,
    pub(crate) body: String,
}

/// Changes rows of one file behind the agent's back and computes every hash anew.
pub(crate) fn rechain(path: &Path, mut forge: impl FnMut(&mut Forged)) {
    let log = Connection::open(path).unwrap();
    log.execute_batch("DROP TRIGGER IF EXISTS log_no_update; BEGIN").unwrap();
    let mut select = log.prepare("SELECT sequence, time, kind, body FROM log ORDER BY sequence").unwrap();
    let rows: Vec<Forged> = select
        .query_map([], |row| {
            Ok(Forged { sequence: row.get(0)?, time: row.get(1)?, kind: row.get(2)?, body: row.get(3)? })
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut previous: Vec<u8> =
        log.query_row("SELECT previous FROM log ORDER BY sequence LIMIT 1", [], |row| row.get(0)).unwrap();
    for mut row in rows {
        forge(&mut row);
        let Forged { sequence, time, kind, body } = row;
        let hash = hash(sequence, &time, &kind, &body, &previous);
        log.execute(
            "UPDATE log SET time = ?, kind = ?, body = ?, previous = ?, hash = ? WHERE sequence = ?",
            params![time, kind, body, previous, hash, sequence],
        )
        .unwrap();
        previous = hash;
    }
    drop(select);
    log.execute_batch("COMMIT").unwrap();
}

fn hash(sequence: i64, time: &str, kind: &str, body: &str, previous: &[u8]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    let sequence = sequence.to_be_bytes();
    for part in [b"kyso log v1", &sequence[..], time.as_bytes(), kind.as_bytes(), body.as_bytes(), previous] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}
