//! What calls are made of, and the bodies of their answers.

use serde_json::{Value, json};

use crate::api::json;
use crate::domain::caller::Caller;
use crate::domain::digest::{Digest, DigestAlgorithm};
use crate::domain::error::SignError;
use crate::domain::form::{Form, SigningTime};
use crate::domain::origin::Origin;
use crate::domain::request::{Item, Items, RequestId, SignRequest, Wanted};
use crate::domain::scheme::{Encoding, Scheme};
use crate::domain::token::Snapshot;
use crate::sign::SigningService;
use crate::text::Lang;

pub(super) fn certificates(snapshot: &Snapshot) -> Value {
    snapshot.certificates.iter().map(|certificate| json::certificate(certificate)).collect()
}

pub(super) fn tokens(snapshot: &Snapshot) -> Value {
    let tokens: Vec<Value> = snapshot.tokens.iter().map(json::token).collect();
    let problems: Vec<Value> = snapshot.problems.iter().map(json::problem).collect();
    json!({ "tokens": tokens, "problems": problems })
}

pub(super) fn origins(service: &SigningService) -> Value {
    let list = service.grants().list().into_iter().map(|grant| {
        json!({
            "origin": grant.origin.as_str(),
            "allowed": grant.allowed,
            "refused": grant.refused,
            "pairings": grant.pairings,
            "paired_at": grant.paired_at,
        })
    });
    json!({ "origins": list.collect::<Vec<_>>() })
}

pub(super) fn prompt_lang(code: &str) -> Lang {
    if code == "en" { Lang::En } else { Lang::Vi }
}

pub(super) fn parse_origin(text: &str) -> Result<Origin, SignError> {
    text.parse().map_err(|_| SignError::Invalid)
}

pub(super) fn sign_request(
    name: String,
    algorithm: &str,
    digest: &str,
    certificate: &str,
    scheme: Option<&str>,
    cms: bool,
) -> Result<SignRequest, SignError> {
    let algorithm: DigestAlgorithm = algorithm.parse().map_err(|()| SignError::Invalid)?;
    let value = hex::decode(digest).map_err(|_| SignError::Invalid)?;
    let digest = Digest::new(algorithm, value).map_err(|_| SignError::Invalid)?;
    let scheme = scheme.map(str::parse::<Scheme>).transpose().map_err(|()| SignError::Invalid)?;
    Ok(SignRequest {
        id: RequestId::random(),
        caller: Caller::CommandLine,
        wanted: Wanted::Certificate(certificate.parse().map_err(|()| SignError::Invalid)?),
        scheme,
        encoding: Encoding::Der,
        items: Items::new(vec![Item { name, digest }]).ok_or(SignError::Invalid)?,
        form: if cms { Form::Cms(SigningTime::WhenAsked) } else { Form::Raw },
        timeout: SignRequest::DEFAULT_TIMEOUT,
        idempotency: None,
    })
}
