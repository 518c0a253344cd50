//! The rows of one export, one at a time, whatever its format.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};

use csv::StringRecord;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Damage, Export, Format};
use crate::store::read::{Reader, RowRef};
use crate::store::records::{Facts, Text};
use crate::store::verify::{Broken, Why};

/// One row.
pub(super) struct Entry<'a> {
    /// As it stands; in a table of an older version without its body.
    pub(super) row: RowRef<'a>,
    /// Whether it holds all that was hashed.
    pub(super) whole: bool,
    /// What a table's cells say.
    pub(super) facts: Option<Facts<'a>>,
    /// How many bytes of the file it took.
    pub(super) bytes: u64,
}

/// Takes a row and says whether to go on.
pub(super) type Take<'a> = &'a mut dyn FnMut(Entry<'_>) -> Result<bool, Damage>;

/// Hands over the rows in the file's order.
pub(super) fn each_entry(export: &Export, take: Take<'_>) -> Result<(), Damage> {
    match export.format {
        Format::Log => log(export, take),
        Format::Lines => lines(export, take),
        Format::Table => table(export, take),
    }
}

fn log(export: &Export, take: Take<'_>) -> Result<(), Damage> {
    let reader = Reader::open_copy(&export.path)?;
    let rows = reader.count(&crate::store::read::Range::default())?.max(1);
    let mut wanted = true;
    reader.look(|row| {
        if wanted {
            wanted = take(Entry { row, whole: true, facts: None, bytes: export.bytes / rows })?;
        }
        Ok(())
    })
}

fn lines(export: &Export, take: Take<'_>) -> Result<(), Damage> {
    let mut reader = BufReader::new(File::open(&export.path)?);
    let mut line = Vec::new();
    let mut expected = 1;
    loop {
        line.clear();
        let bytes = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if bytes == 0 {
            return Ok(());
        }
        let text = std::str::from_utf8(&line).ok();
        let parsed = text.and_then(|text| serde_json::from_str::<Line<'_>>(text).ok());
        let parsed = parsed.ok_or_else(|| no_row(expected))?;
        let [previous, hash] = [&parsed.previous, &parsed.hash].map(|text| digest(&text.0));
        let row = RowRef {
            sequence: parsed.sequence,
            time: &parsed.time.0,
            kind: &parsed.kind.0,
            body: parsed.body.get(),
            previous: &previous.ok_or_else(|| no_row(expected))?,
            hash: &hash.ok_or_else(|| no_row(expected))?,
        };
        expected = row.sequence.saturating_add(1);
        if !take(Entry { row, whole: true, facts: None, bytes: bytes as u64 })? {
            return Ok(());
        }
    }
}

fn table(export: &Export, take: Take<'_>) -> Result<(), Damage> {
    let mut reader = csv::Reader::from_path(&export.path).map_err(unreadable)?;
    let headers = reader.headers().map_err(unreadable)?.clone();
    let columns = COLUMNS.map(|name| headers.iter().position(|column| column == name));
    let mut record = StringRecord::new();
    let mut expected = 1;
    let mut read = 0;
    // A damaged line is told from a failing disk.
    while match reader.read_record(&mut record) {
        Ok(more) => more,
        Err(error) if error.is_io_error() => return Err(unreadable(error)),
        Err(_) => return Err(no_row(expected)),
    } {
        let cell = |column: usize| {
            let text = columns[column].and_then(|at| record.get(at)).unwrap_or_default();
            text.strip_prefix('\'').unwrap_or(text)
        };
        let text =
            |column| Some(cell(column)).filter(|text| !text.is_empty()).map(|text| Text(Cow::Borrowed(text)));
        let number = |column| cell(column).parse().ok();
        let [previous, hash] = [3, 4].map(|column| digest(cell(column)));
        let row = RowRef {
            sequence: cell(0).parse().map_err(|_| no_row(expected))?,
            time: cell(1),
            kind: cell(2),
            body: cell(17),
            previous: &previous.ok_or_else(|| no_row(expected))?,
            hash: &hash.ok_or_else(|| no_row(expected))?,
        };
        let facts = Facts {
            caller: text(5),
            outcome: text(6),
            made: number(7),
            wrong_pins: number(8),
            prompt_ms: number(9),
            token_ms: number(10),
            token: text(11),
            certificate: text(12),
            subject: text(13),
            holder: text(14),
            expires: text(15),
            form: text(16),
        };
        expected = row.sequence.saturating_add(1);
        let at = record.position().map_or(read, csv::Position::byte);
        let bytes = at.saturating_sub(read);
        read = at;
        if !take(Entry { row, whole: columns[17].is_some(), facts: Some(facts), bytes })? {
            return Ok(());
        }
    }
    Ok(())
}

/// As [`crate::store::export::write_json_line`] writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    sequence: i64,
    #[serde(borrow)]
    time: Text<'a>,
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    body: &'a RawValue,
    #[serde(borrow)]
    previous: Text<'a>,
    #[serde(borrow)]
    hash: Text<'a>,
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}

fn no_row(sequence: i64) -> Damage {
    Damage::Broken(Broken { sequence, why: Why::Line })
}

fn unreadable(error: csv::Error) -> Damage {
    Damage::from(std::io::Error::from(error))
}

const COLUMNS: [&str; 18] = [
    "sequence",
    "time",
    "kind",
    "previous",
    "hash",
    "caller",
    "outcome",
    "made",
    "wrong_pins",
    "prompt_ms",
    "token_ms",
    "token",
    "certificate",
    "subject",
    "holder",
    "expires",
    "form",
    "body",
];

/// A batch of 1,000 documents with the longest names takes a tenth.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;
