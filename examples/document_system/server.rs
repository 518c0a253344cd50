//! The site: its page, its documents, its sign-in.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use http_body_util::LengthLimitError;
use http_body_util::Limited;
use hyper::Method;
use hyper::Request;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header;
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpListener;

use crate::archive::Archive;
use crate::page;
use crate::page::Response;
use crate::refusal::Refusal;
use crate::sign_in;
use crate::sign_in::Answer;
use crate::sign_in::Entrance;
use crate::verify::Anchors;
use crate::verify::Role;

/// Everything one request may need.
#[derive(Debug)]
pub(crate) struct Site {
    origin: String,
    archive: Archive,
    entrance: Entrance,
    anchors: Anchors,
}

impl Site {
    /// The site at `address`.
    pub(crate) fn new(address: SocketAddr, archive: Archive, anchors: Anchors) -> Self {
        Self { origin: format!("http://{address}"), archive, entrance: Entrance::default(), anchors }
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

async fn answer(site: &Site, request: Request<Incoming>) -> Response {
    let path = request.uri().path().to_owned();
    let outcome = match (request.method(), path.as_str()) {
        _ if !at_our_address(site, &request) => Err(Refusal::Host),
        (&Method::GET, "/documents") => Ok(list(site)),
        (&Method::GET, "/session") => Ok(session(site, &request)),
        (&Method::GET, path) => match path.strip_prefix("/documents/") {
            Some(name) => document(site, name),
            None => page::file(path).ok_or(Refusal::NotFound),
        },
        (&Method::POST, _) if !from_our_page(site, &request) => Err(Refusal::Origin),
        (&Method::POST, "/preparations") => prepare(site, request).await,
        (&Method::POST, "/signatures") => complete(site, request).await,
        (&Method::POST, "/numbers") => number(site, request).await,
        (&Method::POST, "/nonces") => nonce(site),
        (&Method::POST, "/session") => sign_in(site, request).await,
        (&Method::POST, "/session/end") => Ok(sign_out(site, &request)),
        (&Method::POST, _) => Err(Refusal::NotFound),
        _ => Err(Refusal::Method),
    };
    outcome.unwrap_or_else(|refusal| {
        let (status, body) = refusal.reply();
        page::json(status, &body)
    })
}

/// `GET /documents`.
fn list(site: &Site) -> Response {
    page::json(StatusCode::OK, &json!({ "documents": site.archive.list() }))
}

/// `GET /documents/ID` with what the server finds in its file; `GET /documents/ID.pdf`, the file.
fn document(site: &Site, name: &str) -> Result<Response, Refusal> {
    let number = name.strip_suffix(".pdf");
    let id = number.unwrap_or(name).parse().map_err(|_| Refusal::NotFound)?;
    let (summary, file) = site.archive.document(id)?;
    if number.is_some() {
        return Ok(page::pdf(file, &summary.title));
    }
    let verdict = site.anchors.judge(&file, std::time::SystemTime::now()).map_err(Refusal::pdf)?;
    Ok(page::json(StatusCode::OK, &json!({ "document": summary, "verdict": verdict })))
}

/// `POST /preparations`: who wants to sign what with which certificate → the digests for Kyso.
async fn prepare(site: &Site, request: Request<Incoming>) -> Result<Response, Refusal> {
    let wanted: Wanted = read(request).await?;
    let to_sign = site.archive.prepare(wanted.role, &wanted.documents, &decode(&wanted.certificate)?)?;
    let item = |(document, name, digest): &(usize, String, [u8; 32])| json!({ "document": document, "name": name, "digest": STANDARD.encode(digest) });
    let items: Vec<_> = to_sign.items.iter().map(item).collect();
    Ok(page::json(StatusCode::CREATED, &json!({ "preparation": to_sign.preparation, "items": items })))
}

/// `POST /signatures`: what Kyso made → the verdict on each file, once it is kept.
async fn complete(site: &Site, request: Request<Incoming>) -> Result<Response, Refusal> {
    let made: Made = read(request).await?;
    let signatures = made.signatures.iter().map(|text| decode(text)).collect::<Result<Vec<_>, _>>()?;
    let verdicts = site.archive.complete(made.preparation, &signatures, &site.anchors)?;
    let verdicts: Vec<_> =
        verdicts.iter().map(|(id, verdict)| json!({ "document": id, "verdict": verdict })).collect();
    Ok(page::json(StatusCode::OK, &json!({ "documents": verdicts })))
}

/// `POST /numbers`: number and date for these documents.
async fn number(site: &Site, request: Request<Incoming>) -> Result<Response, Refusal> {
    let wanted: Documents = read(request).await?;
    site.archive.number(&wanted.documents)?;
    Ok(list(site))
}

/// `POST /nonces`: for one sign-in of this browser, which its cookie tells from every other.
fn nonce(site: &Site) -> Result<Response, Refusal> {
    let (visit, nonce) = site.entrance.nonce()?;
    let mut response = page::json(StatusCode::CREATED, &json!({ "nonce": STANDARD.encode(nonce) }));
    keep(&mut response, VISIT, &visit, sign_in::PATIENCE)?;
    Ok(response)
}

/// `POST /session`: the answer of Kyso's `authentications` → a session in a cookie that no script reads.
async fn sign_in(site: &Site, request: Request<Incoming>) -> Result<Response, Refusal> {
    let visit = cookie(&request, VISIT).unwrap_or_default().to_owned();
    let came: Came = read(request).await?;
    let answer = Answer {
        nonce: decode(&came.nonce)?,
        certificate: decode(&came.certificate)?,
        chain: came.chain.iter().map(|text| decode(text)).collect::<Result<_, _>>()?,
        scheme: came.scheme,
        signature: decode(&came.signature)?,
    };
    let (session, signer) = site.entrance.sign_in(&site.origin, &visit, &answer, &site.anchors)?;
    let mut response = page::json(StatusCode::CREATED, &json!({ "person": signer }));
    keep(&mut response, SESSION, &session, sign_in::SESSION)?;
    Ok(response)
}

/// `GET /session`: who is signed in, or null.
fn session(site: &Site, request: &Request<Incoming>) -> Response {
    let person = cookie(request, SESSION).and_then(|session| site.entrance.who(session));
    page::json(StatusCode::OK, &json!({ "person": person }))
}

/// `POST /session/end`.
fn sign_out(site: &Site, request: &Request<Incoming>) -> Response {
    if let Some(session) = cookie(request, SESSION) {
        site.entrance.leave(session);
    }
    page::json(StatusCode::OK, &json!({ "person": null }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    role: Role,
    documents: Vec<usize>,
    certificate: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    preparation: u64,
    signatures: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Documents {
    documents: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Came {
    nonce: String,
    certificate: String,
    chain: Vec<String>,
    scheme: String,
    signature: String,
}

/// A browser that was told another name for this address (DNS rebinding) takes what it gets for that name's own.
fn at_our_address(site: &Site, request: &Request<Incoming>) -> bool {
    let host = request.headers().get(header::HOST);
    host.is_some_and(|host| site.origin.strip_prefix("http://").map(str::as_bytes) == Some(host.as_bytes()))
}

fn from_our_page(site: &Site, request: &Request<Incoming>) -> bool {
    let origin = request.headers().get(header::ORIGIN);
    origin.is_some_and(|origin| origin.as_bytes() == site.origin.as_bytes())
}

fn cookie<'a>(request: &'a Request<Incoming>, name: &str) -> Option<&'a str> {
    let cookies = request.headers().get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='))
}

/// Has the browser keep this where no script reads it. A site on https adds `Secure`.
fn keep(response: &mut Response, name: &str, value: &str, lasts: Duration) -> Result<(), Refusal> {
    let age = lasts.as_secs();
    let cookie = format!("{name}={value}; Max-Age={age}; HttpOnly; SameSite=Strict; Path=/");
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| Refusal::Bad("cookie"))?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(())
}

fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(text).map_err(|_| Refusal::Bad("not base64"))
}

async fn read<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Refusal> {
    let body = match Limited::new(request.into_body(), LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(Refusal::TooLarge),
        Err(_) => return Err(Refusal::Bad("the body broke off")),
    };
    serde_json::from_slice(&body).map_err(|_| Refusal::Bad("not the JSON that this takes"))
}

/// The cookie of a browser that was given a nonce.
const VISIT: &str = "visit";
/// The cookie of somebody who is in.
const SESSION: &str = "session";
/// A thousand signatures with their chains.
const LARGEST_BODY: usize = 16 << 20;
