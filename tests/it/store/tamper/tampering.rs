//! What somebody does to a log behind the agent's back.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use rusqlite::{Connection, params};
use sha2::Digest as _;

use crate::support::logbook::rechain;

/// A log with its closed files, and what is where in it.
pub(super) struct Evidence {
    pub(super) log: PathBuf,
    /// Numbers of the present file's first and last row.
    pub(super) first: i64,
    pub(super) last: i64,
    /// Number of the first row and the name of each closed file that is there.
    pub(super) files: Vec<(i64, String)>,
    /// Numbers of the first row of each that was removed after its time.
    pub(super) removed: Vec<i64>,
}

#[derive(Clone, Debug)]
pub(super) enum Tampering {
    /// Of a row of the present file.
    Edit {
        row: Index,
        column: &'static str,
        value: String,
    },
    Flip {
        row: Index,
        column: &'static str,
        byte: usize,
    },
    Delete {
        row: Index,
    },
    Swap {
        one: Index,
        other: Index,
    },
    Insert {
        copy_of: Index,
        after: Index,
    },
    Cut {
        from: Index,
    },
    /// Of a checkpoint there, with all hashes computed anew.
    Checkpoint {
        at: Index,
        field: &'static str,
    },
    /// Of a closed file.
    FlipFile {
        file: Index,
        at: Index,
        bits: u8,
    },
    CutFile {
        file: Index,
        to: Index,
    },
    DeleteFile {
        file: Index,
    },
    SwapFiles {
        one: Index,
        other: Index,
    },
    /// Of a row in a closed file, and the table is told its new digest; with all hashes of the file computed anew or not.
    Rewrite {
        file: Index,
        row: Index,
        rechained: bool,
    },
    /// Bytes of a closed file that are no row's, and the table is told the new digest.
    Pad {
        file: Index,
    },
    /// Of the table that names closed files.
    Name {
        file: Index,
        name: String,
    },
    FlipDigest {
        file: Index,
        column: &'static str,
        byte: usize,
    },
    Number {
        file: Index,
        column: &'static str,
        by: i64,
    },
    Ended {
        file: Index,
        time: &'static str,
    },
    Removed {
        file: Index,
    },
    Forget {
        file: Index,
    },
    Invent {
        first: i64,
        rows: i64,
    },
    SwapNames {
        one: Index,
        other: Index,
    },
}

