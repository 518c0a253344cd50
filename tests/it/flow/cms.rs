//! What servers embed: complete CMS signatures, and signatures over attributes that the server built. OpenSSL
//! and GnuTLS judge.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::scheme::Scheme;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::agent::{Agent, item, one, sha256, value};
use crate::support::person::Act;
use crate::support::softhsm::{SoftHsm, verify};

const DOCUMENT: &str = "Kính gửi: Văn phòng Chính phủ";

#[test]
fn every_key_and_hash_makes_a_cms_that_openssl_takes_as_cades() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    for (name, scheme) in SoftHsm::KEYS {
        for algorithm in DigestAlgorithm::ALL {
            for profile in ["cades", "pades"] {
                agent.person.then([Act::Pin(SoftHsm::PIN)]);
                let mut body = one(token.id(name), &algorithm.hash(DOCUMENT.as_bytes()));
                body["scheme"] = scheme.name().into();
                body["format"] = "cms".into();
                body["profile"] = profile.into();
                let reply = agent.sign(&body);
                let what = format!("{name} {scheme:?} {algorithm:?} {profile}");
                assert_eq!(reply.status, 200, "{what}: {}", reply.json());
                assert_eq!(reply.json()["format"], "cms");
                let made = Made::new(&value(&reply.json(), 0));
                made.verify(&token.ca(), DOCUMENT).unwrap_or_else(|error| panic!("{what}: {error}"));
                made.verify(&token.ca(), "another document").expect_err(&what);
                let printed = made.printed();
                assert_eq!(printed.contains("signingTime"), profile == "cades", "{what}: {printed}");
                assert!(printed.contains("signingCertificateV2"), "{what}");
                assert_eq!(made.certificates(), 2, "the signer and its issuer, without the root: {what}");
            }
        }
    }
}

/// An authority that renewed its key keeps its name: the one whose key issued the certificate goes along, wherever it
/// stands among the others.
#[test]
fn an_issuers_namesake_is_not_taken_for_it() {
    let token = SoftHsm::new();
    let scratch = tempfile::tempdir().unwrap();
    let (key, with) = (scratch.path().join("key.pem"), scratch.path().join("with"));
    fs::write(&with, "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n").unwrap();
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    openssl(&["genpkey", "-algorithm", "RSA", "-out", &text(&key)]);
    // First in the folder, and valid for longer.
    let (issuing, namesake) = (token.ca().join("issuing.crt"), token.ca().join("0.crt"));
    let (issuing, namesake) = (text(&issuing), text(&namesake));
    openssl(&[
        "x509",
        "-in",
        &issuing,
        "-signkey",
        &text(&key),
        "-days",
        "9999",
        "-clrext",
        "-extfile",
        &text(&with),
        "-out",
        &namesake,
    ]);
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let mut body = one(token.id("person-p256"), &sha256(DOCUMENT));
    body["format"] = "cms".into();
    let made = Made::new(&value(&agent.sign(&body).json(), 0));
    assert_eq!(made.certificates(), 2, "the signer and its issuer");
    made.verify(&token.ca(), DOCUMENT).unwrap();
}

#[test]
fn gnutls_takes_it_too() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    for name in ["person-rsa", "person-p256"] {
        agent.person.then([Act::Pin(SoftHsm::PIN)]);
        let mut body = one(token.id(name), &sha256(DOCUMENT));
        body["format"] = "cms".into();
        let made = Made::new(&value(&agent.sign(&body).json(), 0));
        let document = made.file("document", DOCUMENT.as_bytes());
        let mut certtool = Command::new("certtool");
        certtool.args(["--p7-verify", "--inder", "--infile"]).arg(&made.path);
        certtool
            .arg("--load-ca-certificate")
            .arg(token.ca().join("root.crt"))
            .arg("--load-data")
            .arg(document);
        let said =
            certtool.output().expect("gnutls-bin is missing. Install it: sudo apt-get install gnutls-bin");
        let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        assert!(text.contains("Signature status: ok"), "{name}: {text}");
    }
}

#[test]
fn a_batch_has_one_cms_a_document() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let names = ["Công văn 1", "Công văn 2", "Công văn 3"];
    let items: Vec<Value> = names.iter().map(|name| item(name, &sha256(name))).collect();
    let id = token.id("person-p256").to_string();
    let reply = agent.sign(&json!({ "certificate": id, "format": "cms", "items": items })).json();
    for (at, name) in names.iter().enumerate() {
        Made::new(&value(&reply, at)).verify(&token.ca(), name).unwrap();
    }
    let rows = agent.rows();
    let (_, asked) = rows.iter().rfind(|(kind, _)| kind == "asked").unwrap();
    assert_eq!(asked.form.as_deref(), Some("cms"));
    agent.verified();
}

#[test]
fn attributes_are_signed_as_they_came() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let document = sha256(DOCUMENT);
    for (name, scheme) in [("person-rsa", Scheme::RsaPkcs1), ("person-p256", Scheme::Ecdsa)] {
        let parts = [content_type(), signer(&token, name), digest(&document)];
        // Sorted by nothing: some libraries write them so, and sign what they wrote.
        let set = tlv(0x31, &parts.concat());
        agent.person.then([Act::Pin(SoftHsm::PIN)]);
        let reply = agent.sign(&attributes(&token, name, &document, &set));
        assert_eq!(reply.status, 200, "{}", reply.json());
        assert_eq!(reply.json()["format"], "raw");
        let signed = DigestAlgorithm::Sha256.hash(&set);
        assert!(verify(&token.certificate(name), scheme, &signed, &value(&reply.json(), 0)), "{name}");
        let rows = agent.rows();
        let (_, asked) = rows.iter().rfind(|(kind, _)| kind == "asked").unwrap();
        let logged = asked.items.as_ref().unwrap()[0].signed.clone();
        assert_eq!(logged, Some(format!("sha-256:{}", hex::encode(signed.value()))), "the log says what");
    }
}

