//! `kyso report` as people run it, its figures against counts made in another way.

mod merge;
mod page;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use kyso::store::Store;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::desk::Desk;
use crate::support::logbook::{Log, Logbook};

/// A desk in Hà Nội.
fn desk() -> Desk {
    let mut desk = Desk::configured("");
    desk.set("TZ", "Asia/Ho_Chi_Minh");
    desk.set("KYSO_LANG", "vi");
    std::fs::create_dir_all(desk.data()).unwrap();
    desk
}

/// Runs `kyso report` and reads the JSON it wrote.
fn report(desk: &Desk, arguments: &[&str]) -> (Output, Value) {
    let out = desk.folder().join("report.json");
    let output = desk.kyso(&[&["report", "--out", out.to_str().unwrap()], arguments].concat());
    let value = std::fs::read(&out).map(|text| serde_json::from_slice(&text).unwrap()).unwrap_or_default();
    (output, value)
}

/// Writes rows at these moments into a log of their own.
fn write(path: &Path, rows: &[(&str, &str, Value)]) {
    drop(Store::open(path).unwrap());
    let mut log = Log::open(path);
    for (time, kind, body) in rows {
        let moment =
            time::OffsetDateTime::parse(time, &time::format_description::well_known::Rfc3339).unwrap();
        log.add(moment.unix_timestamp(), kind, body);
    }
    log.finish();
}

fn signed(made: u64) -> Value {
    json!({
        "caller": "https://a.vn", "certificate": "sha256:01", "subject": "O=UBND,serialNumber=CCCD:1,CN=An",
        "token": "T1", "outcome": "ok", "made": made, "prompt_ms": 4_000, "token_ms": 500,
    })
}

#[test]
fn sums_are_those_of_sqlite() {
    let desk = desk();
    Logbook::of_2026(1, 3_000).write(&desk.log());
    let (output, report) = report(&desk, &["--year", "2026"]);
    assert!(output.status.success(), "{output:?}");
    let log = Connection::open(desk.log()).unwrap();
    let within = "FROM log WHERE kind <> 'asked' AND strftime('%Y', time, '+7 hours') = '2026'";
    let list = |sql: &str| -> Vec<(String, u64, u64)> {
        let mut statement = log.prepare(&sql.replace("WITHIN", within)).unwrap();
        let rows = statement.query_map([], |row| {
            let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok((row.get(0)?, number(1)?, number(2)?))
        });
        let rows = rows.unwrap();
        rows.map(Result::unwrap).collect()
    };
    let ours = |key: &str, name: &str| -> Vec<(String, u64, u64)> {
        let number = |value: &Value| value.as_u64().unwrap();
        let line = |line: &Value| {
            (line[name].as_str().unwrap().to_owned(), number(&line["requests"]), number(&line["signatures"]))
        };
        let mut lines: Vec<_> = report[key].as_array().unwrap().iter().map(line).collect();
        lines.retain(|(_, requests, _)| *requests > 0);
        lines.sort();
        lines
    };
    for (key, name, column) in [
        ("months", "month", "strftime('%Y-%m', time, '+7 hours')"),
        ("sites", "site", "body ->> 'caller'"),
        ("tokens", "token", "body ->> 'token'"),
        ("certificates", "id", "body ->> 'certificate'"),
        ("outcomes", "code", "body ->> 'outcome'"),
        ("holders", "holder", "body ->> 'holder'"),
    ] {
        let sql = format!(
            "SELECT {column}, count(*), sum((body ->> 'made') * (kind = 'signed')) WITHIN GROUP BY 1 ORDER BY 1"
        );
        assert_eq!(ours(key, name), list(&sql), "{key}");
    }
    let days = list(
        "SELECT body ->> 'certificate', count(DISTINCT date(time, '+7 hours')), 0 WITHIN AND kind = 'signed' GROUP BY 1",
    );
    for (id, days, _) in days {
        let line = report["certificates"].as_array().unwrap().iter().find(|line| line["id"] == id).unwrap();
        assert_eq!(line["days"], days);
    }
    let hours = list(
        "SELECT strftime('%w', time, '+7 hours'), CAST(strftime('%H', time, '+7 hours') AS INTEGER),
         sum(body ->> 'made') WITHIN AND kind = 'signed' GROUP BY 1, 2",
    );
    for (weekday, hour, signatures) in hours {
        // SQLite's week begins on Sunday.
        let day = (weekday.parse::<usize>().unwrap() + 6) % 7;
        assert_eq!(report["signatures_by_weekday_and_hour"][day][usize::try_from(hour).unwrap()], signatures);
    }
    let mut times = list(
        "SELECT '', (body ->> 'prompt_ms') + (body ->> 'token_ms'), 0 WITHIN AND kind = 'signed' ORDER BY 2",
    );
    let middle = times.remove((times.len() - 1) / 2).1;
    assert_eq!(report["total"]["prompt_to_signature_ms"]["median"], middle);
    let wrong = &list("SELECT '', sum(body ->> 'wrong_pins'), 0 WITHIN")[0];
    assert_eq!(report["total"]["wrong_pins"], wrong.1);
    assert!(wrong.1 > 0);
}

