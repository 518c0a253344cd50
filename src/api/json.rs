//! Replies' shapes: tokens, certificates, signatures. Times are RFC 3339 in UTC, binary is base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::audit::Receipt;
use crate::domain::certificate::Certificate;
use crate::domain::certificate::Key;
use crate::domain::certificate::Name;
use crate::domain::form::Form;
use crate::domain::scheme::Scheme;
use crate::domain::token::ModuleProblem;
use crate::domain::token::TokenInfo;
use crate::sign::Signed;

pub(super) fn token(token: &TokenInfo) -> Value {
    json!({
        "label": token.label,
        "model": token.model,
        "manufacturer": token.manufacturer,
        "serial": token.serial.0,
        "pin": token.pin.name(),
    })
}

/// For the person's own commands: a page learns nothing of paths.
pub(super) fn problem(problem: &ModuleProblem) -> Value {
    json!({
        "path": problem.path,
        "code": problem.error.code().as_str(),
        "cause": problem.error.cause(),
    })
}

pub(super) fn certificate(certificate: &Certificate) -> Value {
    json!({
        "id": certificate.id.to_string(),
        "der": STANDARD.encode(&certificate.der),
        "chain": certificate.chain.iter().map(|der| STANDARD.encode(der)).collect::<Vec<_>>(),
        "subject": name(&certificate.subject),
        "issuer": name(&certificate.issuer),
        "serial": certificate.serial,
        "not_before": moment(certificate.not_before),
        "not_after": moment(certificate.not_after),
        "key": key(&certificate.key),
        "schemes": Scheme::of(&certificate.key).iter().map(|scheme| scheme.name()).collect::<Vec<_>>(),
        "usage": certificate.usage,
        "purposes": certificate.purposes.iter().map(|purpose| purpose.name()).collect::<Vec<_>>(),
        "holder": certificate.holder.name(),
        "token": certificate.token.0,
    })
}

/// The reply of `POST /v1/signatures`.
pub(super) fn signed(signed: &Signed) -> Vec<u8> {
    let signatures = signed.items.as_slice().iter().zip(&signed.values).map(|(item, value)| {
        json!({
            "name": item.name,
            "digest": {
                "algorithm": item.digest.algorithm().name(),
                "value": STANDARD.encode(item.digest.value()),
            },
            "value": STANDARD.encode(value),
        })
    });
    let reply = json!({
        "id": signed.request.as_str(),
        "certificate": certificate(&signed.certificate),
        "scheme": signed.scheme.name(),
        "format": signed.form.output(),
        "signatures": signatures.collect::<Vec<_>>(),
        "receipt": receipt(&signed.receipt),
    });
    bytes(&reply)
}

/// The reply of `POST /v1/authentications`: all that a server needs to check it, but its own nonce's record.
pub(super) fn authenticated(signed: &Signed) -> Vec<u8> {
    let sign_in = match &signed.form {
        Form::SignIn(sign_in) => Some(sign_in),
        Form::Raw | Form::Cms(_) | Form::Attributes(_) => None,
    };
    let reply = json!({
        "id": signed.request.as_str(),
        "origin": sign_in.map(|sign_in| sign_in.origin.as_str()),
        "nonce": sign_in.map(|sign_in| STANDARD.encode(&sign_in.nonce)),
        "certificate": certificate(&signed.certificate),
        "scheme": signed.scheme.name(),
        "signature": signed.values.first().map(|value| STANDARD.encode(value)),
        "receipt": receipt(&signed.receipt),
    });
    bytes(&reply)
}

/// Written in one go; its `Display` looks at each piece of text once more.
fn bytes(reply: &Value) -> Vec<u8> {
    // A value of strings and numbers can be written.
    serde_json::to_vec(reply).unwrap_or_default()
}

pub(super) fn receipt(receipt: &Receipt) -> Value {
    json!({
        "sequence": receipt.sequence,
        "head": format!("sha256:{}", hex::encode(receipt.head)),
    })
}

fn name(name: &Name) -> Value {
    json!({
        "text": name.text,
        "common_name": name.common_name,
        "organisation": name.organisation,
        "unit": name.unit,
        "title": name.title,
        "serial_number": name.serial_number,
        "email": name.email,
    })
}

fn key(key: &Key) -> Value {
    match key {
        Key::Rsa { bits } => json!({ "type": "rsa", "bits": bits }),
        Key::P256 => json!({ "type": "ec", "curve": "P-256" }),
        Key::P384 => json!({ "type": "ec", "curve": "P-384" }),
        Key::Ed25519 => json!({ "type": "ed25519" }),
        Key::Other(oid) => json!({ "type": "other", "algorithm": oid }),
    }
}

fn moment(moment: OffsetDateTime) -> Option<String> {
    moment.format(&Rfc3339).ok()
}
