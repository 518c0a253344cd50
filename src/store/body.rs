//! What a row says: the fields of R61, and nothing that could be a PIN, a document or a bearer.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;

use super::archive::FileBody;
use super::checkpoint::CheckpointBody;
use crate::domain::audit::{Event, Outcome};
use crate::domain::caller::Caller;
use crate::domain::digest::Digest;
use crate::domain::error::ErrorCode;
use crate::domain::form::Form;
use crate::domain::form::SignIn;
use crate::domain::pin_task::PinTask;
use crate::domain::policy::PairedBy;
use crate::domain::request::{SignRequest, Wanted};

/// The body of every kind of row; a field is absent where the kind has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Body {
    /// Whether the person was asked about a pairing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<bool>,
    /// Who asked: an origin, or `command line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// What lay behind a failure, or behind a pairing that nobody was asked about: [`POLICY`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// `sha256:` and the hex of the certificate's fingerprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// The agent's own word for all rows before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<CheckpointBody>,
    /// How far the clock was behind the last row, where it was set back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_behind_ms: Option<u64>,
    /// How the person agreed: `pin`, `reader`, or `kept` where the token's login was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// How many items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// In which form signatures were wanted, where not `raw`: `cms`, `attributes` that the server built, or `sign-in`.
    /// Older rows of ends don't tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// The certificate's last moment of validity, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The closed or damaged file that the row is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileBody>,
    /// For whom the certificate speaks: `person`, `organisation` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// What makes a resent request recognisable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<IdempotencyBody>,
    /// The items, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ItemBody>>,
    /// How many signatures the token made, released or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<usize>,
    /// `ok`, or an [`ErrorCode`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Milliseconds from the prompt's opening to the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_ms: Option<u64>,
    /// The request's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The scheme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Sequence number of the *asked* row that this row belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence_asked: Option<i64>,
    /// The certificate's subject, RFC 4514.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Serial number of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Milliseconds from the last answer to the end of the token's work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_ms: Option<u64>,
    /// The OS user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How the certificate stood, where the machine's policy wanted to know: `good`, `no_path`, `revoked` and its
    /// moment, `unknown`, `offline`; of a request that it kept from signing `expired`, `not_yet_valid`, `wrong_usage`, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<String>,
    /// How many PINs the token called wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong_pins: Option<u32>,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemBody {
    /// `sha-256:` (or the other algorithm) and the digest in hex.
    pub digest: String,
    /// The document's name as the caller claimed it.
    pub name: String,
    /// What is signed in place of the digest: that of the attributes that the server built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<String>,
}

/// An idempotency key. Not a secret: it works only beside its pairing's bearer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdempotencyBody {
    /// SHA-256 of the request's body, hex.
    pub body: String,
    /// The key.
    pub key: String,
    /// The pairing's number.
    pub pairing: i64,
}

impl Body {
    /// Of an *asked* row.
    pub(super) fn asked(request: &SignRequest) -> Self {
        let name = |digest: &Digest| format!("{}:{}", digest.algorithm().name(), hex::encode(digest.value()));
        let items = request.items.as_slice().iter().enumerate().map(|(at, item)| ItemBody {
            digest: name(&item.digest),
            name: item.name.clone(),
            signed: match &request.form {
                Form::Attributes(sets) => {
                    sets.get(at).map(|set| name(&item.digest.algorithm().hash(set.der())))
                }
                Form::Raw | Form::Cms(_) | Form::SignIn(_) => None,
            },
        });
        let certificate = match &request.wanted {
            Wanted::Certificate(id) => Some(id.to_string()),
            Wanted::Choice(_) => None,
        };
        Self {
            caller: Some(request.caller.to_string()),
            certificate,
            count: Some(request.items.count()),
            form: (request.form != Form::Raw).then(|| request.form.name().to_owned()),
            idempotency: request.idempotency.as_ref().map(|idempotency| IdempotencyBody {
                body: hex::encode(idempotency.body),
                key: idempotency.key.clone(),
                pairing: idempotency.pairing.0,
            }),
            items: Some(items.collect()),
            request: Some(request.id.to_string()),
            scheme: request.scheme.map(|scheme| scheme.name().to_owned()),
            ..Self::default()
        }
    }

    /// Of a row that belongs to this *asked* row: what both say.
    pub(super) fn belonging_to(&self, sequence: i64) -> Self {
        Self {
            caller: self.caller.clone(),
            count: self.count,
            form: self.form.clone(),
            request: self.request.clone(),
            sequence_asked: Some(sequence),
            ..Self::default()
        }
    }

    /// Whether it is about a sign-in, and so about no document.
    pub fn is_sign_in(&self) -> bool {
        self.form.as_deref() == Some(SignIn::NAME)
    }

    /// Adds how the request ended.
    pub(super) fn ended(self, outcome: Outcome) -> Self {
        let signer = outcome.signer;
        Self {
            cause: outcome.cause,
            certificate: signer.as_ref().map(|signer| signer.certificate.to_string()),
            consent: outcome.consent.map(|consent| consent.name().to_owned()),
            expires: signer.as_ref().and_then(|signer| signer.expires.format(&Rfc3339).ok()),
            holder: signer.as_ref().map(|signer| signer.holder.name().to_owned()),
            made: Some(outcome.made),
            outcome: Some(outcome.error.map_or(SUCCESS, ErrorCode::as_str).to_owned()),
            prompt_ms: Some(milliseconds(outcome.prompt)),
            scheme: signer.as_ref().map(|signer| signer.scheme.name().to_owned()),
            token: signer.as_ref().map(|signer| signer.token.to_string()),
            subject: signer.map(|signer| signer.subject),
            token_ms: Some(milliseconds(outcome.token)),
            validation: outcome.validation.map(|standing| standing.to_string()),
            wrong_pins: Some(outcome.wrong_pins),
            ..self
        }
    }

