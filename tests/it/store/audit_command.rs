//! `kyso audit`: exit codes and exports.

use std::path::Path;
use std::process::ExitCode;

use kyso::cli::audit;
use kyso::domain::ports::AuditLog;
use kyso::text::Lang;
use rusqlite::Connection;

use super::{Place, ask, request, success};
use crate::support::desk::Desk;

#[tokio::test]
async fn exit_codes_say_what_verify_found() {
    let place = Place::new();
    assert_eq!(run(&["verify"], &place.path()), ExitCode::from(66), "no log");
    let receipt = place.fill().await;
    let text = format!("{}:sha256:{}", receipt.sequence, hex::encode(receipt.head));
    assert_eq!(run(&["verify", "--receipt", &text], &place.path()), ExitCode::SUCCESS);
    let log = Connection::open(place.path()).unwrap();
    log.execute_batch("DROP TRIGGER log_no_update; UPDATE log SET kind = 'refused' WHERE sequence = 4")
        .unwrap();
    assert_eq!(run(&["verify"], &place.path()), ExitCode::from(1), "changed");
    let text = place.folder.path().join("text");
    std::fs::write(&text, "no database".repeat(99)).unwrap();
    assert_eq!(run(&["verify"], &text), ExitCode::from(74), "unreadable");
    assert_eq!(run(&["list", "--last", "1"], &text), ExitCode::from(74), "unreadable");
}

#[tokio::test]
async fn an_exported_file_verifies() {
    let place = Place::new();
    place.fill().await;
    let file = place.folder.path().join("log.jsonl");
    let name = file.to_str().unwrap();
    // A longer file that was there before leaves nothing behind.
    std::fs::write(&file, "x".repeat(100_000)).unwrap();
    assert_eq!(run(&["export", "--format", "jsonl", "--out", name], &place.path()), ExitCode::SUCCESS);
    let nowhere = Path::new("/nonexistent/audit.sqlite");
    assert_eq!(run(&["verify", "--export", name], nowhere), ExitCode::SUCCESS);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 10);
    std::fs::write(&file, text.replacen("\"made\":1", "\"made\":9", 1)).unwrap();
    assert_eq!(run(&["verify", "--export", name], nowhere), ExitCode::from(1));
}

/// Neither was changed by anybody, and each is told apart from that.
#[tokio::test]
async fn what_is_no_export_is_no_changed_log() {
    let place = Place::new();
    place.fill().await;
    let log = place.path();
    for (file, exit, part) in [
        (log.to_str().unwrap(), 65, "is a whole log (SQLite), no export"),
        ("/nonexistent", 66, "There is no file /nonexistent."),
    ] {
        let desk = Desk::configured("modules = []");
        let output = desk.kyso(&["audit", "verify", "--export", file]);
        assert_eq!(output.status.code(), Some(exit), "{output:?}");
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(part), "{said}");
        for other in ["CHANGED", "first runs", "security"] {
            assert!(!said.contains(other), "{said}");
        }
    }
    assert_eq!(
        run(&["verify", "--export", log.to_str().unwrap()], Path::new("/nonexistent")),
        ExitCode::from(65)
    );
}

#[tokio::test]
async fn an_export_never_overwrites_the_log() {
    let place = Place::new();
    place.fill().await;
    let _agent = place.open();
    for end in ["", "-wal", "-shm"] {
        let name = format!("{}{end}", place.path().display());
        let code = run(&["export", "--format", "csv", "--out", &name], &place.path());
        assert_eq!(code, ExitCode::from(2), "{name}");
    }
    assert_eq!(run(&["verify"], &place.path()), ExitCode::SUCCESS);
}

#[tokio::test]
async fn csv_comes_back_and_runs_no_formula() {
    let place = Place::new();
    let store = place.open();
    let caused = |cause: &str| kyso::domain::audit::Outcome {
        error: Some(kyso::domain::error::ErrorCode::TokenFailed),
        cause: Some(cause.to_owned()),
        ..success()
    };
    let causes = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'x", "a \"quoted\",\nline", "plain"];
    for cause in causes {
        let id = ask(&store, &request("Công văn, số 1.pdf")).await;
        store.close(id, caused(cause), None).await.unwrap();
    }
    let file = place.folder.path().join("log.csv");
    let name = file.to_str().unwrap();
    assert_eq!(run(&["export", "--format", "csv", "--out", name], &place.path()), ExitCode::SUCCESS);

    let mut reader = csv::Reader::from_path(&file).unwrap();
    let columns = reader.headers().unwrap().clone();
    let column = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 2 * causes.len());
    for record in &records {
        assert!(record.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
    }
    let read: Vec<&str> = records
        .iter()
        .map(|record| &record[column("cause")])
        .filter(|cause| !cause.is_empty())
        .map(|cause| cause.strip_prefix('\'').unwrap_or(cause))
        .collect();
    assert_eq!(read, causes);
    assert!(records[0][column("items")].contains("Công văn, số 1.pdf"));
    assert_eq!(&records[1][column("hash")], hex::encode(&place.rows()[1].hash));
}

#[tokio::test]
async fn days_bound_an_export() {
    let place = Place::new();
    place.fill().await;
    let file = place.folder.path().join("log.jsonl");
    let name = file.to_str().unwrap();
    for (bounds, rows) in [
        (["--since", "2020-01-01"], 10),
        (["--since", "9000-01-01"], 0),
        (["--until", "2020-01-01"], 0),
        (["--until", "9000-01-01"], 10),
    ] {
        let arguments = [&["export", "--format", "jsonl", "--out", name][..], &bounds].concat();
        assert_eq!(run(&arguments, &place.path()), ExitCode::SUCCESS);
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), rows, "{bounds:?}");
    }
}

#[test]
fn wrong_arguments_are_refused_in_the_persons_language() {
    for arguments in [
        &["export"][..],
        &["export", "--format", "xml"],
        &["export", "--format", "csv", "--since", "31/03/2026"],
        &["export", "--format", "csv", "--since", "2026-02-30"],
        &["verify", "--receipt", "42"],
        &["list", "--last", "0"],
    ] {
        let error = parse(arguments).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{arguments:?}");
    }
    let error = parse(&["verify", "--receipt", "42"]).unwrap_err().to_string();
    assert!(error.contains("biên nhận phải có dạng"), "{error}");
}

fn run(arguments: &[&str], database: &Path) -> ExitCode {
    audit::run(&parse(arguments).unwrap(), database, Lang::Vi)
}

fn parse(arguments: &[&str]) -> Result<clap::ArgMatches, clap::Error> {
    audit::command(Lang::Vi).try_get_matches_from([&["audit"], arguments].concat())
}
