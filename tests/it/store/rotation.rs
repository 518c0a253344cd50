//! A new file after so many rows, with the chain carried over; removal after the time that files are kept; the
//! disk's share (R62).

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use kyso::domain::audit::Asked;
use kyso::domain::policy::PairedBy;
use kyso::domain::ports::{AuditLog, Feed as _, Grants, Notary as _, PinTries};
use kyso::domain::retention::{Forward, Rules};
use kyso::domain::token::TokenKey;
use kyso::store::clock::LocalClock;
use kyso::store::read::{Range, ReadError, Reader};
use kyso::store::records::survey;
use kyso::store::verify::{Expected, Why, verify, verify_against};
use rusqlite::Connection;
use sha2::Digest as _;

use super::checkpoints::{identity, signing, why, write};
use super::{Place, ask, origin, request, resendable, success};

fn small() -> Rules {
    Rules { rotate_rows: 10, ..Rules::default() }
}

/// Names of the closed files, in order.
fn closed(place: &Place) -> Vec<PathBuf> {
    let files = std::fs::read_dir(place.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut closed: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().contains("audit-0")).collect();
    closed.sort();
    closed
}

#[tokio::test]
async fn r62_rotation_carries_the_chain_and_changes_no_closed_file() {
    let place = Place::new();
    let identity = identity(place.folder.path());
    let store = signing(&place, &identity, small());
    let receipts = write(&store, 12).await;
    store.seal().await.unwrap();
    let files = closed(&place);
    assert!(files.len() >= 2, "{files:?}");
    let digests: Vec<Vec<u8>> = files.iter().map(|file| digest(file)).collect();
    for file in &files {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o400, "{file:?}");
    }
    // The first row of each file but the first names the one before.
    let present = Connection::open(place.path()).unwrap();
    let first = "SELECT kind, body, previous FROM log ORDER BY sequence LIMIT 1";
    let (kind, body, previous): (String, String, Vec<u8>) =
        present.query_row(first, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let last_file = files.last().unwrap();
    assert_eq!(kind, "rotated");
    assert_eq!(body["file"]["name"], last_file.file_name().unwrap().to_str().unwrap());
    assert_eq!(body["file"]["head"], hex::encode(previous));
    assert_eq!(body["file"]["digest"], format!("sha256:{}", hex::encode(digests.last().unwrap())));
    // Closed, and signed to its end.
    let old = Connection::open(last_file).unwrap();
    let (kind, sequence): (String, i64) = old
        .query_row("SELECT kind, sequence FROM log ORDER BY sequence DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((kind.as_str(), Some(sequence)), ("checkpoint", body["file"]["last"].as_i64()));

    let expected = Expected { receipts, key: Some(identity.key()), signed: true };
    let verified = verify_against(&place.path(), &expected).unwrap();
    assert_eq!((verified.first, verified.rows), (1, place.rows().len() as u64));
    write(&store, 12).await;
    for (file, digest_before) in files.iter().zip(digests) {
        assert_eq!(digest(file), digest_before, "{file:?} was changed");
    }
}

/// Every reader sees one log.
#[tokio::test]
async fn r62_readers_and_memory_go_over_all_files() {
    let place = Place::new();
    let site = origin("https://vanban.example.vn");
    let token = TokenKey("T1".to_owned());
    let store = place.open_with(small());
    let bearer = store.pair(&site, PairedBy::Person).await.unwrap();
    store.set_wrong(&token, 2).await.unwrap();
    let key = ask(&store, &resendable("key", 1, 1)).await;
    store.close(key, success(), Some(Box::new(|_| b"the reply".to_vec()))).await.unwrap();
    let open = ask(&store, &request("still open")).await;
    write(&store, 30).await;
    assert!(closed(&place).len() >= 5);
    // What began in an old file ends in the present one.
    store.close(open, success(), None).await.unwrap();
    let replay = store.ask(&resendable("key", 1, 1)).await.unwrap();
    assert!(matches!(&replay, Asked::Replay(bytes) if bytes == b"the reply"), "{replay:?}");
    let past = store.recent(10).await.unwrap();
    assert_eq!(past.len(), 10);
    assert_eq!(past[0].name.as_deref(), Some("still open"), "its name is in an old file");
    assert!(past.iter().all(|past| past.name.is_some()));
    assert!(past.windows(2).all(|pair| pair[0].sequence > pair[1].sequence));
    drop(store);
    let store = place.open_with(small());
    assert!(store.pairing(&site, &bearer).is_some());
    assert_eq!(store.wrong_in_a_row(&token).await.unwrap(), 2);
    let replay = store.ask(&resendable("key", 1, 1)).await.unwrap();
    assert!(matches!(replay, Asked::Replay(_)), "{replay:?}");

    let rows = place.rows();
    assert!(rows.iter().zip(1..).all(|(row, sequence)| row.sequence == sequence));
    let reader = Reader::open(&place.path()).unwrap();
    assert_eq!(reader.count(&Range::default()).unwrap(), rows.len() as u64);
    for last in [1, 9, 25, 1_000] {
        let range = Range { last: Some(last), ..Range::default() };
        let mut newest = Vec::new();
        let read: Result<(), ReadError> = reader.each(&range, |row| {
            newest.push(row);
            Ok(())
        });
        read.unwrap();
        let from = rows.len().saturating_sub(last as usize);
        assert_eq!(newest, rows[from..], "the last {last}");
        assert_eq!(reader.count(&range).unwrap(), newest.len() as u64);
    }
    let mut ends = 0;
    let found = survey(&place.path(), &mut LocalClock::new().unwrap(), |record| {
        ends += u64::from(matches!(record.happened, kyso::domain::record::Happened::Ended(_)));
    });
    let found = found.unwrap();
    assert_eq!((found.rows, found.unclear, ends), (rows.len() as u64, 0, 32));
    found.proof.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn r62_rotation_under_load_loses_and_reorders_nothing() {
    let place = Place::new();
    let identity = identity(place.folder.path());
    let store = signing(&place, &identity, small());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { write(&store, 25).await })
        })
        .collect();
    let mut seen = 0;
    while !tasks.iter().all(tokio::task::JoinHandle::is_finished) {
        let rows = verify(&place.path(), None).unwrap().rows;
        assert!(rows >= seen, "{rows} rows after {seen}");
        seen = rows;
    }
    let mut receipts = Vec::new();
    for task in tasks {
        receipts.extend(task.await.unwrap());
    }
    assert_eq!(receipts.len(), 200);
    drop(store);
    let expected = Expected { receipts, key: Some(identity.key()), signed: true };
    verify_against(&place.path(), &expected).unwrap();
    let kinds = place.kinds();
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!((count("asked"), count("signed")), (200, 200));
    assert_eq!(count("rotated"), closed(&place).len());
}

