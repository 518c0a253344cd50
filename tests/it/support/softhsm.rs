//! A throwaway SoftHSM2 token for each test that asks, and openssl to check what it signed.
#![allow(dead_code, unreachable_pub, reason = "each part's tests use what they need")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use kyso::domain::certificate::CertId;
use kyso::domain::digest::Digest;
use kyso::domain::module::ModuleSettings;
use kyso::domain::scheme::Scheme;
use sha2::Digest as _;
use tempfile::TempDir;

/// A copy of the token that `softhsm-setup/create.sh` makes; gone with this value.
#[derive(Debug)]
pub struct SoftHsm {
    folder: TempDir,
}

impl SoftHsm {
    /// The user's PIN.
    pub const PIN: &'static str = "123456";

    /// Every kind of key for documents, with every scheme that it signs with.
    pub const KEYS: [(&'static str, Scheme); 6] = [
        ("person-rsa", Scheme::RsaPkcs1),
        ("person-rsa", Scheme::RsaPss),
        ("seal-rsa", Scheme::RsaPkcs1),
        ("seal-rsa", Scheme::RsaPss),
        ("person-p256", Scheme::Ecdsa),
        ("person-p384", Scheme::Ecdsa),
    ];

    /// # Panics
    /// If what makes the token is not installed, saying what to install.
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        copy(template().path(), folder.path());
        let tokens = folder.path().join("tokens");
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        fs::write(folder.path().join("softhsm2.conf"), conf).unwrap();
        Self { folder }
    }

    /// A token whose authority is another one of the same names.
    pub fn other_authority() -> Self {
        let folder = TempDir::new().unwrap();
        make(folder.path());
        Self { folder }
    }

    /// The token that stands in this folder.
    pub fn of(folder: TempDir) -> Self {
        Self { folder }
    }

    /// The value of `SOFTHSM2_CONF` for the process that loads [`SoftHsm::module`].
    pub fn conf(&self) -> PathBuf {
        self.folder.path().join("softhsm2.conf")
    }

    /// How the module is to be treated: it writes to the token's folder.
    pub fn settings(&self) -> ModuleSettings {
        ModuleSettings { writable: vec![self.tokens()], ..ModuleSettings::default() }
    }

    /// The folder that is the token: moved away, the token is gone.
    pub fn tokens(&self) -> PathBuf {
        self.folder.path().join("tokens")
    }

    /// The folder with `root.crt` and `issuing.crt`.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca")
    }

    /// PEM file of a certificate: `person-rsa`, `person-p256`, `person-p384`, `seal-rsa`,
    /// `sign-in`, `expired`, `not-yet`.
    pub fn certificate(&self, name: &str) -> PathBuf {
        self.folder.path().join("certs").join(format!("{name}.crt"))
    }

    /// That certificate's name for Kyso.
    pub fn id(&self, name: &str) -> CertId {
        CertId(sha2::Sha256::digest(der(&self.certificate(name))).into())
    }

    /// SoftHSM's PKCS#11 library, its symbolic links resolved.
    ///
    /// # Panics
    /// If it is not installed.
    pub fn module() -> PathBuf {
        let architecture = format!("/usr/lib/{}-linux-gnu/softhsm/libsofthsm2.so", std::env::consts::ARCH);
        std::env::var("SOFTHSM2_MODULE")
            .into_iter()
            .chain([
                "/usr/lib/softhsm/libsofthsm2.so".into(),
                architecture,
                "/usr/lib64/pkcs11/libsofthsm2.so".into(),
            ])
            .find_map(|path| fs::canonicalize(path).ok())
            .expect("SoftHSM is missing. Install it: sudo apt-get install softhsm2")
    }
}

/// Whether openssl finds that this certificate's key made this signature over this digest. ECDSA
/// signatures are DER here; see [`ecdsa_der`].
pub fn verify(certificate: &Path, scheme: Scheme, digest: &Digest, signature: &[u8]) -> bool {
    let scratch = TempDir::new().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = scratch.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let hash = digest.algorithm().name().replace('-', "");
    let mut openssl = Command::new("openssl");
    openssl.args(["pkeyutl", "-verify", "-certin", "-inkey"]).arg(certificate);
    openssl.arg("-in").arg(file("digest", digest.value()));
    openssl.arg("-sigfile").arg(file("signature", signature));
    match scheme {
        Scheme::RsaPkcs1 => openssl.args(["-pkeyopt", "rsa_padding_mode:pkcs1"]),
        Scheme::RsaPss => {
            openssl.args(["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"])
        }
        Scheme::Ecdsa => &mut openssl,
    };
    openssl.arg("-pkeyopt").arg(format!("digest:{hash}"));
    openssl.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

/// `Ecdsa-Sig-Value` (RFC 3279 §2.2.3) of r ‖ s.
pub fn ecdsa_der(raw: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
        let mut value = bytes[start..].to_vec();
        if value[0] & 0x80 != 0 {
            value.insert(0, 0);
        }
        [vec![2, value.len() as u8], value].concat()
    };
    let (r, s) = raw.split_at(raw.len() / 2);
    let body = [integer(r), integer(s)].concat();
    assert!(body.len() < 128, "longer than P-384 makes");
    [vec![0x30, body.len() as u8], body].concat()
}

/// DER of a PEM certificate.
pub fn der(pem: &Path) -> Vec<u8> {
    let made = Command::new("openssl").args(["x509", "-outform", "DER", "-in"]).arg(pem).output().unwrap();
    assert!(made.status.success(), "openssl can't read {}", pem.display());
    made.stdout
}

fn template() -> &'static TempDir {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        make(folder.path());
        folder
    })
}

fn make(folder: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("softhsm-setup/create.sh");
    let made = Command::new(script).arg(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
