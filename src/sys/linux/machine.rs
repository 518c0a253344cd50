//! Where the machine's administrator lays things down.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::files;

/// A folder of files that only its keeper can change.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    keeper: Keeper,
}

#[derive(Clone, Copy, Debug)]
enum Keeper {
    Root,
    RootOrUser,
}

impl Folder {
    /// The machine's, which root alone keeps: `/etc/kyso`.
    pub fn of_machine() -> Self {
        Self { path: PathBuf::from("/etc/kyso"), keeper: Keeper::Root }
    }

    /// A stand-in for it that this user may keep, too.
    pub fn of_user(path: PathBuf) -> Self {
        Self { path, keeper: Keeper::RootOrUser }
    }

    /// Where it is. It need not be there.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether only the keeper can change what is at this path, behind every link, or put something else there.
    ///
    /// # Errors
    /// The system call's, for what can't be looked at.
    pub fn keeps(&self, path: &Path) -> io::Result<bool> {
        let real = path.canonicalize()?;
        let named_in = path.parent().map_or(Ok(true), |folder| self.is_keepers(&folder.canonicalize()?))?;
        Ok(named_in && self.is_keepers(&real)?)
    }

    fn is_keepers(&self, real: &Path) -> io::Result<bool> {
        match self.keeper {
            Keeper::Root => files::only_roots_to_write(real),
            Keeper::RootOrUser => files::only_ours_to_write(real),
        }
    }
}

/// Writes a file that everybody may read, whole or not at all, and its folder where there is none.
///
/// # Errors
/// The system call's; `PermissionDenied` for whoever is no administrator.
pub fn publish(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    let (file, new) = (folder.join(name), folder.join(format!(".{name}.new")));
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&new)?;
    // Whatever the administrator's umask is, the agents are other users'.
    out.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    out.write_all(bytes)?;
    out.sync_all()?;
    std::fs::rename(&new, &file)
}
