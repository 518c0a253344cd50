//! Whose files these are.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes a folder and its missing parents that only this user can enter (0700); an existing one is
/// tightened.
///
/// # Errors
/// The system call's, also if the folder belongs to someone else.
pub fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let metadata = std::fs::metadata(path)?;
    if metadata.uid() != rustix::process::getuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "belongs to another user"));
    }
    if metadata.mode() & 0o077 != 0 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Opens a file for reading and writing that only this user can read (0600), making it if need be; an
/// existing one is tightened.
///
/// # Errors
/// The system call's.
pub fn private_file(path: &Path) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    tighten(&file)?;
    Ok(file)
}

/// What such a file holds, tightened if others could read it; nothing where there is none.
///
/// # Errors
/// The system call's.
pub fn read_private(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    tighten(&file)?;
    let mut bytes = Vec::with_capacity(usize::try_from(file.metadata()?.len()).unwrap_or(0));
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn tighten(file: &File) -> io::Result<()> {
    if file.metadata()?.mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Whether only root or this user can change the file or put another in its place: owner root or
/// self, not writable by group or others, and so every folder above it (R47). From the second folder up,
/// a sticky one that others can write to is no way in: what they don't own there they can't replace.
///
/// # Errors
/// The system call's, for a file that can't be looked at.
pub fn only_ours_to_write(path: &Path) -> io::Result<bool> {
    only_theirs_to_write(path, &[0, rustix::process::getuid().as_raw()])
}

/// Whether only root can do so: what the machine's administrator lays down.
///
/// # Errors
/// As [`only_ours_to_write`].
pub fn only_roots_to_write(path: &Path) -> io::Result<bool> {
    only_theirs_to_write(path, &[0])
}

fn only_theirs_to_write(path: &Path, owners: &[u32]) -> io::Result<bool> {
    for (height, path) in path.ancestors().enumerate() {
        let metadata = std::fs::metadata(path)?;
        let theirs = owners.contains(&metadata.uid());
        let sticky = height > 1 && metadata.mode() & 0o1000 != 0;
        if !theirs || (metadata.mode() & 0o022 != 0 && !sticky) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes every right to write from a file (0400).
///
/// # Errors
/// The system call's.
pub fn close_for_good(path: &Path) -> io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400))
}

/// Removes a file that [`close_for_good`] closed: here a matter of its folder alone.
///
/// # Errors
/// The system call's.
pub fn remove_closed(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)
}

/// Makes new and removed names in this file's folder durable.
///
/// # Errors
/// The system call's.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or_else(|| Path::new(".")))?.sync_all()
}
