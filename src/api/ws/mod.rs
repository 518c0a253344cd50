//! `GET /v1/socket`: a WebSocket on which a page calls the same routes, and hears events meanwhile (R18).
//!
//! - `handshake` is the answer to the request that opened it, which passed the gate like any other
//! - `message` is what both sides say, `call` makes a request of a message and answers it
//! - `socket` is one connection from its first message to its end, `news` tells it of tokens
//! - `wire` is the stream below: how much a page may send before it has shown a token
//!
//! A message is one request as `http` takes it, so there are no routes, shapes, limits or idempotency here. There
//! is no compression: it costs memory for each connection, and what is signed does not get smaller.

#[cfg(any(fuzzing, test))]
pub(super) mod fuzz;
pub(super) mod handshake;

mod call;
mod message;
mod news;
mod socket;
mod wire;

use std::sync::Arc;

use super::gate::Page;
use crate::domain::ports::Presence;
use crate::text::Lang;

pub(super) use socket::serve;

/// A socket that was opened, and is yet to be served.
pub(super) struct Opened {
    /// The page at its other end.
    pub(super) page: Page,
    /// That end of the connection.
    pub(super) peer: Arc<dyn Presence>,
    /// Of errors, where a message names none.
    pub(super) lang: Lang,
}