    /// The kind and body of an event.
    pub(super) fn event(event: &Event) -> (&'static str, Self) {
        let (kind, origin, outcome) = match event {
            Event::Paired { origin, by } => {
                let cause = (*by == PairedBy::Machine).then(|| POLICY.to_owned());
                let (asked, caller) = (Some(*by == PairedBy::Person), Some(origin.to_string()));
                return ("paired", Self { asked, caller, cause, ..Self::default() });
            }
            Event::PairingRefused { origin, code } => {
                ("pairing_refused", origin, Some(code.as_str().to_owned()))
            }
            Event::Unpaired { origin } => ("unpaired", origin, None),
            Event::Allowed { origin } => ("allowed", origin, None),
            Event::Revoked { origin } => ("revoked", origin, None),
            Event::Blocked { origin } => ("blocked", origin, None),
            Event::Paused(paused) => {
                let body = Self { caller: Some(Caller::CommandLine.to_string()), ..Self::default() };
                return (if *paused { "paused" } else { "resumed" }, body);
            }
            Event::PinAsked(task) | Event::PinEnded { task, .. } => return Self::pin_event(task, event),
        };
        (kind, Self { caller: Some(origin.to_string()), outcome, ..Self::default() })
    }

    /// Who changes a PIN is always a command of this user's.
    fn pin_event(task: &PinTask, event: &Event) -> (&'static str, Self) {
        let body = Self {
            caller: Some(Caller::CommandLine.to_string()),
            token: Some(task.token.serial.to_string()),
            ..Self::default()
        };
        let Event::PinEnded { asked, error, cause, .. } = event else {
            return (["pin_change_asked", "pin_unblock_asked"][task.act as usize], body);
        };
        let kinds = match error {
            None => ["pin_changed", "pin_unblocked"],
            Some(_) => ["pin_change_failed", "pin_unblock_failed"],
        };
        let outcome = Some(error.map_or(SUCCESS, ErrorCode::as_str).to_owned());
        let cause = cause.clone();
        (kinds[task.act as usize], Self { cause, outcome, sequence_asked: Some(*asked), ..body })
    }

    /// Canonical JSON: keys sorted at every depth, no blanks.
    pub(super) fn canonical(&self) -> serde_json::Result<String> {
        serde_json::to_value(self).map(|value| value.to_string())
    }
}

/// The kind of an outcome's row: `refused` is a person's or policy's no and an unanswered window.
pub(super) fn kind_of_outcome(error: Option<ErrorCode>) -> &'static str {
    match error {
        None => "signed",
        Some(
            ErrorCode::UserDenied | ErrorCode::UserTimeout | ErrorCode::OriginDenied | ErrorCode::Paused,
        ) => "refused",
        Some(ErrorCode::Cancelled) => "cancelled",
        Some(_) => "failed",
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

const SUCCESS: &str = "ok";

/// The leave of the machine's policy.
pub const POLICY: &str = "policy";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::validation::Standing;

    /// Rows of before there was a `consent` or a `holder` say what they said, byte for byte.
    #[test]
    fn older_rows_are_read_as_they_were_written() {
        let text = r#"{"caller":"command line","made":1,"outcome":"ok"}"#;
        let body: Body = serde_json::from_str(text).expect("a row");
        assert_eq!((&body.consent, &body.holder, body.wrong_pins), (&None, &None, None));
        assert_eq!(body.canonical().expect("plain data"), text);
    }

    #[test]
    fn a_row_says_how_the_certificate_stood_where_that_was_asked_for() {
        let outcome = |validation| Outcome {
            error: None,
            cause: None,
            made: 1,
            signer: None,
            consent: None,
            wrong_pins: 0,
            validation,
            prompt: Duration::ZERO,
            token: Duration::ZERO,
        };
        let when = time::macros::datetime!(2026-03-04 5:06:07 UTC);
        let body = Body::default().ended(outcome(Some(Standing::Revoked { when })));
        let text = body.canonical().expect("plain data");
        assert!(text.contains(r#""validation":"revoked 2026-03-04T05:06:07Z""#), "{text}");
        assert_eq!(serde_json::from_str::<Body>(&text).expect("a row"), body);
        let unasked = Body::default().ended(outcome(None)).canonical().expect("plain data");
        assert!(!unasked.contains("validation"), "as rows were before: {unasked}");
    }

    #[test]
    fn keys_are_sorted_whatever_the_order_they_were_written_in() {
        let body = Body {
            user: Some("an".to_owned()),
            items: Some(vec![ItemBody { digest: "d".to_owned(), name: "n".to_owned(), signed: None }]),
            asked: Some(true),
            ..Body::default()
        };
        let text = r#"{"asked":true,"items":[{"digest":"d","name":"n"}],"user":"an"}"#;
        assert_eq!(body.canonical().expect("plain data"), text);
    }
}
