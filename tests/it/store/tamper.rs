//! What a verifier finds.

use std::path::Path;

use kyso::domain::audit::Receipt;
use kyso::store::export::write_json_line;
use kyso::store::verify::{Broken, Verified, VerifyError, Why, verify, verify_export};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::Connection;

use super::Place;
use crate::support::figures::print;

#[derive(Clone, Debug)]
enum Tampering {
    Edit { sequence: i64, column: &'static str, value: String },
    Flip { sequence: i64, column: &'static str, byte: usize },
    Delete { sequence: i64 },
    Swap { one: i64, other: i64 },
    Insert { copy_of: i64, after: i64 },
    Cut { from: i64 },
}

#[tokio::test]
async fn r60_every_edit_deletion_swap_and_insertion_is_found() {
    let place = Place::new();
    let receipt = place.fill().await;
    assert_eq!(verify(&place.path(), Some(receipt.clone())).unwrap().head, receipt);
    let cases = if std::env::var_os("KYSO_LONG").is_some() { 1_000 } else { 100 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let copy = place.folder.path().join("copy.sqlite");
    runner
        .run(&tampering(), |tampering| {
            std::fs::copy(place.path(), &copy).unwrap();
            tampering.apply(&copy);
            prop_assert!(
                matches!(verify(&copy, Some(receipt.clone())), Err(VerifyError::Broken(_))),
                "not found: {tampering:?}"
            );
            Ok(())
        })
        .unwrap();
    print(&format!("{cases} edits, deletions, swaps, insertions and cuts of the log, each found"));

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

impl Tampering {
    fn apply(&self, copy: &Path) {
        let log = without_triggers(copy);
        let done = match self {
            Self::Edit { sequence, column, value } => {
                log.execute(&format!("UPDATE log SET {column} = ? WHERE sequence = ?"), (value, sequence))
            }
            Self::Flip { sequence, column, byte } => {
                let select = format!("SELECT {column} FROM log WHERE sequence = ?");
                let mut hash: [u8; 32] = log.query_row(&select, [sequence], |row| row.get(0)).unwrap();
                hash[*byte] ^= 1;
                log.execute(&format!("UPDATE log SET {column} = ? WHERE sequence = ?"), (hash, sequence))
            }
            Self::Delete { sequence } => log.execute("DELETE FROM log WHERE sequence = ?", [sequence]),
            Self::Swap { one, other } => log
                .execute_batch(&format!(
                    "UPDATE log SET sequence = -1 WHERE sequence = {one};
                     UPDATE log SET sequence = {one} WHERE sequence = {other};
                     UPDATE log SET sequence = {other} WHERE sequence = -1;"
                ))
                .map(|()| 1),
            Self::Insert { copy_of, after } => log
                .execute_batch(&format!(
                    "UPDATE log SET sequence = -sequence WHERE sequence > {after};
                     UPDATE log SET sequence = 1 - sequence WHERE sequence < 0;
                     INSERT INTO log SELECT {after} + 1, time, kind, body, previous, hash FROM log
                     WHERE sequence = {copy_of} + ({copy_of} > {after});"
                ))
                .map(|()| 1),
            Self::Cut { from } => {
                log.execute("DELETE FROM log WHERE sequence >= ?", [from]).map(|cut| cut.min(1))
            }
        };
        assert_eq!(done.unwrap(), 1, "{self:?}");
    }
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let column = prop::sample::select(vec!["time", "kind", "body"]);
    let hash = prop::sample::select(vec!["previous", "hash"]);
    prop_oneof![
        (1..=10_i64, column, "[!-~]{1,20}").prop_map(|(sequence, column, value)| Tampering::Edit {
            sequence,
            column,
            value
        }),
        (1..=10_i64, hash, 0..32_usize).prop_map(|(sequence, column, byte)| Tampering::Flip {
            sequence,
            column,
            byte
        }),
        (1..=10_i64).prop_map(|sequence| Tampering::Delete { sequence }),
        (1..=10_i64, 1..=9_i64)
            .prop_map(|(one, step)| Tampering::Swap { one, other: (one + step - 1) % 10 + 1 }),
        (1..=10_i64, 0..=10_i64).prop_map(|(copy_of, after)| Tampering::Insert { copy_of, after }),
        (1..=10_i64).prop_map(|from| Tampering::Cut { from }),
    ]
}

fn without_triggers(path: &Path) -> Connection {
    let log = Connection::open(path).unwrap();
    log.execute_batch(
        "PRAGMA foreign_keys = OFF; DROP TRIGGER log_no_update; DROP TRIGGER log_no_delete;
         DROP TRIGGER log_at_the_end;",
    )
    .unwrap();
    log
}

fn broken(result: Result<Verified, VerifyError>) -> Broken {
    match result {
        Err(VerifyError::Broken(broken)) => broken,
        other => panic!("not found to be broken: {other:?}"),
    }
}
