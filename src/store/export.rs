//! Writes rows for other programs: JSON Lines, which can be verified again, and CSV for spreadsheets.

use std::io;
use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::Body;
use super::read::Row;
use crate::text::cell::harmless;

/// Writes one row as one line of JSON: `sequence`, `time`, `kind`, `body` (an object), and
/// `previous` and `hash` in hex.
///
/// # Errors
/// The output's.
pub fn write_json_line(row: &Row, out: &mut impl Write) -> io::Result<()> {
    // A body that someone made no JSON is shown as the text it is.
    let body = serde_json::from_str(&row.body).unwrap_or_else(|_| Value::String(row.body.clone()));
    let line = Line {
        sequence: row.sequence,
        time: row.time.clone(),
        kind: row.kind.clone(),
        body,
        previous: hex::encode(&row.previous),
        hash: hex::encode(&row.hash),
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

/// Hands over the rows of an export, JSON Lines or CSV, as they stand; nothing for what is no row, an error for what
/// can't be read.
pub(super) fn each_row<E>(
    mut input: impl BufRead,
    mut take: impl FnMut(io::Result<Option<Row>>) -> Result<(), E>,
) -> Result<(), E> {
    let start = match input.fill_buf() {
        Ok(start) => start,
        Err(error) => return take(Err(error)),
    };
    if start.starts_with(COLUMNS[0].as_bytes()) {
        return each_record(input, take);
    }
    for line in input.lines() {
        take(match line {
            Ok(line) => Ok(parse_json_line(&line)),
            // Not UTF-8: a changed line, not a failing disk.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(error),
        })?;
    }
    Ok(())
}

fn each_record<E>(
    input: impl BufRead,
    mut take: impl FnMut(io::Result<Option<Row>>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = csv::Reader::from_reader(input);
    let Ok(headers) = reader.headers().cloned() else { return take(Ok(None)) };
    let columns = HASHED.map(|name| headers.iter().position(|column| column == name));
    for record in reader.records() {
        take(match record {
            Ok(record) => Ok(parse_record(&record, columns)),
            Err(error) if error.is_io_error() => Err(error.into()),
            Err(_) => Ok(None),
        })?;
    }
    Ok(())
}

fn parse_record(record: &csv::StringRecord, columns: [Option<usize>; 6]) -> Option<Row> {
    let [sequence, time, kind, body, previous, hash] = columns.map(|column| {
        let cell = record.get(column?)?;
        Some(cell.strip_prefix('\'').unwrap_or(cell))
    });
    Some(Row {
        sequence: sequence?.parse().ok()?,
        time: time?.to_owned(),
        kind: kind?.to_owned(),
        body: body?.to_owned(),
        previous: hex::decode(previous?).ok()?,
        hash: hex::decode(hash?).ok()?,
    })
}

/// Reads what [`write_json_line`] wrote; blanks and the order of keys don't matter. Nothing if it
/// is no such line.
pub(super) fn parse_json_line(line: &str) -> Option<Row> {
    let line: Line = serde_json::from_str(line).ok()?;
    Some(Row {
        sequence: line.sequence,
        time: line.time,
        kind: line.kind,
        // serde_json keeps keys sorted: the bytes that were hashed.
        body: line.body.to_string(),
        previous: hex::decode(line.previous).ok()?,
        hash: hex::decode(line.hash).ok()?,
    })
}

/// Writes rows as CSV (RFC 4180) under a line of column names.
///
/// No cell is a formula: see [`harmless`].
#[derive(Debug)]
pub struct CsvWriter<W: Write>(csv::Writer<W>);

impl<W: Write> CsvWriter<W> {
    /// Writes the line of column names.
    ///
    /// # Errors
    /// The output's.
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        Ok(Self(writer))
    }

    /// Writes one row; its items are one cell of JSON. The last cell is the body as it was hashed.
    ///
    /// # Errors
    /// The output's.
    pub fn write(&mut self, row: &Row) -> io::Result<()> {
        let body: Body = serde_json::from_str(&row.body).unwrap_or_default();
        let items = body.items.as_ref().and_then(|items| serde_json::to_string(items).ok());
        let cells = [
            Some(row.sequence.to_string()),
            Some(row.time.clone()),
            Some(row.kind.clone()),
            body.user,
            body.caller,
            body.request,
            number(body.sequence_asked),
            number(body.count),
            body.outcome,
            body.cause,
            number(body.made),
            body.certificate,
            body.subject,
            body.token,
            body.scheme,
            body.consent,
            number(body.prompt_ms),
            number(body.token_ms),
            number(body.asked),
            number(body.clock_behind_ms),
            items,
            Some(hex::encode(&row.previous)),
            Some(hex::encode(&row.hash)),
            body.holder,
            body.expires,
            number(body.wrong_pins),
            body.form,
            body.validation,
            Some(row.body.clone()),
        ];
        self.0.write_record(cells.map(|cell| harmless(cell.unwrap_or_default())))?;
        Ok(())
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// The output's.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sequence: i64,
    time: String,
    kind: String,
    body: Value,
    previous: String,
    hash: String,
}

fn number(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// What a row's hash covers, and the hash.
const HASHED: [&str; 6] = ["sequence", "time", "kind", "body", "previous", "hash"];

const COLUMNS: [&str; 29] = [
    "sequence",
    "time",
    "kind",
    "user",
    "caller",
    "request",
    "sequence_asked",
    "count",
    "outcome",
    "cause",
    "made",
    "certificate",
    "subject",
    "token",
    "scheme",
    "consent",
    "prompt_ms",
    "token_ms",
    "asked",
    "clock_behind_ms",
    "items",
    "previous",
    "hash",
    "holder",
    "expires",
    "wrong_pins",
    "form",
    "validation",
    "body",
];

/// Whether a file that begins so is no export but a log: any database of SQLite's.
pub fn is_whole_log(start: &[u8]) -> bool {
    start.starts_with(b"SQLite format 3\0")
}
