//! `POST /v1/pairings`: the person lets a page ask. `DELETE /v1/pairings/current`: the page forgets
//! itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::Call;
use super::Paired;
use super::Site;
use super::body;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;
use crate::domain::error::ErrorCode;
use crate::sign::PairContext;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairing {
    name: String,
    nonce: String,
}

pub(super) async fn post(site: &Site, call: Call) -> Result<Response, Failure> {
    call.without_query()?;
    let origin = call.request.origin().clone();
    let context = PairContext { presence: call.peer, watcher: call.watcher };
    let body = body::read(call.request).await?;
    let (name, nonce) = parse(&body)?;
    let token = site.service.pair(origin.clone(), name, context).await?;
    let reply = json!({
        "origin": origin.as_str(),
        "token": token,
        "agent_key": STANDARD.encode(site.identity.public()),
        "signature": STANDARD.encode(site.identity.sign_pairing(&nonce, &origin, site.port)),
    });
    Ok(reply::success(StatusCode::CREATED, reply.to_string()))
}

pub(super) async fn delete(site: &Site, paired: &Paired) -> Result<Response, Failure> {
    paired.call.without_query()?;
    let ended = site.service.grants().unpair(paired.pairing).await;
    ended.map_err(crate::domain::error::SignError::from)?;
    Ok(reply::empty())
}

/// What the page calls itself, and its nonce.
pub(super) fn parse(body: &[u8]) -> Result<(String, Vec<u8>), Failure> {
    let Pairing { name, nonce } = body::parse(body)?;
    let nonce = body::nonce(&nonce)?;
    if name.len() > MAX_NAME {
        return Err(ErrorCode::BadRequest.into());
    }
    Ok((name, nonce))
}

/// Bytes of what a page calls itself.
const MAX_NAME: usize = 200;
