//! The figures, as a table for people and as one flat JSON object.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

#[derive(Default)]
pub(crate) struct Report(Map<String, Value>);

/// What is aimed at, and what is still bearable.
const GOALS: [(&str, &str); 9] = [
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

impl Report {
    pub(crate) fn section(&self, name: &str) {
        println!("\n{name}");
    }

    pub(crate) fn micros(&mut self, key: &str, what: &str, time: Duration) {
        self.row(key, what, time.as_secs_f64() * 1e6, 0);
    }

    pub(crate) fn ratio(&mut self, key: &str, what: &str, value: f64) {
        self.row(key, what, value, 3);
    }

    pub(crate) fn plain(&mut self, key: &str, what: &str, value: f64) {
        self.row(key, what, value, 1);
    }

    fn row(&mut self, key: &str, what: &str, value: f64, decimals: usize) {
        let goal = GOALS.iter().find(|(goal, _)| *goal == key).map(|(_, goal)| *goal).unwrap_or_default();
        println!("  {what:<42}{value:>12.decimals$}   {key:<26}{goal}");
        let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
        self.0.insert(key.to_owned(), json!((value * scale).round() / scale));
    }

    pub(crate) fn finish(self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("signing.json");
        std::fs::write(&file, format!("{:#}\n", Value::Object(self.0))).unwrap();
        println!("\n{}", file.display());
    }
}
