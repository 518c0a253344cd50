//! Where this machine's administrator says what holds for every user.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Only root writes there.
pub const FOLDER: &str = "/etc/kyso";

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
