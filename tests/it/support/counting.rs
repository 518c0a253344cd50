//! The module of `examples/counting_module.rs` before SoftHSM: how many sessions a token host holds open.

use std::path::PathBuf;

use tempfile::TempDir;

use super::desk::Desk;
use super::hostile::install;
use super::softhsm::SoftHsm;

/// A copy of it, and what it tells.
pub(crate) struct Counting(TempDir);

impl Counting {
    pub(crate) fn new() -> Self {
        let counting = Self(TempDir::new().unwrap());
        install("counting_module", &counting.library());
        counting
    }

    /// A desk with it as the only module, and this token behind it.
    pub(crate) fn desk(&self, token: &SoftHsm) -> Desk {
        let (module, tokens, own) = (self.library(), token.tokens(), self.0.path());
        let mut desk =
            Desk::configured(&format!("[[modules]]\npath = {module:?}\nwritable = [{tokens:?}, {own:?}]\n"));
        desk.set("SOFTHSM2_CONF", &token.conf().display().to_string());
        desk.set("KYSO_COUNTED", &SoftHsm::module().display().to_string());
        desk.set("KYSO_SESSIONS", &own.join("sessions").display().to_string());
        desk
    }

    /// How many this process has open; nothing where it has opened none yet.
    pub(crate) fn sessions(&self, process: u32) -> Option<usize> {
        let told = std::fs::read_to_string(self.0.path().join(format!("sessions.{process}"))).ok()?;
        told.parse().ok()
    }

    fn library(&self) -> PathBuf {
        self.0.path().join("counting.so")
    }
}
