//! Scripts beside the tests, and what `tests/run.sh` puts in place for them.

use std::path::{Path, PathBuf};

/// What to do where Node is missing.
pub(crate) const NODE: &str = "node is missing; tests/run.sh installs it";

/// The checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Python with the packages of `tests/pdf/requirements.txt`.
///
/// # Panics
/// If it is not there.
pub(crate) fn python() -> PathBuf {
    let python = root().join("target/python/bin/python3");
    assert!(python.exists(), "{} is missing; tests/run.sh makes it", python.display());
    python
}

/// Makes sure that a folder's Node packages are there.
///
/// # Panics
/// If they are not.
pub(crate) fn modules(folder: &str) {
    let modules = root().join(folder).join("node_modules");
    assert!(modules.is_dir(), "{} is missing; tests/run.sh makes it: npm ci", modules.display());
}
