//! An authority that certomancer plays (tests/pki/play.py), and a token with its certificates.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kyso::domain::certificate::CertId;
use kyso::domain::validation::{Chain, Offline, Revocation, Rules};
use kyso::sys::machine::Folder;
use kyso::validation::{Checker, Places};
use sha2::Digest as _;
use tempfile::TempDir;

use super::scripts::root;
use super::softhsm::{SoftHsm, der};

/// The authority; ends when dropped.
pub(crate) struct Pki {
    folder: TempDir,
    child: Child,
    /// Host and port.
    server: String,
}

impl Pki {
    /// # Panics
    /// If certomancer is not installed.
    pub(crate) fn start() -> Self {
        Self::at("127.0.0.1")
    }

    /// Its responder and its lists at this address of the machine.
    pub(crate) fn at(address: &str) -> Self {
        let python = root().join("target/pki/bin/python3");
        assert!(python.exists(), "{} is missing; tests/run.sh makes it", python.display());
        let folder = TempDir::new().unwrap();
        let mut child = Command::new(python)
            .arg(root().join("tests/pki/play.py"))
            .arg(folder.path())
            .arg(address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port: u16 = line.trim().parse().expect("play.py says its port");
        let pki = Self { folder, child, server: format!("{address}:{port}") };
        fs::create_dir_all(pki.anchors()).unwrap();
        fs::copy(pki.certificate("root"), pki.anchors().join("root.crt")).unwrap();
        pki
    }

    /// Makes every answer so from now on.
    pub(crate) fn mode(&self, name: &str) {
        ask(&self.server, &format!("/mode/{name}"));
    }

    /// How to do that later.
    pub(crate) fn later(&self, name: &'static str) -> impl Fn() + Send + Sync + use<> {
        let server = self.server.clone();
        move || drop(ask(&server, &format!("/mode/{name}")))
    }

    /// How often responder and lists were asked.
    pub(crate) fn asked(&self) -> usize {
        ask(&self.server, "/asked").parse().unwrap()
    }

    pub(crate) fn certificate(&self, name: &str) -> PathBuf {
        self.folder.path().join("certs").join(format!("{name}.crt"))
    }

    pub(crate) fn id(&self, name: &str) -> CertId {
        CertId(sha2::Sha256::digest(der(&self.certificate(name))).into())
    }

    /// The folder with its root as the only anchor.
    pub(crate) fn anchors(&self) -> PathBuf {
        self.machine().join("anchors")
    }

    /// The folder of kept answers.
    pub(crate) fn answers(&self) -> PathBuf {
        self.folder.path().join("answers")
    }

    fn machine(&self) -> PathBuf {
        self.folder.path().join("etc")
    }

    /// Looks at certificates by these rules.
    pub(crate) fn checker(&self, rules: Rules) -> Checker {
        let machine = Folder::of_user(self.machine());
        let answers = self.answers();
        Checker::new(rules, Places { machine, answers, loopback: true })
    }

    /// A token with these certificates and their keys, its issuers in the folder beside it.
    pub(crate) fn token(&self, names: &[&str]) -> SoftHsm {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("tokens")).unwrap();
        fs::create_dir(at("ca")).unwrap();
        for issuer in ["issuing", "fallen-issuing"] {
            fs::copy(self.certificate(issuer), at("ca").join(format!("{issuer}.crt"))).unwrap();
        }
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            at("tokens").display()
        );
        fs::write(at("softhsm2.conf"), conf).unwrap();
        let token = SoftHsm::of(folder);
        let pins = ["--pin", SoftHsm::PIN, "--so-pin", "12345678"];
        run(
            &token,
            Command::new("softhsm2-util").args(["--init-token", "--free", "--label", "pki"]).args(pins),
        );
        for (number, name) in names.iter().enumerate() {
            let id = format!("{:02x}", number + 1);
            let key = self.folder.path().join("key.der");
            let pem = self.folder.path().join("keys").join(format!("{name}.pem"));
            let mut openssl = Command::new("openssl");
            run(&token, openssl.args(["pkey", "-outform", "DER", "-in"]).arg(pem).arg("-out").arg(&key));
            put(&token, &["--type", "privkey", "--usage-sign", "--id", &id, "--label", name], &key);
            let certificate = self.folder.path().join("certificate.der");
            fs::write(&certificate, der(&self.certificate(name))).unwrap();
            put(&token, &["--type", "cert", "--id", &id, "--label", name], &certificate);
        }
        token
    }
}

impl Drop for Pki {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A path is required, revocation asked about there, and an answer too.
pub(crate) fn strict(revocation: Revocation) -> Rules {
    Rules {
        chain: Chain::Require,
        revocation,
        offline: Offline::Refuse,
        timeout: Duration::from_secs(20),
        ..Rules::default()
    }
}

fn ask(server: &str, path: &str) -> String {
    let address = format!("http://{server}{path}");
    ureq::get(&address).call().unwrap().body_mut().read_to_string().unwrap()
}

fn put(token: &SoftHsm, what: &[&str], object: &Path) {
    let mut tool = Command::new("pkcs11-tool");
    tool.arg("--module").arg(SoftHsm::module()).args([
        "--token-label",
        "pki",
        "--login",
        "--pin",
        SoftHsm::PIN,
    ]);
    run(token, tool.arg("--write-object").arg(object).args(what));
}

fn run(token: &SoftHsm, command: &mut Command) {
    let done = command.env("SOFTHSM2_CONF", token.conf()).output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
