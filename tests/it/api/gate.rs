//! Host, Origin, Fetch metadata, method and media type: the tables of R10 to R14.

use serde_json::json;

use super::refused;
use crate::support::agent::{Agent, PAGE};
use crate::support::http::{Request, connect};

/// Everywhere a request could go, a path that does not exist among them (R12).
const TARGETS: &[(&str, &str)] = &[
    ("GET", "/v1/health"),
    ("POST", "/v1/pairings"),
    ("DELETE", "/v1/pairings/current"),
    ("GET", "/v1/tokens"),
    ("GET", "/v1/certificates"),
    ("POST", "/v1/signatures"),
    ("GET", "/v1/openapi.json"),
    ("GET", "/v1/socket"),
    ("POST", "/v1/hello"),
    ("GET", "/"),
    ("GET", "/v2/health"),
    ("OPTIONS", "/v1/signatures"),
    ("OPTIONS", "*"),
];

fn untouched(agent: &Agent, attack: impl FnOnce()) {
    let before = (agent.person.seen(), agent.rows().len());
    attack();
    assert_eq!(
        (agent.person.seen(), agent.rows().len()),
        before,
        "somebody was asked or something was logged"
    );
}

/// A request that would pass, to be spoiled: with a live token and a right body.
fn good(agent: &Agent, method: &str, target: &str) -> Request {
    let request = agent.page(method, target);
    match method {
        "POST" => request.json(&json!({ "name": "x", "nonce": "AAAA" })),
        _ => request,
    }
}

