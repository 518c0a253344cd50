//! The log beside other processes, under `kill -9`, and on a full disk.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use kyso::domain::audit::Receipt;
use kyso::domain::policy::PairedBy;
use kyso::domain::ports::{AuditLog, Grants};
use kyso::store::Store;
use kyso::store::verify::verify;

use super::{Place, ask, request, success};

#[tokio::test(flavor = "multi_thread")]
async fn verifies_while_the_agent_writes() {
    let place = Place::new();
    let store = place.open();
    let writing = tokio::spawn(async move {
        for _ in 0..100 {
            let id = ask(&store, &request("a")).await;
            store.close(id, success(), None).await.unwrap();
        }
    });
    let mut seen = 0;
    while !writing.is_finished() {
        let rows = verify(&place.path(), None).unwrap().rows;
        assert!(rows >= seen, "{rows} rows after {seen}");
        seen = rows;
    }
    writing.await.unwrap();
    assert_eq!(verify(&place.path(), None).unwrap().rows, 200);
}

/// Every receipt that left the process has its row, and the next start goes on.
#[test]
fn r69_killed_at_any_point_the_log_verifies() {
    let place = Place::new();
    for receipts in 0..20 {
        let mut child = this_test("store::agent::child_that_writes")
            .env(LOG, place.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut handed_out: Vec<Receipt> =
            lines.by_ref().filter_map(|line| parse(&line)).take(1 + receipts).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        handed_out.extend(lines.filter_map(|line| parse(&line)));
        assert!(handed_out.len() > receipts, "the writer ended early");
        for receipt in handed_out {
            verify(&place.path(), Some(receipt)).unwrap();
        }
    }
    drop(place.open());
    verify(&place.path(), None).unwrap();
    let kinds = place.kinds();
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!(count("asked"), count("signed") + count("interrupted"));
}

#[test]
fn r59_a_full_disk_is_an_error_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let test = this_test("store::agent::child_on_a_full_disk");
    // A file system of its own, in a mount namespace of its own: no root needed, nothing to clean up.
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c"])
        .arg("mount -t tmpfs -o size=1m none \"$KYSO_TEST_FULL\" && exec \"$@\"")
        .arg("sh")
        .arg(test.get_program())
        .args(test.get_args())
        .env(FULL, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("went on"), "{output:?}");
}

/// Not a test of its own: what the parent kills.
#[tokio::test]
async fn child_that_writes() {
    let Some(path) = std::env::var_os(LOG) else {
        return;
    };
    let store = Store::open(Path::new(&path)).unwrap();
    loop {
        let id = ask(&store, &request("a")).await;
        let receipt = store.close(id, success(), None).await.unwrap();
        say(&format!("receipt {} {}", receipt.sequence, hex::encode(receipt.head)));
    }
}

/// Not a test of its own: runs where the parent mounted a small disk.
#[tokio::test]
async fn child_on_a_full_disk() {
    let Some(folder) = std::env::var_os(FULL) else {
        return;
    };
    let path = Path::new(&folder).join("audit.sqlite");
    let store = Store::open(&path).unwrap();
    let origin = "https://vanban.example.gov.vn".parse().unwrap();
    let bearer = store.pair(&origin, PairedBy::Person).await.unwrap();
    let open = ask(&store, &request("a")).await;
    let filler = Path::new(&folder).join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}

    let mut rows = 2;
    let error = loop {
        match store.ask(&request("a")).await {
            Ok(_) => rows += 1,
            Err(error) => break error,
        }
    };
    assert!(error.0.contains("full"), "{error:?}");
    assert!(store.close(open, success(), None).await.is_err(), "no room for an outcome");
    assert_eq!(verify(&path, None).unwrap().rows, rows);
    assert!(store.revoke(&origin).await.is_err(), "no room for the revocation");
    assert!(store.pairing(&origin, &bearer).is_none(), "but it holds");

    drop(file);
    std::fs::remove_file(&filler).unwrap();
    store.close(open, success(), None).await.unwrap();
    assert_eq!(verify(&path, None).unwrap().rows, rows + 1);
    let again = store.pair(&origin, PairedBy::Person).await.unwrap();
    assert!(store.pairing(&origin, &bearer).is_none(), "a new pairing brings no old one back");
    assert!(store.pairing(&origin, &again).is_some());
    drop(store);
    let store = Store::open(&path).unwrap();
    assert!(store.pairing(&origin, &bearer).is_none() && store.pairing(&origin, &again).is_some());
    say("went on");
}

fn this_test(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]);
    command
}

/// A line of its own to the parent, past the test harness.
fn say(line: &str) {
    std::io::stdout().write_all(format!("\n{line}\n").as_bytes()).unwrap();
}

fn parse(line: &str) -> Option<Receipt> {
    let (sequence, head) = line.strip_prefix("receipt ")?.split_once(' ')?;
    let head = hex::decode(head).ok()?.try_into().ok()?;
    Some(Receipt { sequence: sequence.parse().ok()?, head })
}

const LOG: &str = "KYSO_TEST_LOG";
const FULL: &str = "KYSO_TEST_FULL";
