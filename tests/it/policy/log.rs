//! `[log]`, deciding in a running agent.

use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use kyso::domain::retention::Rules;
use kyso::store::{Store, Terms};
use serde_json::json;

use crate::support::agent::{PAGE, one, rows, sha256};
use crate::support::desk::Desk;
use crate::support::http::{Request, exchange};
use crate::support::logbook::{Log, Logbook, START, rechain};
use crate::support::softhsm::SoftHsm;

/// Closed files beside the log.
fn closed(desk: &Desk) -> Vec<PathBuf> {
    let files = std::fs::read_dir(desk.data()).unwrap().map(|file| file.unwrap().path());
    let named =
        |file: &PathBuf| file.file_name().is_some_and(|name| name.to_str().unwrap().starts_with("audit-"));
    files.filter(named).collect()
}

fn count(desk: &Desk, wanted: &str) -> usize {
    rows(&desk.log()).iter().filter(|(kind, _)| kind == wanted).count()
}

/// A row of its own, and all that is due before the next one.
fn allow(desk: &Desk, number: usize) {
    let site = format!("https://trang-{number}.example.vn");
    let output = desk.kyso(&["origins", "allow", &site]);
    assert!(output.status.success(), "{output:?}");
}

/// Looks until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "{what}: it never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A desk whose rows of ten days ago are in a closed file, and which went on since.
fn with_a_file_of_ten_days_ago() -> Desk {
    let desk = of_ten_days_ago(10);
    let rules = Rules { rotate_rows: 10, ..Rules::default() };
    drop(Store::open_on(&desk.log(), Terms { rules, notary: None }).unwrap());
    let days_ago = |days: i64| time::OffsetDateTime::now_utc().unix_timestamp() - days * 24 * 3_600;
    let moved = time::OffsetDateTime::from_unix_timestamp(days_ago(9)).unwrap();
    rechain(&desk.log(), |row| row.time.replace_range(..10, &moved.date().to_string()));
    let mut log = Log::open(&desk.log());
    log.add(days_ago(2), "paused", &json!({}));
    log.finish();
    desk
}

/// A desk whose last row is ten days old.
fn of_ten_days_ago(requests: u64) -> Desk {
    let desk = Desk::configured("modules = []");
    std::fs::create_dir_all(desk.data()).unwrap();
    let start = time::OffsetDateTime::now_utc().unix_timestamp() - 10 * 24 * 3_600;
    Logbook { start, step: 1, ..Logbook::of_2026(0, requests) }.write(&desk.log());
    desk
}

#[test]
fn rotate_rows_begins_a_new_file() {
    for (policy, rotates) in [("[log]\nrotate_rows = 10\n", true), ("[log]\nrotate_rows = 1000\n", false)] {
        let mut desk = Desk::configured("modules = []");
        desk.under(policy);
        let _agent = desk.agent();
        (0..12).for_each(|number| allow(&desk, number));
        if rotates {
            until(policy, || !closed(&desk).is_empty() && count(&desk, "rotated") == 1);
        } else {
            assert_eq!((closed(&desk), count(&desk, "rotated")), (Vec::new(), 0));
        }
        let verified = desk.kyso(&["audit", "verify"]);
        assert!(verified.status.success(), "{verified:?}");
    }
}

#[test]
fn keep_days_removes_what_is_older() {
    for (days, removes) in [(5, true), (30, false)] {
        let mut desk = with_a_file_of_ten_days_ago();
        desk.under(&format!("[log]\nrotate_rows = 10\nkeep_days = {days}\n"));
        let _agent = desk.agent();
        allow(&desk, 0);
        assert_eq!(count(&desk, "removed"), usize::from(removes), "{days} days");
        assert_eq!(closed(&desk).is_empty(), removes, "{days} days");
        assert_eq!(count(&desk, "asked"), if removes { 0 } else { 10 });
    }
}

/// The person is not even asked.
#[test]
fn most_megabytes_refuses_to_sign() {
    let token = SoftHsm::new();
    for (most, signs) in [(1, false), (64, true)] {
        let mut desk = Desk::with(&token);
        std::fs::create_dir_all(desk.data()).unwrap();
        Logbook { start: START, step: 1, ..Logbook::of_2026(0, 2_000) }.write(&desk.log());
        assert!(std::fs::metadata(desk.log()).unwrap().len() > 1 << 20);
        desk.under(&format!("[log]\nmost_megabytes = {most}\n"));
        let agent = desk.agent();
        let bearer = desk.pair(agent.port, PAGE);
        let body = one(token.id("person-p256"), &sha256("x"));
        let request = Request::new("POST", "/v1/signatures", agent.port, PAGE).bearer(&bearer).json(&body);
        let reply = exchange(agent.port, &request.bytes()).expect("an answer");
        // Nobody can be asked here, so that is as far as a signature gets.
        let wanted = if signs { (503, "prompt_unavailable") } else { (500, "audit_unavailable") };
        assert_eq!((reply.status, reply.code().as_str()), wanted, "{most} megabytes");
        let doctor = desk.kyso(&["doctor"]);
        let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
        assert_eq!(said.contains("nothing is signed any more"), !signs, "{said}");
        assert!(said.contains(&format!("{most} MB")), "{said}");
    }
}

