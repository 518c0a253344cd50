//! Pairings and advance grants.

use kyso::domain::policy::PairedBy;
use kyso::domain::ports::Grants;
use rusqlite::Connection;

use super::{Place, origin};

#[tokio::test]
async fn r15_a_bearer_is_good_for_its_origin_until_it_is_revoked() {
    let place = Place::new();
    let store = place.open();
    let (a, b) = (origin("https://a.vn"), origin("https://b.vn"));
    let first = store.pair(&a, PairedBy::Person).await.unwrap();
    let second = store.pair(&a, PairedBy::Person).await.unwrap();
    let other = store.pair(&b, PairedBy::Person).await.unwrap();
    assert_eq!(first.len(), 43, "256 bits in base64url");
    assert_ne!(store.pairing(&a, &first).unwrap(), store.pairing(&a, &second).unwrap());
    assert_eq!(store.pairing(&b, &first), None, "another origin's");
    assert_eq!(store.pairing(&a, &other), None, "another origin's");
    for wrong in ["", "x", &first[1..], &format!("{first}="), &first.to_lowercase()] {
        assert_eq!(store.pairing(&a, wrong), None, "{wrong}");
    }

    store.unpair(store.pairing(&a, &first).unwrap()).await.unwrap();
    assert_eq!(store.pairing(&a, &first), None);
    assert!(store.pairing(&a, &second).is_some(), "the other browser profile stays");
    assert!(store.revoke(&a).await.unwrap());
    assert_eq!(store.pairing(&a, &second), None);
    assert!(!store.revoke(&a).await.unwrap(), "nothing left to revoke");
    assert!(store.pairing(&b, &other).is_some());
    assert_eq!(place.kinds(), ["paired", "paired", "paired", "unpaired", "revoked"]);
}

#[tokio::test]
async fn grants_survive_a_restart() {
    let place = Place::new();
    let store = place.open();
    let (a, b) = (origin("https://a.vn"), origin("https://b.vn"));
    let bearer = store.pair(&a, PairedBy::Person).await.unwrap();
    let id = store.pairing(&a, &bearer);
    store.allow(&b).await.unwrap();
    store.allow(&b).await.unwrap();
    drop(store);

    let store = place.open();
    assert_eq!(store.pairing(&a, &bearer), id);
    assert!(store.policy().allowed.contains(&b) && !store.policy().allowed.contains(&a));
    let list = store.list();
    let seen: Vec<_> =
        list.iter().map(|grant| (grant.origin.as_str(), grant.allowed, grant.pairings)).collect();
    assert_eq!(seen, [("https://a.vn", false, 1), ("https://b.vn", true, 0)]);
    assert_eq!(list[0].paired_at.as_deref(), Some(&*place.rows()[0].time));
    assert_eq!(place.kinds(), ["paired", "allowed"], "allowing twice is one event");
}

#[tokio::test]
async fn r22_a_refusal_is_remembered_until_it_is_lifted() {
    let place = Place::new();
    let store = place.open();
    let (a, b) = (origin("https://a.vn"), origin("https://b.vn"));
    let bearer = store.pair(&a, PairedBy::Person).await.unwrap();
    store.allow(&b).await.unwrap();
    store.refuse(&a).await.unwrap();
    store.refuse(&b).await.unwrap();
    assert_eq!(store.pairing(&a, &bearer), None, "it is not paired any more");
    drop(store);

    let store = place.open();
    let seen = |store: &kyso::store::Store| {
        let list = store.list();
        list.iter().map(|grant| (grant.allowed, grant.refused, grant.pairings)).collect::<Vec<_>>()
    };
    assert_eq!(seen(&store), [(false, true, 0), (false, true, 0)]);
    assert_eq!(store.policy().refused, [a.clone(), b.clone()].into());
    store.allow(&a).await.unwrap();
    assert_eq!(seen(&store), [(true, false, 0), (false, true, 0)]);
    assert!(store.revoke(&b).await.unwrap());
    assert!(store.policy().refused.is_empty());
    let kinds = ["paired", "allowed", "revoked", "blocked", "revoked", "blocked", "allowed", "revoked"];
    assert_eq!(place.kinds(), kinds);
}

#[tokio::test]
async fn the_number_of_an_ended_pairing_is_never_given_again() {
    let place = Place::new();
    let store = place.open();
    let a = origin("https://a.vn");
    let bearer = store.pair(&a, PairedBy::Person).await.unwrap();
    let ended = store.pairing(&a, &bearer).unwrap();
    store.unpair(ended).await.unwrap();
    let bearer = store.pair(&a, PairedBy::Advance).await.unwrap();
    assert_ne!(store.pairing(&a, &bearer).unwrap(), ended);
}

#[tokio::test]
async fn r61_no_bearer_stands_in_the_files() {
    let place = Place::new();
    let store = place.open();
    let bearer = store.pair(&origin("https://a.vn"), PairedBy::Person).await.unwrap();
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(bearer.len()).any(|window| window == bearer.as_bytes()));
    }
}

#[tokio::test]
async fn a_grant_without_its_event_is_not_kept() {
    let place = Place::new();
    let store = place.open();
    let a = origin("https://a.vn");
    Connection::open(place.path())
        .unwrap()
        .execute_batch("CREATE TRIGGER no_events BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'disk'); END")
        .unwrap();
    assert!(store.pair(&a, PairedBy::Person).await.is_err());
    assert!(store.allow(&a).await.is_err());
    assert!(store.list().is_empty());
    drop(store);
    assert!(place.open().list().is_empty());
}
