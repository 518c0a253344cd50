//! What a process gives up for good before it runs foreign code (R44, R54): programs, forks, the network,
//! other processes and other files.
//!
//! To be entered before the library is loaded, because constructors run then, and before any thread
//! is started, because Landlock restricts the calling thread and what it starts.

mod calls;
mod files;

use std::io;
use std::path::Path;
use std::path::PathBuf;

use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;
use serde::Deserialize;
use serde::Serialize;

/// What the library may still do.
#[derive(Clone, Copy, Debug)]
pub struct Allowance<'a> {
    /// The library: it and its folder can be read.
    pub library: &'a Path,
    /// TCP and UDP.
    pub network: bool,
    /// Folders that it reads and writes.
    pub writable: &'a [PathBuf],
    /// Keep it from other files, where the kernel can.
    pub landlock: bool,
}

/// Whether files are out of the library's reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Landlock {
    /// They are, as far as this version of the kernel's interface goes.
    On {
        /// From 1; what each brings is in landlock(7).
        abi: u32,
    },
    /// This kernel can't.
    Missing,
    /// The settings say no.
    Off,
}

/// Sets `no_new_privs`, the limits, Landlock and the filter of system calls. All but Landlock hold when
/// this returns; what Landlock does is said, because older kernels lack it.
///
/// # Errors
/// What the kernel refused; the process is not to load the library then.
pub fn enter(allowance: &Allowance<'_>) -> io::Result<Landlock> {
    limit(Resource::Fsize, LARGEST_FILE)?;
    limit(Resource::Nofile, MOST_FILES)?;
    let landlock = if allowance.landlock {
        files::keep(allowance)?
    } else {
        files::keep_to_itself()?;
        Landlock::Off
    };
    calls::refuse(allowance)?;
    Ok(landlock)
}

/// Lowers a limit for good; a lower one stays.
fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let lower = |known: Option<u64>| Some(known.map_or(most, |known| known.min(most)));
    let Rlimit { current, maximum } = getrlimit(resource);
    Ok(setrlimit(resource, Rlimit { current: lower(current), maximum: lower(maximum) })?)
}

/// Bytes: no token's file is near it, and a log gone wild does not fill the disk.
const LARGEST_FILE: u64 = 1 << 30;
/// Twenty times what any module tried has open.
const MOST_FILES: u64 = 1024;
