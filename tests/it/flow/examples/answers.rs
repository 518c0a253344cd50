//! The contract's examples of answers are whole, of their schemas, and true: what is signed in them verifies, as openssl
//! finds, and what is said in them is what the agent says.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::certificate::Purpose;
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::error::{ErrorCode, Retry};
use kyso::domain::scheme::Scheme;
use kyso::domain::token::TokenSerial;
use kyso::text::{Lang, error};
use kyso::token::x509;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use time::format_description::well_known::Rfc3339;

use super::fits;
use crate::support::agent::value;
use crate::support::contract::{codes, contract, each, is_documented, operation, operations, resolved};
use crate::support::identity::signed_by_its_key;
use crate::support::softhsm::verify;

#[test]
fn every_answer_has_its_example() {
    let mut looked_at = 0;
    for (method, path, operation) in operations() {
        for (status, response) in each(&operation["responses"]) {
            let what = format!("{method} {path}, {status}");
            let Some(content) = response.pointer("/content/application~1json") else {
                assert!(["101", "204"].contains(&status), "{what}");
                continue;
            };
            let examples: Vec<(&str, &Value)> = each(&content["examples"]).collect();
            for (name, example) in &examples {
                let what = format!("{what}, {name}");
                assert!(example["summary"].as_str().is_some_and(|summary| summary.ends_with('.')), "{what}");
                fits(&content["schema"], &example["value"], &what);
                let body = example["value"].to_string();
                is_documented(operation, status.parse().unwrap(), body.as_bytes(), &what);
                looked_at += 1;
            }
            if status.starts_with('2') {
                // Of the contract, whoever reads it has an example.
                assert_ne!(examples.is_empty(), path != "/v1/openapi.json", "{what}");
                continue;
            }
            let mut named: Vec<&str> = examples.iter().map(|(name, _)| *name).collect();
            let mut listed: Vec<&str> = codes(response).into_iter().map(ErrorCode::as_str).collect();
            named.sort_unstable();
            listed.sort_unstable();
            assert_eq!(named, listed, "{what}: one for each code");
            for (name, example) in examples {
                assert_eq!(example["value"]["error"]["code"], name, "{what}");
            }
        }
    }
    assert!(looked_at > 130, "{looked_at}");
}

/// Each code's example: what it says is what the agent does in its first language, its summary is the other's.
#[test]
fn every_error_says_what_the_agent_says() {
    for code in ErrorCode::ALL {
        let Some(example) = contract()["components"]["examples"].get(code.as_str()) else { continue };
        let (message, hint) = error::of(code, Lang::default());
        let retry = match code.retry() {
            Retry::Now => "now",
            Retry::AfterUser => "after_user",
            Retry::Never => "never",
        };
        let said = &example["value"]["error"];
        let mut expected = json!({ "code": code.as_str(), "message": message, "hint": hint, "retry": retry });
        expected["request"] = said["request"].clone();
        if code == ErrorCode::DigestMismatch {
            expected["item"] = 0.into();
        }
        assert_eq!(said, &expected);
        assert_eq!(example["summary"], error::of(code, Lang::En).0, "{code}");
    }
}

/// An answer with the name of a request is that request's.
#[test]
fn every_answer_is_its_requests() {
    let mut matched = 0;
    for (.., operation) in operations() {
        for (name, request) in each(&operation["requestBody"]["content"]["application/json"]["examples"]) {
            let success =
                each(&operation["responses"]).find(|(status, _)| status.starts_with('2')).unwrap().1;
            let answers = &success["content"]["application/json"]["examples"];
            let Some((_, answer)) = each(answers).find(|(known, _)| *known == name) else { continue };
            let (request, answer) = (&request["value"], &answer["value"]);
            for field in ["nonce", "format", "scheme"] {
                let (asked, got) = (request.get(field), answer.get(field));
                assert!(asked.is_none() || got.is_none() || asked == got, "{name}: {field}");
            }
            assert!(answer.get("origin").is_none_or(|origin| origin == &origin_of_examples()), "{name}");
            for (at, item) in request["items"].as_array().into_iter().flatten().enumerate() {
                let signed = &answer["signatures"][at];
                assert_eq!((&signed["name"], &signed["digest"]), (&item["name"], &item["digest"]), "{name}");
            }
            matched += 1;
        }
    }
    assert_eq!(matched, 5, "pair, hello, one, cades, sign-in");
}

