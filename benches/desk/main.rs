//! What the person at the desk waits for and what it costs: the prompt, the tray, the report. Printed as a table and written, flat, to
//! `target/bench/desk.json`; nothing is asserted but that the figures compared are of equal results.
//!
//! `cargo bench --bench desk`, or with a part's name: `cargo bench --bench desk report`
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark prints and may stop")]

#[allow(dead_code, reason = "other benchmarks use more of it")]
#[path = "../figures.rs"]
mod figures;
mod prompt;
mod report;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod tray;

use figures::Figures;

/// One part of the desk, and what measures it.
type Part = (&'static str, fn(&mut Figures));

const PARTS: &[Part] = &[("prompt", prompt::measure), ("tray", tray::measure), ("report", report::measure)];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let mut figures = Figures::new("desk.json", GOALS);
    for (name, measure) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            measure(&mut figures);
        }
    }
    figures.finish(wanted.is_empty());
}

/// What is aimed at, and what is still bearable.
const GOALS: &[(&str, &str)] = &[
    ("first_frame_ms", "≤ 60 (100)"),
    ("prompt_rss_mb", "≤ 18 (25)"),
    ("tray_rss_mb", "≤ 6 (8)"),
    ("report_million_rows_s", "≤ 3"),
    ("report_rss_mb", "≤ 64"),
    ("report_ratio", "≤ 2"),
    ("report_merge_rss_mb", "≤ 64"),
];
