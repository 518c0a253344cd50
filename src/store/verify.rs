//! Proves that the log is as it was written.
//!
//! The chain shows every edit, deletion, swap and insertion that did not recompute all later
//! hashes. Rows cut from the end, or a chain computed anew, show only against a receipt that left
//! the machine: each reply with signatures carries one.

use std::io::BufRead;
use std::path::Path;

use super::read::{Reader, RowRef};
use super::{StoreError, chain, export};
use crate::domain::audit::Receipt;

/// The rows are one unbroken chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many rows.
    pub rows: u64,
    /// Sequence number of the first; 1, unless an export starts later.
    pub first: i64,
    /// Sequence number and hash of the last; 0 and zeros if there is none.
    pub head: Receipt,
}

/// Where the chain breaks first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The sequence number that should stand here.
    pub sequence: i64,
    /// How.
    pub why: Why,
}

/// How a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Another sequence number stands here: rows are missing, added or swapped.
    Sequence,
    /// It does not continue the row before.
    Previous,
    /// Its hash is not that of its content.
    Hash,
    /// The line of an export is no row.
    Line,
    /// The receipt names a row after the end: the end is missing.
    Truncated,
    /// The row is not the one the receipt was given for.
    Receipt,
}

/// Why nothing is proven.
#[derive(Debug)]
pub enum VerifyError {
    /// The log was changed.
    Broken(Broken),
    /// It can't be read.
    Read(StoreError),
}

/// Verifies the whole log as of now, against a receipt if there is one. An agent may go on writing.
///
/// # Errors
/// [`VerifyError`]: the first row that is not as it was written, or the file's error.
pub fn verify(path: &Path, receipt: Option<Receipt>) -> Result<Verified, VerifyError> {
    let reader = Reader::open(path).map_err(VerifyError::Read)?;
    let mut chain = Chain { receipt, ..Chain::from_start() };
    reader.look(|row| chain.add(row).map_err(VerifyError::Broken))?;
    chain.finish().map_err(VerifyError::Broken)
}

/// Verifies an export in JSON Lines. It may start after row 1; what came before is not proven.
///
/// # Errors
/// [`VerifyError`]: the first line that is not as it was written, or the input's error.
pub fn verify_export(input: impl BufRead, receipt: Option<Receipt>) -> Result<Verified, VerifyError> {
    let mut chain: Option<Chain> = None;
    for line in input.lines() {
        let line = match line {
            Ok(line) => line,
            // Not UTF-8: a changed line, not a failing disk.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => String::new(),
            Err(error) => return Err(VerifyError::Read(StoreError::File(error))),
        };
        let expected = chain.as_ref().map_or(1, |chain| chain.next);
        let broken = |why| VerifyError::Broken(Broken { sequence: expected, why });
        let row = export::parse_json_line(&line).ok_or_else(|| broken(Why::Line))?;
        let chain =
            chain.get_or_insert_with(|| Chain { receipt: receipt.clone(), ..Chain::from(row.view()) });
        chain.add(row.view()).map_err(VerifyError::Broken)?;
    }
    let chain = chain.unwrap_or_else(|| Chain { receipt, ..Chain::from_start() });
    chain.finish().map_err(VerifyError::Broken)
}

/// Rows as they are read, each against the one before.
#[derive(Debug)]
pub(super) struct Chain {
    first: i64,
    next: i64,
    previous: Vec<u8>,
    rows: u64,
    receipt: Option<Receipt>,
}

impl Chain {
    pub(super) fn from_start() -> Self {
        Self { first: 1, next: 1, previous: chain::START.to_vec(), rows: 0, receipt: None }
    }

    /// Takes the first row's word for what came before; row 1 has nothing before it.
    pub(super) fn from(row: RowRef<'_>) -> Self {
        if row.sequence <= 1 {
            return Self::from_start();
        }
        Self {
            first: row.sequence,
            next: row.sequence,
            previous: row.previous.to_vec(),
            ..Self::from_start()
        }
    }

    /// Takes the next row; one that is refused changes nothing.
    pub(super) fn add(&mut self, row: RowRef<'_>) -> Result<(), Broken> {
        let hashed = || chain::hash(row.sequence, row.time, row.kind, row.body, row.previous);
        self.link(row, || row.hash == hashed())
    }

    /// Takes the next row of an export that does not hold all that was hashed: its place alone is proven.
    pub(super) fn add_unproven(&mut self, row: RowRef<'_>) -> Result<(), Broken> {
        self.link(row, || true)
    }

    fn link(&mut self, row: RowRef<'_>, whole: impl FnOnce() -> bool) -> Result<(), Broken> {
        let sequence = self.next;
        let broken = |why| Err(Broken { sequence, why });
        if row.sequence != sequence {
            return broken(Why::Sequence);
        }
        if row.previous != self.previous {
            return broken(Why::Previous);
        }
        if !whole() {
            return broken(Why::Hash);
        }
        let named = self.receipt.as_ref().filter(|receipt| receipt.sequence == sequence);
        if named.is_some_and(|receipt| receipt.head[..] != row.hash[..]) {
            return broken(Why::Receipt);
        }
        self.previous.clear();
        self.previous.extend_from_slice(row.hash);
        self.next = sequence.saturating_add(1);
        self.rows += 1;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Verified, Broken> {
        let last = self.next - 1;
        if let Some(receipt) = self.receipt {
            if receipt.sequence > last {
                return Err(Broken { sequence: self.next, why: Why::Truncated });
            }
            if receipt.sequence < self.first {
                return Err(Broken { sequence: receipt.sequence, why: Why::Receipt });
            }
        }
        let head = self.previous.try_into().unwrap_or(chain::START);
        let sequence = if self.rows == 0 { 0 } else { last };
        Ok(Verified { rows: self.rows, first: self.first, head: Receipt { sequence, head } })
    }
}

impl From<StoreError> for VerifyError {
    fn from(error: StoreError) -> Self {
        Self::Read(error)
    }
}
