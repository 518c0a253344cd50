//! The service itself, for which `kyso agent` makes room: it stays as long as the session, and within `kyso` it would
//! hold twice the memory.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    kyso::cli::agent::main()
}