impl Tampering {
    /// Does it; false where it would change nothing.
    pub(super) fn apply(&self, evidence: &Evidence) -> bool {
        let count = usize::try_from(evidence.last - evidence.first + 1).unwrap();
        let row = |index: &Index| evidence.first + i64::try_from(index.index(count)).unwrap();
        let file = |index: &Index| index.get(&evidence.files).clone();
        let listed = |index: &Index| {
            let all: Vec<i64> =
                evidence.removed.iter().copied().chain(evidence.files.iter().map(|file| file.0)).collect();
            *index.get(&all)
        };
        let path = |name: &str| evidence.log.with_file_name(name);
        let log = without_triggers(&evidence.log);
        let done = match self {
            Self::Edit { row: at, column, value } => {
                log.execute(&format!("UPDATE log SET {column} = ? WHERE sequence = ?"), (value, row(at)))
            }
            Self::Flip { row: at, column, byte } => flip(&log, "log", "sequence", row(at), column, *byte),
            Self::Delete { row: at } => log.execute("DELETE FROM log WHERE sequence = ?", [row(at)]),
            Self::Swap { one, other } if row(one) == row(other) => return false,
            Self::Swap { one, other } => log
                .execute_batch(&format!(
                    "UPDATE log SET sequence = -1 WHERE sequence = {one};
                     UPDATE log SET sequence = {one} WHERE sequence = {other};
                     UPDATE log SET sequence = {other} WHERE sequence = -1;",
                    one = row(one),
                    other = row(other)
                ))
                .map(|()| 1),
            Self::Insert { copy_of, after } => log
                .execute_batch(&format!(
                    "UPDATE log SET sequence = -sequence WHERE sequence > {after};
                     UPDATE log SET sequence = 1 - sequence WHERE sequence < 0;
                     INSERT INTO log SELECT {after} + 1, time, kind, body, previous, hash FROM log
                     WHERE sequence = {copy_of} + ({copy_of} > {after});",
                    copy_of = row(copy_of),
                    after = row(after)
                ))
                .map(|()| 1),
            Self::Cut { from } => {
                log.execute("DELETE FROM log WHERE sequence >= ?", [row(from)]).map(|cut| cut.min(1))
            }
            Self::Checkpoint { at, field } => {
                let all = log
                    .prepare("SELECT sequence FROM log WHERE kind = 'checkpoint' ORDER BY sequence")
                    .unwrap()
                    .query_map([], |row| row.get(0))
                    .unwrap()
                    .collect::<Result<Vec<i64>, _>>()
                    .unwrap();
                let at = *at.get(&all);
                rechain(&evidence.log, |row| {
                    if row.sequence == at {
                        row.body = other_field(&row.body, field);
                    }
                });
                Ok(1)
            }
            Self::FlipFile { file: at, at: byte, bits } => {
                let path = path(&file(at).1);
                let mut bytes = std::fs::read(&path).unwrap();
                *byte.get_mut(&mut bytes) ^= bits;
                return write(&path, &bytes);
            }
            Self::CutFile { file: at, to } => {
                let path = path(&file(at).1);
                let bytes = std::fs::read(&path).unwrap();
                return write(&path, &bytes[..to.index(bytes.len())]);
            }
            Self::DeleteFile { file: at } => return std::fs::remove_file(path(&file(at).1)).is_ok(),
            Self::SwapFiles { one, other } => {
                let (one, other) = (path(&file(one).1), path(&file(other).1));
                let (first, second) = (std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
                return one != other && write(&one, &second) && write(&other, &first);
            }
            Self::Rewrite { file: at, row, rechained } => {
                let (first, name) = file(at);
                let closed = path(&name);
                write(&closed, &std::fs::read(&closed).unwrap());
                rewrite(&closed, row, *rechained);
                return relist(&log, &closed, first, *rechained);
            }
            Self::Pad { file: at } => {
                let (first, name) = file(at);
                let closed = path(&name);
                let padded = [std::fs::read(&closed).unwrap(), vec![0; 4_096]].concat();
                return write(&closed, &padded) && relist(&log, &closed, first, false);
            }
            Self::Name { file: at, name } => {
                log.execute("UPDATE files SET name = ? WHERE first = ?", (name, listed(at)))
            }
            Self::FlipDigest { file: at, column, byte } => {
                flip(&log, "files", "first", listed(at), column, *byte)
            }
            Self::Number { file: at, column, by } => {
                let change = format!("UPDATE files SET {column} = {column} + ? WHERE first = ?");
                log.execute(&change, (by, file(at).0))
            }
            Self::Ended { file: at, time } => {
                log.execute("UPDATE files SET ended = ? WHERE first = ?", (time, file(at).0))
            }
            Self::Removed { file: at } => {
                log.execute("UPDATE files SET removed = 1 - removed WHERE first = ?", [listed(at)])
            }
            Self::Forget { file: at } => log.execute("DELETE FROM files WHERE first = ?", [listed(at)]),
            Self::Invent { first, rows } => log.execute(
                "INSERT OR IGNORE INTO files SELECT ?1, ?1 + ?2, name, head, digest, bytes, ended, 1 FROM files LIMIT 1",
                (first, rows),
            ),
            Self::SwapNames { one, other } => {
                let ((one, first), (other, second)) = (file(one), file(other));
                log.execute("UPDATE files SET name = ? WHERE first = ?", params![second, one]).unwrap();
                log.execute("UPDATE files SET name = ? WHERE first = ?", params![first, other]).unwrap();
                return one != other;
            }
        };
        done.unwrap() == 1
    }
}

/// Any of them.
pub(super) fn tampering() -> impl Strategy<Value = Tampering> {
    let at = || any::<Index>();
    let select = |names: &[&'static str]| prop::sample::select(names.to_vec());
    let rows =
        prop_oneof![
            (at(), select(&["time", "kind", "body"]), "[!-~]{1,20}")
                .prop_map(|(row, column, value)| Tampering::Edit { row, column, value }),
            (at(), select(&["previous", "hash"]), 0..32_usize)
                .prop_map(|(row, column, byte)| Tampering::Flip { row, column, byte }),
            at().prop_map(|row| Tampering::Delete { row }),
            (at(), at()).prop_map(|(one, other)| Tampering::Swap { one, other }),
            (at(), at()).prop_map(|(copy_of, after)| Tampering::Insert { copy_of, after }),
            at().prop_map(|from| Tampering::Cut { from }),
            (at(), select(&["count", "head", "key", "signature"]))
                .prop_map(|(at, field)| Tampering::Checkpoint { at, field }),
        ];
    let files = prop_oneof![
        (at(), at(), 1..=255_u8).prop_map(|(file, at, bits)| Tampering::FlipFile { file, at, bits }),
        (at(), at()).prop_map(|(file, to)| Tampering::CutFile { file, to }),
        at().prop_map(|file| Tampering::DeleteFile { file }),
        (at(), at()).prop_map(|(one, other)| Tampering::SwapFiles { one, other }),
        (at(), at(), any::<bool>()).prop_map(|(file, row, rechained)| Tampering::Rewrite {
            file,
            row,
            rechained
        }),
        at().prop_map(|file| Tampering::Pad { file }),
    ];
    let table = prop_oneof![
        (at(), "[a-z./-]{1,20}").prop_map(|(file, name)| Tampering::Name { file, name }),
        (at(), select(&["head", "digest"]), 0..32_usize)
            .prop_map(|(file, column, byte)| Tampering::FlipDigest { file, column, byte }),
        (at(), select(&["first", "last", "bytes"]), prop::sample::select(vec![-4_096_i64, -1, 1, 4_096]))
            .prop_map(|(file, column, by)| Tampering::Number { file, column, by }),
        (at(), select(&["", "2000-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"]))
            .prop_map(|(file, time)| Tampering::Ended { file, time }),
        at().prop_map(|file| Tampering::Removed { file }),
        at().prop_map(|file| Tampering::Forget { file }),
        (1..=200_i64, 0..=20_i64).prop_map(|(first, rows)| Tampering::Invent { first, rows }),
        (at(), at()).prop_map(|(one, other)| Tampering::SwapNames { one, other }),
    ];
    prop_oneof![rows, files, table]
}

pub(super) fn without_triggers(path: &Path) -> Connection {
    let log = Connection::open(path).unwrap();
    log.execute_batch(
        "PRAGMA foreign_keys = OFF; DROP TRIGGER log_no_update; DROP TRIGGER log_no_delete;
         DROP TRIGGER log_at_the_end;",
    )
    .unwrap();
    log
}

fn flip(
    log: &Connection,
    table: &str,
    key: &str,
    at: i64,
    column: &str,
    byte: usize,
) -> rusqlite::Result<usize> {
    let select = format!("SELECT {column} FROM {table} WHERE {key} = ?");
    let mut bytes: [u8; 32] = log.query_row(&select, [at], |row| row.get(0)).unwrap();
    bytes[byte] ^= 1;
    log.execute(&format!("UPDATE {table} SET {column} = ? WHERE {key} = ?"), (bytes, at))
}

/// The body of a checkpoint with another value in this field.
fn other_field(body: &str, field: &str) -> String {
    let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
    let value = &mut body["checkpoint"][field];
    *value = match value.as_i64() {
        Some(count) => (count + 1).into(),
        None => {
            let text = value.as_str().unwrap();
            let first = if text.starts_with('0') { "1" } else { "0" };
            format!("{first}{}", &text[1..]).into()
        }
    };
    body.to_string()
}

/// Another body in one of a closed file's rows.
fn rewrite(closed: &Path, row: &Index, rechained: bool) {
    let file = Connection::open(closed).unwrap();
    let (first, last): (i64, i64) = file
        .query_row("SELECT min(sequence), max(sequence) FROM log", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let at = first + i64::try_from(row.index(usize::try_from(last - first + 1).unwrap())).unwrap();
    if rechained {
        rechain(closed, |row| {
            if row.sequence == at {
                row.body = row.body.replacen("\"user\":\"", "\"user\":\"x", 1);
            }
        });
    } else {
        file.execute("UPDATE log SET body = body || ' ' WHERE sequence = ?", [at]).unwrap();
    }
}

/// Tells the table what a closed file is now.
fn relist(log: &Connection, closed: &Path, first: i64, with_head: bool) -> bool {
    let bytes = std::fs::read(closed).unwrap();
    let digest = sha2::Sha256::digest(&bytes).to_vec();
    let length = i64::try_from(bytes.len()).unwrap();
    if with_head {
        let last = "SELECT hash FROM log ORDER BY sequence DESC LIMIT 1";
        let head: Vec<u8> = Connection::open(closed).unwrap().query_row(last, [], |row| row.get(0)).unwrap();
        log.execute("UPDATE files SET head = ? WHERE first = ?", params![head, first]).unwrap();
    }
    let change = "UPDATE files SET digest = ?, bytes = ? WHERE first = ?";
    log.execute(change, params![digest, length, first]).unwrap() == 1
}

fn write(path: &Path, bytes: &[u8]) -> bool {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(path, bytes).is_ok()
}
