//! The token host.
fn main() {}
