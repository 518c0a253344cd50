//! Endurance: signatures by the hundred thousand, while the token comes and goes (R70). `tests/soak.sh` asks for the
//! full count; without it a few show that the test itself works.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};

use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};

use super::ASKS_PIN;
use crate::support::agent::{item, sha256, value};
use crate::support::counting::Counting;
use crate::support::figures::print;
use crate::support::http::{Reply, Request, exchange};
use crate::support::softhsm::{SoftHsm, der};
use crate::support::terminal::Terminal;

/// What is known of the agent at one moment.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    at: Duration,
    /// KiB, of the agent and of what it started, by name.
    memory: BTreeMap<String, u64>,
    /// Of the same.
    descriptors: BTreeMap<String, usize>,
    /// PKCS#11 sessions that its token hosts have open.
    sessions: usize,
}

/// One run's common ground.
struct Run<'a> {
    port: u16,
    body: Box<dyn Fn(usize) -> Value + Sync + 'a>,
    der: Vec<u8>,
    left: AtomicUsize,
    /// Written while the token is away.
    token: RwLock<()>,
    /// The token is to leave: nobody begins anything.
    leaves: AtomicBool,
    took: Mutex<Vec<(Duration, Duration)>>,
    start: Instant,
}

#[test]
fn r70_soak() {
    let number = |name: &str, usual| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (all, batch) = (number("KYSO_SOAK", 2_000), number("KYSO_SOAK_BATCH", 100));
    let token = SoftHsm::new();
    let counting = Counting::new();
    let desk = counting.desk(&token);
    let (mut terminal, port) = desk.agent_in_terminal();
    let id = terminal.id();
    let certificate = token.id("person-p256").to_string();
    let run = Run {
        port,
        body: Box::new(|first| {
            let digest = |at| sha256(&format!("soak {}", first + at));
            let items: Vec<Value> = (0..batch).map(|at| item(&format!("{at}"), &digest(at))).collect();
            json!({ "certificate": certificate, "items": items })
        }),
        der: der(&token.certificate("person-p256")),
        left: AtomicUsize::new(all / batch),
        token: RwLock::new(()),
        leaves: AtomicBool::new(false),
        took: Mutex::default(),
        start: Instant::now(),
    };
    let bearers = [0, 1, 2, 3].map(|client| desk.pair(port, &page(client)));
    let is_whole = std::env::var_os("KYSO_SOAK").is_some();
    // Where there are few, it goes at once: it must have gone before they are made.
    let between = if is_whole { TRIPS } else { Duration::from_millis(200) };
    sees(&run, &bearers[0], 1);
    let at_first = settled(id, &counting, run.start);
    let (mut samples, mut rests) = (Vec::new(), Vec::new());
    let mut from = 0;
    std::thread::scope(|scope| {
        let clients: Vec<_> = bearers
            .iter()
            .enumerate()
            .map(|(client, bearer)| {
                let run = &run;
                scope.spawn(move || signs(run, client, bearer, batch))
            })
            .collect();
        let (mut last_trip, mut last_sample) = (Instant::now(), Instant::now() - SAMPLES);
        while clients.iter().any(|client| !client.is_finished()) {
            if let Some(end) = terminal.find(ASKS_PIN, from, Duration::from_millis(200)) {
                from = end;
                terminal.type_text(&format!("{}\n", SoftHsm::PIN));
            }
            if last_sample.elapsed() >= SAMPLES {
                last_sample = Instant::now();
                samples.push(sample(id, &counting, run.start));
            }
            if last_trip.elapsed() >= between && run.left.load(Ordering::Relaxed) > 0 {
                run.leaves.store(true, Ordering::Relaxed);
                rests.push(goes_and_comes(&run, &token, &mut terminal, &mut from, &bearers[0], || {
                    at_rest(id, &counting, run.start).sessions
                }));
                run.leaves.store(false, Ordering::Relaxed);
                last_trip = Instant::now();
            }
        }
        clients.into_iter().for_each(|client| client.join().unwrap());
    });
    samples.push(settled(id, &counting, run.start));
    assert!(!rests.is_empty(), "the token never went");
    judge(&run, &samples, (&at_first, &rests), (all, is_whole));
    assert!(desk.kyso(&["audit", "verify"]).status.success());
}

