//! What Kyso costs beside the same PKCS#11 calls made by a plain cryptoki loop in the same run, on a
//! throwaway SoftHSM2 token. The loop verifies each signature with the same library, as Kyso must.
//! Printed as a table and written, flat, to `target/bench/signing.json`; nothing is asserted.
//!
//! `cargo bench --bench signing`, or `cargo bench --bench signing -- PART…` for some of its parts: `singles`,
//! `kept`, `batches`, `process`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark prints and may stop")]

mod agent;
#[allow(dead_code, reason = "other benchmarks use more of it")]
#[path = "../figures.rs"]
mod figures;
mod idle;
mod plain;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod token;

use std::path::Path;
use std::time::{Duration, Instant};

use agent::{Agent, Times};
use figures::{Figures, percentile};
use plain::Plain;
use support::person::Act;
use support::softhsm::SoftHsm;
use token::{Kind, Token};

fn main() {
    // The module reads SOFTHSM2_CONF of this very process, so it is set from outside: by ourselves.
    match std::env::var_os(TOKEN) {
        Some(folder) => measure(Path::new(&folder)),
        None => {
            let token = SoftHsm::new();
            let folder = token.conf().parent().unwrap().to_owned();
            let mut again = std::process::Command::new(std::env::current_exe().unwrap());
            again.args(std::env::args_os().skip(1));
            let status = again.env("SOFTHSM2_CONF", token.conf()).env(TOKEN, folder).status();
            assert!(status.unwrap().success());
        }
    }
}

fn measure(folder: &Path) {
    let mut report = Figures::new("signing.json", GOALS);
    let plain = Plain::open();
    let rsa = Token::read(folder, Kind::Rsa2048);
    let p256 = Token::read(folder, Kind::P256);
    let parts: Vec<String> = std::env::args().skip(1).filter(|part| !part.starts_with('-')).collect();
    let wants = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    if wants("singles") {
        singles(&mut report, &plain, &rsa);
    }
    if wants("kept") {
        kept(&mut report, &plain, &rsa);
    }
    if wants("batches") {
        batches(&mut report, &plain, &[rsa, p256]);
    }
    if wants("process") {
        idle::measure(&mut report, folder);
    }
    report.finish(parts.is_empty());
}

/// One RSA-2048 signature over HTTP with a PIN of its own.
fn singles(report: &mut Figures, plain: &Plain, token: &Token) {
    report.section("one RSA-2048 signature, a PIN each");
    let agent = Agent::start(1, &token.folder);
    single(report, "pin", || plain.sign(token, 1), || agent.timed(Act::Pin(SoftHsm::PIN), token));
}

/// One RSA-2048 signature over HTTP with a login that is kept, beside a session that stays logged in.
fn kept(report: &mut Figures, plain: &Plain, token: &Token) {
    report.section("one RSA-2048 signature, a kept login");
    let agent = Agent::start(1, &token.folder);
    agent.sign_by(Act::Keep(SoftHsm::PIN), token, 1);
    let logged_in = plain.log_in(token);
    single(report, "kept", || logged_in.sign(token), || agent.timed(Act::Confirm, token));
    logged_in.end();
}

/// Kyso's own time is what is left of each request without its prompt and its two commits; the overhead is how
/// much longer that is than the plain loop.
fn single(report: &mut Figures, kind: &str, plain: impl Fn(), kyso: impl Fn() -> Times) {
    let (mut alone, mut times) = (Vec::new(), Vec::new());
    // In turns, so that whatever else the machine does falls on both.
    for _ in 0..SINGLES {
        alone.push(timed(&plain));
        times.push(kyso());
    }
    let of = |part: fn(&Times) -> Duration| times.iter().map(part).collect::<Vec<_>>();
    let (whole, own) = (of(|times| times.whole), of(|times| times.own));
    let (prompt, commits) = (of(|times| times.prompt), of(|times| times.commits));
    let mut row = |key: &str, what: &str, time| report.micros(key, what, time);
    let of = if kind == "kept" { "kept_" } else { "" };
    row(&format!("single_{kind}_p50_us"), "over HTTP, p50", percentile(&whole, 50));
    row(&format!("single_{kind}_p99_us"), "over HTTP, p99", percentile(&whole, 99));
    row(&format!("single_{of}plain_p50_us"), "the same PKCS#11 calls, p50", percentile(&alone, 50));
    row(&format!("prompt_{of}p50_us"), "the prompt", percentile(&prompt, 50));
    row(&format!("commits_{of}p50_us"), "the log's two commits", percentile(&commits, 50));
    for p in [50, 10] {
        let overhead = percentile(&own, p).saturating_sub(percentile(&alone, p));
        row(&format!("overhead_{of}p{p}_us"), &format!("what is left: Kyso's own, p{p}"), overhead);
    }
}

/// A batch of 1,000 with one PIN, over one session and over two.
fn batches(report: &mut Figures, plain: &Plain, tokens: &[Token]) {
    for token in tokens {
        report.section(&format!("a batch of 1,000, {}, one PIN", token.kind.name()));
        let name = token.kind.key();
        let mut rates = Vec::new();
        for sessions in [1, 2] {
            let agent = Agent::start(sessions, &token.folder);
            let (mut kyso, mut beside) = (Vec::new(), Vec::new());
            agent.sign(token, BATCH);
            for _ in 0..BATCHES {
                beside.push(timed(|| plain.sign_in(token, BATCH, sessions)));
                kyso.push(timed(|| agent.sign(token, BATCH)));
            }
            let [kyso, beside] = [kyso, beside].map(|times| rate(percentile(&times, 50)));
            report.plain(
                &format!("batch_{name}_{sessions}_per_s"),
                &format!("Kyso, {sessions} session(s), 1/s"),
                kyso,
            );
            report.plain(
                &format!("loop_{name}_{sessions}_per_s"),
                &format!("the loop, {sessions} session(s), 1/s"),
                beside,
            );
            report.ratio(&format!("batch_ratio_{name}_{sessions}"), "Kyso over the loop", kyso / beside);
            rates.push(kyso);
        }
        report.ratio(&format!("scaling_{name}"), "two sessions over one", rates[1] / rates[0]);
    }
}

fn rate(time: Duration) -> f64 {
    BATCH as f64 / time.as_secs_f64()
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

const TOKEN: &str = "KYSO_BENCH_TOKEN";
const SINGLES: usize = 200;
const BATCH: usize = 1_000;
const BATCHES: usize = 5;

/// What is aimed at, and what is still bearable.
const GOALS: &[(&str, &str)] = &[
    ("batch_ratio_rsa2048_1", "≥ 0.97 (0.95)"),
    ("batch_ratio_rsa2048_2", "≥ 0.95 (0.85)"),
    ("batch_ratio_p256_1", "≥ 0.90 (0.80)"),
    ("scaling_rsa2048", "≥ 1.9 (1.6)"),
    ("overhead_p50_us", "≤ 500 (1,000)"),
    ("overhead_kept_p50_us", "≤ 500 (1,000)"),
    ("start_ms", "≤ 25 (50)"),
    ("idle_rss_mb", "≤ 12 (20)"),
    ("idle_cpu_percent", "< 0.1"),
];
