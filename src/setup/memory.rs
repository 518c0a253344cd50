//! What setup remembers, so that nothing is asked twice: `setup.json` beside the log.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::certificate::CertId;

/// What was done and answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Trial signatures, by certificate.
    #[serde(default)]
    trials: BTreeMap<String, Trial>,
    /// The person does not want to sign for trial.
    #[serde(default)]
    pub trial_declined: bool,
    /// The person does not want Kyso to start with the desktop.
    #[serde(default)]
    pub autostart_declined: bool,
}

/// A trial signature that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The day, RFC 3339.
    pub day: String,
    /// The log's row.
    pub sequence: i64,
    /// Whom the certificate names.
    pub holder: String,
}

impl Memory {
    /// What the file says; what can't be read is as if nothing had been done.
    pub fn load(path: &Path) -> Self {
        fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Whether setup has never been through: what the tray's first start asks.
    pub fn is_first_run(path: &Path) -> bool {
        !path.exists()
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// The system call's.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let half = path.with_extension("new");
        fs::write(&half, serde_json::to_vec_pretty(self)?).and_then(|()| fs::rename(&half, path))
    }

    /// Notes a trial.
    pub fn tried(&mut self, certificate: CertId, trial: Trial) {
        self.trials.insert(certificate.to_string(), trial);
    }

    /// The trial with this certificate.
    pub fn trial(&self, certificate: CertId) -> Option<&Trial> {
        self.trials.get(&certificate.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_remembered_and_a_broken_file_is_forgotten() {
        let folder = tempfile::tempdir().expect("scratch");
        let path = folder.path().join("setup.json");
        assert!(Memory::is_first_run(&path));
        assert_eq!(Memory::load(&path), Memory::default());
        let (id, other) = (CertId([7; 32]), CertId([8; 32]));
        let trial = Trial { day: "2026-11-26".to_owned(), sequence: 2, holder: "An".to_owned() };
        let mut memory = Memory { autostart_declined: true, ..Memory::default() };
        memory.tried(id, trial.clone());
        memory.save(&path).expect("writable");
        let read = Memory::load(&path);
        assert!(!Memory::is_first_run(&path) && read.autostart_declined);
        assert_eq!((read.trial(id), read.trial(other)), (Some(&trial), None));
        fs::write(&path, "{\"trials\":").expect("scratch");
        assert_eq!(Memory::load(&path), Memory::default());
    }
}
