//! The icon in the panel, for which `kyso tray` makes room: it stays as long as the session, and within `kyso` it
//! would hold more than twice the memory.

use std::process::ExitCode;

fn main() -> ExitCode {
    kyso::cli::tray::main()
}
