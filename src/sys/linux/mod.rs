//! Linux.

pub mod autostart;
pub mod caps;
pub mod child;
pub mod desktop;
pub mod devices;
pub mod files;
pub mod harden;
pub mod ipc;
pub mod journal;
pub mod listeners;
pub mod machine;
pub mod modules;
pub mod notices;
pub mod pcsc;
pub mod peer;
pub mod program;
pub mod sandbox;
pub mod session;
pub mod signals;
pub mod surface;
pub mod terminal;
pub mod trust;
pub mod usb;
pub mod user;
pub mod window;
