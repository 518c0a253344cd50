//! `GET /v1/certificates`: the end-entity certificates on the tokens, narrowed by the query.

use std::borrow::Cow;

use hyper::StatusCode;
use serde_json::Value;
use serde_json::json;
use time::OffsetDateTime;

use super::Paired;
use super::Site;
use crate::api::json;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;
use crate::domain::certificate::Purpose;
use crate::domain::error::ErrorCode;
use crate::domain::filter::Filter;

pub(super) async fn get(site: &Site, paired: &Paired) -> Result<Response, Failure> {
    let pairs = form_urlencoded::parse(paired.call.request.query().as_bytes());
    let filter = filter(pairs)?;
    let snapshot = site.service.snapshot().await;
    let now = OffsetDateTime::now_utc();
    let (rules, origin) = (site.service.rules(), paired.call.request.origin());
    let seen = snapshot.certificates.iter().filter(|certificate| rules.lets_see(certificate, origin));
    let admitted = seen.filter(|certificate| filter.admits(certificate, now));
    let certificates: Vec<Value> = admitted.map(|certificate| json::certificate(certificate)).collect();
    Ok(reply::success(StatusCode::OK, json!({ "certificates": certificates }).to_string()))
}

/// A filter from its conditions by name; each at most once, and no other.
pub(super) fn filter<'a>(
    pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<Filter, Failure> {
    let mut filter = Filter::default();
    let mut seen = Vec::new();
    for (name, value) in pairs {
        let bad = || Failure::from(ErrorCode::BadRequest);
        match name.as_ref() {
            "purpose" => filter.purpose = Some(purpose(&value).ok_or_else(bad)?),
            "valid" if value == "now" => filter.valid_now = true,
            "issuer" => filter.issuer = Some(value.into_owned()),
            "key" if ["rsa", "ec", "ed25519"].contains(&value.as_ref()) => {
                filter.key = Some(value.into_owned())
            }
            "subject" => filter.subject = Some(value.into_owned()),
            "fingerprint" => filter.fingerprint = Some(value.parse().map_err(|()| bad())?),
            _ => return Err(bad()),
        }
        if seen.contains(&name) {
            return Err(bad());
        }
        seen.push(name);
    }
    Ok(filter)
}

fn purpose(name: &str) -> Option<Purpose> {
    [Purpose::Sign, Purpose::Authenticate].into_iter().find(|purpose| purpose.name() == name)
}
