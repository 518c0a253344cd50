//! Where this user's programs keep the authorities that they trust: Chromium's shared NSS database, a
//! database in each Firefox profile, and the system's own folder, which curl and OpenSSL read and browsers
//! do not.

mod nss;
mod system;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the name of every authority of Kyso begins with; sixteen hex digits follow.
pub const NAME: &str = "Kyso TLS 127.0.0.1 ";

/// Whose store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chromium's and its relatives'.
    Chromium,
    /// A profile of Firefox.
    Firefox,
    /// The system's.
    System,
}

/// A store of trusted authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Whose.
    pub kind: Kind,
    /// Its folder.
    pub folder: PathBuf,
}

/// An authority of Kyso's in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its name, [`NAME`] and all.
    pub name: String,
    /// Whether it is trusted for web servers.
    pub trusted: bool,
}

/// Why a store can't be looked at or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustError {
    /// A program is missing; the package that has it.
    NoTool(&'static str),
    /// Only root may; what root would run.
    NeedsRoot(String),
    /// The database has a password of the person's (Firefox: primary password).
    Locked,
    /// What the program or the system said.
    Failed(String),
}

/// Where to look.
#[derive(Clone, Debug)]
pub struct Places {
    home: PathBuf,
    config: PathBuf,
    data: PathBuf,
}

impl Places {
    /// This user's; nothing if the user has no home.
    pub fn of_user() -> Option<Self> {
        let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = set("HOME")?;
        Some(Self {
            config: set("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
            data: set("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share")),
            home,
        })
    }

    /// Every store of the browsers that there is, and the one that Chromium would make at its first start
    /// where it is installed and has none.
    pub fn browsers(&self) -> Vec<Store> {
        let store = |kind| move |folder| Store { kind, folder };
        let chromium = self.chromium().into_iter().map(store(Kind::Chromium));
        chromium.chain(self.firefox().into_iter().map(store(Kind::Firefox))).collect()
    }

    /// The system's store.
    pub fn system(&self) -> Store {
        Store { kind: Kind::System, folder: system::FOLDER.into() }
    }

    fn chromium(&self) -> Vec<PathBuf> {
        // Since version 146 Chromium makes the second one, and goes on with the first where it is there.
        let old = self.home.join(".pki/nssdb");
        let usual = [old.clone(), self.data.join("pki/nssdb"), self.home.join(".local/share/pki/nssdb")];
        let shut_in = ["snap", ".var/app"].iter().flat_map(|place| below(&self.home.join(place)));
        let shut_in = shut_in.flat_map(|app| {
            ["current", ""].into_iter().flat_map(move |at| {
                [".pki/nssdb", ".local/share/pki/nssdb", "data/pki/nssdb"].map(|db| app.join(at).join(db))
            })
        });
        let mut found: Vec<PathBuf> = Vec::new();
        for folder in usual.into_iter().chain(shut_in).filter(|folder| has_database(folder)) {
            push(&mut found, folder);
        }
        if found.is_empty() && installed(CHROMIUMS) {
            found.push(old);
        }
        found
    }

    fn firefox(&self) -> Vec<PathBuf> {
        let roots = [
            self.home.join(".mozilla/firefox"),
            self.config.join("mozilla/firefox"),
            self.home.join("snap/firefox/common/.mozilla/firefox"),
            self.home.join("snap/firefox/common/.config/mozilla/firefox"),
            self.home.join(".var/app/org.mozilla.firefox/.mozilla/firefox"),
            self.home.join(".var/app/org.mozilla.firefox/config/mozilla/firefox"),
        ];
        let mut found = Vec::new();
        for root in roots {
            let named = fs::read_to_string(root.join("profiles.ini")).unwrap_or_default();
            let named =
                named.lines().filter_map(|line| line.strip_prefix("Path=")).map(|path| root.join(path));
            for profile in below(&root).into_iter().chain(named).filter(|profile| has_database(profile)) {
                push(&mut found, profile);
            }
        }
        found
    }
}

impl Store {
    /// The authorities of Kyso's in it.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn held(&self) -> Result<Vec<Held>, TrustError> {
        match self.kind {
            Kind::System => system::held(&self.folder),
            Kind::Chromium | Kind::Firefox => nss::held(&self.folder),
        }
    }

    /// Has an authority trusted for web servers. Whoever is trusted already stays so.
    ///
    /// # Errors
    /// [`TrustError`], with nothing left behind.
    pub fn add(&self, name: &str, pem: &str, file: &Path) -> Result<(), TrustError> {
        match self.kind {
            Kind::System => system::add(&self.folder, name, pem, file),
            Kind::Chromium | Kind::Firefox => nss::add(&self.folder, name, pem),
        }
    }

    /// Takes an authority out.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn remove(&self, name: &str) -> Result<(), TrustError> {
        match self.kind {
            Kind::System => system::remove(&self.folder, name),
            Kind::Chromium | Kind::Firefox => nss::remove(&self.folder, name),
        }
    }
}

/// Whether the browsers' stores can be looked at.
///
/// # Errors
/// [`TrustError::NoTool`].
pub fn browsers_tool() -> Result<(), TrustError> {
    if installed(&[nss::TOOL]) { Ok(()) } else { Err(TrustError::NoTool(nss::PACKAGE)) }
}

/// Why a program of this package did not run.
fn not_run(error: &io::Error, package: &'static str) -> TrustError {
    if error.kind() == io::ErrorKind::NotFound {
        TrustError::NoTool(package)
    } else {
        TrustError::Failed(error.to_string())
    }
}

fn installed(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| programs.iter().any(|program| folder.join(program).is_file()))
}

fn has_database(folder: &Path) -> bool {
    folder.join("cert9.db").is_file()
}

/// The same folder under another name is not another store.
fn push(found: &mut Vec<PathBuf>, folder: PathBuf) {
    let real = |path: &PathBuf| fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    if !found.iter().any(|known| real(known) == real(&folder)) {
        found.push(folder);
    }
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

const CHROMIUMS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
    "brave-browser",
    "browser-stable",
    "vivaldi",
    "opera",
];

#[cfg(test)]
mod tests;
