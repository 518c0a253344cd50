//! A virtual PIV card in the system's reader stack: `tests/tokens/piv_card.py` over vsmartcard's vpcd, read
//! by OpenSC. One test of one run holds it at a time, on the whole machine.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kyso::domain::certificate::CertId;
use kyso::token::hub::ModuleConfig;
use pcsc::{Context, ReaderState, Scope, State};
use sha2::Digest as _;
use tempfile::TempDir;

use super::required;
use super::softhsm;

/// The card, its reader and the reader stack; gone with this value.
#[derive(Debug)]
pub(crate) struct Card {
    folder: TempDir,
    card: Child,
    stack: Option<Child>,
    _turn: File,
}

/// What the card says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// PINs that may still be wrong.
    pub(crate) tries: u32,
    /// PINs it ever got.
    pub(crate) pins: u32,
    /// Commands it answered since the program began.
    pub(crate) commands: u32,
}

impl Card {
    /// The PIN of every identity.
    pub(crate) const PIN: &'static str = "123456";

    /// A fresh card, in its reader. None if what it takes is not installed, which is said loudly.
    pub(crate) fn inserted() -> Option<Self> {
        if let Some(missing) = missing() {
            required::skip("the virtual card", &missing);
            return None;
        }
        let turn = required::turn("reader");
        let folder = TempDir::new().unwrap();
        let (stack, port) = start_stack(folder.path());
        let mut card = Command::new("python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tokens/piv_card.py"))
            .args(["--port", &port.to_string()])
            .arg(folder.path().join(FIRST))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut ready = String::new();
        BufReader::new(card.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n", "python3 tests/tokens/piv_card.py does not start");
        let card = Self { folder, card, stack, _turn: turn };
        card.wait_for_reader(true);
        Some(card)
    }

    /// OpenSC, which reads the card.
    pub(crate) fn module() -> ModuleConfig {
        ModuleConfig { path: opensc().expect("OpenSC"), ..ModuleConfig::default() }
    }

    /// Puts the first identity in.
    pub(crate) fn insert(&self) {
        self.insert_identity(FIRST);
    }

    /// Puts the second identity in.
    pub(crate) fn insert_other(&self) {
        self.insert_identity(SECOND);
    }

    /// Pulls the card out.
    pub(crate) fn remove(&self) {
        self.tell("remove");
    }

    /// Puts the other card in for this one, as fast as hands are: the reader stack has seen both.
    pub(crate) fn swap(&self) {
        self.remove();
        self.wait_for_reader(false);
        self.insert_other();
        self.wait_for_reader(true);
    }

    /// Carries out a command of `piv_card.py`.
    pub(crate) fn tell(&self, command: &str) -> Said {
        let mut control = UnixStream::connect(self.folder.path().join(FIRST).join("control")).unwrap();
        control.write_all(command.as_bytes()).unwrap();
        let mut said = String::new();
        control.read_to_string(&mut said).unwrap();
        let number = |name: &str| {
            let found = said.split_whitespace().find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            found.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{command}: {said}"))
        };
        Said { tries: number("tries"), pins: number("pins"), commands: number("commands") }
    }

    /// What the card says of itself.
    pub(crate) fn said(&self) -> Said {
        self.tell("status")
    }

    /// PEM file of a certificate of the first identity: `9a`, `9c`, `9d`, `9e`.
    pub(crate) fn certificate(&self, key: &str) -> PathBuf {
        self.folder.path().join(FIRST).join(format!("{key}.crt"))
    }

    /// That certificate's name for Kyso.
    pub(crate) fn id(&self, key: &str) -> CertId {
        name(&self.certificate(key))
    }

    /// The same of the second identity, once it was in the reader.
    pub(crate) fn other_id(&self, key: &str) -> CertId {
        name(&self.folder.path().join(SECOND).join(format!("{key}.crt")))
    }

    /// Waits until the reader stack sees the card, or sees it gone, up to 20 s.
    pub(crate) fn wait_for_reader(&self, present: bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !reader_shows(present) {
            assert!(Instant::now() < end, "the reader stack never showed the card as present={present}");
        }
    }

