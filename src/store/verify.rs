//! Proves that the log is as it was written.
//!
//! The chain shows every edit, deletion, swap and insertion that did not recompute all later
//! hashes; a checkpoint shows those that did, up to its row, to whoever knows the agent's key from elsewhere. Rows cut
//! from the end show only against a receipt that left the machine: each reply with signatures carries one.

use std::cell::RefCell;
use std::io::BufRead;
use std::path::Path;

use super::archive;
use super::archive::Closed;
use super::read::Reader;
use super::{StoreError, export, mark};
use crate::domain::audit::Receipt;

mod chain;
mod files;

use files::Files;

pub(super) use chain::Chain;

/// The rows are one unbroken chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many rows.
    pub rows: u64,
    /// Sequence number of the first; 1, unless older files were removed or an export starts later.
    pub first: i64,
    /// Sequence number and hash of the last; 0 and zeros if there is none.
    pub head: Receipt,
    /// The last checkpoint.
    pub signed: Option<Signed>,
    /// Number of the last row whose removal, after its time, a later row declares.
    pub removed: Option<i64>,
    /// Where the log went on after damage.
    pub recovered: Vec<Recovered>,
}

/// A checkpoint: the agent's word for all rows before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its row.
    pub sequence: i64,
    /// The Ed25519 key.
    pub key: [u8; 32],
}

/// A row `recovery`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Its number.
    pub sequence: i64,
    /// The first and the last number that are lost; nothing if none is.
    pub lost: Option<(i64, i64)>,
    /// The file that the damaged log was put aside in.
    pub file: String,
}

/// What the log is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Receipts that came with signatures.
    pub receipts: Vec<Receipt>,
    /// The agent's key: the last checkpoint must be signed by it.
    pub key: Option<[u8; 32]>,
    /// There must be a checkpoint.
    pub signed: bool,
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
    /// The receipt's row was lost with a damaged file, as a later row says.
    Lost,
    /// The receipt's row was in a file that was removed after its time, or is not in this export.
    Removed,
    /// The checkpoint's signature is not one.
    Checkpoint,
    /// The last checkpoint is by another key.
    Key,
    /// There is no checkpoint.
    Unsigned,
    /// A closed file is missing, or not as it was closed, or is listed otherwise than the log's rows name it.
    File,
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
    verify_against(path, &Expected { receipts: receipt.into_iter().collect(), ..Expected::default() })
}

/// The same, against all that is expected. What the agent itself noted of the log's end is, too.
///
/// # Errors
/// As [`verify`].
pub fn verify_against(path: &Path, expected: &Expected) -> Result<Verified, VerifyError> {
    let mut expected = expected.clone();
    // Read first: the log may only be longer by then.
    expected.receipts.extend(mark::read(path));
    let reader = Reader::open(path).map_err(VerifyError::Read)?;
    let moment = reader.moment()?;
    let (mut chain, files) = (None, RefCell::new(Files::default()));
    moment.look(
        |closed| whole(closed).and_then(|()| files.borrow_mut().begin(closed)).map_err(VerifyError::Broken),
        |row| {
            let chain = chain.get_or_insert_with(|| Chain::of_log(row, &expected));
            chain.add(row).and_then(|()| files.borrow_mut().add(row)).map_err(VerifyError::Broken)
        },
    )?;
    let chain = chain.unwrap_or_else(|| Chain::from_start(&expected));
    let verified = chain.finish().map_err(VerifyError::Broken)?;
    files.into_inner().finish(verified.first, &moment.removed).map_err(VerifyError::Broken)?;
    Ok(verified)
}

/// That a closed file is as it was closed.
pub(super) fn whole(closed: &Closed) -> Result<(), Broken> {
    let bytes = std::fs::metadata(&closed.path).map(|file| file.len());
    match archive::digest_of(&closed.path) {
        Ok(digest) if digest == closed.digest && bytes.ok() == u64::try_from(closed.bytes).ok() => Ok(()),
        _ => Err(Broken { sequence: closed.first, why: Why::File }),
    }
}

/// Verifies an export in JSON Lines or CSV. It may start after row 1; what came before is not proven.
///
/// # Errors
/// [`VerifyError`]: the first line that is not as it was written, or the input's error.
pub fn verify_export(input: impl BufRead, receipt: Option<Receipt>) -> Result<Verified, VerifyError> {
    verify_export_against(input, &Expected { receipts: receipt.into_iter().collect(), ..Expected::default() })
}

/// The same, against all that is expected.
///
/// # Errors
/// As [`verify_export`].
pub fn verify_export_against(input: impl BufRead, expected: &Expected) -> Result<Verified, VerifyError> {
    let mut chain: Option<Chain> = None;
    export::each_row(input, |row| {
        let next = chain.as_ref().map_or(1, Chain::next);
        let row = row.map_err(|error| VerifyError::Read(StoreError::File(error)))?;
        let row = row.ok_or(VerifyError::Broken(Broken { sequence: next, why: Why::Line }))?;
        let chain = chain.get_or_insert_with(|| Chain::of_export(row.view(), expected));
        chain.add(row.view()).map_err(VerifyError::Broken)
    })?;
    chain.unwrap_or_else(|| Chain::from_start(expected)).finish().map_err(VerifyError::Broken)
}

impl From<StoreError> for VerifyError {
    fn from(error: StoreError) -> Self {
        Self::Read(error)
    }
}
