//! The main job over a real socket and a real token host on SoftHSM2.

mod beside;
mod certificates;
mod cms;
mod desk;
mod ends;
mod examples;
mod floods;
mod kept;
mod last_try;
mod late;
mod pins;
mod resent;
mod several;
mod sign_in;
mod socket;
mod turns;

use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::scheme::Scheme;
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::support::agent::{Agent, PAGE, item, one, sha256, value};
use crate::support::person::Act;
use crate::support::softhsm::{SoftHsm, der, ecdsa_der, verify};

#[test]
fn a_right_pin_makes_a_signature_that_openssl_verifies() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let digest = sha256("Kính gửi");
    let reply = agent.sign(&one(token.id("person-rsa"), &digest));
    assert_eq!(reply.status, 200, "{}", reply.json());
    let reply = reply.json();
    assert!(verify(&token.certificate("person-rsa"), Scheme::RsaPkcs1, &digest, &value(&reply, 0)));
    assert_eq!(reply["certificate"]["id"], token.id("person-rsa").to_string());
    assert_eq!(reply["certificate"]["subject"]["common_name"], "Nguyễn Thị Minh Khai");

    let seen = agent.until(|seen| seen.open == 0);
    assert_eq!(seen.callers.last().unwrap(), PAGE);
    assert_eq!(seen.states.last().unwrap(), "done");
    let rows = agent.rows();
    let kinds: Vec<&str> = rows.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["asked", "signed"]);
    let verified = agent.verified();
    assert_eq!(reply["receipt"]["sequence"], verified.head.sequence);
    assert_eq!(reply["receipt"]["head"], format!("sha256:{}", hex::encode(verified.head.head)));
}

#[test]
fn a_wrong_pin_is_typed_again_in_the_same_window() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin("000000"), Act::Pin("999999"), Act::Pin(SoftHsm::PIN)]);
    let opened = agent.person.seen().opened;
    let digest = sha256("x");
    let reply = agent.sign(&one(token.id("person-p256"), &digest));
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert!(verify(&token.certificate("person-p256"), Scheme::Ecdsa, &digest, &value(&reply.json(), 0)));
    let seen = agent.until(|seen| seen.open == 0);
    assert_eq!(seen.opened, opened + 1, "one window");
    assert_eq!(seen.states[..2], ["wrong pin, low", "wrong pin, doubted"]);
    let signed = agent.rows().pop().unwrap();
    assert_eq!((signed.0.as_str(), signed.1.wrong_pins), ("signed", Some(2)), "the log tells of them");
    assert_eq!(signed.1.holder.as_deref(), Some("person"));
    assert!(signed.1.expires.unwrap().ends_with('Z'));
}

#[test]
fn every_scheme_signs_every_digest() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let digests = [
        Digest::new(DigestAlgorithm::Sha256, hash::<Sha256>()).unwrap(),
        Digest::new(DigestAlgorithm::Sha384, hash::<Sha384>()).unwrap(),
        Digest::new(DigestAlgorithm::Sha512, hash::<Sha512>()).unwrap(),
    ];
    for (name, scheme) in SoftHsm::KEYS {
        for digest in &digests {
            agent.person.then([Act::Pin(SoftHsm::PIN)]);
            let mut body = one(token.id(name), digest);
            body["scheme"] = scheme.name().into();
            let reply = agent.sign(&body);
            assert_eq!(reply.status, 200, "{name} {scheme:?} {digest:?}: {}", reply.json());
            let signature = value(&reply.json(), 0);
            assert!(
                verify(&token.certificate(name), scheme, digest, &signature),
                "{name} {scheme:?} {digest:?}"
            );
        }
    }
}

#[test]
fn ecdsa_comes_as_p1363_where_asked() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let digest = sha256("x");
    let mut body = one(token.id("person-p384"), &digest);
    body["encoding"] = "p1363".into();
    let raw = value(&agent.sign(&body).json(), 0);
    assert_eq!(raw.len(), 96);
    assert!(verify(&token.certificate("person-p384"), Scheme::Ecdsa, &digest, &ecdsa_der(&raw)));
}

#[test]
fn a_batch_of_1000_takes_one_pin() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let digests: Vec<Digest> = (0..1_000).map(|at| sha256(&format!("Văn bản {at}"))).collect();
    let items: Vec<Value> =
        digests.iter().enumerate().map(|(at, digest)| item(&format!("Văn bản {at}.pdf"), digest)).collect();
    let opened = agent.person.seen().opened;
    let reply = agent.sign(&json!({ "certificate": token.id("person-p256").to_string(), "items": items }));
    assert_eq!(reply.status, 200, "{}", reply.json());
    let reply = reply.json();
    assert_eq!(reply["signatures"].as_array().map(Vec::len), Some(1_000));
    let der = CertificateDer::from(der(&token.certificate("person-p256")));
    let certificate = webpki::EndEntityCert::try_from(&der).unwrap();
    for at in 0..1_000 {
        assert_eq!(reply["signatures"][at]["name"], format!("Văn bản {at}.pdf"));
        let (message, signature) = (format!("Văn bản {at}"), value(&reply, at));
        let checked =
            certificate.verify_signature(webpki::ring::ECDSA_P256_SHA256, message.as_bytes(), &signature);
        checked.unwrap_or_else(|error| panic!("signature {at}: {error}"));
    }
    let seen = agent.until(|seen| seen.open == 0);
    assert_eq!(seen.opened, opened + 1, "one window");
    assert!(seen.states.iter().any(|state| state == "progress"), "the person saw it advance");
}

fn hash<D: sha2::Digest>() -> Vec<u8> {
    D::digest("Kính gửi: Văn phòng Chính phủ").to_vec()
}
