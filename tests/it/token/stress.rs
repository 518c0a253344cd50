//! Many at once on one token (R37, R72). `KYSO_LONG=1` takes the full counts.
//!
//! Below the service, which shows one prompt at a time.

use std::sync::Arc;
use std::time::Instant;

use kyso::domain::approval::SignQuestion;
use kyso::domain::scheme::Scheme;
use rustls_pki_types::CertificateDer;
use tokio::task::JoinSet;

use super::{Desk, digests, softhsm, typed};
use crate::support::agent::sha256;
use crate::support::softhsm::{SoftHsm, der, ecdsa_der, verify};

/// Each signature has its own login and logout; without one critical section for both, a third fails.
/// Each is verified against its own text by another library than the agent's, and a hundred by openssl.
#[tokio::test(flavor = "multi_thread")]
async fn r37_r72_sixteen_clients_never_get_each_others_signatures() {
    let each = if std::env::var_os("KYSO_LONG").is_some() { 10_000 } else { 1_000 };
    let token = Arc::new(SoftHsm::new());
    let desk = Arc::new(Desk::new([softhsm(&token)]));
    let question = desk.question(Some(token.id("person-p256")), Scheme::Ecdsa, &digests(1)).await.unwrap();
    let der = Arc::new(der(&token.certificate("person-p256")));
    let begun = Instant::now();
    let mut all = JoinSet::new();
    for client in 0..CLIENTS {
        let (desk, token, der, question) =
            (Arc::clone(&desk), Arc::clone(&token), Arc::clone(&der), question.clone());
        all.spawn(async move {
            for count in 0..each {
                let text = format!("client {client}, request {count}");
                let signature = sign(&desk, &question, &text).await;
                let der = CertificateDer::from(der.as_slice());
                let certificate = webpki::EndEntityCert::try_from(&der).unwrap();
                let algorithm = webpki::ring::ECDSA_P256_SHA256;
                let checked = certificate.verify_signature(algorithm, text.as_bytes(), &signature);
                checked.unwrap_or_else(|error| panic!("{text}: {error}"));
                if (client * each + count) % (CLIENTS * each / BY_OPENSSL) == 0 {
                    let certificate = token.certificate("person-p256");
                    assert!(verify(&certificate, Scheme::Ecdsa, &sha256(&text), &signature), "{text}");
                }
            }
        });
    }
    all.join_all().await;
    println!("{CLIENTS} clients × {each} signatures: 0 errors, 0 crossed, in {:?}", begun.elapsed());
}

/// One whole request with a PIN of its own; DER.
async fn sign(desk: &Desk, question: &SignQuestion, text: &str) -> Vec<u8> {
    let question = desk.asked_again(question, &[sha256(text)]).await.unwrap();
    let signatures = desk.spend(typed(&question, SoftHsm::PIN)).await;
    let signatures = signatures.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    assert_eq!(signatures.len(), 1, "{text}");
    ecdsa_der(&signatures[0])
}

const CLIENTS: usize = 16;
const BY_OPENSSL: usize = 100;
