//! Plays the page without a browser: the same requests with the same headers, each step told.

use std::process::ExitCode;
use std::time::Duration;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;
use ureq::Agent;

use crate::arguments::Play;

/// Pairs `origin` with the agent, has a file signed, has the document system verify it. Success only
/// for a valid signature.
///
/// # Errors
/// What went wrong at which step: the agent's own message and hint where it gave one.
pub(crate) fn run(origin: &str, play: &Play) -> Result<ExitCode, String> {
    let page = Page { http: client(), origin, agent: play.agent.trim_end_matches('/') };
    let (name, content) = document(play)?;

    say("Tìm Kyso", "Looking for Kyso", page.agent);
    let health = page.kyso("GET", "/v1/health", None, None)?;
    if text(&health, "/agent") != "kyso" {
        return Err(format!("{} is not Kyso", page.agent));
    }

    say("Xin kết nối trang", "Asking to pair the page", origin);
    let nonce = STANDARD.encode(Sha256::digest(std::process::id().to_be_bytes()));
    let pairing = json!({ "name": "Hệ thống văn bản mẫu", "nonce": nonce });
    let paired = page.kyso("POST", "/v1/pairings", None, Some(&pairing))?;
    let bearer = text(&paired, "/token").to_owned();

    let listed = page.kyso("GET", "/v1/certificates?purpose=sign&valid=now", Some(&bearer), None)?;
    let certificate = listed.pointer("/certificates/0").ok_or_else(|| {
        "Không có chứng thư số nào dùng được. / No usable certificate is plugged in.".to_owned()
    })?;
    say("Chứng thư số", "Certificate", text(certificate, "/subject/common_name"));

    let stored = page.site(&format!("/documents?name={}", encode(&name)), &content)?;
    say("Gửi văn bản", "Uploaded the document", &name);

    let request = json!({
        "certificate": text(certificate, "/id"),
        "items": [{ "name": name, "digest": stored["digest"] }],
        "timeout_s": 120,
    });
    say("Xin chữ ký trên mã băm", "Asking for a signature over the digest", text(&stored, "/digest/value"));
    let signed = page.kyso("POST", "/v1/signatures", Some(&bearer), Some(&request))?;

    let submission = json!({
        "certificate": signed.pointer("/certificate/der"),
        "chain": signed.pointer("/certificate/chain"),
        "scheme": signed["scheme"],
        "value": signed.pointer("/signatures/0/value"),
    });
    let body = submission.to_string();
    let verdict = page.site(&format!("/documents/{}/signature", stored["id"]), body.as_bytes())?;
    Ok(tell(&verdict))
}

fn tell(verdict: &Value) -> ExitCode {
    say("Người ký", "Signed by", text(verdict, "/holder"));
    say("Cơ quan", "Organisation", text(verdict, "/organisation"));
    say("Nơi cấp chứng thư số", "Certificate issued by", text(verdict, "/issuer"));
    if verdict["valid"] == Value::Bool(true) {
        say("Kết quả", "Verdict", "HỢP LỆ / VALID");
        return ExitCode::SUCCESS;
    }
    let problems = verdict["problems"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let problems: Vec<_> = problems.collect();
    say("Kết quả", "Verdict", &format!("KHÔNG HỢP LỆ / NOT VALID: {}", problems.join(", ")));
    ExitCode::FAILURE
}

struct Page<'a> {
    http: Agent,
    origin: &'a str,
    agent: &'a str,
}

impl Page<'_> {
    /// One request to Kyso, with the headers a browser would send.
    fn kyso(
        &self,
        method: &str,
        path: &str,
        bearer: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.agent))
            .header("Origin", self.origin)
            .header("Sec-Fetch-Mode", "cors")
            .header("Sec-Fetch-Dest", "empty")
            .header("Accept-Language", "vi");
        if let Some(bearer) = bearer {
            request = request.header("Authorization", format!("Bearer {bearer}"));
        }
        if body.is_some() {
            // A library that sends again by itself never opens a second window.
            request = request.header("Content-Type", "application/json").header("Idempotency-Key", key());
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send(request.body(body.into_bytes()))
    }

    /// One request to the document system itself.
    fn site(&self, path: &str, body: &[u8]) -> Result<Value, String> {
        let request = ureq::http::Request::builder()
            .method("POST")
            .uri(format!("{}{path}", self.origin))
            .header("Origin", self.origin);
        self.send(request.body(body.to_owned()))
    }

    fn send(
        &self,
        request: Result<ureq::http::Request<Vec<u8>>, ureq::http::Error>,
    ) -> Result<Value, String> {
        let request = request.map_err(|error| error.to_string())?;
        let path = request.uri().path().to_owned();
        let mut reply = self.http.run(request).map_err(|error| format!("{path}: {error}"))?;
        let body: Value =
            reply.body_mut().read_json().map_err(|error| format!("{path}: {}: {error}", reply.status()))?;
        if reply.status().is_success() { Ok(body) } else { Err(refusal(&path, &body)) }
    }
}

/// `code: message hint` of Kyso's error, or the document system's reason.
fn refusal(path: &str, body: &Value) -> String {
    match body.pointer("/error/code").and_then(Value::as_str) {
        Some(code) => {
            format!("{path}: {code}: {} {}", text(body, "/error/message"), text(body, "/error/hint"))
        }
        None => format!("{path}: {}", text(body, "/error")),
    }
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

/// As good as random: no two requests of this process are made in the same nanosecond.
fn key() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", std::process::id(), now.as_nanos())
}

fn document(play: &Play) -> Result<(String, Vec<u8>), String> {
    let Some(path) = &play.file else { return Ok((SAMPLE_NAME.to_owned(), SAMPLE.into())) };
    let content = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok((name.to_string_lossy().into_owned(), content))
}

fn encode(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn say(vi: &str, en: &str, what: &str) {
    println!("• {vi} / {en}: {what}");
}

/// Longer than a person may take to answer.
const PATIENCE: Duration = Duration::from_secs(180);
const SAMPLE_NAME: &str = "Công văn 123/UBND-VP.txt";
const SAMPLE: &str = "Kính gửi: Văn phòng Chính phủ\n\nĐây là văn bản mẫu để thử chữ ký số.\n";
