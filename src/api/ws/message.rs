//! What a page says on its socket, each message exactly of its shape, and what it hears.

use hyper::StatusCode;
use hyper::body::Bytes;
use serde::Deserialize;
use serde::Deserializer;
use serde_json::Value;
use serde_json::json;
use serde_json::value::RawValue;

use crate::domain::ports::News;
use crate::text::Lang;

/// What a page says after its first message.
#[derive(Debug)]
pub(super) enum Heard {
    /// A request.
    Call(Call),
    /// The end of the call with this id.
    Cancel(String),
}

/// A request in a message.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) lang: Option<Lang>,
    pub(super) idempotency_key: Option<String>,
    /// As it was sent, byte for byte: idempotency is bound to it.
    pub(super) body: Bytes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    #[serde(deserialize_with = "said")]
    token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    id: String,
    cancel: Option<bool>,
    method: Option<String>,
    path: Option<String>,
    query: Option<String>,
    language: Option<Language>,
    idempotency_key: Option<String>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Language {
    Vi,
    En,
}

/// The first message's token, or that the page has none yet. Nothing if it is no such message.
pub(super) fn first(text: &[u8]) -> Option<Option<String>> {
    serde_json::from_slice::<First>(text).ok().map(|first| first.token)
}

/// Any later message; nothing if it is of no shape that there is.
pub(super) fn parse(text: &Bytes) -> Option<Heard> {
    let message: Message<'_> = serde_json::from_slice(text).ok()?;
    if !IDS.contains(&message.id.len()) || !message.id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    match message {
        Message {
            id,
            cancel: Some(true),
            method: None,
            path: None,
            query: None,
            language: None,
            idempotency_key: None,
            body: None,
        } => Some(Heard::Cancel(id)),
        Message {
            id,
            cancel: None,
            method: Some(method),
            path: Some(path),
            query,
            language,
            idempotency_key,
            body,
        } => {
            let lang = language.map(|language| match language {
                Language::Vi => Lang::Vi,
                Language::En => Lang::En,
            });
            let body = body.map(|body| text.slice_ref(body.get().as_bytes())).unwrap_or_default();
            Some(Heard::Call(Call { id, method, path, query, lang, idempotency_key, body }))
        }
        _ => None,
    }
}

/// The answer to the first message.
pub(super) fn ready(paired: bool) -> String {
    json!({ "ready": true, "paired": paired }).to_string()
}

/// The answer to a call; `body` is JSON or empty.
pub(super) fn answer(id: &str, status: StatusCode, body: &[u8]) -> String {
    let (id, status) = (Value::from(id), status.as_u16());
    match String::from_utf8_lossy(body).as_ref() {
        "" => format!(r#"{{"id":{id},"status":{status}}}"#),
        body => format!(r#"{{"id":{id},"status":{status},"body":{body}}}"#),
    }
}

/// What a call under way is doing.
pub(super) fn news(id: &str, news: News) -> String {
    let event = match news {
        News::PromptOpened => json!({ "event": "prompt_opened", "id": id }),
        News::Progress { done, total } => {
            json!({ "event": "progress", "id": id, "done": done, "total": total })
        }
        News::PromptClosed => json!({ "event": "prompt_closed", "id": id }),
    };
    event.to_string()
}

/// A token was plugged in, or pulled out.
pub(super) fn token(event: &str, token: &Value) -> String {
    json!({ "event": event, "token": token }).to_string()
}

/// Serde takes a missing option for none; here it must have been said.
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from)
}

/// Bytes of a call's id.
const IDS: std::ops::RangeInclusive<usize> = 1..=64;

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Option<Heard> {
        parse(&Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn the_first_message_says_whether_there_is_a_token() {
        assert_eq!(first(br#"{"token":"x"}"#), Some(Some("x".to_owned())));
        assert_eq!(first(br#"{"token":null}"#), Some(None));
        for text in ["{}", "", "null", r#"{"token":1}"#, r#"{"token":"x","x":1}"#, r#"{"token":"x"}x"#] {
            assert_eq!(first(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_body_is_what_was_sent() {
        let text = r#"{"id":"1","method":"POST","path":"/v1/hello","body":{ "b" : 1.0, "a":"\u0061" } }"#;
        let Some(Heard::Call(call)) = heard(text) else { panic!("no call") };
        assert_eq!(call.body, br#"{ "b" : 1.0, "a":"\u0061" }"#.as_slice());
    }

    #[test]
    fn shapes_are_exact() {
        assert!(matches!(heard(r#"{"id":"1","cancel":true}"#), Some(Heard::Cancel(id)) if id == "1"));
        for text in [
            "{}",
            "[]",
            r#"{"id":"1"}"#,
            r#"{"id":"1","cancel":false}"#,
            r#"{"id":"1","cancel":true,"path":"/v1/health"}"#,
            r#"{"id":1,"method":"GET","path":"/v1/health"}"#,
            r#"{"id":"","method":"GET","path":"/v1/health"}"#,
            r#"{"id":"a b","method":"GET","path":"/v1/health"}"#,
            r#"{"id":"é","method":"GET","path":"/v1/health"}"#,
            r#"{"method":"GET","path":"/v1/health"}"#,
            r#"{"id":"1","path":"/v1/health"}"#,
            r#"{"id":"1","method":"GET"}"#,
            r#"{"id":"1","method":"GET","path":"/v1/health","language":"fr"}"#,
            r#"{"id":"1","method":"GET","path":"/v1/health","pin":"1"}"#,
            r#"{"id":"1","id":"2","method":"GET","path":"/v1/health"}"#,
            r#"{"id":"1","method":"GET","path":"/v1/health"} {}"#,
        ] {
            assert!(heard(text).is_none(), "{text}");
        }
        let long = |bytes: usize| format!(r#"{{"id":"{}","cancel":true}}"#, "x".repeat(bytes));
        assert!(heard(&long(64)).is_some() && heard(&long(65)).is_none());
    }
}
