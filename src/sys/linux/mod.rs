//! Linux.

pub mod files;
pub mod harden;
pub mod ipc;
pub mod peer;
pub mod terminal;
