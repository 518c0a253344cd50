//! The real agent as a process: how soon it answers, what it holds, what it does when nothing is asked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::figures::{Figures, percentile};
use crate::support::desk::Desk;
use crate::support::http::{Request, exchange};
use crate::support::softhsm::SoftHsm;
use crate::token::{Kind, Token, digest};

pub(crate) fn measure(report: &mut Figures, folder: &Path) {
    report.section("the agent as a process, with its token host");
    let (module, tokens) = (SoftHsm::module(), folder.join("tokens"));
    let config = format!("[[modules]]\npath = {module:?}\nwritable = [{tokens:?}]\n");
    let mut desk = Desk::configured(&config);
    desk.set("SOFTHSM2_CONF", &folder.join("softhsm2.conf").display().to_string());

    let starts: Vec<Duration> = (0..STARTS).map(|_| start(&desk)).collect();
    report.ratio(
        "start_ms",
        "start to the first answered health, ms",
        percentile(&starts, 50).as_secs_f64() * 1e3,
    );

    let (mut agent, port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, ORIGIN);
    assert!(desk.kyso(&["tokens"]).status.success());
    std::thread::sleep(SETTLING);
    let id = agent.id();
    report.plain("idle_rss_mb", "resident, idle, MB", resident(id));
    report.plain("idle_rss_agent_mb", "  the agent's part", megabytes(id));
    let before = busy(id);
    let minute = Instant::now();
    std::thread::sleep(MINUTE);
    let share = (busy(id) - before).as_secs_f64() / minute.elapsed().as_secs_f64();
    report.ratio("idle_cpu_percent", "CPU over an idle minute, %", share * 100.0);

    let token = Token::read(folder, Kind::P256);
    let value = STANDARD.encode(digest().value());
    let item = json!({ "name": "a.pdf", "digest": { "algorithm": "sha-256", "value": value } });
    let body = json!({ "certificate": token.certificate, "items": vec![item; 1_000] });
    let mut from = 0;
    for _ in 0..10 {
        let request = Request::new("POST", "/v1/signatures", port, ORIGIN).bearer(&bearer).json(&body);
        let asked = std::thread::spawn(move || exchange(port, &request.bytes()).unwrap());
        from = agent.wait_for("cancel): ", from);
        agent.type_text(&format!("{}\n", SoftHsm::PIN));
        assert_eq!(asked.join().unwrap().status, 200);
    }
    report.plain("rss_after_10000_mb", "resident after 10,000 signatures, MB", resident(id));
}

/// From the start of the process to the answer of `GET /v1/health`.
fn start(desk: &Desk) -> Duration {
    let begun = Instant::now();
    let mut agent = desk
        .command(&["agent", "--prompt", "terminal", "--port", PORT])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let took = loop {
        if answers() {
            break begun.elapsed();
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "the agent does not answer");
        std::thread::sleep(Duration::from_micros(200));
    };
    let id = agent.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    agent.wait().unwrap();
    took
}

fn answers() -> bool {
    let Ok(mut stream) = TcpStream::connect(format!("127.0.0.1:{PORT}")) else { return false };
    let request = Request::new("GET", "/v1/health", PORT.parse().unwrap(), ORIGIN);
    let mut reply = [0; 12];
    stream.write_all(&request.bytes()).is_ok()
        && stream.read_exact(&mut reply).is_ok()
        && &reply == b"HTTP/1.1 200"
}

/// The agent and its children.
fn family(id: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let children = tasks.flat_map(|task| {
        std::fs::read_to_string(task.unwrap().path().join("children"))
            .unwrap_or_default()
            .split_whitespace()
            .map(|child| child.parse().unwrap())
            .collect::<Vec<u32>>()
    });
    std::iter::once(id).chain(children).collect()
}

fn resident(id: u32) -> f64 {
    family(id).into_iter().map(megabytes).sum()
}

/// VmRSS (proc(5)).
fn megabytes(id: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// User and system time of the family, in nanoseconds where the scheduler counts them (`schedstat`).
fn busy(id: u32) -> Duration {
    let one = |id: u32| -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
        let of = |task: std::fs::DirEntry| -> u64 {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap();
            text.split_whitespace().next().unwrap().parse().unwrap()
        };
        tasks.map(|task| of(task.unwrap())).sum()
    };
    Duration::from_nanos(family(id).into_iter().map(one).sum())
}

const ORIGIN: &str = "https://vanban.example.gov.vn";
const PORT: &str = "21999";
const STARTS: usize = 11;
const SETTLING: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);
