//! `certificates.sign_in_with_both`: the shipped agent on a machine whose policy file says so, or does not.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::certificate::CertId;
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::scheme::Scheme;
use serde_json::{Value, json};
use sha2::Digest as _;

use crate::support::agent::{PAGE, one, sha256, value};
use crate::support::desk::Desk;
use crate::support::http::{Reply, Request, exchange};
use crate::support::softhsm::{SoftHsm, der, verify};
use crate::support::terminal::Terminal;

const NONCE: [u8; 32] = [5; 32];

/// A certificate for documents and for signing in, on a token.
struct Both {
    token: SoftHsm,
    folder: tempfile::TempDir,
}

impl Both {
    fn new() -> Self {
        let both = Self { token: SoftHsm::new(), folder: tempfile::tempdir().unwrap() };
        let key = both.folder.path().join("key.pem");
        let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"];
        let usage = ["-addext", "keyUsage=critical,digitalSignature,nonRepudiation"];
        let client =
            ["-addext", "extendedKeyUsage=clientAuth", "-addext", "basicConstraints=critical,CA:FALSE"];
        let mut request = Command::new("openssl");
        request.args(["req", "-x509", "-subj", "/CN=TEST both"]).args(kind).args(usage).args(client);
        run(request.arg("-keyout").arg(&key).arg("-out").arg(both.certificate()));
        let plain = both.folder.path().join("key.der");
        run(Command::new("openssl")
            .args(["pkey", "-outform", "DER", "-in"])
            .arg(key)
            .arg("-out")
            .arg(&plain));
        both.put("privkey", &plain);
        let plain = both.folder.path().join("certificate.der");
        std::fs::write(&plain, der(&both.certificate())).unwrap();
        both.put("cert", &plain);
        both
    }

    fn put(&self, kind: &str, object: &Path) {
        let mut tool = Command::new("pkcs11-tool");
        tool.env("SOFTHSM2_CONF", self.token.conf()).arg("--module").arg(SoftHsm::module());
        tool.args(["--login", "--pin", SoftHsm::PIN, "--type", kind, "--id", "77", "--label", "both"]);
        if kind == "privkey" {
            tool.arg("--usage-sign");
        }
        run(tool.arg("--write-object").arg(object));
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("both.crt")
    }

    fn id(&self) -> CertId {
        CertId(sha2::Sha256::digest(der(&self.certificate())).into())
    }
}

/// A desk on a machine with this policy, its agent in a terminal.
struct Machine {
    desk: Desk,
    agent: Terminal,
    port: u16,
    bearer: String,
}

impl Machine {
    fn under(policy: &str, token: &SoftHsm) -> Self {
        let mut desk = Desk::with(token);
        desk.under(policy);
        let (agent, port) = desk.agent_in_terminal();
        let bearer = desk.pair(port, PAGE);
        Self { desk, agent, port, bearer }
    }

    /// The answer, once the PIN is typed in the terminal if `asks`.
    fn ask(&mut self, path: &str, body: &Value, asks: bool) -> Reply {
        let from = self.agent.text().len();
        let bytes = Request::new("POST", path, self.port, PAGE).bearer(&self.bearer).json(body).bytes();
        let port = self.port;
        let asked = std::thread::spawn(move || exchange(port, &bytes).expect("an answer"));
        if asks {
            self.agent.wait_for("Token PIN", from);
            self.agent.type_text(&format!("{}\n", SoftHsm::PIN));
        }
        let reply = asked.join().unwrap();
        assert!(asks || !self.agent.text()[from..].contains("PIN"), "nobody is asked");
        reply
    }
}

#[test]
fn a_certificate_for_both_signs_in_where_the_machines_policy_lets_it() {
    let both = Both::new();
    let sign_in = json!({ "nonce": STANDARD.encode(NONCE), "certificate": both.id().to_string() });
    let document = one(both.id(), &sha256("Điều 1."));
    for (policy, lets) in [
        ("[certificates]\nsign_in_with_both = true\n", true),
        ("[certificates]\nsign_in_with_both = false\n", false),
        ("[certificates]\n", false),
    ] {
        let mut machine = Machine::under(policy, &both.token);
        let reply = machine.ask("/v1/authentications", &sign_in, lets);
        if lets {
            assert_eq!(reply.status, 200, "{}", reply.json());
            let made = STANDARD.decode(reply.json()["signature"].as_str().unwrap()).unwrap();
            let signed = [&b"kyso sign-in v1\0"[..], &hash(PAGE.as_bytes()), &hash(&NONCE)].concat();
            let signed = Digest::new(DigestAlgorithm::Sha256, hash(&signed)).unwrap();
            assert!(verify(&both.certificate(), Scheme::Ecdsa, &signed, &made));
            assert_eq!(reply.json()["certificate"]["purposes"], json!(["sign", "authenticate"]));
        } else {
            assert_eq!((reply.status, reply.code().as_str()), (422, "certificate_unfit"), "{policy}");
        }
        // Documents it signs under each of them.
        let reply = machine.ask("/v1/signatures", &document, true);
        assert_eq!(reply.status, 200, "{policy}: {}", reply.json());
        let made = value(&reply.json(), 0);
        assert!(verify(&both.certificate(), Scheme::Ecdsa, &sha256("Điều 1."), &made));
        // One for documents alone signs nobody in, whatever is said of both.
        let other = both.token.id("person-rsa").to_string();
        let body = json!({ "nonce": STANDARD.encode(NONCE), "certificate": other });
        let reply = machine.ask("/v1/authentications", &body, false);
        assert_eq!((reply.status, reply.code().as_str()), (422, "certificate_unfit"), "{policy}");
        drop(machine.agent);
        let verified = machine.desk.kyso(&["audit", "verify"]);
        assert!(verified.status.success(), "{verified:?}");
    }
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    sha2::Sha256::digest(bytes).to_vec()
}

fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
