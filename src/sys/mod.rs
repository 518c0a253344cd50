//! What differs by system, behind one set of names: `linux/` now, `windows/` beside it soon.
//!
//! No `cfg(unix)`, `cfg(windows)` or `cfg(target_os)` stands outside this folder; a test says so.

pub mod attendance;

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub use linux::{
    autostart, caps, child, desktop, devices, files, harden, ipc, journal, listeners, machine, modules,
    notices, pcsc, peer, program, sandbox, session, signals, surface, terminal, trust, usb, user, window,
};