#[tokio::test]
async fn r62_a_closed_file_that_is_gone_or_changed_is_found() {
    let place = Place::new();
    let store = place.open_with(small());
    write(&store, 20).await;
    drop(store);
    verify(&place.path(), None).unwrap();
    let file = closed(&place)[1].clone();
    let sound = std::fs::read(&file).unwrap();
    let mut changed = sound.clone();
    *changed.last_mut().unwrap() ^= 1;
    for bytes in [&changed[..], &sound[..sound.len() - 1], &[]] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(why(verify(&place.path(), None)), Why::File);
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(why(verify(&place.path(), None)), Why::File);
}

/// Old files go with a row that says so; what is left is a chain whose beginning is declared.
#[tokio::test]
async fn r62_retention_removes_closed_files_alone_and_says_so() {
    let place = Place::new();
    let identity = identity(place.folder.path());
    let store = signing(&place, &identity, small());
    let receipts = write(&store, 20).await;
    drop(store);
    let before = place.rows().len();
    let files = closed(&place);
    let kept = Rules { keep_days: 1, ..small() };
    drop(signing(&place, &identity, kept.clone()));
    assert_eq!(closed(&place), files, "a day has not passed");
    let kept = Rules { keep_days: 0, rotate_rows: 1_000, ..kept };
    let store = signing(&place, &identity, kept);
    store.seal().await.unwrap();
    drop(store);
    assert_eq!(closed(&place), Vec::<PathBuf>::new());
    let rows = place.rows();
    assert_eq!(rows[0].kind, "rotated", "the present file is never removed");
    assert!(rows.len() < before);
    let removed = rows.iter().filter(|row| row.kind == "removed").count();
    assert_eq!(removed, files.len());
    let expected = Expected { key: Some(identity.key()), ..Expected::default() };
    let verified = verify_against(&place.path(), &expected).unwrap();
    assert_eq!(verified.removed, Some(rows[0].sequence - 1));
    assert_eq!(why(verify(&place.path(), Some(receipts[0].clone()))), Why::Removed);
    verify(&place.path(), receipts.last().cloned()).unwrap();

    // The same gap without the row that declares it.
    let copy = place.folder.path().join("copy.sqlite");
    std::fs::copy(place.path(), &copy).unwrap();
    let log = Connection::open(&copy).unwrap();
    let first: i64 = log.query_row("SELECT min(sequence) FROM log", [], |row| row.get(0)).unwrap();
    log.execute_batch("DROP TRIGGER log_no_delete").unwrap();
    log.execute("DELETE FROM log WHERE sequence = ?", [first]).unwrap();
    drop(log);
    assert_eq!(why(verify(&copy, None)), Why::Sequence);
}

