//! Where PKCS#11 modules and p11-kit's files about them are.

use std::path::PathBuf;

/// Folders of p11-kit's files, a later one goes before an earlier one: the packages', the administrator's.
pub fn p11kit_folders() -> Vec<PathBuf> {
    ["/usr/share/p11-kit/modules", "/etc/pkcs11/modules"].map(PathBuf::from).into()
}

/// p11-kit's settings for all modules.
pub fn p11kit_settings() -> PathBuf {
    PathBuf::from("/etc/pkcs11/pkcs11.conf")
}

/// The person's own folder of p11-kit files: `pkcs11` in the folder of the XDG Base Directory Specification.
pub fn p11kit_own() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(base.join("pkcs11"))
}

/// Where a name without a folder in p11-kit's files is looked for.
pub fn p11kit_modules() -> Vec<PathBuf> {
    let debian = format!("/usr/lib/{}-linux-gnu/pkcs11", std::env::consts::ARCH);
    [debian.as_str(), "/usr/lib64/pkcs11", "/usr/lib/pkcs11"].map(PathBuf::from).into()
}

/// Folders that only the administrator installs libraries to. What is found by itself must be in one of
/// them (R47).
pub fn libraries() -> Vec<PathBuf> {
    ["/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/local/lib", "/usr/local/lib64", "/lib", "/lib64", "/opt"]
        .map(PathBuf::from)
        .into()
}
