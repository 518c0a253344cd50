//! Replies: status, headers and the one shape of an error.

use http_body_util::Full;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header;
use hyper::header::HeaderValue;
use serde_json::json;

use crate::domain::error::ErrorCode;
use crate::domain::error::Retry;
use crate::domain::error::SignError;
use crate::domain::origin::Origin;
use crate::domain::request::RequestId;
use crate::text::Lang;
use crate::text::error;

pub(super) type Response = hyper::Response<Full<Bytes>>;

/// Why a request has no result.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) code: ErrorCode,
    /// The item that failed, if one did.
    pub(super) item: Option<usize>,
    /// For the log, never for the page.
    pub(super) cause: Option<String>,
    /// The methods of the path, for `method_not_allowed`.
    pub(super) allow: &'static str,
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self { code, item: None, cause: None, allow: "GET, POST, DELETE, OPTIONS" }
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        let cause = error.cause().map(str::to_owned);
        Self { item: error.item(), cause, ..Self::from(error.code()) }
    }
}

/// The HTTP status of a code. That of `cancelled` is read on a socket alone: over HTTP nobody is left.
pub fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest | ErrorCode::DigestMismatch => StatusCode::BAD_REQUEST,
        ErrorCode::PairingRequired => StatusCode::UNAUTHORIZED,
        ErrorCode::OriginMissing | ErrorCode::OriginDenied | ErrorCode::UserDenied => StatusCode::FORBIDDEN,
        ErrorCode::NotFound | ErrorCode::TokenAbsent | ErrorCode::CertificateUnknown => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::UserTimeout
        | ErrorCode::TokenRemoved
        | ErrorCode::PinMustChange
        | ErrorCode::TokenChanged
        | ErrorCode::Cancelled => StatusCode::CONFLICT,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::WrongHost => StatusCode::MISDIRECTED_REQUEST,
        ErrorCode::CertificateUnfit
        | ErrorCode::CertificateRevoked
        | ErrorCode::CertificateUntrusted
        | ErrorCode::SchemeUnsupported
        | ErrorCode::PinUnsupported => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::PinLocked | ErrorCode::PukLocked => StatusCode::LOCKED,
        ErrorCode::Busy => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::AuditUnavailable | ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::ModuleCrashed | ErrorCode::TokenFailed | ErrorCode::SignatureInvalid => {
            StatusCode::BAD_GATEWAY
        }
        ErrorCode::ModuleMissing
        | ErrorCode::PromptUnavailable
        | ErrorCode::Paused
        | ErrorCode::RevocationUnavailable
        | ErrorCode::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::ModuleTimeout => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// A result.
pub(super) fn success(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let mut response = bare(status, body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A result without a body.
pub(super) fn empty() -> Response {
    bare(StatusCode::NO_CONTENT, Bytes::new())
}

/// An error, in the caller's language.
pub(super) fn failure(failure: &Failure, request: &RequestId, lang: Lang) -> Response {
    let (message, hint) = error::of(failure.code, lang);
    let mut error = json!({
        "code": failure.code.as_str(),
        "message": message,
        "hint": hint,
        "retry": retry(failure.code.retry()),
        "request": request.as_str(),
    });
    if let Some(item) = failure.item {
        error["item"] = item.into();
    }
    let mut response = success(status(failure.code), json!({ "error": error }).to_string());
    let headers = response.headers_mut();
    if matches!(failure.code, ErrorCode::Busy | ErrorCode::ShuttingDown) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    }
    if failure.code == ErrorCode::MethodNotAllowed {
        headers.insert(header::ALLOW, HeaderValue::from_static(failure.allow));
    }
    response
}

/// Lets a page read the reply (Fetch standard, CORS protocol): its exact origin, never `*`.
pub(super) fn readable(response: &mut Response, origin: &Origin) {
    if let Ok(origin) = HeaderValue::from_str(origin.as_str()) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

/// Answers a preflight of any route: a refused one would look to the page like a missing agent.
pub(super) fn preflight(private_network: bool) -> Response {
    let mut response = empty();
    let headers = response.headers_mut();
    let mut say = |name: &'static str, value| headers.insert(name, HeaderValue::from_static(value));
    say("access-control-allow-methods", "GET, POST, DELETE");
    say("access-control-allow-headers", "authorization, content-type, idempotency-key, accept-language");
    say("access-control-max-age", "600");
    if private_network {
        say("access-control-allow-private-network", "true");
    }
    response
}

/// As hyper would write it, for a connection that hyper has given up.
pub(super) fn wire(response: &Response, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", response.status(), body.len()).into_bytes();
    for (name, value) in response.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// R16, R17: what every response carries. One request a connection: browsers resend a request on a
/// kept connection by themselves.
fn bare(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    for (name, value) in HEADERS {
        response.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    response
}

fn retry(retry: Retry) -> &'static str {
    match retry {
        Retry::Now => "now",
        Retry::AfterUser => "after_user",
        Retry::Never => "never",
    }
}

const HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ("connection", "close"),
];

/// Seconds; about as long as a person takes to answer the prompt before, which an agent that is to be replaced waits
/// for, too.
const RETRY_AFTER: &str = "10";
