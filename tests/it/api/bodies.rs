//! Bodies: their limits, their JSON, their digests.

use serde_json::{Value, json};

use super::refused;
use crate::support::agent::{Agent, item, sha256};
use crate::support::http::{Request, exchange};

fn cert() -> String {
    format!("sha256:{}", "0".repeat(64))
}

fn with(edit: impl FnOnce(&mut Value)) -> Value {
    let mut body = json!({ "certificate": cert(), "items": [item("x", &sha256("x"))] });
    edit(&mut body);
    body
}

#[test]
fn r27_a_request_is_exactly_what_the_contract_says() {
    let agent = Agent::without_token();
    let before = (agent.person.seen(), agent.rows().len());
    let digest = |algorithm: &str, bytes: usize| {
        use base64::Engine as _;
        let value = base64::engine::general_purpose::STANDARD.encode(vec![1; bytes]);
        with(|body| body["items"][0]["digest"] = json!({ "algorithm": algorithm, "value": value }))
    };
    let set = |path: &str, value: Value| {
        with(|body| match path.rsplit_once('/') {
            Some((parent, name)) => body.pointer_mut(&format!("/{parent}")).unwrap()[name] = value,
            None => body[path] = value,
        })
    };
    let no = |path: &str| {
        with(|body| {
            body.as_object_mut().unwrap().remove(path);
        })
    };
    for (body, code) in [
        (json!([]), "bad_request"),
        (json!({}), "bad_request"),
        (json!("x"), "bad_request"),
        (no("items"), "bad_request"),
        (set("items", json!([])), "bad_request"),
        (set("items", json!({})), "bad_request"),
        (set("items", json!([{ "name": "x" }])), "bad_request"),
        (set("items/0/name", json!(1)), "bad_request"),
        (set("items/0/name", json!("x".repeat(1_025))), "bad_request"),
        (set("items/0/mechanism", json!(1)), "bad_request"),
        (set("items/0/digest", json!("AAAA")), "bad_request"),
        (set("items/0/digest/value", json!("not base64!")), "bad_request"),
        (set("items/0/digest/value", json!("AAA")), "bad_request"),
        (set("certificate", json!(1)), "bad_request"),
        (set("certificate", json!("")), "bad_request"),
        (set("certificate", json!("sha256:xyz")), "bad_request"),
        (set("certificate", json!("../../etc/passwd")), "bad_request"),
        (set("filter", json!({})), "bad_request"),
        (set("scheme", json!("rsa-raw")), "bad_request"),
        (set("scheme", json!("CKM_RSA_X_509")), "bad_request"),
        (set("scheme", json!(3)), "bad_request"),
        (set("encoding", json!("raw")), "bad_request"),
        (set("timeout_s", json!(9)), "bad_request"),
        (set("timeout_s", json!(601)), "bad_request"),
        (set("timeout_s", json!(-1)), "bad_request"),
        (set("timeout_s", json!(12.5)), "bad_request"),
        (set("timeout_s", json!("120")), "bad_request"),
        // R34: no field takes a PIN, whatever it is called.
        (set("pin", json!("123456")), "bad_request"),
        (set("PIN", json!("123456")), "bad_request"),
        (set("password", json!("123456")), "bad_request"),
        (set("items/0/pin", json!("123456")), "bad_request"),
        (set("module", json!("/tmp/evil.so")), "bad_request"),
        (set("origin", json!("https://vanban.example.gov.vn")), "bad_request"),
        (digest("md5", 16), "bad_request"),
        (digest("sha-1", 20), "bad_request"),
        (digest("sha1", 20), "bad_request"),
        (digest("md5-sha1", 36), "bad_request"),
        (digest("raw", 245), "bad_request"),
        (digest("SHA-256", 32), "bad_request"),
        (digest("sha-256", 0), "digest_mismatch"),
        (digest("sha-256", 20), "digest_mismatch"),
        (digest("sha-256", 31), "digest_mismatch"),
        (digest("sha-256", 33), "digest_mismatch"),
        (digest("sha-256", 48), "digest_mismatch"),
        (digest("sha-384", 47), "digest_mismatch"),
        (digest("sha-512", 65), "digest_mismatch"),
        (digest("sha-512", 256), "digest_mismatch"),
    ] {
        let reply = refused(&agent, &agent.signing(&body), code);
        if code == "digest_mismatch" {
            assert_eq!(reply.json()["error"]["item"], 0);
        }
    }
    let free = |filter: Value| json!({ "filter": filter, "items": [item("x", &sha256("x"))] });
    for filter in [
        json!({ "purpose": "everything" }),
        json!({ "valid": "later" }),
        json!({ "key": "dsa" }),
        json!({ "fingerprint": "x" }),
        json!({ "module": "x" }),
        json!({ "valid": true }),
    ] {
        refused(&agent, &agent.signing(&free(filter)), "bad_request");
    }
    for query in ["purpose=x", "valid=then", "key=dsa", "x=1", "purpose=sign&purpose=sign", "fingerprint=1"] {
        refused(&agent, &agent.page("GET", &format!("/v1/certificates?{query}")), "bad_request");
    }
    assert_eq!((agent.person.seen(), agent.rows().len()), before);
}

