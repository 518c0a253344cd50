//! Pictures kept in the repository: whoever changes what they show sees what changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;

use super::picture::Picture;

/// A folder of them; `KYSO_PICTURES=renew` renews it.
pub(in crate::ui) struct Kept {
    folder: PathBuf,
    /// Where those go that differ.
    found: PathBuf,
    test: &'static str,
    renew: bool,
    names: Mutex<BTreeSet<PathBuf>>,
    differing: Mutex<BTreeSet<String>>,
}

impl Kept {
    /// The pictures of this test.
    pub(in crate::ui) fn at(folder: &str, test: &'static str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = root.join("target/pictures/differ").join(test);
        let _ = std::fs::remove_dir_all(&found);
        let renew = std::env::var_os("KYSO_PICTURES").is_some_and(|wish| wish == "renew");
        let (names, differing) = (Mutex::default(), Mutex::default());
        Self { folder: root.join(folder), found, test, renew, names, differing }
    }

    /// Compares with the kept one; keeps the new one, or shows where it differs.
    pub(in crate::ui) fn compare(&self, name: &str, new: &Picture) {
        let path = self.folder.join(name);
        let old = Picture::read(&path);
        self.names.lock().unwrap().insert(path.clone());
        let difference = match &old {
            Some(old) => old.difference(new),
            None => Some((0..new.pixels.len()).collect()),
        };
        let Some(difference) = difference else { return };
        if self.renew {
            new.write(&path);
            return;
        }
        new.write(&self.found.join(name));
        new.marked(&difference).write(&self.found.join(name).with_extension("diff.png"));
        self.differing.lock().unwrap().insert(name.to_owned());
    }

    /// Says what differed, and that nothing else lies there but these texts and what is in `others`.
    pub(in crate::ui) fn finish(self, texts: &[(&str, String)], others: &[&str]) {
        let (mut names, differing) = (self.names.into_inner().unwrap(), self.differing.into_inner().unwrap());
        let count = names.len();
        names.extend(texts.iter().map(|(name, _)| self.folder.join(name)));
        let mut strangers = files(&self.folder);
        strangers.retain(|path| {
            !names.contains(path) && !others.iter().any(|other| path.starts_with(self.folder.join(other)))
        });
        if self.renew {
            strangers.iter().for_each(|path| std::fs::remove_file(path).unwrap());
            texts.iter().for_each(|(name, text)| std::fs::write(self.folder.join(name), text).unwrap());
            return;
        }
        assert!(
            differing.is_empty(),
            "{} of {count} pictures differ from those in {}: {differing:#?}\nThe new ones, and where they differ, are \
             in {}. If they are as they should be: KYSO_PICTURES=renew cargo test --lib {}",
            differing.len(),
            self.folder.display(),
            self.found.display(),
            self.test,
        );
        assert!(strangers.is_empty(), "no test makes {strangers:#?}");
        for (name, text) in texts {
            assert_eq!(std::fs::read_to_string(self.folder.join(name)).unwrap_or_default(), *text, "{name}");
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Within the pictures of the window: those of the icon in the panel.
pub(in crate::ui) const TRAY: &str = "tray";
