//! Rows, their order, their fields, and what a resent request finds.

use std::os::unix::fs::PermissionsExt;

use kyso::domain::activity::Past;
use kyso::domain::audit::{Asked, AuditId, Event};
use kyso::domain::error::ErrorCode;
use kyso::domain::form::{Form, SignIn};
use kyso::domain::policy::PairedBy;
use kyso::domain::ports::AuditLog;
use kyso::domain::request::SignRequest;
use kyso::store::verify::verify;
use kyso::store::{Store, StoreError};
use rusqlite::Connection;

use super::{Place, ask, failure, origin, request, resendable, success};

#[tokio::test]
async fn r59_a_row_is_in_the_file_when_it_is_answered() {
    let place = Place::new();
    let store = place.open();
    let id = ask(&store, &request("a")).await;
    assert_eq!(place.kinds(), ["asked"]);
    let receipt = store.close(id, success(), None).await.unwrap();
    let rows = place.rows();
    assert_eq!(rows[1].kind, "signed");
    assert_eq!((receipt.sequence, &receipt.head[..]), (2, &rows[1].hash[..]));
}

#[tokio::test]
async fn r60_nobody_changes_or_removes_a_row() {
    let place = Place::new();
    place.fill().await;
    let other = Connection::open(place.path()).unwrap();
    for statement in [
        "UPDATE log SET body = '{}' WHERE sequence = 3",
        "DELETE FROM log WHERE sequence = 10",
        "INSERT OR REPLACE INTO log SELECT * FROM log WHERE sequence = 3",
        "REPLACE INTO log SELECT sequence, time, kind, '{}', previous, hash FROM log",
        "INSERT INTO log SELECT 12, time, kind, body, previous, hash FROM log LIMIT 1",
    ] {
        let error = other.execute(statement, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{statement}: {error}");
    }
    assert_eq!(verify(&place.path(), None).unwrap().rows, 10);
}

/// The end of a sign-in says by itself what it was the end of, and the last ones name no document.
#[tokio::test]
async fn a_sign_in_is_told_from_a_signature() {
    let place = Place::new();
    let store = place.open();
    let sign_in = SignIn { origin: origin("https://vanban.example.vn"), nonce: vec![7; 32] };
    let asked = ask(&store, &SignRequest { form: Form::SignIn(sign_in), ..request("") }).await;
    store.close(asked, success(), None).await.unwrap();
    let asked = ask(&store, &request("a")).await;
    store.close(asked, success(), None).await.unwrap();
    let rows = place.rows();
    assert!(rows[1].body.contains(r#""form":"sign-in""#) && !rows[3].body.contains("form"));
    let recent = store.recent(10).await.unwrap();
    let told: Vec<_> = recent.iter().map(|past| (past.sign_in, past.name.as_deref())).collect();
    assert_eq!(told, [(false, Some("a")), (true, None)]);
    assert_eq!(verify(&place.path(), None).unwrap().rows, 4);
}

/// Of more signatures than are asked for, the last ones come, the newest first.
#[tokio::test]
async fn the_last_ten_are_the_newest_ten() {
    let place = Place::new();
    let store = place.open();
    for number in 1..=12 {
        let asked = ask(&store, &request(&format!("{number}.pdf"))).await;
        store.close(asked, success(), None).await.unwrap();
    }
    let newest: Vec<Option<String>> = (3..=12).rev().map(|number| Some(format!("{number}.pdf"))).collect();
    let told = |past: Vec<Past>| past.into_iter().map(|past| past.name).collect::<Vec<_>>();
    assert_eq!(told(store.recent(10).await.unwrap()), newest);
    drop(store);
    assert_eq!(told(place.open().recent(10).await.unwrap()), newest, "after a new start");
}

#[tokio::test]
async fn r61_rows_carry_exactly_these_fields() {
    let place = Place::new();
    let store = place.open();
    let asked = ask(&store, &resendable("key", 1, 1)).await;
    store.close(asked, success(), None).await.unwrap();
    let asked = ask(&store, &request("a")).await;
    store.close(asked, failure(ErrorCode::PinLocked), None).await.unwrap();
    store.event(Event::Paired { origin: origin("https://a.vn"), by: PairedBy::Person }).await.unwrap();
    let fields: Vec<String> = place
        .rows()
        .iter()
        .map(|row| {
            let body: serde_json::Value = serde_json::from_str(&row.body).unwrap();
            let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
            format!("{}: {}", row.kind, keys.join(" "))
        })
        .collect();
    assert_eq!(
        fields,
        [
            "asked: caller certificate count idempotency items request scheme user",
            "signed: caller certificate consent count expires holder made outcome prompt_ms request scheme sequence_asked subject token token_ms user wrong_pins",
            "asked: caller certificate count items request scheme user",
            "failed: caller cause count made outcome prompt_ms request sequence_asked token_ms user wrong_pins",
            "paired: asked caller user",
        ]
    );
    let signed: serde_json::Value = serde_json::from_str(&place.rows()[1].body).unwrap();
    assert_eq!(signed["subject"], "CN=Nguyễn Thị Ánh,O=UBND,C=VN");
    assert_eq!(signed["prompt_ms"], 4_200);
    assert_eq!(signed["sequence_asked"], 1);
    assert_eq!(signed["holder"], "person");
    assert_eq!(signed["expires"], "2027-03-01T16:59:59Z");
    assert_eq!(signed["wrong_pins"], 1);
    let asked: serde_json::Value = serde_json::from_str(&place.rows()[0].body).unwrap();
    assert_eq!(asked["items"][0]["digest"], format!("sha-256:{}", "07".repeat(32)));
}

#[tokio::test]
async fn outcomes_have_their_words() {
    let place = Place::new();
    let store = place.open();
    for code in [ErrorCode::UserDenied, ErrorCode::UserTimeout, ErrorCode::Cancelled, ErrorCode::TokenFailed]
    {
        let id = ask(&store, &request("a")).await;
        store.close(id, failure(code), None).await.unwrap();
    }
    let kinds = place.kinds();
    let outcomes: Vec<&String> = kinds.iter().filter(|kind| *kind != "asked").collect();
    assert_eq!(outcomes, ["refused", "refused", "cancelled", "failed"]);
}

#[tokio::test]
async fn a_request_ends_once() {
    let place = Place::new();
    let store = place.open();
    let id = ask(&store, &request("a")).await;
    store.close(id, success(), None).await.unwrap();
    assert!(store.close(id, success(), None).await.is_err(), "ended before");
    assert!(store.close(AuditId(99), success(), None).await.is_err(), "never asked");
    assert_eq!(place.kinds(), ["asked", "signed"]);
}

#[tokio::test]
async fn what_a_former_run_left_open_is_interrupted() {
    let place = Place::new();
    let store = place.open();
    let done = ask(&store, &request("a")).await;
    store.close(done, success(), None).await.unwrap();
    ask(&store, &resendable("key", 1, 1)).await;
    drop(store);
    let store = place.open();
    assert_eq!(place.kinds(), ["asked", "signed", "asked", "interrupted"]);
    let again = store.ask(&resendable("key", 1, 1)).await.unwrap();
    assert!(matches!(again, Asked::Ended(ErrorCode::Cancelled)), "{again:?}");
    drop((store, place.open()));
    assert_eq!(place.kinds().len(), 4, "once is enough");
}

#[tokio::test]
async fn a_resent_request_finds_its_former_self() {
    let place = Place::new();
    let store = place.open();
    let id = ask(&store, &resendable("key", 1, 1)).await;
    assert!(matches!(store.ask(&resendable("key", 1, 1)).await.unwrap(), Asked::Running));
    assert!(matches!(store.ask(&resendable("key", 1, 2)).await.unwrap(), Asked::Reused));
    let render = Box::new(|receipt: &kyso::domain::audit::Receipt| {
        format!("reply at {}", receipt.sequence).into_bytes()
    });
    store.close(id, success(), Some(render)).await.unwrap();
    let other = ask(&store, &resendable("key", 2, 1)).await;
    store.close(other, failure(ErrorCode::UserDenied), None).await.unwrap();
    drop(store);

    let store = place.open();
    let replay = store.ask(&resendable("key", 1, 1)).await.unwrap();
    assert!(matches!(&replay, Asked::Replay(bytes) if bytes == b"reply at 2"), "{replay:?}");
    assert!(matches!(store.ask(&resendable("key", 1, 2)).await.unwrap(), Asked::Reused));
    let ended = store.ask(&resendable("key", 2, 1)).await.unwrap();
    assert!(matches!(ended, Asked::Ended(ErrorCode::UserDenied)), "{ended:?}");
    assert_eq!(place.kinds(), ["asked", "signed", "asked", "refused", "replayed"]);
}

#[tokio::test]
async fn a_reply_that_panics_leaves_the_request_open_and_the_log_usable() {
    let place = Place::new();
    let store = place.open();
    let id = ask(&store, &resendable("key", 1, 1)).await;
    let broken = Box::new(|_: &kyso::domain::audit::Receipt| -> Vec<u8> { panic!("on purpose") });
    assert!(store.close(id, success(), Some(broken)).await.is_err());
    assert_eq!(place.kinds(), ["asked"]);
    store.close(id, failure(ErrorCode::Internal), None).await.unwrap();
    assert_eq!(place.kinds(), ["asked", "failed"]);
}

#[tokio::test]
async fn what_was_begun_is_finished_when_nobody_waits() {
    let place = Place::new();
    let store = place.open();
    drop(store.ask(&request("a")));
    drop(store);
    assert_eq!(place.kinds(), ["asked"]);
}

#[tokio::test]
async fn r62_only_this_user_reads_the_files() {
    let place = Place::new();
    let store = place.open();
    ask(&store, &request("a")).await;
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
}

#[test]
fn a_newer_file_and_no_database_are_refused_untouched() {
    let place = Place::new();
    drop(place.open());
    Connection::open(place.path()).unwrap().pragma_update(None, "user_version", 5).unwrap();
    let error = Store::open(&place.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 5, known: 4 }), "{error}");

    let text = place.folder.path().join("text");
    std::fs::write(&text, "no database at all, but long enough to have a header".repeat(20)).unwrap();
    let before = std::fs::read(&text).unwrap();
    assert!(matches!(Store::open(&text), Err(StoreError::Database(_))));
    assert_eq!(std::fs::read(&text).unwrap(), before);
}
