//! The module of `examples/hostile_module.rs`, steered and watched.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kyso::domain::module::ModuleSettings;
use kyso::token::hub::ModuleConfig;
use tempfile::TempDir;

use super::softhsm::{self, SoftHsm};

/// A copy of the module in a folder that nobody else can write to, with the log of its calls.
#[derive(Debug)]
pub(crate) struct Hostile {
    folder: TempDir,
}

/// Copies a module of `examples` to where nobody else can write to it.
///
/// # Panics
/// If it was not built; `cargo test` builds it.
pub(super) fn install(example: &str, library: &Path) {
    let test = std::env::current_exe().unwrap();
    let name = format!("{}{example}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let built = test.ancestors().nth(2).unwrap().join("examples").join(name);
    fs::copy(&built, library).unwrap_or_else(|error| {
        panic!("{}: {error}. Build it: cargo build --example {example}", built.display())
    });
    fs::set_permissions(library, fs::Permissions::from_mode(0o700)).unwrap();
}

impl Hostile {
    /// # Panics
    /// If the example was not built; `cargo test` builds it.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        install("hostile_module", &folder.path().join("hostile.so"));
        let certificate = softhsm::der(&SoftHsm::new().certificate("person-rsa"));
        fs::write(folder.path().join("certificate.der"), certificate).unwrap();
        Self { folder }
    }

    /// The module with `FUNCTION=ACTION,…` in every process.
    pub(crate) fn always(&self, behaviour: &str) -> ModuleConfig {
        let text = |value: PathBuf| value.into_os_string();
        let environment = [
            ("KYSO_HOSTILE", OsString::from(behaviour)),
            ("KYSO_HOSTILE_LOG", text(self.folder.path().join("log"))),
            ("KYSO_HOSTILE_GONE", text(self.folder.path().join("gone"))),
            ("KYSO_HOSTILE_FINAL", text(self.final_try())),
            ("KYSO_HOSTILE_CERTIFICATE", text(self.folder.path().join("certificate.der"))),
        ];
        ModuleConfig {
            path: self.folder.path().join("hostile.so"),
            environment: environment.map(|(name, value)| (name.into(), value)).into(),
            // The log.
            settings: ModuleSettings {
                writable: vec![self.folder.path().to_owned()],
                ..ModuleSettings::default()
            },
        }
    }

    /// The same, but it misbehaves only in the first call that could.
    pub(crate) fn once(&self, behaviour: &str) -> ModuleConfig {
        let mut module = self.always(behaviour);
        let once = self.folder.path().join("once").into_os_string();
        module.environment.push(("KYSO_HOSTILE_ONCE".into(), once));
        module
    }

    /// The same with a token that is one of `logged-in`, `always-authenticate`, `pad`.
    pub(crate) fn token(&self, property: &str, behaviour: &str) -> ModuleConfig {
        let mut module = self.always(behaviour);
        module.environment.push(("KYSO_HOSTILE_TOKEN".into(), property.into()));
        module
    }

    /// Takes the token out.
    pub(crate) fn pull(&self) {
        fs::write(self.folder.path().join("gone"), "").unwrap();
    }

    /// While this file is there, one try is left by the token's flags.
    pub(crate) fn final_try(&self) -> PathBuf {
        self.folder.path().join("final")
    }

    /// The lines of its log so far.
    pub(crate) fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// How long ago the module was called last.
    pub(crate) fn since_last_call(&self) -> Duration {
        let called = fs::metadata(self.folder.path().join("log")).unwrap().modified().unwrap();
        called.elapsed().unwrap_or_default()
    }

    /// How often a line stands in the log.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.log().iter().filter(|found| *found == line).count()
    }
}
