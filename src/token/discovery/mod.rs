//! Which modules this machine has, and why each was taken or not. Nothing is loaded to find out.
//!
//! With nothing configured they come from p11-kit's files ([`p11kit`]) and from a built-in list of vendors
//! ([`vendors`]). What is found so must be in a folder that only the administrator installs libraries to: a
//! person's p11-kit file is written by programs, and names no library that the person chose for Kyso. A path
//! in Kyso's own configuration is the person's word, so its folder may be any that nobody else can write to.

pub mod p11kit;
pub mod vendors;
pub mod vet;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::Path;
use std::path::PathBuf;

use self::p11kit::Entry;
use self::p11kit::P11Kit;
use self::p11kit::Wish;
use self::vendors::List;
use self::vet::Unfit;
use super::remote::ModuleConfig;
use crate::domain::module::ModuleSettings;
use crate::domain::rules::ModuleRules;
use crate::sys;

/// Where modules are looked for.
#[derive(Clone, Debug)]
pub struct Places {
    /// p11-kit's files.
    pub p11kit: P11Kit,
    /// Where a relative name in them is looked for.
    pub relative: Vec<PathBuf>,
    /// Folders that what is found must be in.
    pub libraries: Vec<PathBuf>,
    /// What the folders of the vendors' list are below.
    pub root: PathBuf,
    /// As [`std::env::consts::OS`].
    pub system: String,
}

/// A library that could have been a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// As it was named; empty where a broken file names none.
    pub path: PathBuf,
    /// The p11-kit file that names it.
    pub file: Option<PathBuf>,
    /// Whose it is, if the list knows it.
    pub vendor: Option<String>,
    /// Whose tokens it drives.
    pub used_by: Option<String>,
    /// Why it was left out; none if it was taken.
    pub left_out: Option<Reason>,
}

/// Why a candidate was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It may not be loaded.
    Unfit(Unfit),
    /// Not in one of the folders for libraries (R47).
    Elsewhere,
    /// Its p11-kit file turns it off, or has it for other programs.
    SwitchedOff,
    /// It holds certificates of authorities and no keys to sign with.
    Trust,
    /// A command of the file's would speak for it: Kyso runs none, since anybody who writes such a file
    /// would have a program run with the person's rights.
    Remote,
    /// It only passes on the modules of p11-kit's files, which are here already; through it each token would
    /// show twice, and one module's crash would take all along.
    Proxy,
    /// The same library as an earlier candidate, named otherwise.
    Twice(PathBuf),
    /// The p11-kit file can't be read, with the reason.
    Broken(String),
    /// The machine's policy does not let it be used.
    Policy,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// To be used, the preferred first.
    pub modules: Vec<ModuleConfig>,
    /// All that was looked at, in the same order, what was left out last.
    pub candidates: Vec<Candidate>,
}

/// A candidate that is fit, before the order is known.
struct Fit {
    order: (std::cmp::Reverse<i64>, usize),
    module: ModuleConfig,
    candidate: Candidate,
}

impl Found {
    /// Without what the machine's policy does not let be used.
    pub fn under(mut self, rules: &ModuleRules) -> Self {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.modules.retain(|module| rules.admit(&real(&module.path)));
        // A configured one that is unfit is among the modules all the same.
        let might = |candidate: &&mut Candidate| matches!(candidate.left_out, None | Some(Reason::Unfit(_)));
        for candidate in self.candidates.iter_mut().filter(might) {
            if !rules.admit(&real(&candidate.path)) {
                candidate.left_out = Some(Reason::Policy);
            }
        }
        self
    }
}

impl Candidate {
    /// Whether the next one of [`Found::modules`] is this one's: all that are configured are there, and of what was
    /// found what is taken.
    pub fn is_among(&self, configured: bool) -> bool {
        match self.left_out {
            None => true,
            Some(Reason::Policy) => false,
            Some(_) => configured,
        }
    }
}

