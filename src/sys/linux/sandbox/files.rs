//! Which files a library reaches (landlock(7)): what is not listed here can't be opened.
//!
//! No file can be executed; loading a library only reads and maps it. With the file system goes the
//! network (ABI 4), and connections to abstract sockets and signals out of the process (ABI 6).
//! Which named sockets it connects to is restricted from ABI 9; before, every socket that the user's
//! permissions open can be connected to.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use landlock::ABI;
use landlock::Access as _;
use landlock::AccessFs;
use landlock::AccessNet;
use landlock::BitFlags;
use landlock::LandlockStatus;
use landlock::Ruleset;
use landlock::RulesetAttr as _;
use landlock::RulesetCreatedAttr as _;
use landlock::Scope;
use landlock::make_bitflags;
use landlock::path_beneath_rules;

use super::Allowance;
use super::Landlock;

/// Restricts this thread and what it starts, as far as the kernel can. Paths that don't exist now are
/// left out.
pub(super) fn keep(allowance: &Allowance<'_>) -> io::Result<Landlock> {
    restrict(allowance).map_err(io::Error::other).map(|status| match status {
        LandlockStatus::Available { effective_abi, .. } => Landlock::On { abi: effective_abi as u32 },
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => Landlock::Missing,
    })
}

/// The same for a library whose files are not known: no file is out of its reach, but other processes are, whose
/// memory would be a way out (ptrace(2): nobody looks out of a domain), and so are signals to them (ABI 6).
pub(super) fn keep_to_itself() -> io::Result<()> {
    let restrict = || -> Result<_, landlock::RulesetError> {
        // A ruleset must be about something.
        let ruleset = Ruleset::default().handle_access(AccessFs::Execute)?.scope(Scope::Signal)?;
        ruleset.create()?.restrict_self()
    };
    restrict().map(drop).map_err(io::Error::other)
}

fn restrict(allowance: &Allowance<'_>) -> Result<LandlockStatus, landlock::RulesetError> {
    let mut ruleset =
        Ruleset::default().handle_access(AccessFs::from_all(KNOWN))?.scope(Scope::from_all(KNOWN))?;
    if !allowance.network {
        ruleset = ruleset.handle_access(AccessNet::from_all(KNOWN))?;
    }
    let made = ruleset
        .create()?
        .add_rules(path_beneath_rules(readable(allowance), READ))?
        .add_rules(path_beneath_rules(allowance.writable, WRITE))?
        .add_rules(path_beneath_rules(devices(), DEVICE))?
        .add_rules(path_beneath_rules(sockets(), SOCKET))?;
    Ok(made.restrict_self()?.landlock)
}

fn readable(allowance: &Allowance<'_>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    if allowance.network {
        paths.push(PathBuf::from(RESOLVER));
    }
    let home = absolute("HOME");
    paths.extend(home.iter().flat_map(|home| IN_HOME.iter().map(|folder| home.join(folder))));
    paths.extend(NAMED.iter().filter_map(|name| absolute(name)));
    paths.push(allowance.library.to_owned());
    // What was installed with it, unless that is everything this user has.
    let folder = allowance.library.parent();
    paths.extend(
        folder.filter(|folder| !home.is_some_and(|home| home.starts_with(folder))).map(Path::to_owned),
    );
    paths
}

/// Devices as they are now, and the folders that new ones appear in.
fn devices() -> Vec<PathBuf> {
    let plugged = std::fs::read_dir("/dev").into_iter().flatten().flatten().map(|entry| entry.path());
    let is_token = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        TOKENS.iter().any(|kind| name.starts_with(kind))
    };
    DEVICES.iter().map(PathBuf::from).chain(plugged.filter(is_token)).collect()
}

fn sockets() -> Vec<PathBuf> {
    SOCKETS.iter().map(PathBuf::from).chain(absolute("PCSCLITE_CSOCK_NAME")).collect()
}

fn absolute(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

const KNOWN: ABI = ABI::V9;

const READ: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});
const WRITE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
    ReadFile | ReadDir | WriteFile | Truncate | Refer | RemoveFile | RemoveDir
    | MakeReg | MakeDir | MakeSym | MakeFifo | MakeSock | ResolveUnix
});
const DEVICE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir | WriteFile | IoctlDev});
const SOCKET: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir | ResolveUnix});

/// What belongs to the system or to installed software, and to no person.
///
/// `/proc` is whole, because the kernel makes its inodes anew and a rule on one of them would be lost. Other
/// processes' memory there is out of reach all the same (the ptrace check of ptrace(2), which Landlock
/// sharpens), and so is the agent's environment, because the agent is not dumpable (R35).
const SYSTEM: &[&str] =
    &["/usr", "/lib", "/lib32", "/lib64", "/opt", "/etc", "/sys", "/proc", "/var/lib", "/run/udev"];

/// Where `/etc/resolv.conf` leads.
const RESOLVER: &str = "/run/systemd/resolve";

/// Settings of modules that look into the home folder; of the rest of it nothing can be read.
const IN_HOME: &[&str] = &[
    ".config/softhsm2",
    ".config/opensc",
    ".config/pkcs11",
    ".config/kryoptic",
    ".cache/opensc",
    ".eid",
    ".tpm2_pkcs11",
];

/// Variables that name a module's settings.
const NAMED: &[&str] =
    &["SOFTHSM2_CONF", "OPENSC_CONF", "KRYOPTIC_CONF", "TPM2_PKCS11_STORE", "OPENSSL_CONF"];

const DEVICES: &[&str] =
    &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/bus/usb", "/dev/usb"];

/// Device files of tokens that need no reader: HID, those that pretend to be a CD drive (SCSI), TPM.
const TOKENS: &[&str] = &["hidraw", "sg", "tpm"];

/// PC/SC, opencryptoki's slot daemon, the directory service that knows this user's name.
const SOCKETS: &[&str] = &["/run/pcscd", "/run/pkcsslotd.socket", "/run/opencryptoki", "/var/lib/sss/pipes"];
