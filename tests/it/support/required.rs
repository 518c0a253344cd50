//! Tokens that a machine may lack: their tests are real, or loudly absent.

use std::fs::File;
use std::io::Write as _;

/// Says that a token is not there.
///
/// # Panics
/// With `REQUIRE_TOKENS=all`.
pub(crate) fn skip(token: &str, packages: &str) {
    let what = format!("{token} is missing. Install it: sudo apt-get install {packages}");
    assert!(std::env::var_os("REQUIRE_TOKENS").is_none_or(|wanted| wanted != "all"), "{what}");
    // The test harness keeps what a passing test prints by the macros.
    let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: {what}; REQUIRE_TOKENS=all makes this a failure\n");
}

/// Waits until no other test, of this run or another on this machine, uses what there is one of.
pub(crate) fn turn(name: &str) -> File {
    let path = format!("/run/lock/kyso-test-{name}");
    let lock = File::create(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    lock.lock().unwrap();
    lock
}