/// Takes requests until none is left; every signature is verified against its own text.
fn signs(run: &Run<'_>, client: usize, bearer: &str, batch: usize) {
    let certificate = CertificateDer::from(run.der.as_slice());
    let certificate = webpki::EndEntityCert::try_from(&certificate).unwrap();
    let take = |left: usize| left.checked_sub(1);
    while let Ok(left) = run.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
        let first = left * batch;
        while run.leaves.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let here = run.token.read().unwrap();
        let start = Instant::now();
        let reply = ask(run, client, bearer, first);
        run.took.lock().unwrap().push((run.start.elapsed(), start.elapsed()));
        drop(here);
        let reply = reply.json();
        for at in 0..batch {
            let text = format!("soak {}", first + at);
            let algorithm = webpki::ring::ECDSA_P256_SHA256;
            let checked = certificate.verify_signature(algorithm, text.as_bytes(), &value(&reply, at));
            checked.unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
}

fn ask(run: &Run<'_>, client: usize, bearer: &str, first: usize) -> Reply {
    let request = Request::new("POST", "/v1/signatures", run.port, &page(client)).bearer(bearer);
    let reply = exchange(run.port, &request.json(&(run.body)(first)).bytes()).expect("an answer");
    assert_eq!(reply.status, 200, "{}", reply.json());
    reply
}

/// Between two requests the token leaves, a page that asks is told, and the token is back. Not done while a person is
/// being asked: whoever signs has the token in hand. Returns what is seen once it is back, before anybody signs.
fn goes_and_comes<T>(
    run: &Run<'_>,
    token: &SoftHsm,
    terminal: &mut Terminal,
    from: &mut usize,
    bearer: &str,
    look: impl FnOnce() -> T,
) -> T {
    let aside = token.tokens().with_extension("aside");
    let away = loop {
        if let Ok(away) = run.token.try_write() {
            break away;
        }
        if let Some(end) = terminal.find(ASKS_PIN, *from, Duration::from_millis(50)) {
            *from = end;
            terminal.type_text(&format!("{}\n", SoftHsm::PIN));
        }
    };
    std::fs::rename(token.tokens(), &aside).unwrap();
    sees(run, bearer, 0);
    std::fs::rename(&aside, token.tokens()).unwrap();
    sees(run, bearer, 1);
    let seen = look();
    drop(away);
    seen
}

/// Waits until the page is shown so many tokens.
fn sees(run: &Run<'_>, bearer: &str, count: usize) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let request = Request::new("GET", "/v1/tokens", run.port, &page(0)).bearer(bearer);
        let reply = exchange(run.port, &request.bytes()).expect("an answer").json();
        if reply["tokens"].as_array().is_some_and(|tokens| tokens.len() == count) {
            return;
        }
        assert!(Instant::now() < end, "{count} tokens are wanted: {reply}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn judge(
    run: &Run<'_>,
    samples: &[Sample],
    (at_first, rests): (&Sample, &[usize]),
    (all, is_whole): (usize, bool),
) {
    let took = run.took.lock().unwrap();
    let whole = took.iter().map(|(at, _)| *at).max().unwrap();
    // What is made once is made in the first fifth.
    let settled: Vec<&Sample> = samples.iter().filter(|sample| sample.at > whole / 5).collect();
    let names = |sample: &Sample| sample.descriptors.keys().cloned().collect::<Vec<_>>();
    let slopes = names(at_first).into_iter().map(|name| (slope(&settled, &name) / 1024.0, name));
    let slopes: Vec<(f64, String)> = slopes.collect();
    let (before, after) = (&samples[samples.len() / 5], &samples[samples.len() - 1]);
    let most = samples.iter().map(|sample| sample.descriptors.values().sum::<usize>()).max().unwrap_or(0);
    let most_sessions = samples.iter().map(|sample| sample.sessions).max().unwrap_or(0);
    print(&format!(
        "soak: {all} signatures by 4 clients in {whole:?}, token out and in {} times\n\
         memory: {:?} KiB, at the end {:?} KiB, MB an hour {slopes:.2?}\n\
         descriptors before the first request: {:?}, at the end {:?}, {most} at most\n\
         PKCS#11 sessions before the first request: {}, at the end {}, {most_sessions} at most",
        rests.len(),
        before.memory,
        after.memory,
        at_first.descriptors,
        after.descriptors,
        at_first.sessions,
        after.sessions,
    ));
    assert_eq!(names(after), ["kyso-agent", "kyso-token-host"], "processes");
    assert_eq!(after.descriptors, at_first.descriptors, "descriptors");
    assert!(most < 100, "{most} descriptors");
    assert!(
        rests.iter().all(|rest| *rest == at_first.sessions),
        "sessions each time the token was back: {rests:?}"
    );
    assert_eq!(after.sessions, at_first.sessions, "sessions");
    assert!((1..=4).contains(&most_sessions), "{most_sessions} sessions");
    // Where there are few, one slow request is a percentile; and a slope takes time to be one.
    if is_whole {
        let (first, last) = (p99(&took, whole, 0.0, 0.2), p99(&took, whole, 0.8, 1.0));
        print(&format!("p99 of a request: {first:?}, at the end {last:?}"));
        if whole > Duration::from_secs(600) {
            assert!(slopes.iter().all(|(slope, _)| *slope < 1.0), "MB an hour: {slopes:.2?}");
            assert!(last.as_secs_f64() < first.as_secs_f64() * 1.2, "p99 {first:?}, then {last:?}");
        }
    }
}

/// Of the requests that ended in this part of the whole time.
fn p99(took: &[(Duration, Duration)], whole: Duration, from: f64, to: f64) -> Duration {
    let within = |at: &Duration| (from..=to).contains(&(at.as_secs_f64() / whole.as_secs_f64()));
    let mut took: Vec<Duration> = took.iter().filter(|(at, _)| within(at)).map(|(_, took)| *took).collect();
    took.sort();
    took.get((took.len() * 99 / 100).min(took.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// KiB an hour of the processes of a name, by least squares over the samples that have one.
fn slope(samples: &[&Sample], name: &str) -> f64 {
    let samples: Vec<&Sample> =
        samples.iter().copied().filter(|sample| sample.memory.contains_key(name)).collect();
    let count = samples.len() as f64;
    let hours = |sample: &Sample| sample.at.as_secs_f64() / 3_600.0;
    let mean = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(|sample| of(sample)).sum::<f64>() / count;
    let (time, memory) = (mean(&hours), mean(&|sample| sample.memory[name] as f64));
    let with = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(|sample| of(sample)).sum::<f64>();
    let both = with(&|sample| (hours(sample) - time) * (sample.memory[name] as f64 - memory));
    let square = with(&|sample| (hours(sample) - time).powi(2));
    if square > 0.0 { both / square } else { 0.0 }
}

/// Once nothing is under way any more: two looks in a row see the same processes.
fn settled(id: u32, counting: &Counting, start: Instant) -> Sample {
    unchanged(|| sample(id, counting, start), Duration::from_secs(3))
}

/// Once the token's own process has looked at it.
fn at_rest(id: u32, counting: &Counting, start: Instant) -> Sample {
    unchanged(|| sample(id, counting, start), Duration::from_millis(200))
}

fn unchanged(look: impl Fn() -> Sample, between: Duration) -> Sample {
    let mut seen = look();
    loop {
        std::thread::sleep(between);
        let now = look();
        if (&now.descriptors, now.sessions) == (&seen.descriptors, seen.sessions) {
            return now;
        }
        seen = now;
    }
}

fn sample(id: u32, counting: &Counting, start: Instant) -> Sample {
    let (mut memory, mut descriptors, mut sessions) = (BTreeMap::new(), BTreeMap::new(), 0);
    for process in std::iter::once(id).chain(children(id)) {
        let Ok(exe) = std::fs::read_link(format!("/proc/{process}/exe")) else { continue };
        let Ok(open) = std::fs::read_dir(format!("/proc/{process}/fd")) else { continue };
        let Some(held) = held(process) else { continue };
        let name = exe.file_name().unwrap_or_default().to_string_lossy().into_owned();
        *memory.entry(name.clone()).or_insert(0) += held;
        *descriptors.entry(name).or_insert(0) += open.count();
        sessions += counting.sessions(process).unwrap_or(0);
    }
    Sample { at: start.elapsed(), memory, descriptors, sessions }
}

/// KiB of a process, unless it has ended.
fn held(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    memory.split_whitespace().next()?.parse().ok()
}

fn children(id: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().filter_map(Result::ok);
    let of = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).ok();
    tasks
        .filter_map(of)
        .flat_map(|ids| ids.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn page(client: usize) -> String {
    format!("https://may-{client}.example.vn")
}

const SAMPLES: Duration = Duration::from_secs(2);
const TRIPS: Duration = Duration::from_secs(10);
