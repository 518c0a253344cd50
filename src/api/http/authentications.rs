//! `POST /v1/authentications`: signs a person in at the page's server. What is signed is built here from the
//! origin that the browser vouched for and the server's nonce (after Web eID), so it is no document and is of no
//! use at another site.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;

use super::Paired;
use super::Site;
use super::body;
use super::signatures::Asker;
use crate::api::json;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;
use crate::domain::caller::Caller;
use crate::domain::certificate::Purpose;
use crate::domain::error::ErrorCode;
use crate::domain::filter::Filter;
use crate::domain::form::Form;
use crate::domain::form::SignIn;
use crate::domain::origin::Origin;
use crate::domain::request::Item;
use crate::domain::request::Items;
use crate::domain::request::RequestId;
use crate::domain::request::SignRequest;
use crate::domain::request::Wanted;
use crate::domain::scheme::Encoding;
use crate::sign::Context;
use crate::sign::Ending;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    nonce: Cow<'a, str>,
    #[serde(borrow)]
    certificate: Option<Cow<'a, str>>,
    timeout_s: Option<u64>,
}

pub(super) async fn post(site: &Site, paired: Paired) -> Result<Response, Failure> {
    let Paired { call, pairing } = paired;
    call.without_query()?;
    let origin = call.request.origin().clone();
    let body = body::read(call.request).await?;
    let request = parse(call.id, origin, &body)?;
    let presence = Arc::new(Asker { peer: call.peer, grants: Arc::clone(site.service.grants()), pairing });
    let context = Context { presence, prompter: None, render: json::authenticated, watcher: call.watcher };
    let bytes = match site.service.sign(request, context).await? {
        Ending::Signed(signed) => json::authenticated(&signed),
        Ending::Replayed(bytes) => bytes,
    };
    Ok(reply::success(StatusCode::OK, bytes))
}

/// The request that a body of this page is.
pub(super) fn parse(id: RequestId, origin: Origin, body: &[u8]) -> Result<SignRequest, Failure> {
    let body: Body<'_> = body::parse(body)?;
    let bad = || Failure::from(ErrorCode::BadRequest);
    let wanted = match body.certificate {
        Some(id) => Wanted::Certificate(id.parse().map_err(|()| bad())?),
        None => Wanted::Choice(Filter {
            purpose: Some(Purpose::Authenticate),
            valid_now: true,
            ..Filter::default()
        }),
    };
    let seconds = body.timeout_s.unwrap_or(SignRequest::DEFAULT_TIMEOUT.as_secs());
    if !SignRequest::TIMEOUT_SECONDS.contains(&seconds) {
        return Err(bad());
    }
    let sign_in = SignIn { origin: origin.clone(), nonce: body::nonce(&body.nonce)? };
    let item = Item { name: String::new(), digest: sign_in.digest() };
    Ok(SignRequest {
        id,
        caller: Caller::Web(origin),
        wanted,
        scheme: None,
        encoding: Encoding::Der,
        items: Items::new(vec![item]).ok_or_else(bad)?,
        form: Form::SignIn(sign_in),
        timeout: Duration::from_secs(seconds),
        idempotency: None,
    })
}
