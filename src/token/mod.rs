//! The tokens of this machine, each vendor module in a process of its own.
//!
//! The agent's side is [`hub`], which speaks over pipes ([`wire`]) to one `kyso-token-host` a module
//! ([`remote`]). The other side of the pipe is [`host`], the only code that loads a module
//! (`pkcs11`). Which modules there are is found out without loading any ([`discovery`]). Nothing here resends
//! a signing.

pub mod chain;
mod deadlines;
pub mod description;
pub mod discovery;
mod distinct;
mod environment;
pub mod host;
pub mod hub;
mod keeper;
mod kept;
mod look;
mod pkcs11;
mod process;
mod pulled;
mod readers;
pub mod remote;
mod seen;
pub mod trace;
mod turn;
pub mod usb;
pub mod wire;
pub mod x509;
