//! The icon in the panel, for which `kyso tray` makes room: it stays as long as the session, and of `kyso` it
//! would hold ten times the memory that it needs.

use std::process::ExitCode;

fn main() -> ExitCode {
    kyso::cli::tray::main()
}