    fn insert_identity(&self, identity: &str) {
        self.tell(&format!("insert {}", self.folder.path().join(identity).display()));
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        for program in [Some(&mut self.card), self.stack.as_mut()].into_iter().flatten() {
            // Both end with their standard input.
            drop(program.stdin.take());
            let _ = program.wait();
        }
    }
}

/// Whether the card is there, or not, after at most a second's wait for it.
fn reader_shows(present: bool) -> bool {
    let Ok(context) = Context::establish(Scope::User) else {
        std::thread::sleep(Duration::from_millis(20));
        return false;
    };
    let mut states = [ReaderState::new(CString::new(READER).unwrap(), State::UNAWARE)];
    if context.get_status_change(Duration::ZERO, &mut states).is_err() {
        std::thread::sleep(Duration::from_millis(20));
        return false;
    }
    if states[0].event_state().contains(State::PRESENT) == present {
        return true;
    }
    states[0].sync_current_state();
    let _ = context.get_status_change(Duration::from_secs(1), &mut states);
    states[0].event_state().contains(State::PRESENT) == present
}

/// Starts pcscd, unless one runs, and says on which port its reader waits for a card. Not on the one that Debian
/// chose: any connection of another test can have got that as its own, and hold it a minute longer than it lasts.
fn start_stack(folder: &Path) -> (Option<Child>, u16) {
    if UnixStream::connect(STACK).is_ok() {
        return (None, DEBIANS);
    }
    let reader = fs::read_to_string(READERS).unwrap();
    let reader = reader.replace(&format!("0x{DEBIANS:X}"), &format!("0x{OURS:X}"));
    let readers = folder.join("readers");
    fs::create_dir(&readers).unwrap();
    fs::write(readers.join("vpcd"), reader).unwrap();
    fs::create_dir_all(Path::new(STACK).parent().unwrap()).unwrap();
    let _ = fs::remove_file(STACK);
    // It ends with this process, however that ends.
    let script = "pcscd --config \"$0\" --foreground >/dev/null 2>&1 & read -r _; kill $!; wait";
    let mut stack = Command::new("sh");
    let stack = stack.args(["-c", script]).arg(readers).stdin(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while UnixStream::connect(STACK).is_err() {
        assert!(Instant::now() < end, "pcscd does not start; it takes root");
        std::thread::sleep(Duration::from_millis(20));
    }
    (Some(stack), OURS)
}

/// What must be installed, if anything must.
fn missing() -> Option<String> {
    let has_cryptography = || {
        let asked = Command::new("python3").args(["-c", "import cryptography"]).output();
        asked.is_ok_and(|asked| asked.status.success())
    };
    let needs = [
        ("opensc-pkcs11", opensc().is_some()),
        ("pcscd", Path::new("/usr/sbin/pcscd").exists()),
        ("vsmartcard-vpcd", Path::new(READERS).exists()),
        ("python3-cryptography", has_cryptography()),
    ];
    let missing: Vec<&str> = needs.iter().filter(|(_, there)| !there).map(|(package, _)| *package).collect();
    (!missing.is_empty()).then(|| missing.join(" "))
}

fn opensc() -> Option<PathBuf> {
    let architecture = format!("/usr/lib/{}-linux-gnu/opensc-pkcs11.so", std::env::consts::ARCH);
    [architecture.as_str(), "/usr/lib64/opensc-pkcs11.so", "/usr/lib/opensc-pkcs11.so"]
        .into_iter()
        .find_map(|path| fs::canonicalize(path).ok())
}

fn name(certificate: &Path) -> CertId {
    CertId(sha2::Sha256::digest(softhsm::der(certificate)).into())
}

const FIRST: &str = "first";
const SECOND: &str = "second";
/// The first of vpcd's two readers.
const READER: &str = "Virtual PCD 00 00";
const READERS: &str = "/etc/reader.conf.d/vpcd";
const DEBIANS: u16 = 35_963;
/// Below the ports that connections get (`net.ipv4.ip_local_port_range`).
const OURS: u16 = 29_425;
const STACK: &str = "/run/pcscd/pcscd.comm";
