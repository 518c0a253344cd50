//! The answer that opens a WebSocket (RFC 6455 §4.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::Version;
use hyper::header;
use hyper::header::HeaderMap;
use hyper::header::HeaderValue;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::api::gate::Gated;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;
use crate::domain::error::ErrorCode;

/// 101, for a request that is exactly a browser's handshake. No subprotocol is spoken and no extension used.
///
/// # Errors
/// `bad_request`.
pub(in crate::api) fn accept<B>(request: &Gated<B>) -> Result<Response, Failure> {
    let key = key(request).ok_or_else(|| Failure {
        cause: Some("no WebSocket handshake".to_owned()),
        ..Failure::from(ErrorCode::BadRequest)
    })?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .map_err(|_| Failure::from(ErrorCode::Internal))?;
    let mut response = reply::empty();
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// The handshake's key, if all else is as it should be.
fn key<B>(request: &Gated<B>) -> Option<&str> {
    let one = |name| request.single(&name).ok().flatten();
    let upgrades = one(header::UPGRADE)?.eq_ignore_ascii_case("websocket") && says_upgrade(request.headers());
    let version = one(header::SEC_WEBSOCKET_VERSION)? == "13" && request.version() == Version::HTTP_11;
    let plain = request.query().is_empty() && !request.headers().contains_key(header::SEC_WEBSOCKET_PROTOCOL);
    let key = one(header::SEC_WEBSOCKET_KEY)?;
    let random = STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == KEY);
    (upgrades && version && plain && random).then_some(key)
}

/// Firefox says `keep-alive, Upgrade`.
fn says_upgrade(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case("upgrade"))
}

/// Bytes of the random key (RFC 6455 §4.1).
const KEY: usize = 16;
