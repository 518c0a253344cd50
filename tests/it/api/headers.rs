//! CORS as pages need it, and not a bit more (R16).

use super::refused;
use crate::support::agent::{Agent, PAGE};
use crate::support::http::{Request, exchange};
use crate::support::identity::signed_by_its_key;

#[test]
fn r16_a_preflight_of_any_path_succeeds() {
    let agent = Agent::without_token();
    for origin in [PAGE, "https://chua-ghep.example.vn"] {
        for path in ["/v1/health", "/v1/signatures", "/v1/nothing"] {
            let request = Request::new("OPTIONS", path, agent.port, origin)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization,content-type")
                .header("Sec-Fetch-Mode", "cors")
                .header("Sec-Fetch-Dest", "empty");
            let reply = agent.send(&request);
            assert_eq!(reply.status, 204);
            assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
            assert_eq!(reply.header("access-control-allow-methods"), Some("GET, POST, DELETE"));
            assert_eq!(
                reply.header("access-control-allow-headers"),
                Some("authorization, content-type, idempotency-key, accept-language")
            );
            assert_eq!(reply.header("access-control-max-age"), Some("600"));
            assert_eq!(reply.header("access-control-allow-private-network"), None, "not asked for");
            let private = request.header("Access-Control-Request-Private-Network", "true");
            let reply = agent.send(&private);
            assert_eq!(reply.header("access-control-allow-private-network"), Some("true"));
        }
    }
}

#[test]
fn r16_a_page_can_read_its_errors() {
    let agent = Agent::without_token();
    let stranger = Request::new("GET", "/v1/tokens", agent.port, "https://khac.example.vn");
    let reply = refused(&agent, &stranger, "pairing_required");
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://khac.example.vn"));
    let reply = agent.send(&agent.page("GET", "/v1/health"));
    assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE));
}

#[test]
fn errors_speak_the_language_of_the_page() {
    let agent = Agent::without_token();
    let message = |language: &str| {
        let request = Request::new("GET", "/v1/tokens", agent.port, PAGE).header("Accept-Language", language);
        agent.send(&request).json()["error"]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("vi"), "Trang web chưa được kết nối với Kyso.");
    assert_eq!(message("en-GB,en;q=0.9"), "The site is not paired with Kyso.");
    assert_eq!(message("fr"), message("vi"));
}

/// R17: what comes in never comes out in a header.
#[test]
fn r17_headers_reflect_nothing() {
    let agent = Agent::without_token();
    for target in ["/v1/%0d%0aSet-Cookie:x=1", "/v1/health?%0d%0aX: y", "//evil.test/%2e%2e"] {
        let reply = agent.send(&agent.page("GET", &target.replace(' ', "%20")));
        let names: Vec<&str> = reply.names().collect();
        assert!(!names.contains(&"x") && !names.contains(&"set-cookie"), "{names:?}");
        super::documented(&reply);
    }
}

#[test]
fn pairing_proves_the_agent_by_its_key() {
    let agent = Agent::without_token();
    agent.person.then([crate::support::person::Act::Yes]);
    let reply = agent.send(&agent.pairing(PAGE)).json();
    assert!(signed_by_its_key(&reply, "kyso pairing v1", &[7; 32], PAGE, agent.port));
    let token = reply["token"].as_str().unwrap();
    assert!(token.len() * 6 >= 128, "R15: at least 128 bits");
}

#[test]
fn r6_the_agent_shows_that_it_is_the_one_that_was_paired() {
    let agent = Agent::without_token();
    let hello = |nonce: u8, origin: &str| {
        use base64::Engine as _;
        let nonce = base64::engine::general_purpose::STANDARD.encode([nonce; 32]);
        let request = Request::new("POST", "/v1/hello", agent.port, origin);
        agent.send(&request.json(&serde_json::json!({ "nonce": nonce })))
    };
    let reply = hello(9, PAGE);
    assert_eq!(reply.status, 200, "without a bearer token: it comes before one is sent");
    let reply = reply.json();
    assert!(signed_by_its_key(&reply, "kyso hello v1", &[9; 32], PAGE, agent.port));
    // Replayed, for another page, on another port, or as a pairing, it shows nothing.
    assert!(!signed_by_its_key(&reply, "kyso hello v1", &[8; 32], PAGE, agent.port));
    assert!(!signed_by_its_key(&reply, "kyso hello v1", &[9; 32], "https://khac.example.vn", agent.port));
    assert!(!signed_by_its_key(&reply, "kyso hello v1", &[9; 32], PAGE, agent.port ^ 1));
    assert!(!signed_by_its_key(&reply, "kyso pairing v1", &[9; 32], PAGE, agent.port));
    let stranger = hello(9, "https://khac.example.vn");
    assert_eq!((stranger.status, stranger.code().as_str()), (401, "pairing_required"), "R21");
}

/// Whoever reads it is this agent to every page.
#[test]
fn r6_the_agents_key_is_this_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("identity.key");
    let mode = || std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    let made = kyso::api::identity::Identity::load_or_create(&file).unwrap();
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let read = kyso::api::identity::Identity::load(&file).unwrap();
    assert_eq!((mode(), read.public()), (0o600, made.public()), "a copy that was laid there is made private");
}

/// A client of HTTP/1.0 that would go on with the connection is told as any other that it ends.
#[test]
fn r17_a_connection_is_of_one_request() {
    let agent = Agent::without_token();
    for (version, connection) in
        [("HTTP/1.0", "keep-alive"), ("HTTP/1.0", "close"), ("HTTP/1.1", "keep-alive")]
    {
        let request = Request::new("GET", "/v1/health", agent.port, PAGE).header("Connection", connection);
        let text = String::from_utf8(request.bytes()).unwrap().replace("HTTP/1.1", version);
        let reply = exchange(agent.port, text.as_bytes()).expect("an answer");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("connection"), Some("close"), "{version}, {connection}");
    }
}
