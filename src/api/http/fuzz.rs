//! The JSON of every route, and the query of certificates.

use std::time::Duration;

use super::authentications;
use super::body;
use super::certificates;
use super::hello;
use super::pairings;
use super::signatures;
use crate::api::fuzz::page;
use crate::domain::form::Form;
use crate::domain::request::Items;
use crate::domain::request::RequestId;
use crate::domain::request::SignRequest;

/// The first byte picks the route, the rest is its body or query.
pub fn json(bytes: &[u8]) -> bool {
    let Some((route, bytes)) = bytes.split_first() else { return false };
    let (origin, caller) = page();
    match route {
        b'a' => authentications::parse(RequestId::random(), origin, bytes).is_ok_and(|request| {
            assert!(matches!(request.form, Form::SignIn(_)), "a document signs in");
            fits(&request)
        }),
        b'h' => hello::parse(bytes).is_ok_and(is_nonce),
        b'p' => pairings::parse(bytes).is_ok_and(|(name, nonce)| {
            assert!(name.len() <= 200, "too long");
            is_nonce(nonce)
        }),
        b'c' => certificates::filter(form_urlencoded::parse(bytes)).is_ok(),
        _ => {
            let parsed =
                body::parse(bytes).and_then(|body| signatures::parse(RequestId::random(), caller, body));
            parsed.is_ok_and(|request| {
                assert!(!matches!(request.form, Form::SignIn(_)), "a sign-in signs a document");
                fits(&request)
            })
        }
    }
}

/// R27, and the limits of the contract.
fn fits(request: &SignRequest) -> bool {
    let items = request.items.as_slice();
    assert!((1..=Items::MAX).contains(&items.len()), "too many");
    for item in items {
        assert_eq!(item.digest.value().len(), item.digest.algorithm().len(), "not a digest");
    }
    let within = Duration::from_secs(10)..=Duration::from_secs(600);
    assert!(within.contains(&request.timeout), "another time");
    if let Form::Attributes(sets) = &request.form {
        assert_eq!(sets.len(), items.len(), "not one set an item");
        for (set, item) in sets.iter().zip(items) {
            let digest = item.digest.value();
            assert!(set.der().windows(digest.len()).any(|part| part == digest), "of another document");
        }
    }
    true
}

fn is_nonce(nonce: Vec<u8>) -> bool {
    assert!((16..=64).contains(&nonce.len()), "not a nonce");
    true
}
