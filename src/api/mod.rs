//! The localhost API: the gate, the HTTP routes, and the person's own control socket.
//!
//! ```text
//! TCP → connections (R2, limits) → hyper → gate → route → SigningService → reply
//!                                            └ a socket's message → gate ┘
//! ```
//!
//! With TLS ([`tls`]) the handshake comes after the look at the peer, and what follows is the same.
//!
//! Deliberately absent: redirects, cookies, HTML, a route that takes a PIN, a mechanism or bytes to be
//! signed as they are, and any way past [`gate`].

pub mod control;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzz;
pub mod gate;
pub mod identity;
pub mod neighbours;
pub mod sentry;
pub mod server;
pub mod tls;

mod connection;
mod connections;
mod http;
mod json;
mod reply;
mod status;
mod ws;

pub use reply::status;

/// The contract with pages, OpenAPI 3.1; served at `/v1/openapi.json`.
pub const OPENAPI: &str = include_str!("openapi.json");
/// The contract's version, which `/v1/health` tells.
pub const VERSION: u32 = 1;
