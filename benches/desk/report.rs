//! The report over a log of 1,000,000 rows, which proves the chain as it reads, beside the same figures from
//! the sqlite3 command line, which does not; and the merging of ten machines with 100,000 rows each.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::figures::Figures;
use crate::support::logbook::Logbook;

pub(crate) fn measure(figures: &mut Figures) {
    let desk = tempfile::tempdir().unwrap();
    let log = desk.path().join("kyso/audit.sqlite");
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    Logbook::of_2026(1, 500_000).write(&log);

    figures.section("a report over 1,000,000 rows");
    let (mut kyso, mut beside, mut most) = (Vec::new(), Vec::new(), 0.0_f64);
    // In turns, so that whatever else the machine does falls on both.
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let expected = sqlite(&log);
        beside.push(start.elapsed());
        let (took, megabytes, report) = report(&desk, &["--year", "2026"]);
        kyso.push(took);
        most = most.max(megabytes);
        assert_eq!(report["rows"], 1_000_000);
        let total = &report["total"];
        assert_eq!(total["requests"], expected[0]);
        assert_eq!(total["signatures"], expected[1]);
        assert_eq!(total["prompt_to_signature_ms"]["median"], expected[2]);
    }
    let [kyso, beside] = [kyso, beside].map(|times| middle(times).as_secs_f64());
    figures.row("report_million_rows_s", "kyso report, chain proven, s", kyso, 2);
    figures.row("report_sqlite3_s", "the sqlite3 command line, s", beside, 2);
    figures.row("report_ratio", "the first over the second", kyso / beside, 3);
    figures.row("report_rss_mb", "resident at most, MB", most, 1);

    figures.section("ten machines' exports of 100,000 rows merged");
    let folder = desk.path().join("exports");
    std::fs::create_dir(&folder).unwrap();
    for machine in 0..10 {
        let own = tempfile::tempdir().unwrap();
        let log = own.path().join("kyso/audit.sqlite");
        std::fs::create_dir_all(log.parent().unwrap()).unwrap();
        Logbook::of_2026(machine, 50_000).write(&log);
        let out = folder.join(format!("may-{machine}.jsonl"));
        let exported =
            kyso_of(&own).args(["audit", "export", "--format", "jsonl", "--out"]).arg(&out).status();
        assert!(exported.unwrap().success());
    }
    let (took, megabytes, report) = report(&desk, &["--year", "2026", "--merge", folder.to_str().unwrap()]);
    assert_eq!((&report["rows"], &report["machines"]), (&Value::from(1_000_000), &Value::from(10)));
    figures.row("report_merge_s", "kyso report --merge, s", took.as_secs_f64(), 2);
    figures.row("report_merge_rss_mb", "resident at most, MB", megabytes, 1);
}

/// Runs it, and looks at its greatest memory (VmHWM, proc(5)) until it ends.
fn report(desk: &TempDir, arguments: &[&str]) -> (Duration, f64, Value) {
    let out = desk.path().join("report.json");
    let start = Instant::now();
    let mut child = kyso_of(desk)
        .arg("report")
        .args(arguments)
        .arg("--out")
        .arg(&out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0.0_f64;
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
        most = most.max(high.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0);
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(ended.success());
    (start.elapsed(), most, serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap())
}

/// The same figures, as an administrator would ask for them: requests, signatures and the median first.
fn sqlite(log: &Path) -> Vec<u64> {
    let output = Command::new("sqlite3").arg(log).arg(QUERY).output().expect("apt-get install sqlite3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let first = text.lines().take(2).collect::<Vec<_>>().join("|");
    first.split('|').map(|number| number.parse().unwrap()).collect()
}

fn kyso_of(desk: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kyso"));
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
        command.env(name, desk.path());
    }
    command
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

const ROUNDS: usize = 3;

const QUERY: &str = "
CREATE TEMP TABLE ended AS
SELECT kind, strftime('%m', time, 'localtime') AS month, strftime('%w %H', time, 'localtime') AS hour,
       date(time, 'localtime') AS day, body ->> 'caller' AS caller, body ->> 'certificate' AS certificate,
       body ->> 'subject' AS subject, body ->> 'token' AS token, body ->> 'outcome' AS outcome,
       body ->> 'made' AS made, body ->> 'wrong_pins' AS wrong, body ->> 'prompt_ms' + (body ->> 'token_ms') AS ms
FROM log WHERE kind IN ('signed', 'refused', 'failed', 'cancelled', 'interrupted');
SELECT count(*), sum(made) FILTER (WHERE kind = 'signed') FROM ended;
SELECT ms FROM ended WHERE kind = 'signed' ORDER BY ms
LIMIT 1 OFFSET (SELECT (count(*) - 1) / 2 FROM ended WHERE kind = 'signed');
SELECT month, kind, count(*), sum(made) FROM ended GROUP BY 1, 2;
SELECT caller, kind, count(*), sum(made), sum(wrong), max(day) FROM ended GROUP BY 1, 2;
SELECT certificate, subject, kind, count(*), sum(made), count(DISTINCT day), max(day) FROM ended GROUP BY 1, 2, 3;
SELECT token, kind, count(*), sum(made), sum(wrong) FROM ended GROUP BY 1, 2;
SELECT outcome, count(*) FROM ended GROUP BY 1;
SELECT hour, sum(made) FROM ended WHERE kind = 'signed' GROUP BY 1;
";
