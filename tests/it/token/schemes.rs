//! What SoftHSM signs, openssl verifies.

use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::error::TokenError;
use kyso::domain::ports::Tokens;
use kyso::domain::scheme::Scheme;

use super::{Desk, digest, digests, softhsm, typed};
use crate::support::softhsm::{SoftHsm, ecdsa_der, verify};

#[tokio::test(flavor = "multi_thread")]
async fn lists_the_token_and_its_certificates() {
    let token = SoftHsm::new();
    let snapshot = Desk::new([softhsm(&token)]).hub.snapshot().await;
    assert_eq!(snapshot.problems, []);
    let [info] = snapshot.tokens.as_slice() else { panic!("one token: {:?}", snapshot.tokens) };
    assert_eq!((info.label.as_str(), info.module), ("kyso-demo", 0));
    let mut found: Vec<_> = snapshot.certificates.iter().map(|known| known.id).collect();
    let names = ["person-rsa", "person-p256", "person-p384", "seal-rsa", "sign-in", "expired", "not-yet"];
    let mut made = names.map(|name| token.id(name)).to_vec();
    found.sort();
    made.sort();
    assert_eq!(found, made, "the issuing authority's own certificate is no one's to sign with");
    let person = snapshot.certificates.iter().find(|known| known.id == token.id("person-rsa")).unwrap();
    assert_eq!(person.chain.len(), 1, "the token holds its issuer's certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_with_every_key_scheme_and_digest() {
    let token = SoftHsm::new();
    let desk = Desk::new([softhsm(&token)]);
    for (name, scheme) in SoftHsm::KEYS {
        let digests: Vec<_> = DigestAlgorithm::ALL.into_iter().map(|kind| digest(kind, 1)).collect();
        let question = desk.question(Some(token.id(name)), scheme, &digests).await.unwrap();
        let signatures = desk.spend(typed(&question, SoftHsm::PIN)).await.unwrap();
        for (digest, signature) in digests.iter().zip(signatures) {
            assert!(verifies(&token, name, scheme, digest, &signature), "{name} {scheme:?} {digest:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_a_thousand_with_one_pin() {
    let token = SoftHsm::new();
    let desk = Desk::new([softhsm(&token)]);
    let digests = digests(1_000);
    let question = desk.question(Some(token.id("person-p256")), Scheme::Ecdsa, &digests).await.unwrap();
    let signatures = desk.spend(typed(&question, SoftHsm::PIN)).await.unwrap();
    assert_eq!(signatures.len(), 1_000);
    let pairs: Vec<_> = digests.iter().zip(&signatures).collect();
    std::thread::scope(|scope| {
        for part in pairs.chunks(250) {
            let token = &token;
            scope.spawn(move || {
                for (digest, signature) in part {
                    assert!(verifies(token, "person-p256", Scheme::Ecdsa, digest, signature), "{digest:?}");
                }
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_not_made_to_sign_what_it_can_not() {
    let token = SoftHsm::new();
    let desk = Desk::new([softhsm(&token)]);
    for (name, scheme) in [("person-rsa", Scheme::Ecdsa), ("person-p256", Scheme::RsaPss)] {
        let question = desk.question(Some(token.id(name)), scheme, &digests(1)).await.unwrap();
        assert_eq!(desk.spend(typed(&question, SoftHsm::PIN)).await, Err(TokenError::Unfit), "{name}");
    }
}

fn verifies(token: &SoftHsm, name: &str, scheme: Scheme, digest: &Digest, signature: &[u8]) -> bool {
    let written = if scheme == Scheme::Ecdsa { ecdsa_der(signature) } else { signature.to_vec() };
    verify(&token.certificate(name), scheme, digest, &written)
}
