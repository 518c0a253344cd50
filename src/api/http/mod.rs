//! The routes: one file each, named after its path.

mod authentications;
mod body;
mod certificates;
#[cfg(any(fuzzing, test))]
pub(super) mod fuzz;
mod health;
mod hello;
mod openapi;
mod pairings;
mod signatures;
mod tokens;

use std::sync::Arc;
use std::time::Instant;

use http_body_util::Either;
use http_body_util::Full;
use hyper::Method;
use hyper::Request;
use hyper::body::Bytes;
use hyper::body::Incoming;
use hyper::header;
use hyper::header::HeaderName;

use super::connections::Admitted;
use super::gate;
use super::gate::Address;
use super::gate::Gated;
use super::gate::Page;
use super::identity::Identity;
use super::reply;
use super::reply::Failure;
use super::reply::Response;
use super::ws::Opened;
use super::ws::handshake;
use crate::domain::error::ErrorCode;
use crate::domain::policy::PairingId;
use crate::domain::ports::Presence;
use crate::domain::ports::Watcher;
use crate::domain::request::RequestId;
use crate::log;
use crate::sign::SigningService;
use crate::text::Lang;

/// What the routes work with.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) service: Arc<SigningService>,
    pub(super) identity: Arc<Identity>,
    pub(super) port: u16,
    /// By https.
    pub(super) secure: bool,
    /// The version of the API that it says it has.
    pub(super) api: u32,
    /// What pages were shown of certificates.
    pub(super) written: Arc<certificates::Written>,
}

/// A gated request, and what its answer needs.
struct Call {
    request: Gated<Body>,
    id: RequestId,
    peer: Arc<dyn Presence>,
    /// Told of the call's prompt and progress.
    watcher: Option<Watcher>,
}

/// A body still on the wire, or one that came whole in a socket's message.
pub(super) type Body = Either<Incoming, Full<Bytes>>;

/// A call of a page that showed a live bearer token of its own origin. Only [`Call::paired`] makes one.
struct Paired {
    call: Call,
    pairing: PairingId,
}

/// Answers one request, whatever it is; if it opened a WebSocket, with the end that is to serve it.
pub(super) async fn respond(
    site: &Site,
    request: Request<Incoming>,
    peer: Arc<dyn Presence>,
    place: &Admitted,
) -> (Response, Option<Opened>) {
    let (id, began) = (RequestId::random(), Instant::now());
    let what = known(&request);
    let (response, opened) = handle(site, request, &id, peer, place).await;
    told(&id, &what, &response, began);
    (response, opened)
}

async fn handle(
    site: &Site,
    request: Request<Incoming>,
    id: &RequestId,
    peer: Arc<dyn Presence>,
    place: &Admitted,
) -> (Response, Option<Opened>) {
    let lang = lang(&request);
    let private = request.headers().contains_key("access-control-request-private-network");
    let request = request.map(Either::Left);
    let here = Address { port: site.port, secure: site.secure };
    let gated = match gate::check(here, &site.service.policy(), request) {
        Ok(gated) => gated,
        Err(refused) => {
            let mut response = failed(&refused.code.into(), id, lang);
            if let Some(origin) = &refused.reader {
                reply::readable(&mut response, origin);
            }
            return (response, None);
        }
    };
    let origin = gated.origin().clone();
    let mut opened = None;
    let result = if !place.belongs_to(&origin) {
        Err(ErrorCode::Busy.into())
    } else if *gated.method() == Method::OPTIONS {
        Ok(reply::preflight(private))
    } else if (gated.path(), gated.method()) == (SOCKET, &Method::GET) {
        handshake::accept(&gated).inspect(|_| opened = Some(Opened { page: gated.page(), peer, lang }))
    } else {
        route(site, Call { request: gated, id: id.clone(), peer, watcher: None }).await
    };
    let mut response = result.unwrap_or_else(|failure| failed(&failure, id, lang));
    reply::readable(&mut response, &origin);
    (response, opened)
}

/// Answers one message of a page's socket that was made a request.
pub(super) async fn answer(
    site: &Site,
    page: &Page,
    request: Request<Body>,
    peer: Arc<dyn Presence>,
    watcher: Watcher,
) -> Response {
    let (id, lang) = (RequestId::random(), lang(&request));
    let (what, began) = (known(&request), Instant::now());
    let result = match gate::message(&site.service.policy(), page, request) {
        Ok(request) => route(site, Call { request, id: id.clone(), peer, watcher: Some(watcher) }).await,
        Err(code) => Err(code.into()),
    };
    let response = result.unwrap_or_else(|failure| failed(&failure, &id, lang));
    told(&id, &what, &response, began);
    response
}

