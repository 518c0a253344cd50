//! The exports of many machines, read as one.
//!
//! Each file is read twice: first it is proven, so that nothing of a damaged one is counted, then it is
//! counted. Files that share rows, or of which one goes on where another ends, are one machine's; a row
//! that stands in several of them counts once. Memory holds one line, and 16 bytes for each row of a
//! machine that sent more than one file.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::StoreError;
use super::chain;
use super::clock::LocalClock;
use super::read::RowRef;
use super::records::record;
use super::verify::{Broken, Chain, Expected, Verified, Why};
use crate::domain::record::Record;
use entries::each_entry;

mod entries;

/// What a folder holds, its own folders included.
#[derive(Debug, Default)]
pub struct Folder {
    /// Exports of logs, by path.
    pub exports: Vec<Export>,
    /// Lists of certificates, as `kyso certificates --json` prints them.
    pub listings: Vec<PathBuf>,
    /// What is neither.
    pub others: Vec<PathBuf>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Where.
    pub path: PathBuf,
    /// What it is.
    pub format: Format,
    /// Its size.
    pub bytes: u64,
}

/// What an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A copy of the log itself.
    Log,
    /// JSON Lines.
    Lines,
    /// CSV; that of older versions does not hold all that was hashed.
    Table,
}

/// Why a file is not counted.
#[derive(Debug)]
pub enum Damage {
    /// A row is not as it was written.
    Broken(Broken),
    /// It can't be read.
    Unreadable(StoreError),
}

/// A file that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Its rows.
    pub rows: Verified,
    /// Whether what they say is proven, or only that none is missing.
    pub content: bool,
}

/// What became of counting one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rows that counted.
    pub rows: u64,
    /// Rows that another file had already.
    pub repeated: u64,
    /// Rows, of those that counted, that say nothing that is understood.
    pub unclear: u64,
}

/// What proving the files found, in their order.
#[derive(Debug)]
pub struct Inspection {
    /// Of each file.
    pub found: Vec<Result<Proven, Damage>>,
    /// The files of each machine, best proven first.
    machines: Vec<Vec<usize>>,
}

/// Looks through a folder and those below it; links are not followed.
///
/// # Errors
/// The folder's own.
pub fn find(folder: &Path) -> io::Result<Folder> {
    let mut found = Folder::default();
    look_into(folder, DEEPEST, &mut found)?;
    found.exports.sort_by(|one, other| one.path.cmp(&other.path));
    found.listings.sort();
    found.others.sort();
    Ok(found)
}

fn look_into(folder: &Path, deeper: usize, found: &mut Folder) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if name.starts_with('.') || ["-wal", "-shm", "-journal"].iter().any(|end| name.ends_with(end)) {
            continue;
        }
        if kind.is_dir() {
            // A folder that can't be entered is named, as a file that can't be read is.
            if deeper == 0 || look_into(&path, deeper - 1, found).is_err() {
                found.others.push(path);
            }
        } else if kind.is_file() {
            sort_out(path, &name, entry.metadata()?.len(), found);
        }
    }
    Ok(())
}