/// What a collector has not heard stays, however old it is; whoever is no collector any more keeps nothing.
#[tokio::test]
async fn r62_a_closed_file_stays_until_the_collectors_of_now_have_heard_it() {
    let place = Place::new();
    let told = |address: &str| {
        let forward = Forward { journald: true, syslog: Some(address.to_owned()) };
        Rules { keep_days: 0, forward, ..small() }
    };
    let store = place.open_with(told("127.0.0.1:601"));
    for collector in ["journald", "syslog 127.0.0.1:601"] {
        assert_eq!(store.cursor(collector).await.unwrap(), 0);
    }
    write(&store, 20).await;
    let files = closed(&place);
    assert!(files.len() >= 4, "{files:?}");
    // Rows of the third file are heard, by one of the two even all.
    let third = files[2].to_string_lossy().into_owned();
    let last: i64 = third.trim_end_matches(".sqlite").rsplit('-').next().unwrap().parse().unwrap();
    store.keep("journald", 1_000).await.unwrap();
    store.keep("syslog 127.0.0.1:601", last - 1).await.unwrap();
    drop(store);
    drop(place.open_with(told("127.0.0.1:601")));
    assert_eq!(closed(&place)[..], files[2..], "one row of it is not heard");
    verify(&place.path(), None).unwrap();
    // Another address is the same collector's; nobody at all keeps nothing.
    drop(place.open_with(told("127.0.0.1:602")));
    assert_eq!(closed(&place)[..], files[2..], "one row of it is still not heard");
    drop(place.open_with(Rules { forward: Forward::default(), ..told("") }));
    assert_eq!(closed(&place), Vec::<PathBuf>::new());
    verify(&place.path(), None).unwrap();
}

/// Above the disk's share nothing new is asked; what was begun ends, and nothing is dropped.
#[tokio::test]
async fn r62_the_disks_share_refuses_and_drops_nothing() {
    let place = Place::new();
    // Files whose time is over, too, if a collector that stays away has not heard them.
    let forward = Forward { journald: true, ..Forward::default() };
    let rules = Rules { most_megabytes: 1, rotate_rows: 20, keep_days: 0, forward };
    let store = place.open_with(rules.clone());
    store.cursor("journald").await.unwrap();
    let open = ask(&store, &request("a")).await;
    let mut asked = 1;
    let error = loop {
        match store.ask(&request(&"tên tài liệu ".repeat(19))).await {
            Ok(_) => asked += 1,
            Err(error) => break error,
        }
    };
    assert!(error.0.contains("most_megabytes"), "{error:?}");
    store.close(open, success(), None).await.unwrap();
    store.revoke(&origin("https://vanban.example.vn")).await.unwrap();
    let kinds = place.kinds();
    assert_eq!(kinds.iter().filter(|kind| *kind == "asked").count(), asked);
    assert!(kinds.contains(&"signed".to_owned()) && !closed(&place).is_empty(), "{kinds:?}");
    verify(&place.path(), None).unwrap();
    drop(store);
    // The office raises it.
    let store = place.open_with(Rules { most_megabytes: 2, ..rules });
    ask(&store, &request("a")).await;
}

fn digest(file: &std::path::Path) -> Vec<u8> {
    sha2::Sha256::digest(std::fs::read(file).unwrap()).to_vec()
}