impl Places {
    /// This system's.
    pub fn usual() -> Self {
        let p11kit = P11Kit {
            folders: sys::modules::p11kit_folders(),
            settings: sys::modules::p11kit_settings(),
            own: sys::modules::p11kit_own(),
        };
        Self {
            p11kit,
            relative: sys::modules::p11kit_modules(),
            libraries: sys::modules::libraries(),
            root: PathBuf::from("/"),
            system: std::env::consts::OS.to_owned(),
        }
    }

    fn allows(&self, real: &Path) -> bool {
        let folders = self.libraries.iter().filter_map(|folder| folder.canonicalize().ok());
        folders.into_iter().any(|folder| real.starts_with(folder))
    }

    /// Past a relative name, to the first folder that has it.
    fn resolve(&self, name: &str) -> PathBuf {
        let there = |folder: &PathBuf| Some(folder.join(name)).filter(|path| path.exists());
        let found = self.relative.iter().find_map(there);
        found.unwrap_or_else(|| self.relative.first().map_or_else(|| name.into(), |folder| folder.join(name)))
    }
}

/// The modules of this machine: p11-kit's by `priority`, the list's in its order, those that drive any card
/// last. Each library once, by its canonical path.
pub fn find(places: &Places, list: &List) -> Found {
    let mut search =
        Search { places, list, known: Vec::new(), off: HashSet::new(), fit: vec![], left: vec![] };
    places.p11kit.entries().iter().for_each(|entry| search.entry(entry));
    list.candidates(&places.system, &places.root).for_each(|path| search.named(&path));
    search.end()
}

/// Whose the module at this path is by its file name, and how it wants to be treated then.
pub fn known(path: &Path, list: &List) -> (Option<String>, Option<ModuleSettings>) {
    let real = path.canonicalize().unwrap_or_default();
    let vendor = [path, &real].into_iter().find_map(|path| list.find(std::env::consts::OS, path).0);
    vendor.map_or((None, None), |vendor| (Some(vendor.name.clone()), Some(vendor.settings())))
}

/// What is configured, and nothing else; in its order.
pub fn configured(modules: Vec<ModuleConfig>, list: &List) -> Found {
    let candidates = modules.iter().map(|module| {
        let left_out = vet::vet(&module.path).err().map(Reason::Unfit);
        candidate(&module.path, None, list, std::env::consts::OS, left_out)
    });
    Found { candidates: candidates.collect(), modules }
}

struct Search<'a> {
    places: &'a Places,
    list: &'a List,
    /// Canonical and first named paths of what was looked at.
    known: Vec<(PathBuf, PathBuf)>,
    /// Canonical paths of what p11-kit's files turn off.
    off: HashSet<PathBuf>,
    fit: Vec<Fit>,
    left: Vec<Candidate>,
}

