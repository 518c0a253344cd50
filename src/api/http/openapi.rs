//! `GET /v1/openapi.json`: the contract.

use hyper::StatusCode;

use super::Paired;
use crate::api::OPENAPI;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;

pub(super) fn get(paired: &Paired) -> Result<Response, Failure> {
    paired.call.without_query()?;
    Ok(reply::success(StatusCode::OK, OPENAPI))
}
