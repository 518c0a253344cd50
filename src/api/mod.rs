//! The localhost API: the gate, the HTTP routes, and the person's own control socket.
//!
//! ```text
//! TCP → connections (R2, limits) → hyper → gate → route → SigningService → reply
//! ```
//!
//! WebSocket goes into `ws/`, sign-in and the proof of identity into `http/authentications.rs` and
//! `http/hello.rs`, TLS into `tls.rs`: the same gate will be in front of them.
//!
//! Deliberately absent: redirects, cookies, HTML, a route that takes a PIN, a mechanism or bytes to be
//! signed as they are, and any way past [`gate`].

pub mod control;
pub mod gate;
pub mod identity;
pub mod server;

mod connection;
mod connections;
mod http;
mod json;
mod reply;
mod status;

pub use reply::status;

/// The contract with pages, OpenAPI 3.1; served at `/v1/openapi.json`.
pub const OPENAPI: &str = include_str!("openapi.json");
