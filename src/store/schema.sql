-- Version 4 of the log and the grants. The version stands in PRAGMA user_version.

-- One row an event, in one chain: hash is SHA-256 over sequence, time, kind, body and previous.
CREATE TABLE log (
    sequence INTEGER PRIMARY KEY,
    time     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    body     TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- The files that rows were moved to, closed for good. A removed one's time was over.
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

CREATE TRIGGER log_no_update BEFORE UPDATE ON log
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- A row leaves once it stands in a closed file.
CREATE TRIGGER log_no_delete BEFORE DELETE ON log
WHEN OLD.sequence > coalesce((SELECT max(last) FROM files), 0)
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- Also what keeps INSERT OR REPLACE, which fires no delete trigger, from replacing a row. What a damaged file
-- lost keeps its numbers.
CREATE TRIGGER log_at_the_end BEFORE INSERT ON log
WHEN NEW.sequence <> (SELECT max(sequence) + 1 FROM log)
 AND NOT (NEW.kind = 'recovery' AND NEW.sequence > (SELECT max(sequence) FROM log))
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- Index of the asked rows: which are open, and which a resent request means. `about` is what the rows that belong
-- to one say of it.
CREATE TABLE requests (
    asked     INTEGER PRIMARY KEY,
    outcome   INTEGER,
    code      TEXT,
    pairing   INTEGER,
    key       TEXT,
    body_hash BLOB,
    about     TEXT NOT NULL,
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

-- How far each collector has heard of the log.
CREATE TABLE cursors (
    collector TEXT PRIMARY KEY,
    sequence  INTEGER NOT NULL
) STRICT;
