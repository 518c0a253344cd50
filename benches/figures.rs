//! The figures, as a table for people and as one flat JSON object in `target/bench`.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

pub(crate) struct Figures {
    file: &'static str,
    goals: &'static [(&'static str, &'static str)],
    rows: Map<String, Value>,
}

impl Figures {
    /// For the file of this name; of some figures it is said what is aimed at, and what is still bearable.
    pub(crate) fn new(file: &'static str, goals: &'static [(&'static str, &'static str)]) -> Self {
        Self { file, goals, rows: Map::new() }
    }

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

    pub(crate) fn row(&mut self, key: &str, what: &str, value: f64, decimals: usize) {
        let goal =
            self.goals.iter().find(|(goal, _)| *goal == key).map(|(_, goal)| *goal).unwrap_or_default();
        println!("  {what:<58}{value:>12.decimals$}   {key:<26}{goal}");
        let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
        self.rows.insert(key.to_owned(), json!((value * scale).round() / scale));
    }

    /// A run of some parts keeps what an earlier one of the others found; a whole run is from one run.
    pub(crate) fn finish(self, is_whole: bool) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(self.file);
        let before = if is_whole { None } else { std::fs::read(&file).ok() };
        let before = before.and_then(|text| serde_json::from_slice(&text).ok());
        let mut all: Map<String, Value> = before.unwrap_or_default();
        all.extend(self.rows);
        std::fs::write(&file, format!("{:#}\n", Value::Object(all))).unwrap();
        println!("\n{}", file.display());
    }
}

/// The p-th percentile, by the nearest rank.
pub(crate) fn percentile<T: PartialOrd + Copy>(times: &[T], p: usize) -> T {
    let mut times = times.to_vec();
    times.sort_by(|one, other| one.partial_cmp(other).unwrap());
    times[(times.len() * p).div_ceil(100).clamp(1, times.len()) - 1]
}
