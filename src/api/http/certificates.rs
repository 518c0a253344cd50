//! `GET /v1/certificates`: the end-entity certificates on the tokens, narrowed by the query.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use hyper::StatusCode;
use time::OffsetDateTime;

use super::Paired;
use super::Site;
use crate::api::json;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;
use crate::domain::certificate::Certificate;
use crate::domain::certificate::Purpose;
use crate::domain::error::ErrorCode;
use crate::domain::filter::Filter;

/// Certificates as pages see them, written once each: that takes longer than all else in an answer.
#[derive(Default)]
pub(in crate::api) struct Written(Mutex<Vec<(Arc<Certificate>, Arc<str>)>>);

impl Written {
    /// Each of these; what is written of others than those that are `there` is dropped.
    fn of(&self, wanted: &[&Arc<Certificate>], there: &[Arc<Certificate>]) -> Vec<Arc<str>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(certificate, _)| there.iter().any(|one| Arc::ptr_eq(one, certificate)));
        let mut text = |certificate: &Arc<Certificate>| {
            if let Some((_, text)) = known.iter().find(|(one, _)| Arc::ptr_eq(one, certificate)) {
                return Arc::clone(text);
            }
            let text: Arc<str> = json::certificate(certificate).to_string().into();
            known.push((Arc::clone(certificate), Arc::clone(&text)));
            text
        };
        wanted.iter().map(|certificate| text(certificate)).collect()
    }
}

pub(super) async fn get(site: &Site, paired: &Paired) -> Result<Response, Failure> {
    let pairs = form_urlencoded::parse(paired.call.request.query().as_bytes());
    let filter = filter(pairs)?;
    let snapshot = site.service.snapshot().await;
    let now = OffsetDateTime::now_utc();
    let (rules, origin) = (site.service.rules(), paired.call.request.origin());
    let seen = snapshot.certificates.iter().filter(|certificate| rules.lets_see(certificate, origin));
    let admitted = seen.filter(|certificate| filter.admits(certificate, now));
    let texts = site.written.of(&admitted.collect::<Vec<_>>(), &snapshot.certificates);
    Ok(reply::success(StatusCode::OK, format!("{{\"certificates\":[{}]}}", texts.join(","))))
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
