//! p11-kit's `.module` files, as pkcs11.conf(5) has them: one file a module, `name: value` lines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use crate::sys;

/// Where the files are.
#[derive(Clone, Debug, Default)]
pub struct P11Kit {
    /// Folders of the system, the later one goes before the earlier one.
    pub folders: Vec<PathBuf>,
    /// The system's `pkcs11.conf`.
    pub settings: PathBuf,
    /// The person's own folder, with a `pkcs11.conf` and a `modules` folder.
    pub own: Option<PathBuf>,
}

/// One file, laid over those of the same name in earlier folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The file.
    pub(super) file: PathBuf,
    /// What `module` says; a relative name is one in the system's folder of modules.
    pub(super) module: String,
    /// The settings, if every line is one.
    pub(super) values: Result<Values, String>,
}

/// `name: value` lines. Names that nobody knows are kept and mean nothing.
pub(super) type Values = BTreeMap<String, String>;

/// What a file wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To be loaded.
    Load,
    /// Not in this program.
    Off,
    /// To be run by a command that speaks p11-kit's protocol.
    Remote,
    /// Only certificates of authorities come from it.
    Trust,
}

impl P11Kit {
    /// Every file, by `priority` (higher first), then by name.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut by_name: BTreeMap<String, Entry> = BTreeMap::new();
        for folder in self.in_use() {
            for (name, file) in module_files(&folder) {
                let above = read(&file);
                let entry = match by_name.remove(&name) {
                    Some(below) => below.under(file, above),
                    None => Entry { module: module_of(&above), file, values: above },
                };
                by_name.insert(name, entry);
            }
        }
        let mut entries: Vec<Entry> = by_name.into_values().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.priority()));
        entries
    }

    /// `user-config` is `none`, `merge` or `only`; the person's own file can say it too, unless the
    /// system says `none`.
    fn in_use(&self) -> Vec<PathBuf> {
        let said = |file: &Path| read(file).ok()?.get("user-config").cloned();
        let system = said(&self.settings).unwrap_or_default();
        let Some(own) = self.own.as_ref().filter(|_| system != "none") else { return self.folders.clone() };
        let mode = said(&own.join("pkcs11.conf")).unwrap_or(system);
        let own = own.join("modules");
        match mode.as_str() {
            "none" => self.folders.clone(),
            "only" => vec![own],
            _ => self.folders.iter().cloned().chain([own]).collect(),
        }
    }
}

impl Entry {
    /// With a later folder's file of the same name laid over it, setting by setting. An empty `module`
    /// turns the module off, and which it was stays known.
    fn under(self, file: PathBuf, above: Result<Values, String>) -> Self {
        let named = module_of(&above);
        let module = if named.is_empty() { self.module } else { named };
        let values = above.map(|above| {
            let mut values = self.values.unwrap_or_default();
            values.extend(above);
            values
        });
        Self { file, module, values }
    }

    /// Defaults to zero.
    pub(super) fn priority(&self) -> i64 {
        self.value("priority").and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// What the file wants done with its module in Kyso. `critical` means nothing here: a module that can't
    /// be used never keeps the others from being used.
    pub(super) fn wish(&self) -> Wish {
        let among = |list: &str| list.split([',', ' ', '\t']).any(|name| name == PROGRAM);
        let off = self.value("enable-in").is_some_and(|list| !among(list))
            || self.value("disable-in").is_some_and(among)
            || self.value("module").is_some_and(str::is_empty);
        if off {
            Wish::Off
        } else if self.value("remote").is_some() {
            Wish::Remote
        } else if self.value("trust-policy") == Some("yes") {
            Wish::Trust
        } else {
            Wish::Load
        }
    }

    /// NSS-style parameters.
    pub(super) fn reserved(&self) -> Option<String> {
        self.value("x-init-reserved").filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.values.as_ref().ok()?.get(name).map(String::as_str)
    }
}

/// Files whose names pkcs11.conf(5) allows.
fn module_files(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = files.flatten().filter_map(|file| file.file_name().into_string().ok());
    let fit = |name: &String| {
        name.ends_with(".module") && name.starts_with(|first: char| first.is_ascii_alphanumeric())
    };
    let mut found: Vec<_> = names.filter(fit).map(|name| (name.clone(), folder.join(name))).collect();
    found.sort();
    found.truncate(MOST_FILES);
    found
}

fn module_of(values: &Result<Values, String>) -> String {
    values.as_ref().ok().and_then(|values| values.get("module")).cloned().unwrap_or_default()
}

fn read(file: &Path) -> Result<Values, String> {
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err("not a file of settings".to_owned());
    }
    // It tells which libraries run and what is said to them.
    let real = file.canonicalize().map_err(|error| error.to_string())?;
    if !sys::files::only_ours_to_write(&real).map_err(|error| error.to_string())? {
        return Err("other users could change it or its folder".to_owned());
    }
    let mut text = String::new();
    File::open(file)
        .and_then(|open| open.take(LONGEST).read_to_string(&mut text))
        .map_err(|error| error.to_string())?;
    parse(&text)
}

fn parse(text: &str) -> Result<Values, String> {
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(index, line)| match line.split_once(':') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
            None => Err(format!("line {}: no `name: value`", index + 1)),
        })
        .collect()
}