#[test]
fn json_that_is_none_is_refused() {
    let agent = Agent::without_token();
    let whole = with(|_| {}).to_string();
    let mut texts: Vec<Vec<u8>> =
        (0..whole.len()).step_by(7).map(|cut| whole.as_bytes()[..cut].to_vec()).collect();
    texts.extend([
        format!("{whole} x").into_bytes(),
        format!("{whole}{whole}").into_bytes(),
        whole.replace("items", "certificate").into_bytes(),
        whole.replacen('{', "{\"timeout_s\":60,\"timeout_s\":60,", 1).into_bytes(),
        vec![b'['; 60_000],
        b"{\"a\":".repeat(10_000),
        b"\xff\xfe{}".to_vec(),
        whole.replace("\"x\"", "\"\u{0}\"").into_bytes(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"items\":1e999}".to_vec(),
        b"NaN".to_vec(),
    ]);
    for text in texts {
        let reply = agent.send(&agent.page("POST", "/v1/signatures").body("application/json", text));
        assert_eq!(reply.code(), "bad_request");
    }
}

/// Bytes of body at the limit, one below and one above.
#[test]
fn r19_bodies_at_their_limit() {
    let agent = Agent::without_token();
    let padded = |start: &str, size: usize| {
        let mut body = start.as_bytes().to_vec();
        body.resize(size, b' ');
        body
    };
    let pairing = json!({ "name": "x", "nonce": "AAAA" }).to_string();
    let signing = with(|_| {}).to_string();
    for (target, text, limit, fine) in [
        ("/v1/pairings", &pairing, 64 * 1024, "bad_request"),
        ("/v1/signatures", &signing, 2 * 1024 * 1024, "token_absent"),
    ] {
        for size in [limit - 1, limit] {
            let body = padded(text, size);
            let reply = agent.send(&agent.page("POST", target).body("application/json", body.clone()));
            assert_eq!(reply.code(), fine, "{target} {size}");
            assert_eq!(chunked(&agent, target, &body), fine, "{target} {size} in chunks");
        }
        let body = padded(text, limit + 1);
        refused(&agent, &agent.page("POST", target).body("application/json", body.clone()), "too_large");
        assert_eq!(chunked(&agent, target, &body), "too_large", "{target} in chunks");
    }
    let stranger = Request::new("POST", "/v1/signatures", agent.port, "https://khac.example.vn")
        .header("Content-Type", "application/json")
        .header("Content-Length", "2097152");
    let reply = exchange(agent.port, &stranger.bytes()).expect("an answer without a byte of the body");
    assert_eq!(reply.code(), "pairing_required");
}

fn chunked(agent: &Agent, target: &str, body: &[u8]) -> String {
    let request = agent.page("POST", target).header("Content-Type", "application/json");
    let mut bytes = request.header("Transfer-Encoding", "chunked").bytes();
    for chunk in body.chunks(60_000) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    exchange(agent.port, &bytes).expect("an answer").code()
}

#[test]
fn r19_items_at_their_limit() {
    let agent = Agent::without_token();
    let items = |count: usize| json!({ "items": vec![item("x", &sha256("x")); count] });
    assert_eq!(agent.sign(&items(999)).code(), "token_absent");
    assert_eq!(agent.sign(&items(1_000)).code(), "token_absent");
    refused(&agent, &agent.signing(&items(1_001)), "too_large");
}

/// Bytes of header block at the limit, one below and one above.
#[test]
fn r19_heads_at_their_limit() {
    let agent = Agent::without_token();
    let padded = |size: usize| {
        let bare = agent.page("GET", "/v1/health").header("X-Padding", "").bytes().len();
        agent.page("GET", "/v1/health").header("X-Padding", &"x".repeat(size - bare))
    };
    let limit = 16 * 1024;
    assert_eq!(padded(limit).bytes().len(), limit);
    assert_eq!(agent.send(&padded(limit - 1)).status, 200);
    assert_eq!(agent.send(&padded(limit)).status, 200);
    for size in [limit + 1, 2 * limit, 64 * limit] {
        refused(&agent, &padded(size), "too_large");
    }
    let many =
        (0..200).fold(agent.page("GET", "/v1/health"), |request, at| request.header(&format!("X-{at}"), "x"));
    refused(&agent, &many, "too_large");
}
