//! `GET /v1/health`: an agent is here. The same bytes for everyone; raises the browser's question
//! whether a page may reach local programs.

use hyper::StatusCode;

use super::Call;
use super::Site;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;

pub(super) fn get(site: &Site, call: &Call) -> Result<Response, Failure> {
    call.without_query()?;
    Ok(reply::success(StatusCode::OK, format!(r#"{{"agent":"kyso","api":{}}}"#, site.api)))
}
