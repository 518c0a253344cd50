//! The agent signs for its log (R60), and whoever knows its key finds a log that was written anew.

use std::path::Path;
use std::sync::Arc;

use kyso::api::identity::Identity;
use kyso::cli::audit;
use kyso::domain::audit::Receipt;
use kyso::domain::ports::Notary as _;
use kyso::domain::retention::Rules;
use kyso::store::export::{CsvWriter, write_json_line};
use kyso::store::verify::{
    Broken, Expected, VerifyError, Why, verify, verify_against, verify_export_against,
};
use kyso::store::{Store, Terms};
use kyso::text::Lang;
use rusqlite::Connection;

use super::{Place, ask, request, success};
use crate::support::logbook::rechain;

#[tokio::test]
async fn r60_each_hundred_rows_and_the_end_are_signed() {
    let place = Place::new();
    let identity = identity(place.folder.path());
    let store = signing(&place, &identity, Rules::default());
    write(&store, 110).await;
    drop(store);
    let kinds = place.kinds();
    assert_eq!(kinds.iter().filter(|kind| *kind == "checkpoint").count(), 3, "{kinds:?}");
    assert_eq!((kinds[100].as_str(), kinds.last().unwrap().as_str()), ("checkpoint", "checkpoint"));

    // With another library than the agent's: the key signs number, count and hash of the row before.
    let rows = place.rows();
    let body: serde_json::Value = serde_json::from_str(&rows[100].body).unwrap();
    let checkpoint = &body["checkpoint"];
    assert_eq!(checkpoint["count"], 100);
    assert_eq!(checkpoint["head"], hex::encode(&rows[99].hash));
    let text = [&b"kyso checkpoint v1\0"[..], &100_i64.to_be_bytes(), &100_i64.to_be_bytes(), &rows[99].hash]
        .concat();
    let bytes = |name: &str| hex::decode(checkpoint[name].as_str().unwrap()).unwrap();
    assert_eq!(bytes("key"), identity.key());
    assert!(openssl_verifies(place.folder.path(), &bytes("key"), &text, &bytes("signature")));

    let verified = verify(&place.path(), None).unwrap();
    let signed = verified.signed.unwrap();
    assert_eq!((signed.key, signed.sequence), (identity.key(), verified.head.sequence));
    drop(signing(&place, &identity, Rules::default()));
    assert_eq!(place.kinds().len(), kinds.len(), "nothing new, nothing to sign");
}

#[tokio::test]
async fn r60_a_log_written_anew_has_the_wrong_key() {
    let place = Place::new();
    let identity = identity(place.folder.path());
    drop(fill(&place, &identity).await);
    let pinned = Expected { key: Some(identity.key()), signed: true, ..Expected::default() };
    let sound = verify_against(&place.path(), &pinned).unwrap();

    // All hashes computed anew after an edit: the chain is whole, the checkpoint's signature is not.
    let forged = place.folder.path().join("forged.sqlite");
    std::fs::copy(place.path(), &forged).unwrap();
    rechain(&forged, |row| {
        if row.sequence == 2 {
            row.body = row.body.replace("\"made\":1", "\"made\":7");
        }
    });
    assert_eq!(why(verify(&forged, None)), Why::Checkpoint);

    // Without any checkpoint, or with those of another key.
    std::fs::copy(place.path(), &forged).unwrap();
    rechain(&forged, |row| {
        if row.kind == "checkpoint" {
            row.kind = "paused".to_owned();
        }
    });
    assert!(verify(&forged, None).unwrap().signed.is_none());
    assert_eq!(why(verify_against(&forged, &pinned)), Why::Unsigned);
    let other = tempfile::tempdir().unwrap();
    let other_place = Place::new();
    let other = super::checkpoints::identity(other.path());
    drop(fill(&other_place, &other).await);
    assert_eq!(why(verify_against(&other_place.path(), &pinned)), Why::Key);
    let own = Expected { key: Some(other.key()), ..Expected::default() };
    assert_eq!(verify_against(&other_place.path(), &own).unwrap().rows, sound.rows);
}

