//! The same client over TLS, which trusts one authority and believes one name: 127.0.0.1.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::http::{Reply, connect, hardened};

/// A connection to an agent, after the handshake.
pub(crate) type Secured = StreamOwned<ClientConnection, TcpStream>;

/// Shakes hands; nothing if the certificate is not to be trusted, or nobody answers.
pub(crate) fn secured(port: u16, authority: &[u8]) -> Option<Secured> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.to_vec())).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = connect(port);
    // As browsers do: the request follows the handshake's end at once.
    stream.set_nodelay(true).unwrap();
    let mut stream = StreamOwned::new(client, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).ok()?;
    }
    Some(stream)
}

/// Sends bytes and reads to the end; the answer, if it was one.
pub(crate) fn exchange(port: u16, authority: &[u8], bytes: &[u8]) -> Option<Reply> {
    let mut stream = secured(port, authority)?;
    // The agent may answer and stop reading before all is sent.
    let _ = stream.write_all(bytes);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    let reply = Reply::parse(&reply)?;
    hardened(&reply, bytes);
    Some(reply)
}
