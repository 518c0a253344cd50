//! A clock that jumps while the agent runs (R73): a day ahead, a day back, into summer time, over a sleep. Debian's
//! libfaketime tells the agent and its token host another time of day, from a file; time that passes is as it is.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kyso::store::read::{Range, Reader};
use serde_json::Value;

use super::kept::Person;
use crate::support::desk::Desk;
use crate::support::logbook::Logbook;
use crate::support::logind::{Logind, Tells};

/// What the processes of a desk take for the time of day.
struct Clock(PathBuf);

impl Clock {
    /// Before anything is started at this desk.
    fn of(desk: &mut Desk) -> Self {
        let library = Path::new("/usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
        let library = library.join("faketime/libfaketimeMT.so.1");
        assert!(library.exists(), "libfaketime is missing. Install it: sudo apt-get install faketime");
        let clock = Self(desk.folder().join("clock"));
        clock.jump("+0");
        for (name, value) in [
            ("LD_PRELOAD", library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", clock.0.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            // Where summer time begins on 28 March 2027 at 01:00 UTC.
            ("TZ", "Europe/Berlin".to_owned()),
        ] {
            desk.set(name, &value);
        }
        clock
    }

    /// So far from the real one, from now on.
    fn jump(&self, offset: &str) {
        std::fs::write(&self.0, offset).unwrap();
    }

    /// So many seconds after summer time has begun, or before.
    fn jump_to_spring(&self, seconds: i64) {
        let spring = time::macros::datetime!(2027-03-28 01:00:00 UTC);
        let from_now = (spring - time::OffsetDateTime::now_utc()).whole_seconds() + seconds;
        self.jump(&format!("{from_now:+}"));
    }
}

/// When each row of the log was written, and how far behind the clock was that it was written by.
fn rows(desk: &Desk) -> (Vec<String>, Vec<u64>) {
    let (mut times, mut behind) = (Vec::new(), Vec::new());
    let each = Reader::open(&desk.log()).unwrap().each(&Range::default(), |row| {
        times.push(row.time.clone());
        let body: Value = serde_json::from_str(&row.body).unwrap();
        behind.extend(body["clock_behind_ms"].as_u64());
        Ok::<(), kyso::store::StoreError>(())
    });
    each.unwrap();
    (times, behind)
}

#[test]
fn r73_the_log_goes_forward_whatever_the_clock_does() {
    let mut desk = Desk::configured("modules = []\n");
    let clock = Clock::of(&mut desk);
    let _agent = desk.agent();
    let allow = |at: usize| {
        let origin = format!("https://trang-{at}.example.vn");
        let allowed = desk.kyso(&["origins", "allow", &origin]);
        assert!(allowed.status.success(), "{allowed:?}");
    };
    for (at, offset) in ["+0", "+1d", "-1d", "+0"].into_iter().enumerate() {
        clock.jump(offset);
        allow(at);
    }
    clock.jump_to_spring(-90);
    allow(10);
    clock.jump_to_spring(90);
    allow(11);
    let (times, behind) = rows(&desk);
    assert_eq!(times.len(), 6);
    assert!(times.is_sorted(), "{times:?}");
    assert_ne!(times[0][..10], times[1][..10], "a day ahead");
    assert_eq!((&times[1], &times[2]), (&times[2], &times[3]), "set back, it stands still");
    let spring = times[4].starts_with("2027-03-28T00:58") && times[5].starts_with("2027-03-28T01:01");
    assert!(spring, "no hour was skipped: {times:?}");
    let verified = desk.kyso(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(behind.len(), 2, "the rows say by how much");
    assert!(behind[0] > 2 * DAY_MS - 60_000 && behind[1] > DAY_MS - 60_000, "{behind:?}");
}

/// What a wrong clock took for old would be gone for good (R62): rows of its time must have gone on for a day.
#[test]
fn r62_a_clock_that_is_wrong_removes_no_evidence() {
    let mut desk = Desk::configured("modules = []\n");
    std::fs::create_dir_all(desk.data()).unwrap();
    let start = time::OffsetDateTime::now_utc().unix_timestamp() - 10 * 24 * 3_600;
    Logbook { start, step: 1, ..Logbook::of_2026(0, 10) }.write(&desk.log());
    // Kept for ten years, as by default.
    desk.under("[log]\nrotate_rows = 20\n");
    let clock = Clock::of(&mut desk);
    let mut sites = 0;
    let mut removed = |desk: &Desk| {
        let agent = desk.agent();
        sites += 1;
        let allowed = desk.kyso(&["origins", "allow", &format!("https://trang-{sites}.example.vn")]);
        assert!(allowed.status.success(), "{allowed:?}");
        drop(agent);
        let log = rusqlite::Connection::open(desk.log()).unwrap();
        let count = "SELECT count(*) FILTER (WHERE removed), count(*) FROM files";
        log.query_row(count, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).unwrap()
    };
    assert_eq!(removed(&desk), (0, 1));
    for jump in ["+4015d", "+0", "+4017d", "+0", "+4019d"] {
        clock.jump(jump);
        assert_eq!(removed(&desk), (0, 1), "{jump}");
    }
    // It was no jump: eleven years have passed, and another day.
    clock.jump("+4021d");
    assert_eq!(removed(&desk), (1, 1));
    let verified = desk.kyso(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

/// Neither does it end too soon for an hour that never was.
#[test]
fn r73_no_jump_of_the_clock_lengthens_a_kept_login() {
    let logind = Logind::start();
    let mut person = Person::keeping(logind.address(), IDLE.as_secs(), 7_200);
    let clock = Clock::of(&mut person.desk);
    let _agent = person.desk.agent();
    for jump in ["-1d", "+1d", "spring"] {
        clock.jump("+0");
        person.keep();
        let begun = Instant::now();
        let before = left(&person).expect("it is kept");
        if jump == "spring" {
            clock.jump_to_spring(-1)
        } else {
            clock.jump(jump)
        }
        let after = left(&person);
        assert!(after.is_some_and(|after| after <= before), "{jump}: {before} s, then {after:?}");
        while left(&person).is_some() {
            assert!(begun.elapsed() < IDLE + Duration::from_secs(3), "{jump}: it goes on");
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(begun.elapsed() + Duration::from_secs(3) > IDLE, "{jump}: ended after {:?}", begun.elapsed());
    }
    // Asleep, the machine's own clock stands still: a night must not count as no time.
    clock.jump("+0");
    person.keep();
    logind.tell(Tells::Sleep(true));
    clock.jump("+8h");
    logind.tell(Tells::Sleep(false));
    let end = Instant::now() + Duration::from_secs(2);
    while left(&person).is_some() {
        assert!(Instant::now() < end, "it outlives the night");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Seconds that the token stays logged in, as `kyso status` tells.
fn left(person: &Person) -> Option<u64> {
    let status: Value = serde_json::from_str(&person.said(&["status", "--json"])).unwrap();
    status["tokens"][0]["kept_s"].as_u64()
}

const IDLE: Duration = Duration::from_secs(10);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
