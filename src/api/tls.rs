//! The https listener: opened, renewed and closed while the agent runs, as the person commands.
//!
//! TLS 1.2 and 1.3 by rustls. No session is remembered: a connection carries one request, and a browser
//! that was shown a new certificate has nothing of the old one left.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::rustls::{Error, ServerConfig};
use tokio_rustls::server::TlsStream;

use super::server;
use crate::status::Tls;
use crate::tls::Credentials;

/// How far above the port of http that of https is.
pub const ABOVE: u16 = 100;

/// Opens and closes the listener.
#[derive(Debug)]
pub struct Door {
    file: PathBuf,
    port: Option<u16>,
    open: watch::Sender<Option<Arc<Open>>>,
    last: Mutex<Last>,
}

/// The open listener.
pub(super) struct Open {
    listener: Arc<TcpListener>,
    acceptor: TlsAcceptor,
    pub(super) port: u16,
}

/// What the last look at the file has found.
#[derive(Debug, Default)]
struct Last {
    credentials: Option<Credentials>,
    problem: Option<String>,
}

impl Door {
    /// Closed as yet. `file` holds the credentials where https is wanted, `port` is http's: 0 takes any free
    /// one.
    pub fn new(file: PathBuf, port: u16) -> Self {
        let port = if port == 0 { Some(0) } else { port.checked_add(ABOVE) };
        Self { file, port, open: watch::channel(None).0, last: Mutex::default() }
    }

    /// Looks at the file again and opens, renews or closes the listener; its port, if it is open now.
    /// Connections under way go on. To be called within the runtime.
    ///
    /// # Errors
    /// Why there is no listener though one is wanted.
    pub fn reload(&self) -> Result<Option<u16>, String> {
        let credentials =
            Credentials::read(&self.file).map_err(|error| format!("{}: {error}", self.file.display()));
        let opened =
            credentials.clone().and_then(|wanted| wanted.map(|wanted| self.opened(&wanted)).transpose());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.credentials = credentials.ok().flatten();
        last.problem = opened.as_ref().err().cloned();
        let port = opened.as_ref().ok().and_then(|open| open.as_ref()).map(|open| open.port);
        self.open.send_replace(opened.as_ref().ok().and_then(|open| open.as_ref().map(Arc::clone)));
        opened.map(|_| port)
    }

    /// What there is to tell of it; nothing where https is not wanted.
    pub fn status(&self) -> Option<Tls> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let port = self.open.borrow().as_ref().map(|open| open.port);
        if last.credentials.is_none() && last.problem.is_none() {
            return None;
        }
        let credentials = last.credentials.as_ref();
        Some(Tls {
            port,
            not_after: credentials.map(|credentials| credentials.not_after),
            renewal: credentials.map(Credentials::renewal),
            problem: last.problem.clone(),
        })
    }

    pub(super) fn watch(&self) -> watch::Receiver<Option<Arc<Open>>> {
        self.open.subscribe()
    }

    fn opened(&self, credentials: &Credentials) -> Result<Arc<Open>, String> {
        let acceptor = acceptor(credentials).map_err(|error| format!("{}: {error}", self.file.display()))?;
        let before = self.open.borrow().clone();
        let (listener, port) = match before {
            Some(open) => (Arc::clone(&open.listener), open.port),
            None => self.bind().map_err(|error| match self.port {
                Some(port) => format!("127.0.0.1:{port}: {error}"),
                None => error.to_string(),
            })?,
        };
        Ok(Arc::new(Open { listener, acceptor, port }))
    }

    fn bind(&self) -> io::Result<(Arc<TcpListener>, u16)> {
        let port = self.port.ok_or(io::ErrorKind::AddrNotAvailable)?;
        let listener = server::bind(Some(port))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        Ok((Arc::new(TcpListener::from_std(listener)?), port))
    }
}

impl Open {
    /// The next connection, before its handshake.
    pub(super) async fn accept(&self) -> io::Result<TcpStream> {
        Ok(self.listener.accept().await?.0)
    }

    /// The handshake; nothing if there was none in time (R19). It outlives this listener.
    pub(super) fn shake_hands(
        &self,
        stream: TcpStream,
    ) -> impl Future<Output = Option<TlsStream<TcpStream>>> + Send + use<> {
        let handshake = self.acceptor.accept(stream);
        async { tokio::time::timeout(HANDSHAKE, handshake).await.ok()?.ok() }
    }
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("port", &self.port).finish_non_exhaustive()
    }
}

fn acceptor(credentials: &Credentials) -> Result<TlsAcceptor, Error> {
    let chain = vec![CertificateDer::from(credentials.leaf.clone())];
    let key = PrivatePkcs8KeyDer::from(credentials.key.to_vec());
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key.into())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// As long as the head of a request has.
const HANDSHAKE: Duration = Duration::from_secs(5);
