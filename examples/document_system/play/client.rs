//! The page's requests, to Kyso and to the document system.

use std::cell::RefCell;
use std::time::Duration;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::Digest as _;
use sha2::Sha256;
use ureq::Agent;
use ureq::http::Request;
use ureq::http::Response;

/// A page without a browser.
pub(super) struct Page<'a> {
    http: Agent,
    /// What the document system has it keep, the newest last.
    cookies: RefCell<Vec<String>>,
    /// Where the document system is.
    pub(super) origin: &'a str,
    /// Where Kyso is.
    pub(super) agent: &'a str,
    /// The token of the pairing.
    pub(super) bearer: Option<String>,
}

/// A request that did not succeed.
pub(super) enum Refused {
    /// By the document system, in both languages.
    Site { code: String, vi: String, en: String },
    /// For any other reason.
    Other(String),
}

impl From<Refused> for String {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Site { code, vi, en } => format!("{code}: {vi} / {en}"),
            Refused::Other(problem) => problem,
        }
    }
}

impl<'a> Page<'a> {
    /// Not paired yet.
    pub(super) fn new(origin: &'a str, agent: &'a str) -> Self {
        Self {
            http: client(),
            cookies: RefCell::default(),
            origin,
            agent: agent.trim_end_matches('/'),
            bearer: None,
        }
    }

    /// One request to Kyso, with the headers a browser would send.
    pub(super) fn kyso(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.agent))
            .header("Origin", self.origin)
            .header("Sec-Fetch-Mode", "cors")
            .header("Sec-Fetch-Dest", "empty")
            .header("Accept-Language", "vi");
        if let Some(bearer) = &self.bearer {
            request = request.header("Authorization", format!("Bearer {bearer}"));
        }
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        if path == "/v1/signatures" {
            // A library that sends again by itself never opens a second window.
            request = request.header("Idempotency-Key", key());
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let (status, reply) = parsed(self.send(request.body(body.into_bytes()))?, path)?;
        if status { Ok(reply) } else { Err(refusal(path, &reply)) }
    }

    /// One request to the document system.
    pub(super) fn site(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        self.ask_site(method, path, body).map_err(Into::into)
    }

    /// The same for what may well be refused.
    pub(super) fn try_site(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        self.ask_site("POST", path, Some(body))
    }

    /// A document's PDF.
    pub(super) fn file(&self, id: u64) -> Result<Vec<u8>, String> {
        let request = Request::builder().uri(format!("{}/documents/{id}.pdf", self.origin)).body(Vec::new());
        self.send(request)?.body_mut().read_to_vec().map_err(|error| format!("{id}.pdf: {error}"))
    }

    fn ask_site(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header("Origin", self.origin)
            .header("Cookie", self.cookies.borrow().join("; "))
            .body(body.map(Value::to_string).unwrap_or_default().into_bytes());
        let response = self.send(request).map_err(Refused::Other)?;
        self.keep(&response);
        let (status, reply) = parsed(response, path).map_err(Refused::Other)?;
        if status {
            return Ok(reply);
        }
        let part = |name: &str| text(&reply, &format!("/error/{name}")).to_owned();
        Err(Refused::Site { code: part("code"), vi: part("vi"), en: part("en") })
    }

    /// What has a new value loses its old one (RFC 6265 §5.3).
    fn keep(&self, response: &Response<ureq::Body>) {
        let set = response.headers().get("Set-Cookie").and_then(|cookie| cookie.to_str().ok());
        let Some((cookie, (name, _))) =
            set.and_then(|set| set.split(';').next()).and_then(|it| Some((it, it.split_once('=')?)))
        else {
            return;
        };
        let mut cookies = self.cookies.borrow_mut();
        cookies.retain(|known| known.split_once('=').is_none_or(|(known, _)| known != name));
        cookies.push(cookie.to_owned());
    }

    fn send(
        &self,
        request: Result<Request<Vec<u8>>, ureq::http::Error>,
    ) -> Result<Response<ureq::Body>, String> {
        let request = request.map_err(|error| error.to_string())?;
        let path = request.uri().path().to_owned();
        self.http.run(request).map_err(|error| format!("{path}: {error}"))
    }
}

/// Whether it succeeded, and the JSON that came.
fn parsed(mut response: Response<ureq::Body>, path: &str) -> Result<(bool, Value), String> {
    let status = response.status();
    let reply = response.body_mut().read_json().map_err(|error| format!("{path}: {status}: {error}"))?;
    Ok((status.is_success(), reply))
}

/// `code: message hint` of Kyso's error.
fn refusal(path: &str, body: &Value) -> String {
    let [code, message, hint] =
        ["code", "message", "hint"].map(|part| text(body, &format!("/error/{part}")).to_owned());
    format!("{path}: {code}: {message} {hint}")
}

/// A string inside JSON, or nothing.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// 32 bytes that this process uses once, in base64.
pub(super) fn nonce() -> String {
    STANDARD.encode(Sha256::digest(key()))
}

/// As good as random: no two requests of this process are made in the same nanosecond.
fn key() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", std::process::id(), now.as_nanos())
}

fn client() -> Agent {
    Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .allow_non_standard_methods(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent()
}

/// Longer than a person may take to answer.
const PATIENCE: Duration = Duration::from_secs(180);
