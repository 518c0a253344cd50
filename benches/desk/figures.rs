//! The figures, as a table for people and as one flat JSON object.

use std::path::Path;

use serde_json::{Map, Value, json};

#[derive(Default)]
pub(crate) struct Figures(Map<String, Value>);

/// What is aimed at, and what is still bearable.
const GOALS: [(&str, &str); 6] = [
    ("first_frame_ms", "≤ 60 (100)"),
    ("prompt_rss_mb", "≤ 18 (25)"),
    ("tray_rss_mb", "≤ 6 (8)"),
    ("report_million_rows_s", "≤ 3"),
    ("report_rss_mb", "≤ 64"),
    ("report_ratio", "≤ 2"),
];

impl Figures {
    pub(crate) fn section(&self, name: &str) {
        println!("\n{name}");
    }

    pub(crate) fn row(&mut self, key: &str, what: &str, value: f64, decimals: usize) {
        let goal = GOALS.iter().find(|(goal, _)| *goal == key).map(|(_, goal)| *goal).unwrap_or_default();
        println!("  {what:<48}{value:>12.decimals$}   {key:<26}{goal}");
        let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
        self.0.insert(key.to_owned(), json!((value * scale).round() / scale));
    }

    /// Keeps what an earlier run of other parts found.
    pub(crate) fn finish(self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("desk.json");
        let before = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let mut all: Map<String, Value> = before.unwrap_or_default();
        all.extend(self.0);
        std::fs::write(&file, format!("{:#}\n", Value::Object(all))).unwrap();
        println!("\n{}", file.display());
    }
}
