//! The machine's policy: what its administrator lays down in `policy.toml` and `policy.d/*.toml`.
//!
//! Each file is read on its own (`read`), what all of them say is put together, and the strictest decides
//! (`settle`). Nothing of it can be changed by a person's configuration or environment, and an agent does not start
//! beside a file that can't be used: a typing mistake lets nobody in.

pub mod explain;
mod fault;
pub mod manual;
mod read;
mod reader;
pub mod said;
pub mod settings;
mod settle;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::fault::{Fault, What};
use self::said::Said;
use crate::domain::rules::Rules;
use crate::sys::machine::Folder;

/// The policy of this machine.
#[derive(Clone, Debug, Default)]
pub struct InForce {
    /// What it comes to.
    pub rules: Arc<Rules>,
    /// The files, in the order that they were read in; none on a machine without a policy.
    pub files: Vec<PathBuf>,
    /// What they say, and where.
    pub said: Said,
}

/// Reads what is laid down in this folder. Where nothing is, nothing is narrowed.
///
/// # Errors
/// All that is wrong, in each of the files.
pub fn load(folder: &Folder) -> Result<InForce, Vec<Fault>> {
    let files = files(folder)?;
    let (mut said, mut faults) = (Said::default(), Vec::new());
    for path in &files {
        match vetted(folder, path).and_then(|()| parse(path)) {
            Ok(more) => said.add(more),
            Err(more) => faults.extend(more),
        }
    }
    faults.extend(settle::disagreements(&said));
    if faults.is_empty() {
        Ok(InForce { rules: Arc::new(settle::rules(&said)), files, said })
    } else {
        Err(faults)
    }
}

/// What one file says, wherever it is and whoever owns it.
///
/// # Errors
/// All that is wrong with it.
pub fn parse(path: &Path) -> Result<Said, Vec<Fault>> {
    let fault = |error| vec![Fault::of_file(path, What::Unread(error))];
    let text = std::fs::read_to_string(path).map_err(fault)?;
    read::said(&text, &Arc::from(path))
}

/// `policy.toml`, then those in `policy.d` in the order of their names.
fn files(folder: &Folder) -> Result<Vec<PathBuf>, Vec<Fault>> {
    let unread = |path: &Path, error| vec![Fault::of_file(path, What::Unread(error))];
    let first = folder.path().join(FILE);
    let mut files = Vec::new();
    if is_there(&first).map_err(|error| unread(&first, error))? {
        files.push(first);
    }
    let more = folder.path().join(FOLDER);
    if is_there(&more).map_err(|error| unread(&more, error))? {
        vetted(folder, &more)?;
        let entries = std::fs::read_dir(&more).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|error| unread(&more, error))?;
        let paths = entries.iter().map(std::fs::DirEntry::path);
        let mut named: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
        named.sort();
        files.append(&mut named);
    }
    Ok(files)
}

/// A link to nothing is there, too: somebody meant something by it.
fn is_there(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn vetted(folder: &Folder, path: &Path) -> Result<(), Vec<Fault>> {
    let what = match folder.keeps(path) {
        Ok(true) => return Ok(()),
        Ok(false) => What::Loose,
        Err(error) => What::Unread(error),
    };
    Err(vec![Fault::of_file(path, what)])
}

const FILE: &str = "policy.toml";
const FOLDER: &str = "policy.d";
