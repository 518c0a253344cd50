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

/// Gives up for good what programs with more rights would give this process and all that it starts
/// (`PR_SET_NO_NEW_PRIVS`), as the service's unit does where that starts it. To be called before there are threads.
///
/// # Errors
/// The system call's.
pub fn give_up_privileges() -> std::io::Result<()> {
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}
