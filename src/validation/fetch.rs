//! One answer over plain HTTP/1.1 (RFC 6960 appendix A, RFC 5280 §4.2.1.13): what comes is signed, so https would
//! only add who is to be trusted for it.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use http_body_util::BodyExt as _;
use http_body_util::Full;
use http_body_util::Limited;
use hyper::Request;
use hyper::StatusCode;
use hyper::Uri;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::net::lookup_host;

/// Asks as it is told, once; follows no redirect, so nobody but the authority says who is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetcher {
    /// Whether an address of this very machine may be asked.
    pub(super) loopback: bool,
    /// For the whole of one answer.
    pub(super) patience: Duration,
}

/// Why there is no answer; for the agent's notes.
#[derive(Debug)]
pub(super) enum Failed {
    /// The address is none that is asked.
    Address,
    /// Not in time.
    Late,
    /// No connection.
    Connection(io::Error),
    /// No HTTP, or more than is taken.
    Http(Box<dyn std::error::Error + Send + Sync>),
    /// Another status than 200.
    Status(StatusCode),
}

impl Fetcher {
    /// The list at this address.
    pub(super) async fn list(&self, address: &str) -> Result<Vec<u8>, Failed> {
        self.ask(address, None, LONGEST_LIST).await
    }

    /// The responder's answer to this request.
    pub(super) async fn response(&self, address: &str, request: Vec<u8>) -> Result<Vec<u8>, Failed> {
        self.ask(address, Some(request), LONGEST_RESPONSE).await
    }

    async fn ask(&self, address: &str, body: Option<Vec<u8>>, most: usize) -> Result<Vec<u8>, Failed> {
        let place = Place::parse(address).ok_or(Failed::Address)?;
        tokio::time::timeout(self.patience, self.exchange(place, body, most))
            .await
            .unwrap_or(Err(Failed::Late))
    }

    async fn exchange(&self, place: Place, body: Option<Vec<u8>>, most: usize) -> Result<Vec<u8>, Failed> {
        let stream = self.connect(&place).await?;
        let http = |error: hyper::Error| Failed::Http(error.into());
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(http)?;
        let asking = async {
            let response = sender.send_request(place.request(body)?).await.map_err(http)?;
            if response.status() != StatusCode::OK {
                return Err(Failed::Status(response.status()));
            }
            let body = Limited::new(response.into_body(), most).collect().await.map_err(Failed::Http)?;
            Ok(body.to_bytes().to_vec())
        };
        let mut connection = std::pin::pin!(connection);
        let mut asking = std::pin::pin!(asking);
        tokio::select! {
            biased;
            answer = &mut asking => answer,
            // The last of a body may come with the connection's end.
            ended = &mut connection => match ended {
                Ok(()) => asking.await,
                Err(error) => Err(http(error)),
            },
        }
    }

    async fn connect(&self, place: &Place) -> Result<TcpStream, Failed> {
        let found = lookup_host((place.host.as_str(), place.port)).await.map_err(Failed::Connection)?;
        let mut failed = Failed::Address;
        for address in found.filter(|address| self.loopback || !is_this_machine(address.ip())) {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = Failed::Connection(error),
            }
        }
        Err(failed)
    }
}

/// Where to ask.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
    /// As it stands in the `Host` header.
    authority: String,
    /// Path and query.
    path: String,
}

impl Place {
    /// An http URL of a host, without user information.
    fn parse(address: &str) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        if uri.scheme_str() != Some("http") || authority.host().is_empty() {
            return None;
        }
        Some(Self {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: if authority.as_str() == authority.host() { HTTP } else { authority.port_u16()? },
            authority: authority.as_str().to_owned(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }

    fn request(&self, body: Option<Vec<u8>>) -> Result<Request<Full<Bytes>>, Failed> {
        let request = Request::builder().uri(&self.path).header(header::HOST, &self.authority);
        let request = match &body {
            None => request,
            Some(_) => request
                .method(hyper::Method::POST)
                .header(header::CONTENT_TYPE, "application/ocsp-request")
                .header(header::ACCEPT, "application/ocsp-response"),
        };
        request.body(Full::new(body.unwrap_or_default().into())).map_err(|error| Failed::Http(error.into()))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("an address that is not asked"),
            Self::Late => f.write_str("no answer in time"),
            Self::Connection(error) => error.fmt(f),
            Self::Http(error) => error.fmt(f),
            Self::Status(status) => status.fmt(f),
        }
    }
}

fn is_this_machine(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

const HTTP: u16 = 80;
/// The largest lists of public authorities are a few megabytes.
const LONGEST_LIST: usize = 32 << 20;
const LONGEST_RESPONSE: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_of_a_host_is_asked() {
        let place = Place::parse("http://ca.example:8080/crl?x=1").unwrap();
        assert_eq!((place.host.as_str(), place.port, place.path.as_str()), ("ca.example", 8080, "/crl?x=1"));
        let six = Place::parse("http://[2001:db8::1]/ocsp").unwrap();
        assert_eq!(
            (six.host.as_str(), six.port, six.authority.as_str()),
            ("2001:db8::1", 80, "[2001:db8::1]")
        );
        for address in [
            "https://ca.example/crl",
            "ldap://ca.example/cn=x",
            "file:///etc/shadow",
            "http://user@ca.example/",
            "http://user:pass@ca.example/",
            "http://ca.example:99999/",
            "//ca.example/",
            "/crl",
            "",
        ] {
            assert_eq!(Place::parse(address), None, "{address}");
        }
    }

    #[test]
    fn this_machine_has_many_names() {
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"] {
            assert!(is_this_machine(address.parse().unwrap()), "{address}");
        }
        assert!(!is_this_machine("192.0.2.1".parse().unwrap()));
    }

    #[tokio::test]
    async fn this_machine_is_not_asked() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let fetcher = Fetcher { loopback: false, patience: Duration::from_secs(5) };
        let address = format!("http://{}/", listener.local_addr().unwrap());
        assert!(matches!(fetcher.list(&address).await, Err(Failed::Address)));
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "nobody came");
    }
}
