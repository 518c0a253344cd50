//! What the person at the desk waits for and what it costs: the prompt, the tray, the report. Printed as a table and written, flat, to
//! `target/bench/desk.json`; nothing is asserted but that the figures compared are of equal results.
//!
//! `cargo bench --bench desk`, or with a part's name: `cargo bench --bench desk report`
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark prints and may stop")]

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
    let mut figures = Figures::default();
    for (name, measure) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            measure(&mut figures);
        }
    }
    figures.finish();
}
