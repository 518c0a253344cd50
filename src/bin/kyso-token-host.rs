//! Loads one PKCS#11 module and serves the agent on a pipe: `kyso-token-host MODULE`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    kyso::token::host::run()
}
