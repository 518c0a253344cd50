//! opencryptoki's software token, made afresh by `tests/tokens/opencryptoki.sh`. One test of one run holds it
//! at a time, on the whole machine: there is one daemon and one store.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kyso::domain::certificate::CertId;
use kyso::token::hub::ModuleConfig;
use sha2::Digest as _;
use tempfile::TempDir;

use super::required;
use super::softhsm;

/// A token with one RSA key; gone with this value, and its daemon too.
#[derive(Debug)]
pub(crate) struct Opencryptoki {
    folder: TempDir,
    script: Child,
    _turn: File,
}

impl Opencryptoki {
    /// The user's PIN.
    pub(crate) const PIN: &'static str = "123456";

    /// None if it is not installed, which is said loudly.
    pub(crate) fn new() -> Option<Self> {
        if library().is_none() || !Path::new("/usr/sbin/pkcsslotd").exists() {
            required::skip("opencryptoki", "opencryptoki opensc");
            return None;
        }
        let turn = required::turn("opencryptoki");
        let folder = TempDir::new().unwrap();
        let mut script =
            Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tokens/opencryptoki.sh"))
                .arg(folder.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
        let mut ready = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n", "tests/tokens/opencryptoki.sh failed; it takes root");
        Some(Self { folder, script, _turn: turn })
    }

    pub(crate) fn module() -> ModuleConfig {
        ModuleConfig { path: library().expect("opencryptoki"), ..ModuleConfig::default() }
    }

    /// PEM file of its one certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.crt")
    }

    /// That certificate's name for Kyso.
    pub(crate) fn id(&self) -> CertId {
        CertId(sha2::Sha256::digest(softhsm::der(&self.certificate())).into())
    }
}

impl Drop for Opencryptoki {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

fn library() -> Option<PathBuf> {
    let architecture =
        format!("/usr/lib/{}-linux-gnu/opencryptoki/libopencryptoki.so", std::env::consts::ARCH);
    let plain = "/usr/lib64/opencryptoki/libopencryptoki.so".to_owned();
    [architecture.clone(), format!("{architecture}.0"), plain]
        .into_iter()
        .find_map(|path| fs::canonicalize(path).ok())
}