#[test]
fn a_syslog_server_is_told() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let (hear, heard) = mpsc::channel();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = server.accept() {
            let mut text = String::new();
            let _ = stream.read_to_string(&mut text);
            if hear.send(text).is_err() {
                break;
            }
        }
    });
    let mut desk = Desk::configured("modules = []");
    desk.under(&format!("[log.forward]\nsyslog = \"{address}\"\n"));
    let _agent = desk.agent();
    let mut number = 0;
    until("syslog", || {
        // Rows count from the first look on.
        allow(&desk, number);
        number += 1;
        heard.recv_timeout(Duration::from_secs(1)).is_ok_and(|text| text.contains("trang-"))
    });
}

#[test]
fn the_journal_is_told() {
    let mut desk = Desk::configured("modules = []");
    let machine = desk.under("[log.forward]\njournald = true\n");
    let folder = machine.run().join("systemd/journal");
    std::fs::create_dir_all(&folder).unwrap();
    let journal = UnixDatagram::bind(folder.join("socket")).unwrap();
    journal.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let _agent = desk.agent();
    let mut number = 0;
    until("the journal", || {
        allow(&desk, number);
        number += 1;
        let mut datagram = [0; 65_536];
        let told = journal
            .recv(&mut datagram)
            .map(|length| String::from_utf8_lossy(&datagram[..length]).into_owned());
        told.is_ok_and(|told| {
            told.contains("SYSLOG_IDENTIFIER=kyso\n") && told.contains("KYSO_KIND=allowed\n")
        })
    });
}

/// The doctor says how full the log is, by which key it is signed, and who has not heard of it, and since when.
#[test]
fn the_doctor_tells_of_a_collector_that_lags() {
    let place = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = place.local_addr().unwrap();
    drop(place);
    let name = format!("syslog {address}");
    let mut desk = of_ten_days_ago(10);
    desk.under(&format!("[log]\nmost_megabytes = 77\n[log.forward]\nsyslog = \"{address}\"\n"));
    let doctor = |desk: &Desk| {
        let said = desk.kyso(&["doctor"]);
        String::from_utf8_lossy(&said.stdout).into_owned()
    };
    let said = doctor(&desk);
    assert!(said.contains(&format!("{name}: has not been told anything yet")), "{said}");
    assert!(!said.contains("Identity key"), "{said}");

    let agent = desk.agent();
    let log = || rusqlite::Connection::open(desk.log()).unwrap();
    let cursors = || log().query_row("SELECT count(*) FROM cursors", [], |row| row.get::<_, i64>(0)).unwrap();
    until("the collector's place", || cursors() == 1);
    drop(agent);
    log().execute("UPDATE cursors SET sequence = 0", []).unwrap();
    let behind = format!("– {name}: rows that it has not heard: 1");
    let said = doctor(&desk);
    assert!(said.contains(&behind) && !said.contains("Look at the collector"), "{said}");

    let _agent = desk.agent();
    let said = doctor(&desk);
    assert!(said.contains(&behind.replace('–', "✗")) && said.contains("Look at the collector"), "{said}");
    assert!(said.contains("✓ 1 of 77 MB are used"), "{said}");
    let key = String::from_utf8(desk.kyso(&["audit", "key"]).stdout).unwrap();
    assert!(key.starts_with("ed25519:") && said.contains(&format!("the log, too: {}", key.trim())), "{said}");

    let server = TcpListener::bind(address).unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = server.accept() {
            let _ = stream.read_to_string(&mut String::new());
        }
    });
    until("the collector", || doctor(&desk).contains(&format!("✓ {name}: has heard everything")));
}

/// The doctor names what is lost, and the agent tells a collector so, and all the rest.
#[test]
fn a_lost_file_is_told_by_doctor_and_agent() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let name = format!("syslog {address}");
    let mut desk = with_a_file_of_ten_days_ago();
    desk.under(&format!("[log.forward]\nsyslog = \"{address}\"\n"));
    let log = rusqlite::Connection::open(desk.log()).unwrap();
    log.execute("INSERT INTO cursors VALUES (?, 0)", [&name]).unwrap();
    drop(log);
    std::fs::remove_file(&closed(&desk)[0]).unwrap();
    let said = desk.kyso(&["doctor"]);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(!said.status.success(), "{text}");
    let file = "its older file audit-000000000001-000000000020.sqlite";
    let bad = format!("✗ {name}: rows that it has not heard can't be read: {file}");
    assert!(text.contains(&bad) && text.contains("Restore the file from a backup"), "{text}");

    let agent = desk.agent();
    allow(&desk, 0);
    let mut heard = String::new();
    let end = Instant::now() + Duration::from_secs(30);
    while !heard.contains("trang-0") {
        assert!(Instant::now() < end, "it never came: {heard}");
        let (mut stream, _) = server.accept().unwrap();
        stream.read_to_string(&mut heard).unwrap();
    }
    assert!(heard.starts_with(|c: char| c.is_ascii_digit()) && heard.contains("<83>1 "), "{heard}");
    let lost =
        "unreadable [kyso@32473 first=\"1\" last=\"20\" file=\"audit-000000000001-000000000020.sqlite\"]";
    assert_eq!(heard.matches("unreadable [").count(), 1, "{heard}");
    assert!(heard.contains(lost), "{heard}");
    let warned = format!("{name}: rows 1 to 20 of the log can't be read");
    assert_eq!(agent.said().matches(&warned).count(), 1, "{}", agent.said());
}