/// What a page was given names a row that must be there.
#[tokio::test]
async fn r60_heads_that_clients_hold_are_missed() {
    let place = Place::new();
    let identity = identity(place.folder.path());
    let receipts = fill(&place, &identity).await;
    let copy = place.folder.path().join("copy.sqlite");
    std::fs::copy(place.path(), &copy).unwrap();
    let cut = Connection::open(&copy).unwrap();
    cut.execute_batch("DROP TRIGGER log_no_delete").unwrap();
    let last = receipts.last().unwrap().sequence;
    cut.execute("DELETE FROM log WHERE sequence >= ?", [last]).unwrap();
    drop(cut);
    assert!(verify(&copy, None).is_ok(), "what is left is a chain");
    let of = |receipt: &Receipt| format!("{}:sha256:{}", receipt.sequence, hex::encode(receipt.head));
    let heads: Vec<String> = receipts.iter().map(of).collect();
    let mut arguments = vec!["verify"];
    for head in &heads {
        arguments.extend(["--head", head]);
    }
    assert_eq!(run(&arguments, &place.path()), 0.into());
    assert_eq!(run(&arguments, &copy), 1.into(), "the last one is missing");
    // The agent's own note of the end finds it, too, where the attacker forgot it.
    let log = Connection::open(place.path()).unwrap();
    log.execute_batch("DROP TRIGGER log_no_delete").unwrap();
    log.execute("DELETE FROM log WHERE sequence >= ?", [last]).unwrap();
    drop(log);
    assert_eq!(why(verify(&place.path(), None)), Why::Truncated);
}

/// An export is proven on another machine, in both formats, by the pinned key.
#[tokio::test]
async fn an_export_is_proven_elsewhere_by_the_pinned_key() {
    let place = Place::new();
    let identity = identity(place.folder.path());
    let receipts = fill(&place, &identity).await;
    let (mut lines, mut table) = (Vec::new(), Vec::new());
    let mut writer = CsvWriter::new(&mut table).unwrap();
    for row in place.rows() {
        write_json_line(&row, &mut lines).unwrap();
        writer.write(&row).unwrap();
    }
    writer.finish().unwrap();
    let expected = Expected { receipts, key: Some(identity.key()), signed: true };
    for (name, export) in [("lines", lines), ("table", table)] {
        let verified = verify_export_against(&export[..], &expected).unwrap();
        assert_eq!(verified.signed.unwrap().key, identity.key(), "{name}");
        let wrong = Expected { key: Some([9; 32]), ..expected.clone() };
        assert_eq!(why(verify_export_against(&export[..], &wrong)), Why::Key, "{name}");
        let text = String::from_utf8(export).unwrap();
        let edited = if name == "lines" {
            text.replacen("\"made\":1", "\"made\":2", 1)
        } else {
            text.replacen("\"\"made\"\":1", "\"\"made\"\":2", 1)
        };
        assert_ne!(edited, text);
        assert_eq!(why(verify_export_against(edited.as_bytes(), &expected)), Why::Hash, "{name}");
        let file = place.folder.path().join(format!("{name}.export"));
        std::fs::write(&file, &text).unwrap();
        let key = format!("ed25519:{}", hex::encode(identity.key()));
        let arguments = ["verify", "--export", file.to_str().unwrap(), "--key", &key];
        assert_eq!(run(&arguments, Path::new("/nonexistent/audit.sqlite")), 0.into(), "{name}");
    }
}

pub(super) fn identity(folder: &Path) -> Identity {
    Identity::load_or_create(&folder.join("identity.key")).unwrap()
}

/// A log that this key signs, kept by these rules.
pub(super) fn signing(place: &Place, identity: &Identity, rules: Rules) -> Store {
    Store::open_on(&place.path(), Terms { rules, notary: Some(Arc::new(identity.clone())) }).unwrap()
}

/// So many requests with their outcomes; the receipts.
pub(super) async fn write(store: &Store, requests: usize) -> Vec<Receipt> {
    use kyso::domain::ports::AuditLog as _;
    let mut receipts = Vec::new();
    for _ in 0..requests {
        let id = ask(store, &request("a")).await;
        receipts.push(store.close(id, success(), None).await.unwrap());
    }
    receipts
}

async fn fill(place: &Place, identity: &Identity) -> Vec<Receipt> {
    write(&signing(place, identity, Rules::default()), 5).await
}

pub(super) fn why<T: std::fmt::Debug>(result: Result<T, VerifyError>) -> Why {
    match result {
        Err(VerifyError::Broken(Broken { why, .. })) => why,
        other => panic!("not broken: {other:?}"),
    }
}

fn run(arguments: &[&str], database: &Path) -> std::process::ExitCode {
    let matches = audit::command(Lang::En)
        .try_get_matches_from([&["audit"], arguments].concat())
        .unwrap_or_else(|error| panic!("{error}"));
    audit::run(&matches, database, Lang::En)
}

/// `openssl pkeyutl` on the key's SPKI (RFC 8410 §4).
fn openssl_verifies(folder: &Path, key: &[u8], text: &[u8], signature: &[u8]) -> bool {
    let spki = [&hex::decode("302a300506032b6570032100").unwrap()[..], key].concat();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let output = std::process::Command::new("openssl")
        .args(["pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey"])
        .arg(file("key.der", &spki))
        .arg("-in")
        .arg(file("text", text))
        .arg("-sigfile")
        .arg(file("signature", signature))
        .output()
        .unwrap();
    output.status.success()
}