impl Search<'_> {
    /// A p11-kit file.
    fn entry(&mut self, entry: &Entry) {
        let path = match entry.module.as_str() {
            "" => PathBuf::new(),
            name => self.places.resolve(name),
        };
        let reason = match (&entry.values, entry.wish()) {
            (Err(why), _) => Some(Reason::Broken(why.clone())),
            (_, Wish::Off) => Some(Reason::SwitchedOff),
            (_, Wish::Remote) => Some(Reason::Remote),
            (_, Wish::Trust) => Some(Reason::Trust),
            (_, Wish::Load) => None,
        };
        match reason {
            Some(reason) => {
                self.off.extend(path.canonicalize().ok().filter(|_| reason == Reason::SwitchedOff));
                self.leave(&path, Some(entry), reason);
            }
            None => self.consider(&path, Some(entry)),
        }
    }

    /// A path that the list names; it says nothing of what is not installed, or was looked at already.
    fn named(&mut self, path: &Path) {
        let Ok(real) = path.canonicalize() else { return };
        if !self.off.contains(&real) && !self.known.iter().any(|(known, _)| *known == real) {
            self.consider(path, None);
        }
    }

    fn consider(&mut self, path: &Path, entry: Option<&Entry>) {
        match self.judge(path) {
            Ok(real) => self.take(path, real, entry),
            Err(reason) => self.leave(path, entry, reason),
        }
    }

    /// The library behind the path, if it is fit and new.
    fn judge(&mut self, path: &Path) -> Result<PathBuf, Reason> {
        // Before it is vetted: what can't be used is said once, too.
        if let Ok(real) = path.canonicalize() {
            if let Some((_, first)) = self.known.iter().find(|(known, _)| *known == real) {
                return Err(Reason::Twice(first.clone()));
            }
            self.known.push((real.clone(), path.to_owned()));
            if is_proxy(&real) {
                return Err(Reason::Proxy);
            }
            if !self.places.allows(&real) {
                return Err(Reason::Elsewhere);
            }
        }
        vet::vet(path).map_err(Reason::Unfit)
    }

    fn take(&mut self, path: &Path, real: PathBuf, entry: Option<&Entry>) {
        let system = &self.places.system;
        let (vendor, mut rank) = match self.list.find(system, path) {
            (None, _) => self.list.find(system, &real),
            found => found,
        };
        if is_client(&real) {
            // What it passes on may be here as well, and is then shown by its own module.
            rank = usize::MAX;
        }
        // The files of a module that the list does not know are not known either.
        let unknown = || ModuleSettings { landlock: false, ..ModuleSettings::default() };
        let mut settings = vendor.map_or_else(unknown, vendors::Vendor::settings);
        settings.reserved = entry.and_then(Entry::reserved);
        let order = (std::cmp::Reverse(entry.map_or(0, Entry::priority)), rank);
        let file = entry.map(|entry| entry.file.clone());
        let candidate = candidate(path, file, self.list, system, None);
        let module = ModuleConfig { path: real, environment: Vec::new(), settings };
        self.fit.push(Fit { order, module, candidate });
    }

    fn leave(&mut self, path: &Path, entry: Option<&Entry>, reason: Reason) {
        let file = entry.map(|entry| entry.file.clone());
        self.left.push(candidate(path, file, self.list, &self.places.system, Some(reason)));
    }

    fn end(mut self) -> Found {
        self.fit.sort_by_key(|fit| fit.order);
        let (modules, mut candidates): (Vec<_>, Vec<_>) =
            self.fit.into_iter().map(|fit| (fit.module, fit.candidate)).unzip();
        candidates.append(&mut self.left);
        Found { modules, candidates }
    }
}

impl Reason {
    /// A stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unfit(unfit) => match unfit {
                Unfit::Relative => "relative",
                Unfit::Gone(_) => "missing",
                Unfit::NoFile => "no_file",
                Unfit::Others => "writable_by_others",
                Unfit::NoLibrary => "no_library",
                Unfit::Machine(_) => "other_machine",
                Unfit::NoFunctionList => "no_pkcs11",
            },
            Self::Elsewhere => "folder_not_allowed",
            Self::SwitchedOff => "switched_off",
            Self::Trust => "trust_only",
            Self::Remote => "remote",
            Self::Proxy => "proxy",
            Self::Twice(_) => "same_library",
            Self::Broken(_) => "broken_file",
            Self::Policy => "policy",
        }
    }
}

fn candidate(
    path: &Path,
    file: Option<PathBuf>,
    list: &List,
    system: &str,
    left_out: Option<Reason>,
) -> Candidate {
    let real = path.canonicalize().unwrap_or_default();
    let vendor = [path, &real].into_iter().find_map(|path| list.find(system, path).0);
    Candidate {
        path: path.to_owned(),
        file,
        vendor: vendor.map(|vendor| vendor.name.clone()),
        used_by: vendor.map(|vendor| vendor.used_by.clone()),
        left_out,
    }
}

/// `p11-kit-proxy.so` is a link to `libp11-kit.so`.
fn is_proxy(real: &Path) -> bool {
    named(real, &["p11-kit-proxy.", "libp11-kit."])
}

fn is_client(real: &Path) -> bool {
    named(real, &["p11-kit-client."])
}

fn named(path: &Path, starts: &[&str]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    starts.iter().any(|start| name.starts_with(start))
}
