//! `POST /v1/hello`: the agent shows that it is the one that a page was paired with, before the page sends it a
//! token (R6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::Call;
use super::Site;
use super::body;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;
use crate::domain::error::ErrorCode;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hello {
    nonce: String,
}

pub(super) async fn post(site: &Site, call: Call) -> Result<Response, Failure> {
    call.without_query()?;
    let origin = call.request.origin().clone();
    // R21: to a page that was never paired this is a path like any other.
    let paired = |grant: &crate::domain::policy::OriginGrant| grant.origin == origin && grant.pairings > 0;
    if !site.service.grants().list().iter().any(paired) {
        return Err(ErrorCode::PairingRequired.into());
    }
    let body = body::read(call.request).await?;
    let nonce = parse(&body)?;
    let reply = json!({
        "agent_key": STANDARD.encode(site.identity.public()),
        "signature": STANDARD.encode(site.identity.sign_hello(&nonce, &origin, site.port)),
    });
    Ok(reply::success(StatusCode::OK, reply.to_string()))
}

/// The page's nonce.
pub(super) fn parse(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let Hello { nonce } = body::parse(body)?;
    body::nonce(&nonce)
}