/// In `enable-in` and `disable-in`.
const PROGRAM: &str = "kyso";
/// Bytes.
const LONGEST: u64 = 64 * 1024;
const MOST_FILES: usize = 256;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    fn desk(files: &[(&str, &str)]) -> (TempDir, P11Kit) {
        let root = tempfile::tempdir().expect("scratch");
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("scratch");
            fs::write(path, text).expect("scratch");
        }
        let at = |name: &str| root.path().join(name);
        let folders = vec![at("share"), at("etc/modules")];
        let kit = P11Kit { folders, settings: at("etc/pkcs11.conf"), own: Some(at("own")) };
        (root, kit)
    }

    fn modules(kit: &P11Kit) -> Vec<String> {
        kit.entries().into_iter().map(|entry| entry.module).collect()
    }

    #[test]
    fn files_of_all_folders_by_priority_then_name() {
        let (_root, kit) = desk(&[
            ("share/b.module", "module: b.so\n"),
            ("share/a.module", "# comment\n\n  module :  a.so  \nunheard-of: 1\n"),
            ("etc/modules/c.module", "module: c.so\npriority: 5\n"),
            ("own/modules/d.module", "module: /d.so\npriority: -1\ncritical: yes\n"),
            ("share/.hidden.module", "module: hidden.so\n"),
            ("share/readme.txt", "module: readme.so\n"),
        ]);
        assert_eq!(modules(&kit), ["c.so", "a.so", "b.so", "/d.so"]);
        assert!(kit.entries().iter().all(|entry| entry.wish() == Wish::Load));
    }

    #[test]
    fn a_later_folder_goes_before_an_earlier_one_setting_by_setting() {
        let (root, kit) = desk(&[
            ("share/a.module", "module: a.so\nx-init-reserved: old\npriority: 3\n"),
            ("etc/modules/a.module", "x-init-reserved: configdir='/x y'\n"),
            ("share/b.module", "module: b.so\n"),
            ("own/modules/b.module", "module:\n"),
        ]);
        let entries = kit.entries();
        assert_eq!(entries[0].file, root.path().join("etc/modules/a.module"));
        assert_eq!((entries[0].module.as_str(), entries[0].priority()), ("a.so", 3));
        assert_eq!(entries[0].reserved().as_deref(), Some("configdir='/x y'"));
        assert_eq!((entries[1].module.as_str(), entries[1].wish()), ("b.so", Wish::Off));
    }

    #[test]
    fn a_file_says_where_its_module_is_used() {
        for (line, wish) in [
            ("enable-in: firefox, kyso", Wish::Load),
            ("enable-in: firefox kyso2", Wish::Off),
            ("enable-in: p11-kit-proxy", Wish::Off),
            ("disable-in: p11-kit-proxy", Wish::Load),
            ("disable-in: ssh,kyso", Wish::Off),
            ("remote: |ssh other p11-kit remote /x.so", Wish::Remote),
            ("trust-policy: yes", Wish::Trust),
            ("trust-policy: no", Wish::Load),
            ("x-init-reserved:", Wish::Load),
        ] {
            let (_root, kit) = desk(&[("share/a.module", &format!("module: a.so\n{line}\n"))]);
            let entries = kit.entries();
            assert_eq!((entries[0].wish(), entries[0].reserved()), (wish, None), "{line}");
        }
    }

    #[test]
    fn a_broken_file_is_named_and_costs_itself_alone() {
        let (root, kit) = desk(&[("share/a.module", "module: a.so\n"), ("share/b.module", "module b.so\n")]);
        fs::write(root.path().join("share/c.module"), [0xff, 0xfe]).expect("scratch");
        fs::create_dir(root.path().join("share/d.module")).expect("scratch");
        fs::write(root.path().join("share/e.module"), "#".repeat(70_000)).expect("scratch");
        let entries = kit.entries();
        let broken: Vec<bool> = entries.iter().map(|entry| entry.values.is_err()).collect();
        assert_eq!(broken, [false, true, true, true, true]);
        assert_eq!(entries[1].values, Err("line 1: no `name: value`".to_owned()));
    }

    #[test]
    fn r47_a_file_that_others_can_write_counts_for_nothing() {
        let (root, kit) = desk(&[("share/a.module", "module: a.so\n"), ("share/b.module", "module: b.so\n")]);
        let open = fs::Permissions::from_mode(0o666);
        fs::set_permissions(root.path().join("share/b.module"), open).expect("scratch");
        let entries = kit.entries();
        assert!(entries[0].values.is_ok());
        assert!(entries[1].values.as_ref().is_err_and(|why| why.contains("other users")), "{entries:?}");
    }

    #[test]
    fn user_config_says_whose_files_count() {
        for (system, own, expected) in [
            ("", "", vec!["a.so", "b.so"]),
            ("user-config: merge", "", vec!["a.so", "b.so"]),
            ("user-config: none", "user-config: only", vec!["a.so"]),
            ("user-config: only", "", vec!["b.so"]),
            ("user-config: merge", "user-config: only", vec!["b.so"]),
        ] {
            let (_root, kit) = desk(&[
                ("share/a.module", "module: a.so\n"),
                ("own/modules/b.module", "module: b.so\n"),
                ("etc/pkcs11.conf", system),
                ("own/pkcs11.conf", own),
            ]);
            assert_eq!(modules(&kit), expected, "{system} / {own}");
        }
    }
}