#[test]
fn r10_25_bad_hosts_reach_nothing() {
    let agent = Agent::without_token();
    let port = agent.port;
    let hosts = [
        format!("evil.test:{port}"),
        format!("0.0.0.0:{port}"),
        "127.0.0.1".to_owned(),
        "localhost".to_owned(),
        format!("127.0.0.1.:{port}"),
        format!("localhost.:{port}"),
        format!("[::1]:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("127.0.0.2:{port}"),
        format!("127.1:{port}"),
        format!("2130706433:{port}"),
        format!("0x7f.0.0.1:{port}"),
        format!("0177.0.0.1:{port}"),
        format!("127.0.0.1:{}", port - 1),
        format!("127.0.0.1:0{port}"),
        format!("127.0.0.1:{port}0"),
        "127.0.0.1:".to_owned(),
        "127.0.0.1:80".to_owned(),
        format!("127.0.0.1:{port}:{port}"),
        format!("user@127.0.0.1:{port}"),
        format!("localhost.evil.test:{port}"),
        format!("evil.localhost:{port}"),
        format!("127.0.0.1:{port}, evil.test"),
        format!("127.0.0.1:{port}/"),
        String::new(),
    ];
    assert_eq!(hosts.len(), 25);
    untouched(&agent, || {
        for (method, target) in TARGETS {
            let request = good(&agent, method, target);
            for host in &hosts {
                let reply =
                    refused(&agent, &request.clone().without("Host").header("Host", host), "wrong_host");
                assert_eq!(reply.header("access-control-allow-origin"), None);
            }
            refused(&agent, &request.clone().without("Host"), "wrong_host");
            refused(&agent, &request.clone().header("Host", &format!("127.0.0.1:{port}")), "wrong_host");
        }
    });
    let absolute = |authority: &str| {
        Request::new("GET", &format!("http://{authority}/v1/health"), port, PAGE).bearer(&agent.bearer)
    };
    refused(&agent, &absolute(&format!("evil.test:{port}")), "wrong_host");
    assert_eq!(agent.send(&absolute(&format!("127.0.0.1:{port}"))).status, 200);
    let upper = agent.page("GET", "/v1/health").without("Host").header("Host", &format!("LOCALHOST:{port}"));
    assert_eq!(agent.send(&upper).status, 200, "names have no case");
}

/// Forty that are no origin at all, or not one that a browser sends.
const NO_ORIGINS: &[&str] = &[
    "",
    "null",
    "NULL",
    "*",
    "https://",
    "https:///",
    "https://vanban.example.gov.vn/",
    "https://vanban.example.gov.vn/path",
    "https://vanban.example.gov.vn?",
    "https://vanban.example.gov.vn#",
    "https://vanban.example.gov.vn:443",
    "https://vanban.example.gov.vn:",
    "https://vanban.example.gov.vn:0",
    "https://vanban.example.gov.vn:65536",
    "https://vanban.example.gov.vn:08443",
    "https://vanban.example.gov.vn.",
    "https://vanban.example.gov.vn, https://evil.test",
    "https://vanban.example.gov.vn https://evil.test",
    "https://VANBAN.example.gov.vn",
    "HTTPS://vanban.example.gov.vn",
    "https:vanban.example.gov.vn",
    "https:/vanban.example.gov.vn",
    "//vanban.example.gov.vn",
    "vanban.example.gov.vn",
    "https://user@vanban.example.gov.vn",
    "https://user:pw@vanban.example.gov.vn",
    "https://vanban.example.gov.vn@evil.test",
    "https://vanban.example.gov.vn\\evil.test",
    "https://vanban..gov.vn",
    "https://.vanban.example.gov.vn",
    "https://-a.example.vn",
    "https://v%61nban.example.gov.vn",
    "https://vănbản.example.gov.vn",
    "https://[::1",
    "https://]vanban",
    "https://[::0001]",
    "https://127.1",
    "https://0x7f000001",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "file://",
];

#[test]
fn r11_40_tricky_origins_reach_nothing() {
    let agent = Agent::without_token();
    assert_eq!(NO_ORIGINS.len(), 40);
    untouched(&agent, || {
        for (method, target) in TARGETS {
            let request = good(&agent, method, target).without("Origin");
            for origin in NO_ORIGINS {
                let reply = refused(&agent, &request.clone().header("Origin", origin), "origin_missing");
                assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
            }
            refused(&agent, &request, "origin_missing");
            let twice = request.clone().header("Origin", PAGE).header("Origin", PAGE);
            refused(&agent, &twice, "origin_missing");
        }
    });
}

#[test]
fn r11_a_neighbour_of_a_paired_origin_is_a_stranger() {
    let agent = Agent::without_token();
    for origin in [
        "http://vanban.example.gov.vn",
        "https://vanban.example.gov.vn:8443",
        "https://vanban.example.gov.vn.evil.test",
        "https://evilvanban.example.gov.vn",
        "https://a.vanban.example.gov.vn",
        "https://example.gov.vn",
        "https://vanban-example.gov.vn",
    ] {
        let request = Request::new("GET", "/v1/tokens", agent.port, origin).bearer(&agent.bearer);
        let code = agent.send(&request).code();
        assert!(["pairing_required", "origin_denied"].contains(&code.as_str()), "{origin}: {code}");
    }
}

#[test]
fn r13_only_scripts_ask() {
    let agent = Agent::without_token();
    untouched(&agent, || {
        for (method, target) in TARGETS {
            let request = good(&agent, method, target);
            for (mode, dest) in
                [("navigate", "document"), ("no-cors", "image"), ("same-origin", "empty"), ("cors", "script")]
            {
                let spoiled = request.clone().header("Sec-Fetch-Mode", mode).header("Sec-Fetch-Dest", dest);
                let reply = refused(&agent, &spoiled, "origin_denied");
                assert_eq!(reply.header("access-control-allow-origin"), None);
            }
        }
    });
}

#[test]
fn r14_what_a_form_can_send_is_no_request() {
    let agent = Agent::without_token();
    let json = json!({ "name": "x", "nonce": "AAAAAAAAAAAAAAAAAAAAAA==" }).to_string().into_bytes();
    untouched(&agent, || {
        for target in ["/v1/pairings", "/v1/signatures"] {
            for kind in [
                "",
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/json; charset=utf-16",
                "application/json;x",
                "application/json, text/plain",
                "application/jsonx",
                "text/json",
                "application/ld+json",
            ] {
                refused(&agent, &agent.page("POST", target).body(kind, json.clone()), "media_type");
            }
            let twice = agent.page("POST", target).header("Content-Type", "application/json");
            refused(&agent, &twice.body("application/json", json.clone()), "media_type");
        }
        // What a top-level form post looks like (Chromium and Firefox).
        let form = Request::new("POST", "/v1/pairings", agent.port, "null")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .body("text/plain", json.clone());
        refused(&agent, &form, "origin_missing");
    });
}

#[test]
fn r14_each_path_has_its_methods() {
    let agent = Agent::without_token();
    for (target, allow) in [
        ("/v1/health", "GET, OPTIONS"),
        ("/v1/pairings", "POST, OPTIONS"),
        ("/v1/pairings/current", "DELETE, OPTIONS"),
        ("/v1/tokens", "GET, OPTIONS"),
        ("/v1/certificates", "GET, OPTIONS"),
        ("/v1/signatures", "POST, OPTIONS"),
        ("/v1/openapi.json", "GET, OPTIONS"),
        ("/v1/socket", "GET, OPTIONS"),
    ] {
        for method in ["GET", "POST", "DELETE"].into_iter().filter(|method| !allow.contains(method)) {
            let reply = refused(&agent, &good(&agent, method, target), "method_not_allowed");
            assert_eq!(reply.header("allow"), Some(allow), "{method} {target}");
        }
        for method in ["PUT", "PATCH", "HEAD", "TRACE", "BREW"] {
            let reply = agent.send(&agent.page(method, target));
            assert_eq!(reply.status, 405, "{method} {target}");
        }
    }
    refused(&agent, &agent.page("GET", "/v1/nothing"), "not_found");
    refused(&agent, &agent.page("GET", "/v1/health/"), "not_found");
    refused(&agent, &agent.page("GET", "/v1/tokens?x=1"), "bad_request");
    refused(&agent, &agent.page("GET", "/v1/tokens").body("application/json", b"{}".to_vec()), "bad_request");
}

#[test]
fn r21_a_stranger_learns_only_that_an_agent_is_here() {
    let agent = Agent::without_token();
    let stranger = |target: &str| Request::new("GET", target, agent.port, "https://khac.example.vn");
    let health = |request: &Request| agent.send(request).body;
    let bytes = health(&stranger("/v1/health"));
    assert_eq!(bytes, br#"{"agent":"kyso","api":1}"#);
    assert_eq!(health(&stranger("/v1/health").bearer(&agent.bearer)), bytes);
    assert_eq!(health(&agent.page("GET", "/v1/health")), bytes);
    for target in ["/v1/tokens", "/v1/nothing", "/v1/openapi.json", "/v1/pairings/current", "/v1/tokens?x=1"]
    {
        refused(&agent, &stranger(target), "pairing_required");
    }
}

/// R1, R2: nobody but this user's processes on this machine; the rest is in `sys::peer`.
#[test]
fn r1_listens_on_the_loopback_address_alone() {
    let agent = Agent::without_token();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let local = format!("0100007F:{:04X}", agent.port);
    let listening = |line: &&str| line.contains(&format!(":{:04X} 00000000:0000 0A", agent.port));
    let lines: Vec<&str> = table.lines().filter(listening).collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains(&local), "{lines:?}");
    let six = std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    assert_eq!(six.lines().filter(listening).count(), 0);
    drop(connect(agent.port));
}
