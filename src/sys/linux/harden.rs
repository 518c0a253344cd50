//! What a process does to itself before it may see a PIN (R35).

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Leaves no core dump and keeps other processes of the same user from reading this one's memory:
/// `RLIMIT_CORE` 0 and `PR_SET_DUMPABLE` 0. Returns what the kernel refused.
///
/// # Errors
/// The system call's.
pub fn deny_inspection() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
