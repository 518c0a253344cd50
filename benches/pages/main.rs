//! What a page waits for: small questions over HTTP and over the WebSocket beside a bare hyper server that answers
//! with the same bytes, the size of the client, and what a CMS signature costs beside a raw one. Printed as a
//! table and written, flat, to `target/bench/pages.json`; nothing is asserted but that the answers are the same.
//!
//! `cargo bench --bench pages`, or with a part's name: `questions`, `signatures`, `client`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark prints and may stop")]

mod bare;
#[allow(dead_code, reason = "other benchmarks use more of it")]
#[path = "../figures.rs"]
mod figures;
mod load;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/it/support/mod.rs"]
mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use bare::Bare;
use figures::{Figures, percentile};
use load::{Site, Way};
use serde_json::json;
use support::agent::{Agent, item, sha256};
use support::desk::Desk;
use support::person::Act;
use support::softhsm::SoftHsm;

/// One part, and what measures it.
type Part = (&'static str, fn(&mut Figures));

const PARTS: &[Part] = &[("questions", questions), ("signatures", signatures), ("client", client)];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let mut figures = Figures::new("pages.json", &[("client_gzip_bytes", "< 10,240")]);
    for (name, measure) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            measure(&mut figures);
        }
    }
    figures.finish(wanted.is_empty());
}

/// `health` and `certificates` by 64 connections of four sites at once.
fn questions(figures: &mut Figures) {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let agent = desk.agent();
    let site = |number| {
        let origin = format!("https://vanban{number}.example.gov.vn");
        Site { bearer: desk.pair(agent.port, &origin), origin }
    };
    let sites: Vec<Site> = (1..=SITES).map(site).collect();
    for way in [Way::Http, Way::Socket] {
        for (name, path) in [("health", "/v1/health"), ("certificates", "/v1/certificates")] {
            figures.section(&format!("{name}, 64 connections at once, {}", way.name()));
            let answer = load::answer(way, agent.port, &sites[0], path);
            let bare = Bare::start(way, answer.clone());
            let beside = load::answer(way, bare.port, &sites[0], path);
            assert_eq!(load::body(way, &beside), load::body(way, &answer), "{path}");
            let (mut kyso, mut beside) = (Vec::new(), Vec::new());
            // In turns, so that whatever else the machine does falls on both.
            for _ in 0..ROUNDS {
                kyso.extend(load::run(way, agent.port, &sites, path));
                beside.extend(load::run(way, bare.port, &sites, path));
            }
            let key = |what: &str| format!("{name}{}_{what}", way.suffix());
            for p in [50, 99] {
                figures.micros(&key(&format!("p{p}_us")), &format!("Kyso, p{p}"), percentile(&kyso, p));
                let beside = percentile(&beside, p);
                figures.micros(&key(&format!("bare_p{p}_us")), &format!("bare hyper, p{p}"), beside);
            }
            let ratio = percentile(&kyso, 50).as_secs_f64() / percentile(&beside, 50).as_secs_f64();
            figures.ratio(&key("ratio_p50"), "Kyso over bare hyper, p50", ratio);
        }
    }
}

/// One RSA-2048 signature, from request to answer, with a PIN each.
fn signatures(figures: &mut Figures) {
    figures.section("one RSA-2048 signature, a PIN each");
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let sign = |format: &str| {
        agent.person.then([Act::Pin(SoftHsm::PIN)]);
        let items = [item("Công văn.pdf", &sha256("Công văn"))];
        let body =
            json!({ "certificate": token.id("person-rsa").to_string(), "format": format, "items": items });
        let start = Instant::now();
        let reply = agent.sign(&body);
        let time = start.elapsed();
        assert_eq!(reply.status, 200, "{}", reply.json());
        time
    };
    let (mut raw, mut cms) = (Vec::new(), Vec::new());
    for _ in 0..SIGNATURES {
        raw.push(sign("raw"));
        cms.push(sign("cms"));
    }
    let [raw, cms] = [raw, cms].map(|times: Vec<Duration>| percentile(&times, 50));
    figures.micros("raw_p50_us", "raw, p50", raw);
    figures.micros("cms_p50_us", "CMS, p50", cms);
    figures.row("cms_overhead_us", "CMS beside raw, p50", (cms.as_secs_f64() - raw.as_secs_f64()) * 1e6, 0);
}

/// What a page loads.
fn client(figures: &mut Figures) {
    figures.section("the client");
    for (key, file) in [("client_gzip_bytes", "kyso.js"), ("client_classic_gzip_bytes", "kyso.classic.js")] {
        let path = format!("{}/web/client/dist/{file}", env!("CARGO_MANIFEST_DIR"));
        let zipped = Command::new("gzip").args(["-9", "-c", &path]).output().unwrap();
        assert!(zipped.status.success(), "gzip {path}");
        figures.row(key, &format!("{file}, gzip -9, bytes"), zipped.stdout.len() as f64, 0);
    }
}

/// A site may have 16 connections.
const SITES: usize = 4;
const ROUNDS: usize = 5;
const SIGNATURES: usize = 200;
