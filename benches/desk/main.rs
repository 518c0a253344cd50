//! What the person at the desk waits for. Printed as a table and written, flat, to
//! `target/bench/desk.json`; nothing is asserted.
//!
//! `cargo bench --bench desk`
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark prints and may stop")]

mod prompt;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/it/support/mod.rs"]
mod support;

use std::path::Path;

use serde_json::{Map, Value, json};

/// What is aimed at, and what is still bearable.
const GOALS: [(&str, &str); 2] = [("first_frame_ms", "≤ 60 (100)"), ("prompt_rss_mb", "≤ 18 (25)")];

fn main() {
    let mut figures = Map::new();
    println!("the prompt");
    for (key, what, value) in prompt::measure() {
        let goal = GOALS.iter().find(|(goal, _)| *goal == key).map(|(_, goal)| *goal).unwrap_or_default();
        println!("  {what:<58}{value:>10.1}   {key:<24}{goal}");
        figures.insert(key.to_owned(), json!((value * 10.0).round() / 10.0));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("desk.json");
    std::fs::write(&file, format!("{:#}\n", Value::Object(figures))).unwrap();
    println!("\n{}", file.display());
}
