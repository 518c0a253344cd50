//! The system's store, as Debian keeps it: a folder of the administrator's, and `update-ca-certificates`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Held, NAME, TrustError};
use crate::sys::user;

pub(super) const FOLDER: &str = "/usr/local/share/ca-certificates";
const TOOL: &str = "update-ca-certificates";
const PACKAGE: &str = "ca-certificates";

pub(super) fn held(folder: &Path) -> Result<Vec<Held>, TrustError> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let held = entries.filter_map(|entry| {
        let file = entry.file_name();
        let number = file.to_str()?.strip_prefix(&start())?.strip_suffix(END)?;
        Some(Held { name: format!("{NAME}{number}"), trusted: true })
    });
    Ok(held.collect())
}

pub(super) fn add(folder: &Path, name: &str, pem: &str, source: &Path) -> Result<(), TrustError> {
    let file = file(folder, name);
    if !may_write() {
        let (source, file) = (quoted(source), quoted(&file));
        return Err(TrustError::NeedsRoot(format!("sudo install -m 644 {source} {file} && sudo {TOOL}")));
    }
    fs::write(&file, pem).map_err(|error| TrustError::Failed(error.to_string()))?;
    update(&[]).inspect_err(|_| {
        let _ = fs::remove_file(&file);
    })
}

pub(super) fn remove(folder: &Path, name: &str) -> Result<(), TrustError> {
    let file = file(folder, name);
    if !may_write() {
        return Err(TrustError::NeedsRoot(format!("sudo rm {} && sudo {TOOL} {FRESH}", quoted(&file))));
    }
    fs::remove_file(&file).map_err(|error| TrustError::Failed(error.to_string()))?;
    update(&[FRESH])
}

/// Each user has files of their own.
fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}{}{END}", start(), name.strip_prefix(NAME).unwrap_or(name)))
}

fn start() -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    format!("kyso-tls-{}-", user::current().chars().map(plain).collect::<String>())
}

fn may_write() -> bool {
    rustix::process::geteuid().is_root()
}

fn update(arguments: &[&str]) -> Result<(), TrustError> {
    let output = Command::new(TOOL).args(arguments).output();
    let output = output.map_err(|error| super::not_run(&error, PACKAGE))?;
    if output.status.success() {
        return Ok(());
    }
    Err(TrustError::Failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// For a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

const END: &str = ".crt";
/// Without it the links of a file that has gone stay behind.
const FRESH: &str = "--fresh";
