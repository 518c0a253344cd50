//! `GET /v1/tokens`: the tokens that are plugged in.

use hyper::StatusCode;
use serde_json::Value;
use serde_json::json;

use super::Paired;
use super::Site;
use crate::api::json;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;

pub(super) async fn get(site: &Site, paired: &Paired) -> Result<Response, Failure> {
    paired.call.without_query()?;
    let snapshot = site.service.snapshot().await;
    let tokens: Vec<Value> = snapshot.tokens.iter().map(json::token).collect();
    Ok(reply::success(StatusCode::OK, json!({ "tokens": tokens }).to_string()))
}