#[test]
fn attributes_that_say_something_else_open_no_window() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let document = sha256(DOCUMENT);
    let name = "person-rsa";
    let good = [content_type(), digest(&document), signer(&token, name)];
    let set = |parts: &[Vec<u8>]| tlv(0x31, &parts.concat());
    let foreign = tlv(0x30, &[oid(b"\x2a\x03\x04"), tlv(0x31, &oid(b"\x2a\x03\x04"))].concat());
    let other_document = [content_type(), digest(&sha256("another")), signer(&token, name)];
    let other_signer = [content_type(), digest(&document), signer(&token, "person-p256")];
    let opened = agent.person.seen().opened;
    for (what, set, status, code) in [
        ("not DER", b"x".to_vec(), 400, "bad_request"),
        ("a SEQUENCE", tlv(0x30, &good.concat()), 400, "bad_request"),
        ("no signer", set(&good[..2]), 400, "bad_request"),
        ("twice", set(&[good.to_vec(), good[..1].to_vec()].concat()), 400, "bad_request"),
        ("unknown", set(&[good.to_vec(), vec![foreign]].concat()), 400, "bad_request"),
        ("another document", set(&other_document), 400, "digest_mismatch"),
        ("another signer", set(&other_signer), 404, "certificate_unknown"),
    ] {
        let reply = agent.sign(&attributes(&token, name, &document, &set));
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{what}");
    }
    assert_eq!(agent.person.seen().opened, opened, "nobody was asked");
}

#[test]
fn forms_that_make_no_sense_together_are_refused() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let document = sha256(DOCUMENT);
    let set = tlv(0x31, &[content_type(), digest(&document), signer(&token, "person-rsa")].concat());
    let with = |changes: &[(&str, Value)]| {
        let mut body = one(token.id("person-rsa"), &document);
        for (key, value) in changes {
            body[*key] = value.clone();
        }
        body
    };
    let mut half = attributes(&token, "person-rsa", &document, &set);
    half["items"].as_array_mut().unwrap().push(item("x", &document));
    let mut both = attributes(&token, "person-rsa", &document, &set);
    both["format"] = "cms".into();
    for body in [
        with(&[("format", "pkcs7".into())]),
        with(&[("profile", "pades".into())]),
        with(&[("format", "cms".into()), ("profile", "xades".into())]),
        with(&[("format", "cms".into()), ("encoding", "p1363".into())]),
        half,
        both,
    ] {
        let reply = agent.sign(&body);
        assert_eq!((reply.status, reply.code().as_str()), (400, "bad_request"), "{body}");
    }
}

/// A CMS signature in a folder of its own.
struct Made {
    folder: TempDir,
    path: PathBuf,
}

impl Made {
    fn new(der: &[u8]) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("signature.p7s");
        fs::write(&path, der).unwrap();
        Self { folder, path }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// What OpenSSL says of it beside this document, its certificates trusted by the root alone.
    fn verify(&self, ca: &Path, document: &str) -> Result<(), String> {
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-verify", "-cades", "-binary", "-purpose", "any", "-inform", "DER", "-in"]);
        openssl.arg(&self.path).arg("-content").arg(self.file("document", document.as_bytes()));
        openssl.arg("-CAfile").arg(ca.join("root.crt")).arg("-out").arg(self.folder.path().join("out"));
        let said = openssl.output().unwrap();
        said.status.success().then_some(()).ok_or_else(|| String::from_utf8_lossy(&said.stderr).into_owned())
    }

    fn printed(&self) -> String {
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in"]).arg(&self.path);
        let text = String::from_utf8_lossy(&openssl.output().unwrap().stdout).into_owned();
        text.replace("id-smime-aa-", "")
    }

    fn certificates(&self) -> usize {
        let mut openssl = Command::new("openssl");
        openssl.args(["pkcs7", "-print_certs", "-inform", "DER", "-in"]).arg(&self.path);
        String::from_utf8_lossy(&openssl.output().unwrap().stdout).matches("BEGIN CERTIFICATE").count()
    }
}

fn attributes(token: &SoftHsm, name: &str, document: &Digest, set: &[u8]) -> Value {
    let mut body = one(token.id(name), document);
    body["items"][0]["signed_attributes"] = STANDARD.encode(set).into();
    body
}

/// DER by hand, so that what is tested against was not written by the library under test.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..128 => vec![short as u8],
        long => [&[0x82], (long as u16).to_be_bytes().as_slice()].concat(),
    };
    // DER wants the shortest form of a length.
    let length = if (128..256).contains(&content.len()) { vec![0x81, content.len() as u8] } else { length };
    [vec![tag], length, content.to_vec()].concat()
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    tlv(0x06, bytes)
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    tlv(0x30, &[oid(kind), tlv(0x31, value)].concat())
}

fn content_type() -> Vec<u8> {
    attribute(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03", &oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"))
}

fn digest(document: &Digest) -> Vec<u8> {
    attribute(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04", &tlv(0x04, document.value()))
}

fn signer(token: &SoftHsm, name: &str) -> Vec<u8> {
    let id = tlv(0x30, &tlv(0x04, &token.id(name).0));
    attribute(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f", &tlv(0x30, &tlv(0x30, &id)))
}
