-- Version 3 of the log and the grants. The version stands in PRAGMA user_version.

-- One row an event, in one chain: hash is SHA-256 over sequence, time, kind, body and previous.
CREATE TABLE log (
    sequence INTEGER PRIMARY KEY,
    time     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    body     TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER log_no_update BEFORE UPDATE ON log
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TRIGGER log_no_delete BEFORE DELETE ON log
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- Also what keeps INSERT OR REPLACE, which fires no delete trigger, from replacing a row.
CREATE TRIGGER log_at_the_end BEFORE INSERT ON log
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM log)
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- Index of the asked rows: which are open, and which a resent request means.
CREATE TABLE requests (
    asked     INTEGER PRIMARY KEY REFERENCES log (sequence),
    outcome   INTEGER REFERENCES log (sequence),
    code      TEXT,
    pairing   INTEGER,
    key       TEXT,
    body_hash BLOB,
    UNIQUE (pairing, key)
) STRICT;

CREATE INDEX requests_open ON requests (asked) WHERE outcome IS NULL;

-- The bytes of successful replies that may have to be sent again.
CREATE TABLE replies (
    asked INTEGER PRIMARY KEY REFERENCES requests (asked),
    bytes BLOB NOT NULL
) STRICT;

-- AUTOINCREMENT: the id of an ended pairing never names another one.
CREATE TABLE pairings (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    origin     TEXT NOT NULL,
    token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
    paired_at  TEXT NOT NULL
) STRICT;

CREATE TABLE allowed (
    origin TEXT PRIMARY KEY
) STRICT;

-- Refused for good by the person.
CREATE TABLE refused (
    origin TEXT PRIMARY KEY
) STRICT;

-- Wrong PINs since the last right one, by token.
CREATE TABLE tries (
    token TEXT PRIMARY KEY,
    wrong INTEGER NOT NULL
) STRICT;