/// By what it starts with, else by its name: a damaged export is to be named as one.
fn sort_out(path: PathBuf, name: &str, bytes: u64, found: &mut Folder) {
    let mut start = Vec::new();
    let _ = File::open(&path).and_then(|file| file.take(64).read_to_end(&mut start));
    let text = String::from_utf8_lossy(&start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let format = if start.starts_with(b"SQLite format 3\0") {
        Some(Format::Log)
    } else if text.starts_with("{\"certificates\"") {
        found.listings.push(path);
        return;
    } else if text.starts_with("sequence,") {
        Some(Format::Table)
    } else if text.starts_with("{\"sequence\"") || name.ends_with(".jsonl") {
        Some(Format::Lines)
    } else if name.ends_with(".csv") {
        Some(Format::Table)
    } else if name.ends_with(".sqlite") {
        Some(Format::Log)
    } else {
        None
    };
    match format {
        Some(format) => found.exports.push(Export { path, format, bytes }),
        None => found.others.push(path),
    }
}

/// Proves each file, and finds out which are of one machine. `advance` hears of bytes read.
pub fn inspect(exports: &[Export], advance: &mut dyn FnMut(u64)) -> Inspection {
    let mut links = Links::between(exports);
    let found: Vec<_> =
        exports.iter().enumerate().map(|(file, export)| prove(export, file, &mut links, advance)).collect();
    let mut machines: HashMap<usize, Vec<usize>> = HashMap::new();
    for file in (0..exports.len()).filter(|file| found[*file].is_ok()) {
        machines.entry(links.root(file)).or_default().push(file);
    }
    let mut machines: Vec<Vec<usize>> = machines.into_values().collect();
    for files in &mut machines {
        files.sort_by_key(|file| (exports[*file].format, *file));
    }
    machines.sort();
    Inspection { found, machines }
}

impl Inspection {
    /// How many machines the sound files are of; parts of one log with a gap between count each.
    pub fn machines(&self) -> usize {
        let holds_rows = |file: &&usize| self.found[**file].as_ref().is_ok_and(|proven| proven.rows.rows > 0);
        self.machines.iter().filter(|files| files.iter().any(|file| holds_rows(&file))).count()
    }

    /// Counts the sound files: hands over what each row says, once. A file that failed meanwhile has its
    /// damage. The order is that of the files.
    pub fn count(
        &self,
        exports: &[Export],
        clock: &mut LocalClock,
        advance: &mut dyn FnMut(u64),
        mut take: impl FnMut(&Record<'_>),
    ) -> Vec<(Counted, Option<Damage>)> {
        let mut results: Vec<_> = exports.iter().map(|_| (Counted::default(), None)).collect();
        for files in &self.machines {
            let mut seen = HashSet::new();
            for file in files {
                let (counted, failed) = &mut results[*file];
                let result = each_entry(&exports[*file], &mut |entry| {
                    advance(entry.bytes);
                    if files.len() > 1 && !seen.insert(short(entry.row.hash)) {
                        counted.repeated += 1;
                        return Ok(true);
                    }
                    counted.rows += 1;
                    match record(entry.row, entry.facts, clock) {
                        Some(record) => take(&record),
                        None => counted.unclear += 1,
                    }
                    Ok(true)
                });
                *failed = result.err();
            }
        }
        results
    }
}

fn prove(
    export: &Export,
    file: usize,
    links: &mut Links,
    advance: &mut dyn FnMut(u64),
) -> Result<Proven, Damage> {
    let expected = Expected::default();
    let mut content = true;
    let mut chain: Option<Chain> = None;
    each_entry(export, &mut |entry| {
        advance(entry.bytes);
        let row = entry.row;
        let chain = chain.get_or_insert_with(|| Chain::of_export(row, &expected));
        content &= entry.whole;
        let added = if entry.whole { chain.add(row) } else { chain.add_unproven(row) };
        match added {
            // Another program may have written the line anew; what was hashed is its canonical form.
            Err(Broken { why: Why::Hash, .. }) if export.format == Format::Lines => {
                let body = serde_json::from_str::<serde_json::Value>(row.body);
                let body = body.map(|body| body.to_string()).unwrap_or_default();
                chain.add(RowRef { body: &body, ..row }).map_err(Damage::Broken)?;
            }
            added => added.map_err(Damage::Broken)?,
        }
        links.saw(file, row.hash);
        Ok(true)
    })?;
    let rows = chain.unwrap_or_else(|| Chain::from_start(&expected)).finish().map_err(Damage::Broken)?;
    Ok(Proven { rows, content })
}

/// Which files are of one machine: a forest in which each file names another of its own, or itself.
struct Links {
    parents: Vec<usize>,
    /// Files by the hash of their first row, and by that of the row before it.
    starts: HashMap<u128, Vec<usize>>,
}

impl Links {
    fn between(exports: &[Export]) -> Self {
        let mut starts: HashMap<u128, Vec<usize>> = HashMap::new();
        for (file, export) in exports.iter().enumerate() {
            // What can't be read is named when it is proven.
            let _ = each_entry(export, &mut |entry| {
                starts.entry(short(entry.row.hash)).or_default().push(file);
                if entry.row.previous != chain::START {
                    starts.entry(short(entry.row.previous)).or_default().push(file);
                }
                Ok(false)
            });
        }
        Self { parents: (0..exports.len()).collect(), starts }
    }

    fn saw(&mut self, file: usize, hash: &[u8]) {
        let Some(others) = self.starts.get(&short(hash)) else { return };
        for other in others.clone() {
            let (one, other) = (self.root(file), self.root(other));
            self.parents[one.max(other)] = one.min(other);
        }
    }

    fn root(&self, mut file: usize) -> usize {
        while self.parents[file] != file {
            file = self.parents[file];
        }
        file
    }
}

/// Half of a SHA-256 tells rows apart.
fn short(hash: &[u8]) -> u128 {
    hash.first_chunk().map_or(0, |half| u128::from_be_bytes(*half))
}

impl From<StoreError> for Damage {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(error)
    }
}

impl From<io::Error> for Damage {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(StoreError::File(error))
    }
}

/// Folders within folders.
const DEEPEST: usize = 8;
