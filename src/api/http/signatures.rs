//! `POST /v1/signatures`: signs digests, all or none.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;
use sha2::Digest as _;
use sha2::Sha256;

use super::IDEMPOTENCY_KEY;
use super::Paired;
use super::Site;
use super::body;
use super::certificates;
use crate::api::json;
use crate::api::reply;
use crate::api::reply::Failure;
use crate::api::reply::Response;
use crate::domain::attributes::NotAttributes;
use crate::domain::attributes::SignedAttributes;
use crate::domain::caller::Caller;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::error::ErrorCode;
use crate::domain::error::SignError;
use crate::domain::form::Form;
use crate::domain::form::SigningTime;
use crate::domain::policy::PairingId;
use crate::domain::ports::Grants;
use crate::domain::ports::Presence;
use crate::domain::request::Idempotency;
use crate::domain::request::Item;
use crate::domain::request::Items;
use crate::domain::request::RequestId;
use crate::domain::request::SignRequest;
use crate::domain::request::Wanted;
use crate::domain::scheme::Encoding;
use crate::domain::scheme::Scheme;
use crate::sign::Context;
use crate::sign::Ending;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    certificate: Option<Cow<'a, str>>,
    #[serde(borrow)]
    filter: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(borrow)]
    scheme: Option<Cow<'a, str>>,
    #[serde(borrow)]
    encoding: Option<Cow<'a, str>>,
    #[serde(borrow)]
    format: Option<Cow<'a, str>>,
    #[serde(borrow)]
    profile: Option<Cow<'a, str>>,
    #[serde(borrow)]
    items: Vec<BodyItem<'a>>,
    timeout_s: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyItem<'a> {
    name: String,
    #[serde(borrow)]
    digest: BodyDigest<'a>,
    #[serde(borrow)]
    signed_attributes: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyDigest<'a> {
    #[serde(borrow)]
    algorithm: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

pub(super) async fn post(site: &Site, paired: Paired) -> Result<Response, Failure> {
    let Paired { call, pairing } = paired;
    call.without_query()?;
    let caller = Caller::Web(call.request.origin().clone());
    let key = call.request.single(&IDEMPOTENCY_KEY)?.map(str::to_owned);
    if key.as_ref().is_some_and(|key| !KEY.contains(&key.len())) {
        return Err(ErrorCode::BadRequest.into());
    }
    let body = body::read(call.request).await?;
    let idempotency = key.map(|key| Idempotency { key, pairing, body: Sha256::digest(&body).into() });
    let request = SignRequest { idempotency, ..parse(call.id, caller, body::parse(&body)?)? };
    let asker = Asker { peer: call.peer, grants: Arc::clone(site.service.grants()), pairing };
    let context =
        Context { presence: Arc::new(asker), prompter: None, render: json::signed, watcher: call.watcher };
    let bytes = match site.service.sign(request, context).await? {
        Ending::Signed(signed) => json::signed(&signed),
        Ending::Replayed(bytes) => bytes,
    };
    Ok(reply::success(StatusCode::OK, bytes))
}

/// The page: it may leave, and it may lose its pairing, while its request is under way.
pub(super) struct Asker {
    pub(super) peer: Arc<dyn Presence>,
    pub(super) grants: Arc<dyn Grants>,
    pub(super) pairing: PairingId,
}

impl Presence for Asker {
    fn holds(&self) -> Result<(), SignError> {
        self.peer.holds()?;
        if self.grants.is_live(self.pairing) { Ok(()) } else { Err(SignError::OriginDenied) }
    }
}

pub(super) fn parse(id: RequestId, caller: Caller, body: Body<'_>) -> Result<SignRequest, Failure> {
    let bad = || Failure::from(ErrorCode::BadRequest);
    let wanted = match (body.certificate, body.filter) {
        (Some(id), None) => Wanted::Certificate(id.parse().map_err(|()| bad())?),
        (None, filter) => Wanted::Choice(certificates::filter(filter.unwrap_or_default().into_iter())?),
        (Some(_), Some(_)) => return Err(bad()),
    };
    let scheme = body.scheme.map(|name| name.parse::<Scheme>().map_err(|()| bad())).transpose()?;
    let encoding = match body.encoding.as_deref() {
        None | Some("der") => Encoding::Der,
        Some("p1363") => Encoding::P1363,
        Some(_) => return Err(bad()),
    };
    let seconds = body.timeout_s.unwrap_or(SignRequest::DEFAULT_TIMEOUT.as_secs());
    if !SignRequest::TIMEOUT_SECONDS.contains(&seconds) {
        return Err(bad());
    }
    if body.items.len() > Items::MAX {
        return Err(ErrorCode::TooLarge.into());
    }
    let form = form(body.format.as_deref(), body.profile.as_deref(), encoding)?;
    let items = body.items.into_iter().enumerate().map(|(at, item)| parse_item(at, item));
    let (items, sets): (Vec<Item>, Vec<_>) = items.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let form = match sets.iter().filter(|set| set.is_some()).count() {
        0 => form,
        // All or none: what a person agrees to at once is of one kind.
        count if form == Form::Raw && count == sets.len() => {
            Form::Attributes(sets.into_iter().flatten().collect())
        }
        _ => return Err(bad()),
    };
    let items = Items::new(items).ok_or_else(bad)?;
    let timeout = Duration::from_secs(seconds);
    Ok(SignRequest { id, caller, wanted, scheme, encoding, items, form, timeout, idempotency: None })
}

/// What a server embeds is DER, so a complete signature is never `p1363` inside.
fn form(format: Option<&str>, profile: Option<&str>, encoding: Encoding) -> Result<Form, Failure> {
    match (format, profile, encoding) {
        (None | Some("raw"), None, _) => Ok(Form::Raw),
        (Some("cms"), None | Some("cades"), Encoding::Der) => Ok(Form::Cms(SigningTime::WhenAsked)),
        (Some("cms"), Some("pades"), Encoding::Der) => Ok(Form::Cms(SigningTime::LeftOut)),
        _ => Err(ErrorCode::BadRequest.into()),
    }
}

fn parse_item(at: usize, item: BodyItem<'_>) -> Result<(Item, Option<SignedAttributes>), Failure> {
    let in_item = |code: ErrorCode| Failure { item: Some(at), ..Failure::from(code) };
    let algorithm: DigestAlgorithm =
        item.digest.algorithm.parse().map_err(|()| in_item(ErrorCode::BadRequest))?;
    let value = body::base64(&item.digest.value).map_err(|failure| Failure { item: Some(at), ..failure })?;
    let digest = Digest::new(algorithm, value).map_err(|_| in_item(ErrorCode::DigestMismatch))?;
    let attributes = item.signed_attributes.map(|text| {
        let der = body::base64(&text).map_err(|failure| Failure { item: Some(at), ..failure })?;
        SignedAttributes::parse(der, &digest).map_err(|error| {
            let other_document = error == NotAttributes::MessageDigest;
            let code = if other_document { ErrorCode::DigestMismatch } else { ErrorCode::BadRequest };
            Failure { cause: Some(error.to_string()), ..in_item(code) }
        })
    });
    let attributes = attributes.transpose()?;
    Ok((Item { name: item.name, digest }, attributes))
}

/// Bytes of an idempotency key.
const KEY: std::ops::RangeInclusive<usize> = 1..=128;