#[test]
fn a_quarter_begins_and_ends_at_local_midnight() {
    let mut desk = desk();
    let rows = [
        ("2026-06-30T16:59:59Z", 1),
        ("2026-06-30T17:00:00Z", 10),
        ("2026-09-30T16:59:59Z", 100),
        ("2026-09-30T17:00:00Z", 1_000),
        ("2026-12-31T17:00:00Z", 10_000),
    ];
    write(&desk.log(), &rows.map(|(time, made)| (time, "signed", signed(made))));
    for (arguments, signatures) in [
        (&["--year", "2026", "--quarter", "2"][..], 1),
        (&["--year", "2026", "--quarter", "3"], 110),
        (&["--year", "2026", "--quarter", "4"], 1_000),
        (&["--year", "2026"], 1_111),
        (&["--year", "2027", "--quarter", "1"], 10_000),
    ] {
        let (_, report) = report(&desk, arguments);
        assert_eq!(report["total"]["signatures"], signatures, "{arguments:?}");
        assert_eq!(report["offset_minutes"], 420);
    }
    desk.set("TZ", "UTC");
    let (_, report) = report(&desk, &["--year", "2026", "--quarter", "3"]);
    assert_eq!(report["total"]["signatures"], 1_100, "another zone has another midnight");
}