/// Whoever tries the examples can make the documents, too.
#[test]
fn every_digest_is_of_the_documents_name() {
    let mut looked_at = 0;
    let requests =
        &operation("post", "/v1/signatures").unwrap()["requestBody"]["content"]["application/json"];
    for (_, example) in each(&requests["examples"]) {
        for item in example["value"]["items"].as_array().unwrap() {
            let algorithm: DigestAlgorithm = item["digest"]["algorithm"].as_str().unwrap().parse().unwrap();
            let digest = algorithm.hash(item["name"].as_str().unwrap().as_bytes());
            assert_eq!(item["digest"]["value"], STANDARD.encode(digest.value()), "{item}");
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 7);
}

#[test]
fn pairing_and_hello_are_signed_by_one_agent() {
    let port = contract()["servers"][0]["variables"]["port"]["default"].as_str().unwrap().parse().unwrap();
    let (pairing, hello) = (example("paired"), example("shown"));
    for (path, name, text, answer) in
        [("/v1/pairings", "pair", "kyso pairing v1", pairing), ("/v1/hello", "hello", "kyso hello v1", hello)]
    {
        let nonce = bytes(&asked(path, name)["nonce"]);
        let page = origin_of_examples();
        let page = page.as_str().unwrap();
        assert!(signed_by_its_key(answer, text, &nonce, page, port), "{name}");
        assert!(!signed_by_its_key(answer, text, &nonce, page, port + 1), "{name}");
        assert!(!signed_by_its_key(answer, text, &[nonce.clone(), vec![0]].concat(), page, port), "{name}");
    }
    assert_eq!(pairing["agent_key"], hello["agent_key"]);
}

#[test]
fn a_signature_is_its_certificates() {
    let signed = example("signed");
    let certificate = Paper::of(&signed["certificate"]);
    let digest = digest(&signed["signatures"][0]["digest"]);
    assert!(certificate.signed(&digest, &value(signed, 0)));
    assert!(!certificate.signed(&DigestAlgorithm::Sha256.hash(b"another document"), &value(signed, 0)));
    assert_eq!(signed["certificate"], example("listed")["certificates"][0]);
}

#[test]
fn a_cms_is_taken_by_openssl_for_its_document_alone() {
    let signed = example("enveloped");
    let certificate = Paper::of(&signed["certificate"]);
    let made = certificate.file("signature.p7s", &value(signed, 0));
    let verdict = |document: &str| {
        let document = certificate.file("document", document.as_bytes());
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-verify", "-cades", "-binary", "-no_check_time", "-purpose", "any"]);
        openssl.args(["-inform", "DER", "-in"]).arg(&made).arg("-content").arg(document);
        openssl.arg("-CAfile").arg(certificate.root()).arg("-out").arg(certificate.file("out", b""));
        openssl.output().unwrap()
    };
    let said = verdict(signed["signatures"][0]["name"].as_str().unwrap());
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(!verdict("another document").status.success());
    let der = bytes(&signed["certificate"]["der"]);
    assert!(value(signed, 0).windows(der.len()).any(|window| window == der), "its certificate is in it");
}

#[test]
fn a_sign_in_is_of_its_page_and_its_nonce() {
    let signed = example("signed-in");
    let certificate = Paper::of(&signed["certificate"]);
    let of = |origin: &str| {
        let mut text = b"kyso sign-in v1\0".to_vec();
        text.extend_from_slice(&Sha256::digest(origin));
        text.extend_from_slice(&Sha256::digest(bytes(&signed["nonce"])));
        DigestAlgorithm::Sha256.hash(&text)
    };
    let signature = bytes(&signed["signature"]);
    assert!(certificate.signed(&of(signed["origin"].as_str().unwrap()), &signature));
    assert!(!certificate.signed(&of("https://khac.example.vn"), &signature));
    assert_eq!(signed["certificate"]["purposes"], json!([Purpose::Authenticate.name()]));
}

/// What is said of a certificate is what stands in it, and its path leads to the last of its chain.
#[test]
fn certificates_are_as_they_are_said_to_be() {
    let plugged = &example("plugged")["tokens"][0]["serial"];
    for name in ["signed", "enveloped", "signed-in"] {
        let shown = &example(name)["certificate"];
        let paper = Paper::of(shown);
        assert_eq!(&shown["token"], plugged, "{name}");
        let chain: Vec<Vec<u8>> = shown["chain"].as_array().unwrap().iter().map(bytes).collect();
        let serial = TokenSerial(plugged.as_str().unwrap().to_owned());
        let real =
            x509::certificate(&bytes(&shown["der"]), &serial, &chain).expect("an end-entity certificate");
        assert_eq!(real.chain, chain, "{name}");
        let purposes: Vec<&str> = real.purposes.iter().map(|purpose| purpose.name()).collect();
        for (field, value) in [
            ("id", json!(real.id.to_string())),
            ("serial", json!(real.serial)),
            ("not_before", json!(real.not_before.format(&Rfc3339).unwrap())),
            ("not_after", json!(real.not_after.format(&Rfc3339).unwrap())),
            ("usage", json!(real.usage)),
            ("purposes", json!(purposes)),
            ("holder", json!(real.holder.name())),
            ("key", json!({ "type": "ec", "curve": "P-256" })),
            ("schemes", json!([Scheme::Ecdsa.name()])),
        ] {
            assert_eq!(shown[field], value, "{name}: {field}");
        }
        for (field, real) in [("subject", real.subject), ("issuer", real.issuer)] {
            let expected = json!({
                "text": real.text,
                "common_name": real.common_name,
                "organisation": real.organisation,
                "unit": real.unit,
                "title": real.title,
                "serial_number": real.serial_number,
                "email": real.email,
            });
            assert_eq!(shown[field], expected, "{name}: {field}");
            assert!(real.text.contains("TEST"), "{name}: nobody's name");
        }
        let mut openssl = Command::new("openssl");
        openssl.args(["verify", "-no_check_time", "-CAfile"]).arg(paper.root());
        openssl.arg("-untrusted").arg(paper.file("issuing.pem", &pem(&chain[0]))).arg(&paper.path);
        let said = openssl.output().unwrap();
        assert!(said.status.success(), "{name}: {}", String::from_utf8_lossy(&said.stderr));
    }
}

/// A certificate of an example, in a folder of its own.
struct Paper<'a> {
    shown: &'a Value,
    folder: TempDir,
    path: PathBuf,
}

