//! The listener: on 127.0.0.1 alone, for this user's processes alone.

use std::io;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::connection;
use super::connection::Peer;
use super::connections::Connections;
use super::http::Site;
use super::identity::Identity;
use super::sentry::Sentry;
use super::tls::Door;
use super::tls::Open;
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
    /// The version of the API that it says it has.
    pub api: u32,
}

/// Serves the API. Its clones share the limits on connections.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "holds the service")]
pub struct Server {
    site: Arc<Site>,
    connections: Connections,
    /// Handshakes that are made only to say that there is no place.
    refusals: Arc<Semaphore>,
    sentry: Arc<Sentry>,
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
        let ServerParts { service, identity, port, api } = parts;
        let identity = Arc::new(identity);
        let sentry = Arc::new(Sentry::new(port, Arc::clone(&identity)));
        let site = Site { service, identity, port, secure: false, api, written: Arc::default() };
        Self {
            site: Arc::new(site),
            connections: Connections::default(),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            sentry,
        }
    }

    /// What looks at the port.
    pub fn sentry(&self) -> &Arc<Sentry> {
        &self.sentry
    }

    /// Accepts connections until `shutdown` resolves, then waits for those that are open.
    pub async fn serve(self, listener: tokio::net::TcpListener, shutdown: impl Future<Output = ()>) {
        let mut open = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) if self.sentry.is_own(peer) => {
                        let sentry = Arc::clone(&self.sentry);
                        open.spawn(async move { sentry.answer(stream).await });
                    }
                    Ok((stream, _)) => self.admit(stream, &mut open),
                    Err(error) => {
                        log::warn(format_args!("accept: {error}"));
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

    /// Does the same on the https listener of `door`, whenever that is open.
    pub async fn serve_secure(self, door: &Door, shutdown: impl Future<Output = ()>) {
        let (mut open, mut door) = (JoinSet::new(), door.watch());
        tokio::pin!(shutdown);
        loop {
            let secure = door.borrow_and_update().clone();
            tokio::select! {
                () = &mut shutdown => break,
                Ok(()) = door.changed() => {}
                accepted = next(secure.as_deref()) => match (accepted, secure) {
                    (Ok(stream), Some(secure)) => self.admit_secure(stream, &secure, &mut open),
                    (Ok(_), None) => {}
                    (Err(error), _) => {
                        log::warn(format_args!("accept: {error}"));
                        tokio::time::sleep(BREATH).await;
                    }
                },
                Some(_) = open.join_next() => {}
            }
        }
        drop(door);
        while open.join_next().await.is_some() {}
    }

    fn admit(&self, mut stream: TcpStream, open: &mut JoinSet<()>) {
        let Some(peer) = Peer::of(&stream) else { return stranger() };
        let _ = stream.set_nodelay(true);
        let (site, connections) = (Arc::clone(&self.site), self.connections.clone());
        let newcomer = connections.newcomer();
        open.spawn(async move {
            if let Some(newcomer) = newcomer {
                newcomer.speaks(&stream).await;
            }
            match connections.admit() {
                Some(place) => connection::serve(site, stream, peer, place).await,
                None => connection::refuse(&mut stream, ErrorCode::Busy).await,
            }
        });
    }

    /// The place is taken before the handshake, and may be lost in it to a newer connection. Where there is none, a few
    /// hear so, and the others are closed at once: a handshake costs more than a refusal is worth.
    fn admit_secure(&self, stream: TcpStream, secure: &Open, open: &mut JoinSet<()>) {
        let Some(peer) = Peer::of(&stream) else { return stranger() };
        let _ = stream.set_nodelay(true);
        let site = Arc::new(Site { port: secure.port, secure: true, ..(*self.site).clone() });
        let place = self.connections.admit();
        let refusal = match &place {
            Some(_) => None,
            None => match Arc::clone(&self.refusals).try_acquire_owned() {
                Ok(permit) => Some(permit),
                Err(_) => return,
            },
        };
        let handshake = secure.shake_hands(stream);
        open.spawn(async move {
            let _refusal = refusal;
            let evicted = async {
                match &place {
                    Some(place) => place.evicted().await,
                    None => std::future::pending().await,
                }
            };
            let shaken = tokio::select! {
                shaken = handshake => shaken,
                () = evicted => None,
            };
            match (shaken, place) {
                (Some(stream), Some(place)) => connection::serve(site, stream, peer, place).await,
                (Some(mut stream), None) => connection::refuse(&mut stream, ErrorCode::Busy).await,
                (None, _) => {}
            }
        });
    }
}

/// Told to whoever looks for a fault: a page of another user, or a client that left at once.
fn stranger() {
    log::debug(format_args!("closed unread: no open socket of this user"));
}

async fn next(secure: Option<&Open>) -> io::Result<TcpStream> {
    match secure {
        Some(secure) => secure.accept().await,
        None => std::future::pending().await,
    }
}

const BREATH: Duration = Duration::from_millis(50);
const REFUSALS: usize = 16;
