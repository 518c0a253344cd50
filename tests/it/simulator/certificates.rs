//! What the simulator signs with, judged by openssl against the root that it leaves.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::scheme::Scheme;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::origin;
use crate::support::agent::{item, value};
use crate::support::simulator::Simulator;
use crate::support::softhsm::verify;

const DOCUMENT: &str = "Kính gửi: Văn phòng Chính phủ";

#[test]
fn certificates_say_test_and_are_for_what_they_should_be() {
    let simulator = Simulator::start();
    let page = simulator.page(&origin("a"));
    let found = page.get("/v1/certificates");
    let found = found["certificates"].as_array().unwrap();
    let mut kinds: Vec<String> = Vec::new();
    for certificate in found {
        let folder = TempDir::new().unwrap();
        let files = Files::of(&folder, certificate);
        let said = files.verified(&simulator.root());
        assert!(said.ends_with("leaf.pem: OK\n"), "{said}");
        for name in ["subject", "issuer"] {
            let common = certificate[name]["common_name"].as_str().unwrap();
            assert!(common.starts_with("TEST "), "{name}: {common}");
        }
        assert_eq!(certificate["chain"].as_array().unwrap().len(), 2, "issuing authority and root");
        assert_eq!(certificate["token"], "KYSO-SIMULATOR");
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let purposes = certificate["purposes"].as_array().unwrap();
        let holder = word(&certificate["holder"]);
        kinds.push(format!("{holder} {} {}", word(&purposes[0]), word(&certificate["key"]["type"])));
    }
    let wanted = [
        "person sign rsa",
        "person sign ec",
        "person authenticate rsa",
        "person authenticate ec",
        "organisation sign rsa",
        "organisation sign ec",
    ];
    assert_eq!(kinds, wanted);
    let vietnamese = found[0]["subject"]["common_name"].as_str().unwrap();
    assert!(vietnamese.contains('ễ'), "{vietnamese}");
    let root = std::fs::read_to_string(simulator.root()).unwrap();
    let subject = openssl(&["x509", "-noout", "-subject"], simulator.root().as_path());
    assert!(root.contains("BEGIN CERTIFICATE") && subject.contains("TEST Kyso Root CA"), "{subject}");
}

#[test]
fn every_key_signs_with_every_scheme_and_hash() {
    let simulator = Simulator::start();
    let page = simulator.page(&origin("a"));
    let found = page.get("/v1/certificates?purpose=sign");
    let mut tried = 0;
    for certificate in found["certificates"].as_array().unwrap() {
        let folder = TempDir::new().unwrap();
        let files = Files::of(&folder, certificate);
        for scheme in certificate["schemes"].as_array().unwrap() {
            let scheme: Scheme = scheme.as_str().unwrap().parse().unwrap();
            for algorithm in DigestAlgorithm::ALL {
                let digest = algorithm.hash(DOCUMENT.as_bytes());
                let body = json!({
                    "certificate": certificate["id"], "scheme": scheme.name(), "items": [item("x", &digest)],
                });
                let reply = simulator.send(&page.asks(&body));
                assert_eq!(reply.status, 200, "{scheme:?} {algorithm:?}: {}", reply.json());
                let signature = value(&reply.json(), 0);
                assert!(verify(&files.leaf, scheme, &digest, &signature), "{scheme:?} {algorithm:?}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 18, "two RSA keys with two schemes, two EC keys with one, three hashes");
}

#[test]
fn a_cms_is_a_cades_signature_under_the_root() {
    let simulator = Simulator::start();
    let page = simulator.page(&origin("a"));
    for key in ["rsa", "ec"] {
        let digest = DigestAlgorithm::Sha256.hash(DOCUMENT.as_bytes());
        let body = json!({ "format": "cms", "filter": { "key": key }, "items": [item("x", &digest)] });
        let reply = simulator.send(&page.asks(&body));
        assert_eq!(reply.status, 200, "{key}: {}", reply.json());
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("cms"), value(&reply.json(), 0)).unwrap();
        std::fs::write(at("document"), DOCUMENT).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-verify", "-cades", "-binary", "-purpose", "any", "-inform", "DER", "-in"]);
        openssl.arg(at("cms")).arg("-content").arg(at("document")).arg("-CAfile").arg(simulator.root());
        let output = openssl.output().unwrap();
        assert!(output.status.success(), "{key}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn r28_a_sign_in_is_made_with_a_certificate_for_it() {
    let simulator = Simulator::start();
    let page = simulator.page(&origin("a"));
    let reply = page.sign_in();
    assert_eq!(reply.status, 200, "{}", reply.json());
    let reply = reply.json();
    let folder = TempDir::new().unwrap();
    let files = Files::of(&folder, &reply["certificate"]);
    assert!(files.verified(&simulator.root()).ends_with(": OK\n"));
    let usage = openssl(&["x509", "-noout", "-ext", "extendedKeyUsage"], &files.leaf);
    assert!(usage.contains("TLS Web Client Authentication"), "{usage}");
    let mut text = b"kyso sign-in v1\0".to_vec();
    text.extend_from_slice(&Sha256::digest(page.origin.as_bytes()));
    text.extend_from_slice(&Sha256::digest([5; 32]));
    let digest = Digest::new(DigestAlgorithm::Sha256, Sha256::digest(text).to_vec()).unwrap();
    let scheme: Scheme = reply["scheme"].as_str().unwrap().parse().unwrap();
    let signature = STANDARD.decode(reply["signature"].as_str().unwrap()).unwrap();
    assert!(verify(&files.leaf, scheme, &digest, &signature));
}

/// A certificate and its issuers as files for openssl.
struct Files {
    leaf: PathBuf,
    chain: PathBuf,
}

impl Files {
    fn of(folder: &TempDir, certificate: &Value) -> Self {
        let pem = |der: &Value| {
            let text = der.as_str().unwrap().as_bytes().chunks(64).map(String::from_utf8_lossy);
            let lines: Vec<_> = text.collect();
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
        };
        let (leaf, chain) = (folder.path().join("leaf.pem"), folder.path().join("chain.pem"));
        std::fs::write(&leaf, pem(&certificate["der"])).unwrap();
        let issuers: String = certificate["chain"].as_array().unwrap().iter().map(pem).collect();
        std::fs::write(&chain, issuers).unwrap();
        Self { leaf, chain }
    }

    /// What openssl says of it under this root and no other.
    fn verified(&self, root: &Path) -> String {
        let mut openssl = Command::new("openssl");
        openssl.args(["verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile"]).arg(root);
        let output = openssl.arg("-untrusted").arg(&self.chain).arg(&self.leaf).output().unwrap();
        String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).into_owned()
    }
}

fn openssl(arguments: &[&str], certificate: &Path) -> String {
    let mut openssl = Command::new("openssl");
    openssl.args(arguments).args(["-nameopt", "utf8,sep_comma_plus", "-in"]).arg(certificate);
    String::from_utf8(openssl.output().unwrap().stdout).unwrap()
}
