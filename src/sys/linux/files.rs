//! Whose files these are.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

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
    if file.metadata()?.mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Whether only root or this user can change the file or put another in its place: owner root or
/// self, not writable by group or others, and so every folder above it (R47). From the second folder up,
/// a sticky one that others can write to is no way in: what they don't own there they can't replace.
///
/// # Errors
/// The system call's, for a file that can't be looked at.
pub fn only_ours_to_write(path: &Path) -> io::Result<bool> {
    let uid = rustix::process::getuid().as_raw();
    for (height, path) in path.ancestors().enumerate() {
        let metadata = std::fs::metadata(path)?;
        let ours = metadata.uid() == 0 || metadata.uid() == uid;
        let sticky = height > 1 && metadata.mode() & 0o1000 != 0;
        if !ours || (metadata.mode() & 0o022 != 0 && !sticky) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The modules of tokens in use that are installed on this machine, where the configuration names
/// none. SoftHSM2 is never among them.
pub fn usual_modules() -> Vec<PathBuf> {
    let candidates =
        FOLDERS.iter().flat_map(|folder| NAMES.iter().map(move |name| Path::new(folder).join(name)));
    let mut found: Vec<PathBuf> = Vec::new();
    for path in candidates.filter_map(|path| path.canonicalize().ok()) {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// Where Linux distributions and vendors' installers put modules.
const FOLDERS: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu/pkcs11",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
];

/// Bit4id (tokens of the Government's specialised CA), SafeNet eToken, Thales IDPrime, Feitian
/// ePass2003, Yubico, and OpenSC for many cards.
const NAMES: [&str; 8] = [
    "libbit4xpki.so",
    "libbit4ipki.so",
    "libbit4p11.so",
    "libeTPkcs11.so",
    "libIDPrimePKCS11.so",
    "libcastle.so",
    "libykcs11.so",
    "opensc-pkcs11.so",
];
