//! The document system's own HTTP side.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::LengthLimitError;
use http_body_util::Limited;
use hyper::Method;
use hyper::Request;
use hyper::Response;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::body::Incoming;
use hyper::header;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use crate::page;
use crate::shelf::Shelf;
use crate::verify::Anchors;
use crate::verify::Signed;

/// Everything one request may need.
#[derive(Debug)]
pub(crate) struct Site {
    origin: String,
    shelf: Shelf,
    anchors: Anchors,
}

impl Site {
    /// The site at `address`.
    pub(crate) fn new(address: SocketAddr, shelf: Shelf, anchors: Anchors) -> Self {
        Self { origin: format!("http://{address}"), shelf, anchors }
    }

    /// Its origin (RFC 6454 §6.2).
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

/// Serves until dropped.
pub(crate) async fn run(listener: TcpListener, site: Arc<Site>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let site = Arc::clone(&site);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let site = Arc::clone(&site);
                async move { Ok::<_, Infallible>(answer(&site, request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            // A browser that goes away in the middle is not this server's concern.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(site: &Site, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let outcome = match (request.method(), path.as_str()) {
        (&Method::GET, path) => page::file(path).ok_or(Refusal::NotFound),
        (&Method::POST, _) if !from_our_page(site, &request) => Err(Refusal::Origin),
        (&Method::POST, "/documents") => upload(site, request).await,
        (&Method::POST, path) => match signature_of(path) {
            Some(id) => verify(site, id, request).await,
            None => Err(Refusal::NotFound),
        },
        _ => Err(Refusal::Method),
    };
    outcome.unwrap_or_else(|refusal| {
        let (status, reason) = refusal.words();
        page::json(status, &json!({ "error": reason }))
    })
}

/// `POST /documents?name=…` with the file as body → 201 `{id, name, size, digest}`.
async fn upload(site: &Site, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Refusal> {
    let name = page::parameter(request.uri().query().unwrap_or_default(), "name")
        .filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME)
        .ok_or(Refusal::Bad("the file has no name, or too long a one"))?;
    let content = read(request, LARGEST_DOCUMENT).await?;
    let document = site.shelf.put(name, content);
    Ok(page::json(
        StatusCode::CREATED,
        &json!({
            "id": document.id,
            "name": document.name,
            "size": document.content.len(),
            "digest": { "algorithm": "sha-256", "value": STANDARD.encode(document.digest) },
        }),
    ))
}

/// `POST /documents/ID/signature` with what Kyso returned → 200 and the verdict, valid or not.
async fn verify(site: &Site, id: u64, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Refusal> {
    let document = site.shelf.find(id).ok_or(Refusal::NotFound)?;
    let body = read(request, LARGEST_SIGNATURE).await?;
    let submission: Submission =
        serde_json::from_slice(&body).map_err(|_| Refusal::Bad("not a signature as this system takes it"))?;
    let signed = submission.decode().ok_or(Refusal::Bad("not base64"))?;
    let verdict = site
        .anchors
        .judge(&document, &signed, SystemTime::now())
        .map_err(|_| Refusal::Bad("the certificate can't be read"))?;
    Ok(page::json(StatusCode::OK, &verdict))
}

/// What the page posts: base64 as Kyso gave it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submission {
    certificate: String,
    chain: Vec<String>,
    scheme: String,
    value: String,
}

impl Submission {
    fn decode(self) -> Option<Signed> {
        let bytes = |text: &String| STANDARD.decode(text).ok();
        Some(Signed {
            certificate: bytes(&self.certificate)?,
            chain: self.chain.iter().map(bytes).collect::<Option<_>>()?,
            value: bytes(&self.value)?,
            scheme: self.scheme,
        })
    }
}

enum Refusal {
    Bad(&'static str),
    Origin,
    NotFound,
    Method,
    TooLarge,
}

impl Refusal {
    fn words(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Bad(reason) => (StatusCode::BAD_REQUEST, reason),
            Self::Origin => (StatusCode::FORBIDDEN, "only this system's own page may post"),
            Self::NotFound => (StatusCode::NOT_FOUND, "there is nothing here"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "only GET and POST"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too large"),
        }
    }
}

fn from_our_page(site: &Site, request: &Request<Incoming>) -> bool {
    let origin = request.headers().get(header::ORIGIN);
    origin.is_some_and(|origin| origin.as_bytes() == site.origin.as_bytes())
}

fn signature_of(path: &str) -> Option<u64> {
    path.strip_prefix("/documents/")?.strip_suffix("/signature")?.parse().ok()
}

async fn read(request: Request<Incoming>, limit: usize) -> Result<Vec<u8>, Refusal> {
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::Bad("the body broke off")),
    }
}

const LONGEST_NAME: usize = 1024;
const LARGEST_DOCUMENT: usize = 32 << 20;
const LARGEST_SIGNATURE: usize = 256 << 10;