/// A refusal that no route made.
pub(super) fn refusal(failure: &Failure, lang: Lang) -> Response {
    failed(failure, &RequestId::random(), lang)
}

/// What an unpaired page may call, then all else behind its token: it does not even learn which paths
/// there are (R21).
async fn route(site: &Site, call: Call) -> Result<Response, Failure> {
    match (call.request.path(), call.request.method()) {
        ("/v1/health", &Method::GET) => return health::get(site, &call),
        ("/v1/health", _) => return Err(not_allowed("GET, OPTIONS")),
        ("/v1/pairings", &Method::POST) => return pairings::post(site, call).await,
        ("/v1/pairings", _) => return Err(not_allowed("POST, OPTIONS")),
        ("/v1/hello", &Method::POST) => return hello::post(site, call).await,
        // Within a socket there is no other.
        (SOCKET, &Method::GET) => return Err(ErrorCode::BadRequest.into()),
        (SOCKET, _) => return Err(not_allowed("GET, OPTIONS")),
        _ => {}
    }
    let paired = call.paired(site)?;
    match (paired.call.request.path(), paired.call.request.method()) {
        ("/v1/pairings/current", &Method::DELETE) => pairings::delete(site, &paired).await,
        ("/v1/pairings/current", _) => Err(not_allowed("DELETE, OPTIONS")),
        ("/v1/hello", _) => Err(not_allowed("POST, OPTIONS")),
        ("/v1/authentications", &Method::POST) => authentications::post(site, paired).await,
        ("/v1/authentications", _) => Err(not_allowed("POST, OPTIONS")),
        ("/v1/tokens", &Method::GET) => tokens::get(site, &paired).await,
        ("/v1/tokens", _) => Err(not_allowed("GET, OPTIONS")),
        ("/v1/certificates", &Method::GET) => certificates::get(site, &paired).await,
        ("/v1/certificates", _) => Err(not_allowed("GET, OPTIONS")),
        ("/v1/signatures", &Method::POST) => signatures::post(site, paired).await,
        ("/v1/signatures", _) => Err(not_allowed("POST, OPTIONS")),
        ("/v1/openapi.json", &Method::GET) => openapi::get(&paired),
        ("/v1/openapi.json", _) => Err(not_allowed("GET, OPTIONS")),
        _ => Err(ErrorCode::NotFound.into()),
    }
}

impl Call {
    fn paired(self, site: &Site) -> Result<Paired, Failure> {
        let grants = site.service.grants();
        let pairing = self.request.bearer().and_then(|bearer| grants.pairing(self.request.origin(), bearer));
        match pairing {
            Some(pairing) => Ok(Paired { call: self, pairing }),
            None => Err(ErrorCode::PairingRequired.into()),
        }
    }

    /// R20: a route without parameters has no query.
    fn without_query(&self) -> Result<(), Failure> {
        if self.request.query().is_empty() { Ok(()) } else { Err(ErrorCode::BadRequest.into()) }
    }
}

/// Method and path, where they are the API's: whatever else a page asks for is not written down.
fn known<B>(request: &Request<B>) -> String {
    let path = PATHS.iter().find(|path| **path == request.uri().path());
    let methods = [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS];
    let method = methods.iter().find(|method| *method == request.method());
    format!("{} {}", method.map_or("-", Method::as_str), path.unwrap_or(&"-"))
}

/// Tells whoever looks for a fault of an answer.
fn told(id: &RequestId, what: &str, response: &Response, began: Instant) {
    log::debug(format_args!("{id}: {what}: {} in {} ms", response.status(), began.elapsed().as_millis()));
}

fn not_allowed(allow: &'static str) -> Failure {
    Failure { allow, ..Failure::from(ErrorCode::MethodNotAllowed) }
}

fn failed(failure: &Failure, id: &RequestId, lang: Lang) -> Response {
    if let Some(cause) = &failure.cause {
        log::warn(format_args!("{id}: {}: {cause}", failure.code));
    }
    reply::failure(failure, id, lang)
}

fn lang<B>(request: &Request<B>) -> Lang {
    let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map_or_else(Lang::default, Lang::from_accept_language)
}

/// Every path there is.
const PATHS: [&str; 9] = [
    "/v1/health",
    "/v1/pairings",
    "/v1/pairings/current",
    "/v1/hello",
    "/v1/authentications",
    "/v1/tokens",
    "/v1/certificates",
    "/v1/signatures",
    SOCKET,
];
/// Where a WebSocket is opened.
const SOCKET: &str = "/v1/socket";
/// Names a resent request (draft-ietf-httpapi-idempotency-key-header).
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
