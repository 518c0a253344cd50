//! What a verifier finds.

mod tampering;

use std::path::Path;

use kyso::domain::audit::Receipt;
use kyso::domain::ports::Feed as _;
use kyso::domain::retention::{Forward, Rules};
use kyso::store::export::write_json_line;
use kyso::store::verify::{Broken, Verified, VerifyError, Why, verify, verify_export};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::Connection;

use self::tampering::{Evidence, tampering, without_triggers};
use super::Place;
use super::checkpoints::{identity, signing, why, write};
use crate::support::figures::print;
use crate::support::logbook::rechain;

#[tokio::test]
async fn r60_every_edit_deletion_swap_and_insertion_is_found() {
    let place = Place::new();
    let (sound, receipt) = evidence(&place).await;
    assert!(verify(&place.path(), Some(receipt.clone())).unwrap().removed.is_some());
    let cases = if std::env::var_os("KYSO_LONG").is_some() { 1_000 } else { 100 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let elsewhere = tempfile::tempdir().unwrap();
    runner
        .run(&tampering(), |tampering| {
            let copy = copy(&sound, elsewhere.path());
            prop_assert!(verify(&copy.log, Some(receipt.clone())).is_ok(), "the copy is sound");
            prop_assume!(tampering.apply(&copy));
            let found = verify(&copy.log, Some(receipt.clone()));
            prop_assert!(matches!(found, Err(VerifyError::Broken(_))), "{tampering:?}: {found:?}");
            Ok(())
        })
        .unwrap();
    print(&format!("{cases} changes of rows, checkpoints, closed files and their table, each found"));

    // The same of an export: any byte another, or the end cut off anywhere.
    let mut export = Vec::new();
    for row in place.rows() {
        write_json_line(&row, &mut export).unwrap();
    }
    let length = export.len();
    runner
        .run(&(0..length, prop::option::of(1..=255_u8)), |(at, flipped)| {
            let mut changed = export.clone();
            match flipped {
                Some(bits) => changed[at] ^= bits,
                None => changed.truncate(at),
            }
            // Blanks, the last line break and the case of hex digits mean nothing.
            let text = |bytes: &[u8]| {
                let text = String::from_utf8_lossy(bytes).to_lowercase();
                text.split_whitespace().collect::<String>()
            };
            prop_assume!(text(&changed) != text(&export));
            prop_assert!(
                verify_export(&changed[..], Some(receipt.clone())).is_err(),
                "not found: {at} {flipped:?}"
            );
            Ok(())
        })
        .unwrap();
    print(&format!("{cases} changed and cut exports, each found"));
}

/// What a checkpoint stands behind needs no receipt and no note of the end, whoever computes all hashes anew.
#[tokio::test]
async fn r60_checkpoints_alone_prove_what_is_before_them() {
    let place = Place::new();
    let (sound, _) = evidence(&place).await;
    let elsewhere = tempfile::tempdir().unwrap();
    for forged in sound.first..sound.last {
        let copy = copy(&sound, elsewhere.path());
        std::fs::remove_file(copy.log.with_extension("head")).unwrap();
        rechain(&copy.log, |row| {
            if row.sequence == forged {
                row.time.replace_range(..1, "3");
            }
        });
        assert_eq!(why(verify(&copy.log, None)), Why::Checkpoint, "row {forged}");
    }
}

#[tokio::test]
async fn r60_a_cut_end_is_found_by_a_receipt() {
    let place = Place::new();
    let receipt = place.fill().await;
    let copy = place.folder.path().join("copy.sqlite");
    std::fs::copy(place.path(), &copy).unwrap();
    let cut = without_triggers(&copy);
    cut.execute("DELETE FROM log WHERE sequence > 8", []).unwrap();
    assert_eq!(verify(&copy, None).unwrap().rows, 8, "eight rows are a chain, too");
    assert_eq!(broken(verify(&copy, Some(receipt))), Broken { sequence: 9, why: Why::Truncated });
    let forged = Receipt { sequence: 5, head: [1; 32] };
    assert_eq!(broken(verify(&copy, Some(forged))), Broken { sequence: 5, why: Why::Receipt });
}

#[tokio::test]
async fn an_export_verifies_elsewhere_and_shows_a_change() {
    let place = Place::new();
    let receipt = place.fill().await;
    let mut whole = Vec::new();
    for row in place.rows() {
        write_json_line(&row, &mut whole).unwrap();
    }
    let verified = verify_export(&whole[..], Some(receipt.clone())).unwrap();
    assert_eq!(verified, Verified { rows: 10, first: 1, head: receipt.clone(), ..Verified::default() });

    let text = String::from_utf8(whole).unwrap();
    let spaced = text.replace("\":", "\" : ");
    assert!(verify_export(spaced.as_bytes(), None).is_ok(), "blanks between values mean nothing");
    let later: String = text.lines().skip(4).map(|line| format!("{line}\n")).collect();
    let verified = verify_export(later.as_bytes(), Some(receipt)).unwrap();
    assert_eq!((verified.first, verified.rows), (5, 6));

    let edited = text.replacen("\"made\":1", "\"made\":2", 1);
    assert_eq!(broken(verify_export(edited.as_bytes(), None)), Broken { sequence: 2, why: Why::Hash });
    let cut = &text[..text.len() - 10];
    assert_eq!(broken(verify_export(cut.as_bytes(), None)), Broken { sequence: 10, why: Why::Line });
}

/// A log that the agent signs, some closed files, and one that was removed after its time.
async fn evidence(place: &Place) -> (Evidence, Receipt) {
    let identity = identity(place.folder.path());
    let forward = Forward { journald: true, ..Forward::default() };
    let rules = Rules { rotate_rows: 10, keep_days: 0, forward, ..Rules::default() };
    let store = signing(place, &identity, rules);
    assert_eq!(store.cursor("journald").await.unwrap(), 0);
    let log = Connection::open(place.path()).unwrap();
    write(&store, 25).await;
    let heard: i64 = log.query_row("SELECT min(last) FROM files", [], |row| row.get(0)).unwrap();
    store.keep("journald", heard).await.unwrap();
    // The next one begins a new file, which then has a checkpoint in its middle, too.
    let files = || log.query_row("SELECT count(*) FROM files", [], |row| row.get::<_, i64>(0)).unwrap();
    let before = files();
    while files() == before {
        write(&store, 1).await;
    }
    write(&store, 1).await;
    store.seal().await.unwrap();
    let receipt = write(&store, 1).await.remove(0);
    drop(store);
    let ends = "SELECT min(sequence), max(sequence) FROM log";
    let (first, last) = log.query_row(ends, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut listed = log.prepare("SELECT first, name, removed FROM files ORDER BY first").unwrap();
    let listed = listed.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let (removed, files): (Vec<_>, Vec<_>) =
        listed.map(Result::unwrap).partition(|(_, _, removed): &(i64, String, bool)| *removed);
    assert!(removed.len() == 1 && files.len() >= 4, "{removed:?} {files:?}");
    let evidence = Evidence {
        log: place.path(),
        first,
        last,
        files: files.into_iter().map(|(first, name, _)| (first, name)).collect(),
        removed: removed.into_iter().map(|(first, ..)| first).collect(),
    };
    (evidence, receipt)
}

/// Copies the log, its closed files and the agent's note of its end into this folder.
fn copy(evidence: &Evidence, folder: &Path) -> Evidence {
    for file in std::fs::read_dir(folder).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let names = evidence.files.iter().map(|(_, name)| name.as_str());
    for name in names.chain(["audit.sqlite", "audit.head"]) {
        std::fs::copy(evidence.log.with_file_name(name), folder.join(name)).unwrap();
    }
    let (files, removed) = (evidence.files.clone(), evidence.removed.clone());
    Evidence { log: folder.join("audit.sqlite"), files, removed, ..*evidence }
}

fn broken(result: Result<Verified, VerifyError>) -> Broken {
    match result {
        Err(VerifyError::Broken(broken)) => broken,
        other => panic!("not found to be broken: {other:?}"),
    }
}
