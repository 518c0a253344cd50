//! The listener: on 127.0.0.1 alone, for this user's processes alone.

use std::io;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::connection;
use super::connection::Peer;
use super::connections::Connections;
use super::http::Site;
use super::identity::Identity;
use crate::domain::error::ErrorCode;
use crate::log;
use crate::sign::SigningService;

/// Where a page looks for the agent: one port a user on a shared machine, none of which Fetch's list
/// of bad ports or the ephemeral range holds.
pub const PORTS: RangeInclusive<u16> = 21480..=21543;

/// What the server works with.
#[allow(missing_debug_implementations, reason = "holds the service")]
pub struct ServerParts {
    /// The use cases.
    pub service: Arc<SigningService>,
    /// The agent's own key.
    pub identity: Identity,
    /// The port that `Host` must name.
    pub port: u16,
}

/// Serves the API.
#[allow(missing_debug_implementations, reason = "holds the service")]
pub struct Server {
    site: Arc<Site>,
    connections: Connections,
}

/// Listens on this port of 127.0.0.1, or on the first free one of [`PORTS`].
///
/// # Errors
/// The system's, of the last port that was tried.
pub fn bind(port: Option<u16>) -> io::Result<TcpListener> {
    // The standard library sets SO_REUSEADDR, which on Linux lets nobody share a listening port; it
    // never sets SO_REUSEPORT, which would (socket(7)).
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    if let Some(port) = port {
        return bind(port);
    }
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in PORTS {
        match bind(port) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Server {
    /// From its parts.
    pub fn new(parts: ServerParts) -> Self {
        let ServerParts { service, identity, port } = parts;
        Self { site: Arc::new(Site { service, identity, port }), connections: Connections::default() }
    }

    /// Accepts connections until `shutdown` resolves, then waits for those that are open.
    pub async fn serve(self, listener: tokio::net::TcpListener, shutdown: impl Future<Output = ()>) {
        let mut open = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => self.admit(stream, &mut open),
                    Err(error) => {
                        log::note(format_args!("accept: {error}"));
                        // Out of file descriptors: only time frees some.
                        tokio::time::sleep(BREATH).await;
                    }
                },
                Some(_) = open.join_next() => {}
            }
        }
        drop(listener);
        while open.join_next().await.is_some() {}
    }

    fn admit(&self, mut stream: tokio::net::TcpStream, open: &mut JoinSet<()>) {
        let Some(peer) = Peer::of(&stream) else { return };
        let _ = stream.set_nodelay(true);
        match self.connections.admit() {
            Some(place) => open.spawn(connection::serve(Arc::clone(&self.site), stream, peer, place)),
            None => open.spawn(async move { connection::refuse(&mut stream, ErrorCode::Busy).await }),
        };
    }
}

const BREATH: Duration = Duration::from_millis(50);
