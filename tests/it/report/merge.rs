//! Many machines' exports as one report.

use std::path::{Path, PathBuf};

use kyso::text::Lang;
use kyso::text::report::ReportWords;
use serde_json::{Value, json};

use super::{desk, report};
use crate::support::desk::Desk;
use crate::support::logbook::{Log, Logbook, START};
use crate::support::softhsm::SoftHsm;

/// A machine's export; it ends with the machine.
fn export(machine: u64, requests: u64, format: &str, to: &Path) {
    let desk = desk();
    Logbook::of_2026(machine, requests).write(&desk.log());
    exported(&desk, format, to);
}

fn exported(desk: &Desk, format: &str, to: &Path) {
    if format == "sqlite" {
        std::fs::copy(desk.log(), to).unwrap();
        return;
    }
    let output = desk.kyso(&["audit", "export", "--format", format, "--out", to.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
}

/// An empty folder for exports on this desk.
fn folder(desk: &Desk) -> PathBuf {
    let folder = desk.folder().join("exports");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn merged(desk: &Desk) -> (std::process::Output, Value) {
    report(desk, &["--year", "2026", "--merge", folder(desk).to_str().unwrap()])
}

#[test]
fn ten_machines_make_one_report() {
    let long = std::env::var_os("KYSO_LONG").is_some();
    let requests = if long { 50_000 } else { 200 };
    let desk = desk();
    let folder = folder(&desk);
    std::fs::create_dir(folder.join("phòng")).unwrap();
    let mut signatures = 0;
    for machine in 0..10 {
        let own = super::desk();
        Logbook::of_2026(machine, requests).write(&own.log());
        let (_, alone) = report(&own, &["--year", "2026"]);
        signatures += alone["total"]["signatures"].as_u64().unwrap();
        let format = ["jsonl", "csv", "sqlite"][usize::try_from(machine).unwrap() % 3];
        exported(&own, format, &folder.join(format!("phòng/máy {machine}.{format}")));
    }
    let (output, report) = merged(&desk);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(report["total"]["signatures"], signatures);
    assert_eq!((&report["machines"], &report["files"]), (&json!(10), &json!(10)));
    assert_eq!(report["rows"], 20 * requests);
    let said = String::from_utf8(output.stderr).unwrap();
    let rows = kyso::text::number::whole(Lang::Vi, 20 * requests);
    assert!(
        said.contains(&format!("Đã đọc {rows} dòng từ 10 tệp của 10 máy; bỏ qua 0 dòng trùng.")),
        "{said}"
    );
    let proofs: Vec<&str> = report["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["proof"].as_str().unwrap())
        .collect();
    assert_eq!(proofs.iter().filter(|proof| **proof == "unproven").count(), 0, "CSV, too: {proofs:?}");
    assert_eq!(proofs.iter().filter(|proof| **proof == "intact").count(), 10, "{proofs:?}");
    let left: Vec<_> = std::fs::read_dir(folder.join("phòng")).unwrap().collect();
    assert_eq!(left.len(), 10, "nothing is added to the folder");
}

/// However many rows there are, they are read one after another: a hundred thousand take as much memory as a hundred.
#[test]
fn merging_streams() {
    let desk = desk();
    let folder = folder(&desk);
    for machine in 0..2 {
        export(machine, 20_000, "jsonl", &folder.join(format!("{machine}.jsonl")));
    }
    let size: u64 =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(size > 3 * DATA / 2, "{size} bytes could be held whole");
    let out = desk.folder().join("merged.json").display().to_string();
    let usual =
        desk.command(&["report", "--year", "2026", "--merge", folder.to_str().unwrap(), "--out", &out]);
    let known = usual.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let within = std::process::Command::new("prlimit")
        .arg(format!("--data={DATA}"))
        .arg(usual.get_program())
        .args(usual.get_args())
        .env_clear()
        .envs(known)
        .output()
        .expect("prlimit: apt-get install util-linux");
    let said = String::from_utf8_lossy(&within.stderr);
    assert!(within.status.success() && said.contains("80.000"), "{said}");
}

/// What a merging may hold, in bytes (RLIMIT_DATA).
const DATA: u64 = 24 << 20;

/// Whoever merges a ministry's logs sees that it goes on, and a script is told nothing of it.
#[test]
fn a_terminal_shows_how_far_the_reading_is() {
    let desk = desk();
    let folder = folder(&desk);
    for machine in 0..3 {
        export(machine, 1_500, "jsonl", &folder.join(format!("{machine}.jsonl")));
    }
    let out = desk.folder().join("shown.html").display().to_string();
    let arguments = ["report", "--year", "2026", "--merge", folder.to_str().unwrap(), "--out", &out];
    let mut terminal = desk.in_terminal(&arguments);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    let shown = terminal.end();
    let words = ReportWords::of(Lang::Vi);
    let percents: Vec<u32> =
        shown.split(" %").filter_map(|before| before.rsplit([' ', '\u{1b}']).next()?.parse().ok()).collect();
    assert!(shown.contains(words.reading) && !percents.is_empty(), "{shown}");
    assert!(percents.is_sorted() && percents.iter().all(|percent| *percent <= 100), "{percents:?}");
    assert!(shown.contains("Đã đọc 9.000 dòng từ 3 tệp của 3 máy"), "{shown}");
    let piped = desk.kyso(&arguments);
    assert!(piped.status.success() && !String::from_utf8_lossy(&piped.stderr).contains(words.reading));
}

#[test]
fn a_row_counts_once_however_often_it_comes() {
    let desk = desk();
    let folder = folder(&desk);
    let whole = folder.join("b.jsonl");
    export(1, 100, "jsonl", &whole);
    export(1, 100, "csv", &folder.join("a.csv"));
    let text = std::fs::read_to_string(&whole).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let part = |name: &str, lines: &[&str]| {
        std::fs::write(folder.join(name), format!("{}\n", lines.join("\n"))).unwrap();
    };
    part("c.jsonl", &lines[50..120]);
    part("d.jsonl", &lines[..80]);
    let (output, report) = merged(&desk);
    assert!(output.status.success(), "{output:?}");
    assert_eq!((&report["rows"], &report["machines"]), (&json!(200), &json!(1)));
    assert_eq!(report["total"]["requests"], 100);
    // Without the whole: overlapping parts, and one that goes on where another ends.
    std::fs::remove_file(&whole).unwrap();
    std::fs::remove_file(folder.join("a.csv")).unwrap();
    part("e.jsonl", &lines[120..]);
    let (_, report) = merged(&desk);
    assert_eq!((&report["rows"], &report["machines"]), (&json!(200), &json!(1)));
    let repeated: u64 =
        report["sources"].as_array().unwrap().iter().map(|source| source["repeated"].as_u64().unwrap()).sum();
    assert_eq!(repeated, 30);
}

/// A disk that was copied with the log on it: what both machines did since then counts for both.
#[test]
fn a_copied_machine_loses_nothing() {
    let (desk, first) = (desk(), desk());
    let folder = folder(&desk);
    Logbook::of_2026(1, 10).write(&first.log());
    let second = super::desk();
    std::fs::copy(first.log(), second.log()).unwrap();
    for (desk, made) in [(&first, 100), (&second, 1_000)] {
        let mut log = Log::open(&desk.log());
        log.add(START + 31_000_000, "signed", &super::signed(made));
        log.finish();
    }
    let (_, alone) = report(&first, &["--year", "2026"]);
    exported(&first, "jsonl", &folder.join("1.jsonl"));
    exported(&second, "jsonl", &folder.join("2.jsonl"));
    let (_, report) = merged(&desk);
    assert_eq!(report["rows"], 22);
    let signatures = alone["total"]["signatures"].as_u64().unwrap() + 1_000;
    assert_eq!(report["total"]["signatures"], signatures);
}

#[test]
fn a_damaged_file_is_named_and_the_rest_counts() {
    let desk = desk();
    let folder = folder(&desk);
    export(1, 50, "jsonl", &folder.join("whole.jsonl"));
    let text = std::fs::read_to_string(folder.join("whole.jsonl")).unwrap();
    let cut = text.len() - 40;
    std::fs::write(folder.join("cut.jsonl"), &text[..cut]).unwrap();
    export(2, 50, "jsonl", &folder.join("edited.jsonl"));
    let edited = std::fs::read_to_string(folder.join("edited.jsonl")).unwrap();
    std::fs::write(folder.join("edited.jsonl"), edited.replacen("\"made\":1", "\"made\":9", 1)).unwrap();
    export(3, 50, "csv", &folder.join("gap.csv"));
    let table = std::fs::read_to_string(folder.join("gap.csv")).unwrap();
    let without: Vec<&str> =
        table.lines().enumerate().filter(|(line, _)| *line != 9).map(|(_, line)| line).collect();
    std::fs::write(folder.join("gap.csv"), without.join("\n")).unwrap();
    std::fs::write(folder.join("broken.sqlite"), [b"SQLite format 3\0".to_vec(), vec![7; 5_000]].concat())
        .unwrap();
    std::fs::write(folder.join("notes.txt"), "not an export").unwrap();
    let (output, report) = merged(&desk);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((&report["rows"], &report["files"]), (&json!(100), &json!(1)));
    let refused: Vec<&str> = report["sources"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|source| source["proof"] == "refused")
        .map(|source| source["name"].as_str().unwrap())
        .collect();
    assert_eq!(refused, ["broken.sqlite", "cut.jsonl", "edited.jsonl", "gap.csv"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("Không tính tệp cut.jsonl: NHẬT KÝ ĐÃ BỊ SỬA ĐỔI tại dòng số 100"), "{said}");
    assert!(said.contains("Bỏ qua notes.txt"), "{said}");
    assert_eq!(report["ignored"], json!(["notes.txt"]));
}

#[test]
fn certificates_that_were_never_used_come_from_lists() {
    let desk = desk();
    let folder = folder(&desk);
    export(1, 50, "jsonl", &folder.join("1.jsonl"));
    let used = format!("sha256:{:064x}", 12);
    let list = json!({ "certificates": [
        { "id": "sha256:ff", "subject": { "text": "O=Sở,CN=Người mới" }, "holder": "person",
          "not_after": "2026-01-05T00:00:00Z", "token": "T9" },
        { "id": used, "subject": { "text": "CN=x" }, "not_after": "2027-06-30T16:59:59Z", "token": "T10" },
    ] });
    std::fs::write(folder.join("1.certificates.json"), list.to_string()).unwrap();
    let (output, report) = merged(&desk);
    assert!(output.status.success(), "{output:?}");
    let item = |id: &str| {
        report["inventory"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap().clone()
    };
    let new = item("sha256:ff");
    assert_eq!(
        (&new["name"], &new["last_used"], &new["state"]),
        (&json!("Người mới"), &Value::Null, &json!("expired"))
    );
    assert_eq!(new["expires"], "2026-01-05");
    assert!(item(&used)["signatures"].as_u64().unwrap() > 0);
    assert_eq!(report["certificate_lists"], 1);
}

#[test]
fn a_folder_with_nothing_to_merge_says_so() {
    let desk = desk();
    let (output, _) = merged(&desk);
    assert_eq!(output.status.code(), Some(66));
    let output = desk.kyso(&["report", "--merge", "/nonexistent"]);
    assert_eq!(output.status.code(), Some(66), "{output:?}");
}

/// Beside an agent the tokens that are plugged in show what was never used.
#[test]
fn an_agent_that_runs_is_asked_what_is_on_its_tokens() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let _agent = desk.agent();
    let (output, report) = report(&desk, &[]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(report["certificate_lists"], 1);
    let items = report["inventory"].as_array().unwrap();
    assert_eq!(items.len(), 7, "{items:?}");
    assert!(items.iter().all(|item| item["last_used"].is_null() && item["expires"].is_string()));
    assert_eq!((&items[0]["name"], &items[0]["state"]), (&json!("Phạm Quốc Hùng"), &json!("expired")));
    let seals = items.iter().filter(|item| item["holder"] == "organisation").count();
    assert_eq!(seals, 1);
}
