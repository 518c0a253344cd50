//! The built-in list of vendors' modules (`modules.toml`).

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;

use crate::domain::module::ModuleSettings;

/// The list, the preferred first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Folders where modules are, by system.
    folders: BTreeMap<String, Vec<PathBuf>>,
    vendor: Vec<Vendor>,
}

/// One vendor's modules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// Whose software it is.
    pub name: String,
    /// Whose tokens it drives.
    pub used_by: String,
    /// File names, or whole paths, by system.
    #[serde(default)]
    files: BTreeMap<String, Vec<PathBuf>>,
    /// Folders besides the usual ones, by system.
    #[serde(default)]
    folders: BTreeMap<String, Vec<PathBuf>>,
    /// Drives many vendors' cards, so a vendor's own goes before it.
    #[serde(default)]
    generic: bool,
    /// Known only by name: loaded where something else names it.
    #[serde(default)]
    only_named: bool,
    #[serde(default = "one")]
    parallel: usize,
    #[serde(default)]
    slow: bool,
    #[serde(default)]
    network: bool,
    #[serde(default)]
    writable: Vec<PathBuf>,
    #[serde(default)]
    landlock: bool,
}

impl List {
    /// The shipped one.
    ///
    /// # Panics
    /// If it can't be read; a test reads it.
    #[allow(clippy::expect_used, reason = "part of the program; a test reads it")]
    pub fn shipped() -> Self {
        // The text is the program's own, fixed when it was built; a test of every build reads it by this line.
        Self::parse(include_str!("../modules.toml")).expect("modules.toml")
    }

    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Where a module of the list could be on `system`, as [`std::env::consts::OS`] names it; below `root`.
    pub(super) fn candidates<'a>(&'a self, system: &'a str, root: &'a Path) -> impl Iterator<Item = PathBuf> {
        let usual = self.folders.get(system).map(Vec::as_slice).unwrap_or_default();
        let searched = self.vendor.iter().filter(|vendor| !vendor.only_named);
        searched.flat_map(move |vendor| {
            let own = vendor.folders.get(system).map(Vec::as_slice).unwrap_or_default();
            let files = vendor.files.get(system).map(Vec::as_slice).unwrap_or_default();
            files.iter().flat_map(move |file| {
                own.iter().chain(usual).map(move |folder| below(root, &folder.join(file)))
            })
        })
    }

    /// Whose module this is, by its file name, and its place in the order of preference.
    pub(super) fn find(&self, system: &str, path: &Path) -> (Option<&Vendor>, usize) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let place = self.vendor.iter().position(|vendor| vendor.has(system, name));
        let vendor = place.and_then(|place| self.vendor.get(place));
        // A module that nobody knows goes after all vendors' own and before those for every card.
        let rank = match (vendor, place) {
            (Some(vendor), Some(place)) if vendor.generic => self.vendor.len() + 1 + place,
            (Some(_), Some(place)) => place,
            _ => self.vendor.len(),
        };
        (vendor, rank)
    }
}

impl Vendor {
    /// `name` is one of its file names, or one with a version behind it, such as `libcastle.so.1.0.0`.
    fn has(&self, system: &str, name: &str) -> bool {
        let files = self.files.get(system).map(Vec::as_slice).unwrap_or_default();
        files
            .iter()
            .filter_map(|file| file.file_name()?.to_str())
            .any(|file| name.strip_prefix(file).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }

    /// How its modules want to be treated.
    pub(super) fn settings(&self) -> ModuleSettings {
        ModuleSettings {
            reserved: None,
            parallel: self.parallel.clamp(1, ModuleSettings::MOST_SESSIONS),
            slow: self.slow,
            network: self.network,
            writable: self.writable.clone(),
            environment: Vec::new(),
            landlock: self.landlock,
        }
    }
}

/// `{arch}` in a folder is the machine, as Debian's folders of libraries name it.
fn below(root: &Path, path: &Path) -> PathBuf {
    let path = path.to_string_lossy().replace("{arch}", std::env::consts::ARCH);
    root.join(path.trim_start_matches('/'))
}

fn one() -> usize {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_names_every_system_and_never_softhsm() {
        let list = List::shipped();
        for system in ["linux", "windows", "macos"] {
            let all: Vec<PathBuf> = list.candidates(system, Path::new("/")).collect();
            let first = all[0].to_string_lossy().to_lowercase();
            assert!(first.contains("bit4xpki"), "{system}: the Government's CA first: {first}");
            let last = all[all.len() - 1].to_string_lossy().into_owned();
            assert!(last.contains("opensc-pkcs11"), "{system}: the generic one last: {last}");
            assert!(!all.iter().any(|path| path.to_string_lossy().to_lowercase().contains("softhsm")));
            assert!(!all.iter().any(|path| path.to_string_lossy().contains("{arch}")));
        }
    }

    #[test]
    fn a_file_name_tells_the_vendor_and_the_settings() {
        let list = List::shipped();
        let of = |name: &str| list.find("linux", Path::new(name));
        assert_eq!(of("/opt/x/libbit4xpki.so").0.map(|vendor| vendor.name.as_str()), Some("Bit4id xPKI"));
        assert_eq!(of("/l/libcastle.so.1.0.0").0.map(|v| v.name.as_str()), Some("Feitian ePass2003"));
        assert!(of("/l/unheard-of.so").0.is_none() && of("/l/libcastle.sorry").0.is_none());
        assert!(of("libbit4xpki.so").1 < of("unheard-of.so").1);
        assert!(of("unheard-of.so").1 < of("opensc-pkcs11.so").1);
        let parallel = |name| of(name).0.map(|vendor| vendor.settings().parallel);
        assert_eq!((parallel("libopencryptoki.so.0.0.0"), parallel("opensc-pkcs11.so")), (Some(2), Some(1)));
    }
}