impl<'a> Paper<'a> {
    fn of(shown: &'a Value) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("certificate.pem");
        fs::write(&path, pem(&bytes(&shown["der"]))).unwrap();
        Self { shown, folder, path }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn root(&self) -> PathBuf {
        self.file("root.pem", &pem(&bytes(self.shown["chain"].as_array().unwrap().last().unwrap())))
    }

    fn signed(&self, digest: &Digest, signature: &[u8]) -> bool {
        verify(&self.path, Scheme::Ecdsa, digest, signature)
    }
}

/// The value of a named example.
fn example(name: &str) -> &'static Value {
    &contract()["components"]["examples"][name]["value"]
}

/// The value of a request's example.
fn asked(path: &str, name: &str) -> &'static Value {
    let content = &operation("post", path).unwrap()["requestBody"]["content"]["application/json"];
    &content["examples"][name]["value"]
}

/// The page that the examples are of.
fn origin_of_examples() -> Value {
    let parameters = operation("post", "/v1/pairings").unwrap()["parameters"].as_array().unwrap();
    let origin = parameters.iter().map(resolved).find(|parameter| parameter["name"] == "Origin");
    origin.unwrap()["example"].clone()
}

fn digest(shown: &Value) -> Digest {
    let algorithm = shown["algorithm"].as_str().unwrap().parse().unwrap();
    Digest::new(algorithm, bytes(&shown["value"])).unwrap()
}

fn bytes(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

/// RFC 7468 §5.
fn pem(der: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")).into_bytes()
}
