//! Plays the page without a browser: the same requests with the same headers, each step told.

mod client;

use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;
use serde_json::json;

use self::client::Page;
use self::client::Refused;
use self::client::text;
use crate::arguments::Play;

/// Pairs `origin` with the agent, signs in, takes one document through leader, number and seal, and signs a
/// batch of twenty. Success only if every verdict is good and what must be refused was.
///
/// # Errors
/// What went wrong at which step: the agent's own message and hint where it gave one.
pub(crate) fn run(origin: &str, play: &Play) -> Result<ExitCode, String> {
    let mut page = Page::new(origin, &play.agent);
    pair(&mut page)?;
    sign_in(&page)?;

    let certificates = page.kyso("GET", "/v1/certificates?purpose=sign&valid=now", None)?;
    let documents = page.site("GET", "/documents", None)?;
    let letter = documents.pointer("/documents/0").cloned().unwrap_or_default();
    let leader = chosen(&certificates, "person", text(&letter, "/signatory"))?;
    let seal = chosen(&certificates, "organisation", "")?;
    say("Văn bản", "Document", text(&letter, "/title"));

    refused("Đóng dấu trước khi lãnh đạo ký", "The seal before the leader", seal_of(&page, seal))?;
    sign(&page, "leader", &[0], leader)?;
    refused("Đóng dấu trước khi có số", "The seal before the number", seal_of(&page, seal))?;
    let numbered = page.site("POST", "/numbers", Some(&json!({ "documents": [0] })))?;
    let (number, date) = (text(&numbered, "/documents/0/number"), text(&numbered, "/documents/0/date"));
    say("Số và ngày", "Number and date", &format!("{number}, {date}"));
    sign(&page, "clerk", &[0], seal)?;
    let found = page.site("GET", "/documents/0", None)?;
    tell(&found["verdict"])?;

    let waiting: Vec<u64> = invitations(&documents);
    say("Ký một lần cả lô", "A batch with one consent", &format!("{} văn bản / documents", waiting.len()));
    let batch = sign(&page, "leader", &waiting, leader)?;
    let good = batch.iter().filter(|document| document["verdict"]["valid"] == true).count();
    say("Hợp lệ", "Valid", &format!("{good}/{}", waiting.len()));

    if let Some(folder) = &play.save {
        save(&page, folder, &waiting)?;
    }
    let (vi, en) = ("Mọi chữ ký", "All signatures");
    if good == waiting.len() && good == BATCH {
        say(vi, en, "HỢP LỆ / VALID");
        return Ok(ExitCode::SUCCESS);
    }
    say(vi, en, "KHÔNG HỢP LỆ / NOT VALID");
    Ok(ExitCode::FAILURE)
}

fn pair(page: &mut Page<'_>) -> Result<(), String> {
    say("Tìm Kyso", "Looking for Kyso", page.agent);
    let health = page.kyso("GET", "/v1/health", None)?;
    if text(&health, "/agent") != "kyso" {
        return Err(format!("{} is not Kyso", page.agent));
    }
    say("Xin kết nối trang", "Asking to pair the page", page.origin);
    let pairing = json!({ "name": "Hệ thống quản lý văn bản", "nonce": client::nonce() });
    let paired = page.kyso("POST", "/v1/pairings", Some(&pairing))?;
    page.bearer = Some(text(&paired, "/token").to_owned());
    Ok(())
}

/// The server's nonce is signed with a certificate that is for signing in, and the server checks all of it.
fn sign_in(page: &Page<'_>) -> Result<(), String> {
    say("Đăng nhập bằng token", "Signing in with the token", page.origin);
    let nonce = page.site("POST", "/nonces", Some(&json!({})))?;
    let answer = page.kyso("POST", "/v1/authentications", Some(&json!({ "nonce": nonce["nonce"] })))?;
    let came = json!({
        "nonce": nonce["nonce"],
        "certificate": answer.pointer("/certificate/der"),
        "chain": answer.pointer("/certificate/chain"),
        "scheme": answer["scheme"],
        "signature": answer["signature"],
    });
    let session = page.site("POST", "/session", Some(&came))?;
    say("Đã đăng nhập", "Signed in", &person(&session["person"]));
    refused("Dùng lại lần đăng nhập cũ", "The same sign-in again", page.try_site("/session", &came))
}

