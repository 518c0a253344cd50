//! Arguments, role, exit code.
fn main() {}
