//! Brings files of older versions up to date.

use rusqlite::{Connection, TransactionBehavior};

/// Raised by every change of `schema.sql`, together with a migration here.
pub(super) const VERSION: i64 = 4;

/// Makes an empty file, or goes on from an older one's version; in one transaction.
pub(super) fn run(connection: &mut Connection) -> rusqlite::Result<()> {
    // A table that another one refers to is made anew: no reference may be looked at meanwhile.
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let steps: &[&str] = match version(&transaction)? {
        0 => &[include_str!("schema.sql")],
        1 => &[TO_2, TO_3, TO_4],
        2 => &[TO_3, TO_4],
        3 => &[TO_4],
        _ => return Ok(()),
    };
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// From version 1: wrong PINs are counted.
const TO_2: &str = "CREATE TABLE tries (token TEXT PRIMARY KEY, wrong INTEGER NOT NULL) STRICT;";

/// From version 2: sites can be refused for good.
const TO_3: &str = "CREATE TABLE refused (origin TEXT PRIMARY KEY) STRICT;";

/// From version 3: rows move to files of their own, so requests know by themselves what they are about.
const TO_4: &str = "
CREATE TABLE files (
    first   INTEGER PRIMARY KEY,
    last    INTEGER NOT NULL,
    name    TEXT NOT NULL,
    head    BLOB NOT NULL CHECK (length(head) = 32),
    digest  BLOB NOT NULL CHECK (length(digest) = 32),
    bytes   INTEGER NOT NULL,
    ended   TEXT NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0
) STRICT;
DROP TRIGGER IF EXISTS log_no_delete;
CREATE TRIGGER log_no_delete BEFORE DELETE ON log
WHEN OLD.sequence > coalesce((SELECT max(last) FROM files), 0)
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;
DROP TRIGGER IF EXISTS log_at_the_end;
CREATE TRIGGER log_at_the_end BEFORE INSERT ON log
WHEN NEW.sequence <> (SELECT max(sequence) + 1 FROM log)
 AND NOT (NEW.kind = 'recovery' AND NEW.sequence > (SELECT max(sequence) FROM log))
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;
CREATE TABLE requests_4 (
    asked     INTEGER PRIMARY KEY,
    outcome   INTEGER,
    code      TEXT,
    pairing   INTEGER,
    key       TEXT,
    body_hash BLOB,
    about     TEXT NOT NULL,
    UNIQUE (pairing, key)
) STRICT;
INSERT INTO requests_4
SELECT asked, outcome, code, pairing, key, body_hash,
       CASE WHEN json_valid(body) THEN json_patch('{}', json_object(
           'caller', json_extract(body, '$.caller'),
           'count', json_extract(body, '$.count'),
           'form', json_extract(body, '$.form'),
           'request', json_extract(body, '$.request'),
           'sequence_asked', asked))
       ELSE json_object('sequence_asked', asked) END
FROM requests LEFT JOIN log ON log.sequence = requests.asked;
DROP TABLE requests;
ALTER TABLE requests_4 RENAME TO requests;
CREATE INDEX requests_open ON requests (asked) WHERE outcome IS NULL;
CREATE TABLE cursors (collector TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
";
