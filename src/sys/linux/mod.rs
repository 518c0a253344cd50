//! Linux.

pub mod caps;
pub mod child;
pub mod files;
pub mod harden;
pub mod ipc;
pub mod modules;
pub mod peer;
pub mod sandbox;
pub mod session;
pub mod signals;
pub mod terminal;
pub mod user;
pub mod window;
