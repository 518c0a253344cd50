//! A machine whose `/etc` is a test's own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Its `/etc`; gone with this value.
pub(crate) struct Machine(TempDir);

impl Machine {
    /// With these files in `/etc/kyso`.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let machine = Self(TempDir::new().unwrap());
        // Others have to get as far as its files.
        std::fs::set_permissions(machine.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        for (name, text) in files {
            let file = machine.path().join("kyso").join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        machine
    }

    /// The folder that is `/etc` there.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A `/run` of its own, too: the folder that it is.
    pub(crate) fn run(&self) -> PathBuf {
        let run = self.path().join("run");
        std::fs::create_dir_all(&run).unwrap();
        run
    }

    /// Arguments of `unshare`, which the program and its own follow: it runs in a mount namespace of its own, since the
    /// shipped programs read no other folder.
    pub(crate) fn inside(&self) -> Vec<String> {
        let script = "if [ -d \"$0/run\" ]; then mount --bind \"$0/run\" /run; fi && mount --bind \"$0\" /etc && exec \"$@\"";
        ["--mount", "sh", "-c", script, &self.path().display().to_string()].map(str::to_owned).into()
    }
}