/// Prepares documents on the server, has Kyso sign their digests, and has the server put the signatures in.
fn sign(page: &Page<'_>, role: &str, ids: &[u64], certificate: &Value) -> Result<Vec<Value>, String> {
    say("Chứng thư số", "Certificate", text(certificate, "/subject/common_name"));
    let wanted = json!({ "role": role, "documents": ids, "certificate": certificate["der"] });
    let prepared = page.site("POST", "/preparations", Some(&wanted))?;
    let items: Vec<_> = array(&prepared["items"])
        .map(|item| {
            let digest = json!({ "algorithm": "sha-256", "value": item["digest"] });
            json!({ "name": item["name"], "digest": digest })
        })
        .collect();
    let (vi, en) = ("Xin chữ ký trên mã băm", "Asking for a signature over the digest");
    say(vi, en, text(&prepared, "/items/0/digest"));
    let request = json!({
        "certificate": certificate["id"],
        "format": "cms",
        "profile": "pades",
        "items": items,
        "timeout_s": 120,
    });
    let signed = page.kyso("POST", "/v1/signatures", Some(&request))?;
    let values: Vec<_> = array(&signed["signatures"]).map(|signature| &signature["value"]).collect();
    let made = json!({ "preparation": prepared["preparation"], "signatures": values });
    let kept = page.site("POST", "/signatures", Some(&made))?;
    Ok(array(&kept["documents"]).cloned().collect())
}

/// Only asks the server: it refuses before anybody is bothered.
fn seal_of(page: &Page<'_>, seal: &Value) -> Result<Value, Refused> {
    let wanted = json!({ "role": "clerk", "documents": [0], "certificate": seal["der"] });
    page.try_site("/preparations", &wanted)
}

fn refused(vi: &str, en: &str, outcome: Result<Value, Refused>) -> Result<(), String> {
    match outcome {
        Err(Refused::Site { vi: why, en: too, .. }) => {
            say(vi, en, "bị từ chối / refused");
            println!("    {why}\n    {too}");
            Ok(())
        }
        Err(Refused::Other(problem)) => Err(problem),
        Ok(_) => Err(format!("{en}: it was not refused")),
    }
}

fn chosen<'a>(certificates: &'a Value, holder: &str, title: &str) -> Result<&'a Value, String> {
    let fitting: Vec<_> =
        array(&certificates["certificates"]).filter(|certificate| certificate["holder"] == holder).collect();
    let same = |certificate: &&&Value| {
        text(certificate, "/subject/title").to_lowercase() == title.to_lowercase() && !title.is_empty()
    };
    fitting.iter().find(same).or_else(|| fitting.first()).copied().ok_or_else(|| {
        "Không có chứng thư số nào dùng được. / No usable certificate is plugged in.".to_owned()
    })
}

/// The invitations: a batch as offices have it, one text for many places.
fn invitations(documents: &Value) -> Vec<u64> {
    array(&documents["documents"])
        .filter(|document| document["kind"] == "Giấy mời")
        .filter_map(|document| document["id"].as_u64())
        .collect()
}

/// What the server found, signature by signature.
fn tell(verdict: &Value) -> Result<(), String> {
    for found in array(&verdict["signatures"]) {
        let leader = found["role"] == "leader";
        let (vi, en) =
            if leader { ("Lãnh đạo ký", "The leader") } else { ("Dấu cơ quan", "The seal") };
        let word =
            if found["valid"] == true { "HỢP LỆ / VALID" } else { "KHÔNG HỢP LỆ / NOT VALID" };
        say(vi, en, &format!("{}: {word} {}", person(&found["signer"]), problems(found)));
    }
    let both = array(&verdict["signatures"]).count() == 2;
    if verdict["valid"] == true && both { Ok(()) } else { Err(format!("not valid: {verdict}")) }
}

fn person(signer: &Value) -> String {
    let facts = ["/name", "/title", "/organisation"].map(|fact| text(signer, fact));
    let mut facts: Vec<_> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    facts.dedup();
    facts.join(", ")
}

fn problems(found: &Value) -> String {
    array(&found["problems"]).filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn save(page: &Page<'_>, folder: &Path, batch: &[u64]) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(wrong)?;
    for id in std::iter::once(&0).chain(batch) {
        std::fs::write(folder.join(format!("{id:02}.pdf")), page.file(*id)?).map_err(wrong)?;
    }
    say("Tệp đã ký", "Signed files", &folder.display().to_string());
    Ok(())
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn say(vi: &str, en: &str, what: &str) {
    println!("• {vi} / {en}: {}", what.trim_end());
}

const BATCH: usize = 20;
