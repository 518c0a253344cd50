//! Files of every version since the first are brought up to date with all that they hold.
//!
//! `tests/data/databases/version-N.sqlite` was made with that version's `schema.sql` and rows as it wrote them: a
//! pairing, a signed request with an idempotency key and its reply, a refused one, one left open, a site allowed.

use std::path::Path;

use kyso::domain::audit::{Asked, Receipt};
use kyso::domain::policy::PairedBy;
use kyso::domain::ports::{AuditLog, Grants, PinTries};
use kyso::domain::retention::Rules;
use kyso::domain::token::TokenKey;
use kyso::store::StoreError;
use kyso::store::read::Reader;
use kyso::store::verify::verify;

use super::checkpoints::write;
use super::{Place, origin, resendable};

#[tokio::test]
async fn files_of_all_versions_go_on() {
    for version in 1..=3 {
        let place = Place::new();
        let fixture = format!("{}/tests/data/databases/version-{version}.sqlite", env!("CARGO_MANIFEST_DIR"));
        std::fs::copy(&fixture, place.path()).unwrap();
        // Readers of this version take it as it is.
        let before = verify(&place.path(), None).unwrap();
        assert_eq!(before.rows, 7, "version {version}");
        let head: Receipt = before.head;

        let store = place.open();
        let site = origin("https://vanban.example.vn");
        assert!(store.pairing(&site, "the bearer").is_some(), "version {version}");
        assert!(store.policy().allowed.contains(&origin("https://duoc.example.vn")));
        assert_eq!(store.policy().refused.contains(&origin("https://chan.example.vn")), version >= 3);
        let wrong = store.wrong_in_a_row(&TokenKey("T1".to_owned())).await.unwrap();
        assert_eq!(wrong, if version >= 2 { 2 } else { 0 });
        assert_eq!(place.kinds()[7], "interrupted");
        let open: serde_json::Value = serde_json::from_str(&place.rows()[7].body).unwrap();
        assert_eq!((&open["request"], &open["sequence_asked"]), (&"r3".into(), &6.into()));
        assert_eq!(open["caller"], "https://vanban.example.vn");
        let again = store.ask(&resendable("key", 1, 1)).await.unwrap();
        assert!(matches!(&again, Asked::Replay(bytes) if bytes == b"the reply"), "{again:?}");
        let other = store.ask(&resendable("key", 1, 2)).await.unwrap();
        assert!(matches!(other, Asked::Reused), "{other:?}");
        let recent = store.recent(10).await.unwrap();
        let kinds: Vec<&str> = recent.iter().map(|past| past.kind.as_str()).collect();
        assert_eq!(kinds, ["interrupted", "refused", "signed"]);
        assert_eq!(recent[2].name.as_deref(), Some("Công văn số 1.pdf"));
        store.pair(&site, PairedBy::Person).await.unwrap();
        drop(store);
        // And as a file of this version it moves on to others.
        let store = place.open_with(Rules { rotate_rows: 10, ..Rules::default() });
        write(&store, 10).await;
        let again = store.ask(&resendable("key", 1, 1)).await.unwrap();
        assert!(matches!(again, Asked::Replay(_)), "{again:?}");
        drop(store);
        verify(&place.path(), Some(head)).unwrap();
    }
}

/// What a newer Kyso wrote is refused and left alone, by whoever opens it.
#[test]
fn a_newer_version_is_refused_by_readers_too() {
    let place = Place::new();
    drop(place.open());
    let known = set_version(&place.path(), 99);
    let error = Reader::open(&place.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert_eq!(known, 4);
}

fn set_version(path: &Path, version: i64) -> i64 {
    let file = rusqlite::Connection::open(path).unwrap();
    let known = file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    file.pragma_update(None, "user_version", version).unwrap();
    known
}
