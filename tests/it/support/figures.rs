//! What a test found out, for whoever reads its run.

use std::io::Write as _;

/// A line past the test harness, which keeps what a passing test prints by the macros.
pub(crate) fn print(line: &str) {
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{line}").unwrap();
}
