//! What Kyso costs beside the same PKCS#11 calls made by a plain cryptoki loop in the same run, on a
//! throwaway SoftHSM2 token. The loop verifies each signature with the same library, as Kyso must.
//! Printed as a table and written, flat, to `target/bench/signing.json`; nothing is asserted.
//!
//! `cargo bench --bench signing`
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark prints and may stop")]

mod agent;
mod idle;
mod plain;
mod report;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod token;

use std::path::Path;
use std::time::{Duration, Instant};

use agent::Agent;
use plain::Plain;
use report::Report;
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
            let status = again.env("SOFTHSM2_CONF", token.conf()).env(TOKEN, folder).status();
            assert!(status.unwrap().success());
        }
    }
}

fn measure(folder: &Path) {
    let mut report = Report::default();
    let plain = Plain::open();
    let rsa = Token::read(folder, Kind::Rsa2048);
    let p256 = Token::read(folder, Kind::P256);
    singles(&mut report, &plain, &rsa);
    kept(&mut report, &plain, &rsa);
    batches(&mut report, &plain, &[rsa, p256]);
    idle::measure(&mut report, folder);
    report.finish();
}

/// One RSA-2048 signature over HTTP with a PIN of its own.
fn singles(report: &mut Report, plain: &Plain, token: &Token) {
    report.section("one RSA-2048 signature, a PIN each");
    let agent = Agent::start(1, &token.folder);
    let mut alone = Vec::new();
    let (mut whole, mut prompt, mut commits) = (Vec::new(), Vec::new(), Vec::new());
    let beside = agent.log_beside();
    // In turns, so that whatever else the machine does falls on both.
    for _ in 0..SINGLES {
        alone.push(timed(|| plain.sign(token, 1)));
        agent.forget_times();
        whole.push(timed(|| agent.sign(token, 1)));
        prompt.push(agent.prompt_time());
        commits.push(agent.commit(&beside, token));
    }
    let [alone_50, whole_50, prompt_50, commits_50] =
        [&alone, &whole, &prompt, &commits].map(|times| percentile(times, 50));
    report.micros("single_pin_p50_us", "over HTTP, p50", whole_50);
    report.micros("single_pin_p99_us", "over HTTP, p99", percentile(&whole, 99));
    report.micros("single_plain_p50_us", "the same PKCS#11 calls, p50", alone_50);
    report.micros("prompt_p50_us", "the prompt, which seals the PIN", prompt_50);
    report.micros("commits_p50_us", "the log's two commits", commits_50);
    let overhead = whole_50.saturating_sub(alone_50 + prompt_50 + commits_50);
    report.micros("overhead_p50_us", "what is left: Kyso's own", overhead);
}

/// One RSA-2048 signature over HTTP with a login that is kept, beside a session that stays logged in.
fn kept(report: &mut Report, plain: &Plain, token: &Token) {
    report.section("one RSA-2048 signature, a kept login");
    let agent = Agent::start(1, &token.folder);
    agent.sign_by(Act::Keep(SoftHsm::PIN), token, 1);
    let beside = agent.log_beside();
    let logged_in = plain.log_in(token);
    let (mut alone, mut whole, mut prompt, mut commits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SINGLES {
        alone.push(timed(|| logged_in.sign(token)));
        agent.forget_times();
        whole.push(timed(|| agent.sign_by(Act::Confirm, token, 1)));
        prompt.push(agent.prompt_time());
        commits.push(agent.commit(&beside, token));
    }
    let [alone_50, whole_50, prompt_50, commits_50] =
        [&alone, &whole, &prompt, &commits].map(|times| percentile(times, 50));
    report.micros("single_kept_p50_us", "over HTTP, p50", whole_50);
    report.micros("single_kept_p99_us", "over HTTP, p99", percentile(&whole, 99));
    report.micros("single_kept_plain_p50_us", "the same PKCS#11 calls, p50", alone_50);
    let overhead = whole_50.saturating_sub(alone_50 + prompt_50 + commits_50);
    report.micros("overhead_kept_p50_us", "less prompt and commits: Kyso's own", overhead);
}

/// A batch of 1,000 with one PIN, over one session and over two.
fn batches(report: &mut Report, plain: &Plain, tokens: &[Token]) {
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

/// The p-th percentile, by the nearest rank.
fn percentile(times: &[Duration], p: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[(times.len() * p).div_ceil(100).clamp(1, times.len()) - 1]
}

const TOKEN: &str = "KYSO_BENCH_TOKEN";
const SINGLES: usize = 200;
const BATCH: usize = 1_000;
const BATCHES: usize = 5;