#[test]
fn a_renewed_certificate_is_the_same_persons_and_a_seal_is_nobodys() {
    let desk = desk();
    let of = |certificate: &str, subject: &str| {
        let mut body = signed(2);
        body["certificate"] = json!(certificate);
        body["subject"] = json!(subject);
        body
    };
    let seal = "C=VN,O=UBND tỉnh,CN=UBND tỉnh";
    let time = "2026-02-03T04:05:06Z";
    write(
        &desk.log(),
        &[
            (time, "signed", of("sha256:01", "O=UBND,serialNumber=CCCD:1,CN=An")),
            (time, "signed", of("sha256:02", "O=Sở,serialNumber=CCCD:1,CN=An")),
            (time, "signed", of("sha256:03", "O=UBND,serialNumber=CCCD:2,CN=An")),
            (time, "signed", of("sha256:04", seal)),
            (time, "signed", of("sha256:05", "CN=Văn thư")),
        ],
    );
    let (_, report) = report(&desk, &["--year", "2026"]);
    let signatories = report["signatories"].as_array().unwrap().iter();
    let mut found: Vec<(&str, &str, u64)> = signatories
        .map(|one| {
            (
                one["holder"].as_str().unwrap(),
                one["name"].as_str().unwrap(),
                one["signatures"].as_u64().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    let expected = [
        ("organisation", "UBND tỉnh", 2),
        ("person", "An", 2),
        ("person", "An", 4),
        ("unknown", "Văn thư", 2),
    ];
    assert_eq!(found, expected);
}

/// Rows of before the log told of holders, ends of validity and wrong PINs.
#[test]
fn what_older_rows_do_not_tell_is_unknown() {
    let desk = desk();
    write(&desk.log(), &[("2026-02-03T04:05:06Z", "signed", signed(3))]);
    let (_, report) = report(&desk, &["--year", "2026"]);
    assert_eq!(report["total"]["signatures"], 3);
    assert_eq!(report["total"]["wrong_pins"], Value::Null);
    assert_eq!(report["total"]["requests_without_pin_count"], 1);
    assert_eq!(
        (&report["inventory"][0]["expires"], &report["inventory"][0]["state"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(report["signatories"][0]["holder"], "person", "by its subject");
    let page = page::page(&desk, &["--year", "2026"]);
    assert!(page.contains("<dt>Lần nhập sai mã PIN khi ký</dt><dd class=\"big\">không rõ</dd>"), "{page}");
}

/// From the log itself, and from both kinds of export.
#[test]
fn a_sign_in_is_counted_apart_and_makes_no_signature() {
    let desk = desk();
    let mut sign_in = signed(1);
    sign_in["form"] = json!("sign-in");
    sign_in["certificate"] = json!("sha256:02");
    let mut refused = sign_in.clone();
    (refused["made"], refused["outcome"]) = (json!(0), json!("user_denied"));
    write(
        &desk.log(),
        &[
            ("2026-02-03T04:05:06Z", "signed", signed(2)),
            ("2026-02-04T04:05:06Z", "signed", sign_in),
            ("2026-02-05T04:05:06Z", "refused", refused),
        ],
    );
    let exported = |format: &str| {
        let folder = desk.folder().join(format);
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("log").with_extension(format);
        let output = desk.kyso(&["audit", "export", "--format", format, "--out", file.to_str().unwrap()]);
        assert!(output.status.success(), "{output:?}");
        folder.to_str().unwrap().to_owned()
    };
    let (lines, table) = (exported("jsonl"), exported("csv"));
    for arguments in [&[][..], &["--merge", &*lines][..], &["--merge", &*table][..]] {
        let (_, report) = report(&desk, &[&["--year", "2026"], arguments].concat());
        let total = &report["total"];
        assert_eq!((&total["signatures"], &total["requests"]), (&json!(2), &json!(1)), "{arguments:?}");
        assert_eq!(report["sign_ins"], json!({ "requests": 2, "signed_in": 1 }), "{arguments:?}");
        for key in ["certificates", "signatories", "outcomes", "sites", "tokens"] {
            let list = report[key].as_array().unwrap();
            assert_eq!((list.len(), &list[0]["signatures"]), (1, &json!(2)), "{key}");
        }
        let items = report["inventory"].as_array().unwrap();
        let used = items.iter().find(|item| item["id"] == "sha256:02").unwrap();
        assert_eq!((&used["signatures"], &used["last_used"]), (&json!(0), &json!("2026-02-04")));
    }
    let page = page::page(&desk, &["--year", "2026"]);
    let figure = "<dt>Lượt đăng nhập</dt><dd class=\"big\">1</dd><dd>chưa kể 1 lượt không thành công</dd>";
    assert!(
        page.contains(figure) && page.contains("được tính riêng: không phải chữ ký trên văn bản"),
        "{page}"
    );
}

#[test]
fn a_changed_log_is_told_loudly() {
    let desk = desk();
    Logbook::of_2026(1, 20).write(&desk.log());
    let log = Connection::open(desk.log()).unwrap();
    log.execute_batch("DROP TRIGGER log_no_update; UPDATE log SET kind = 'signed' WHERE sequence = 7")
        .unwrap();
    drop(log);
    let (output, report) = report(&desk, &["--year", "2026"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((&report["damaged"], &report["sources"][0]["proof"]), (&json!(true), &json!("changed")));
    assert_eq!(report["rows"], 40, "counted all the same");
    let page = page::page(&desk, &["--year", "2026"]);
    let warning = page.find("NHẬT KÝ ĐÃ BỊ SỬA ĐỔI").unwrap();
    assert!(warning < page.find("Số liệu chính").unwrap(), "before the first figure");
    assert!(page.contains("tại dòng số 7"), "{page}");
}

#[test]
fn an_empty_log_makes_an_empty_report_and_no_log_none() {
    let desk = desk();
    let (output, _) = report(&desk, &[]);
    assert_eq!(output.status.code(), Some(66), "{output:?}");
    drop(Store::open(&desk.log()).unwrap());
    let page = page::page(&desk, &["--year", "2026"]);
    assert!(page.contains("Không có yêu cầu ký nào trong kỳ báo cáo."), "{page}");
}

#[test]
fn without_a_file_s_name_the_period_is_its_name() {
    let desk = desk();
    Logbook::of_2026(1, 20).write(&desk.log());
    let mut command = desk.command(&["report", "--year", "2026", "--quarter", "3", "--format", "csv"]);
    let output = command.current_dir(desk.folder()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let file = desk.folder().join("kyso-2026-Q3.csv");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(String::from_utf8(output.stdout).unwrap().contains("kyso-2026-Q3.csv"));
    assert!(String::from_utf8(output.stderr).unwrap().contains("Đã đọc 40 dòng từ 1 tệp."));
    let shown =
        desk.kyso(&["report", "--year", "2026", "--format", "json", "--out", "-", "--language", "en"]);
    assert_eq!(serde_json::from_slice::<Value>(&shown.stdout).unwrap()["period"], "2026");
    let over = desk.kyso(&["report", "--out", desk.log().to_str().unwrap()]);
    assert_eq!(over.status.code(), Some(2), "never over the log");
}

#[test]
fn wrong_arguments_are_refused() {
    for arguments in [["--quarter", "5"], ["--quarter", "0"], ["--year", "26"], ["--format", "pdf"]] {
        let output = desk().kyso(&["report", arguments[0], arguments[1]]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
