//! Many at once on one token (R37). `KYSO_LONG=1` takes the full counts.

use std::sync::Arc;

use kyso::domain::digest::DigestAlgorithm;
use kyso::domain::scheme::Scheme;
use tokio::task::JoinSet;

use super::{Desk, digest, softhsm, typed};
use crate::support::softhsm::{SoftHsm, ecdsa_der, verify};

/// Each signature has its own login and logout; without one critical section for both, a third fails.
#[tokio::test(flavor = "multi_thread")]
async fn r37_eight_at_once_never_disturb_each_other() {
    let each = if std::env::var_os("KYSO_LONG").is_some() { 1_000 } else { 100 };
    let token = Arc::new(SoftHsm::new());
    let desk = Arc::new(Desk::new([softhsm(&token)]));
    let mut all = JoinSet::new();
    for task in 0..8 {
        let (desk, token) = (Arc::clone(&desk), Arc::clone(&token));
        all.spawn(async move {
            let id = Some(token.id("person-p256"));
            for count in 0..each {
                let digests = [digest(DigestAlgorithm::Sha256, task * each + count)];
                let question = desk.question(id, Scheme::Ecdsa, &digests).await.unwrap();
                let signatures = desk.spend(typed(&question, SoftHsm::PIN)).await.unwrap();
                // openssl takes longer than the token: it looks at one in ten.
                if count % 10 == 0 {
                    let (certificate, signature) =
                        (token.certificate("person-p256"), ecdsa_der(&signatures[0]));
                    assert!(verify(&certificate, Scheme::Ecdsa, &digests[0], &signature), "{digests:?}");
                }
            }
        });
    }
    all.join_all().await;
}
