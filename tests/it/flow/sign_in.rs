//! Signing in with the token (R28): what is signed is no document, and only certificates for it are used.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::scheme::Scheme;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::agent::{Agent, PAGE, one};
use crate::support::http::Reply;
use crate::support::person::Act;
use crate::support::softhsm::{SoftHsm, verify};

const NONCE: [u8; 32] = [5; 32];

#[test]
fn r28_a_sign_in_is_bound_to_page_and_nonce() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin("000000"), Act::Pin(SoftHsm::PIN)]);
    let reply = authenticate(&agent, &json!({ "nonce": STANDARD.encode(NONCE) }));
    assert_eq!(reply.status, 200, "{}", reply.json());
    let reply = reply.json();
    assert_eq!((&reply["origin"], &reply["nonce"]), (&PAGE.into(), &Value::from(STANDARD.encode(NONCE))));
    assert_eq!(reply["certificate"]["id"], token.id("sign-in").to_string(), "the only one for it");
    let scheme = Scheme::ALL.into_iter().find(|scheme| reply["scheme"] == scheme.name()).unwrap();
    let signature = STANDARD.decode(reply["signature"].as_str().unwrap()).unwrap();
    let made_for = |origin: &str, nonce: &[u8]| {
        verify(&token.certificate("sign-in"), scheme, &sign_in(origin, nonce), &signature)
    };
    assert!(made_for(PAGE, &NONCE));
    assert!(!made_for("https://khac.example.vn", &NONCE));
    assert!(!made_for(PAGE, &[6; 32]));

    let seen = agent.until(|seen| seen.open == 0);
    assert_eq!(seen.forms.last(), Some(&"sign-in"), "the person was asked to sign in, not to sign");
    let rows = agent.rows();
    let (_, asked) = rows.iter().rfind(|(kind, _)| kind == "asked").unwrap();
    assert_eq!(asked.form.as_deref(), Some("sign-in"));
    let (kind, ended) = rows.last().unwrap();
    assert_eq!((&**kind, ended.form.as_deref()), ("signed", Some("sign-in")), "the end tells it, too");
}

#[test]
fn r28_a_certificate_for_documents_never_signs_in_and_none_for_sign_ins_a_document() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let opened = agent.person.seen().opened;
    for name in ["person-rsa", "person-p256", "seal-rsa"] {
        let body = json!({ "nonce": STANDARD.encode(NONCE), "certificate": token.id(name).to_string() });
        let reply = authenticate(&agent, &body);
        assert_eq!((reply.status, reply.code().as_str()), (422, "certificate_unfit"), "{name}");
    }
    // The very digest of a sign-in, asked for as a document's.
    let reply = agent.sign(&one(token.id("sign-in"), &sign_in(PAGE, &NONCE)));
    assert_eq!((reply.status, reply.code().as_str()), (422, "certificate_unfit"));
    assert_eq!(agent.person.seen().opened, opened, "nobody was asked");
}

#[test]
fn a_sign_in_that_is_not_understood_is_refused() {
    let agent = Agent::without_token();
    for body in [
        json!({}),
        json!({ "nonce": "x" }),
        json!({ "nonce": STANDARD.encode([1; 15]) }),
        json!({ "nonce": STANDARD.encode([1; 65]) }),
        json!({ "nonce": STANDARD.encode(NONCE), "origin": "https://khac.example.vn" }),
        json!({ "nonce": STANDARD.encode(NONCE), "digest": STANDARD.encode(NONCE) }),
        json!({ "nonce": STANDARD.encode(NONCE), "certificate": "x" }),
        json!({ "nonce": STANDARD.encode(NONCE), "timeout_s": 1 }),
    ] {
        let reply = authenticate(&agent, &body);
        assert_eq!((reply.status, reply.code().as_str()), (400, "bad_request"), "{body}");
    }
}

fn authenticate(agent: &Agent, body: &Value) -> Reply {
    agent.send(&agent.page("POST", "/v1/authentications").json(body))
}

/// What a server works out by itself.
fn sign_in(origin: &str, nonce: &[u8]) -> Digest {
    let mut text = b"kyso sign-in v1\0".to_vec();
    text.extend_from_slice(&Sha256::digest(origin));
    text.extend_from_slice(&Sha256::digest(nonce));
    Digest::new(DigestAlgorithm::Sha256, Sha256::digest(text).to_vec()).unwrap()
}
