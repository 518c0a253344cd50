//! Reading a body: bounded in size and time, UTF-8 JSON of exactly the shape that the call takes.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use http_body_util::LengthLimitError;
use http_body_util::Limited;
use hyper::body::Bytes;
use serde::Deserialize;

use super::Body;
use crate::api::gate;
use crate::api::gate::Gated;
use crate::api::reply::Failure;
use crate::domain::error::ErrorCode;

/// Reads the whole body.
pub(super) async fn read(request: Gated<Body>) -> Result<Bytes, Failure> {
    let most = usize::try_from(gate::most(request.path())).unwrap_or(usize::MAX);
    let body = Limited::new(request.into_body(), most).collect();
    let late = |_| cause("the body did not come within ten seconds".to_owned());
    match tokio::time::timeout(PATIENCE, body).await.map_err(late)? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ErrorCode::TooLarge.into()),
        Err(error) => Err(cause(error.to_string())),
    }
}

/// Reads a body's JSON. Only where it fails goes to the log: what it says could be anything.
pub(super) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        cause(format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column()))
    })
}

/// Base64 with its padding (RFC 4648 §4).
pub(super) fn base64(text: &str) -> Result<Vec<u8>, Failure> {
    STANDARD.decode(text).map_err(|error| cause(format!("base64: {error}")))
}

/// A page's nonce, in base64.
pub(super) fn nonce(text: &str) -> Result<Vec<u8>, Failure> {
    let nonce = base64(text)?;
    if NONCE.contains(&nonce.len()) { Ok(nonce) } else { Err(cause("nonce: 16 to 64 bytes".to_owned())) }
}

fn cause(cause: String) -> Failure {
    Failure { cause: Some(cause), ..Failure::from(ErrorCode::BadRequest) }
}

/// Bytes of a nonce.
const NONCE: std::ops::RangeInclusive<usize> = 16..=64;
const PATIENCE: Duration = Duration::from_secs(10);
