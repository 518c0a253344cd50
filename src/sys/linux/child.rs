//! What a process that runs foreign code needs of its own.

use std::fs::File;
use std::io;
use std::time::Duration;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::event::poll;
use rustix::io::Errno;

/// Takes standard output for the caller alone; whatever else prints to it from now on prints to
/// standard error.
///
/// # Errors
/// The system call's.
pub fn take_stdout() -> io::Result<File> {
    let pipe = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(File::from(pipe))
}

/// Takes standard input for the caller alone; whatever else reads it from now on finds its end.
///
/// # Errors
/// The system call's.
pub fn take_stdin() -> io::Result<File> {
    let pipe = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(File::from(pipe))
}

/// Whether there is something to read, or the pipe has ended; waits so long for it.
///
/// # Errors
/// The system call's.
pub fn is_readable(pipe: &File, patience: Duration) -> io::Result<bool> {
    let patience = Timespec::try_from(patience).map_err(|_| io::ErrorKind::InvalidInput)?;
    match poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&patience)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Waits until nobody holds the pipe's other end any more, whatever there is to read.
///
/// # Errors
/// The system call's.
pub fn wait_for_end(pipe: &File) -> io::Result<()> {
    loop {
        // What is not asked for is told all the same: POLLHUP, POLLERR (poll(2)).
        match poll(&mut [PollFd::new(pipe, PollFlags::empty())], None) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Keeps a child out of the terminal's reach: Ctrl+C is for the parent, which lets the child finish what it
/// is in.
pub fn set_apart(command: &mut tokio::process::Command) {
    command.process_group(0);
}

/// Puts this program in the place of the running one. Returns only if that can't be done.
pub fn become_program(command: &mut std::process::Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

/// Whether a library with this in its name is loaded into this process (`/proc/self/maps`, proc(5)). False
/// where that can't be told.
pub fn has_loaded(library: &str) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().any(|line| line.rsplit('/').next().is_some_and(|name| name.starts_with(library)))
}

/// Ends this process at once: no exit handler of a loaded library runs, because some hang or crash.
pub fn end_now() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}
