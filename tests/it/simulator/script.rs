//! The script file.

use serde_json::json;

use super::origin;
use crate::support::http::{Reply, Request, ask};
use crate::support::simulator::{Simulator, refused};
use crate::support::socket::Socket;

#[test]
fn rules_answer_for_names_origins_and_sign_ins() {
    let simulator = Simulator::scripted(
        r#"
        [[rules]]
        ask = "sign-in"
        times = 1
        answer = "deny"

        [[rules]]
        ask = "sign"
        name = "Quyết định * mật*"
        answer = "locked"

        [[rules]]
        ask = "sign"
        origin = "https://b.example.gov.vn"
        answer = "crash"

        [[rules]]
        ask = "pair"
        name = "Lạ"
        answer = "deny"
        "#,
    );
    let (a, b) = (simulator.page(&origin("a")), simulator.page(&origin("b")));
    let code = |reply: Reply| (reply.status, reply.code());
    assert_eq!(code(a.sign_in()), (403, "user_denied".to_owned()), "the first one");
    assert_eq!(a.sign_in().status, 200, "and no other");
    assert_eq!(code(a.sign("Quyết định 7 mật.pdf")), (423, "pin_locked".to_owned()));
    assert_eq!(a.sign("Quyết định 7.pdf").status, 200, "the whole name counts");
    assert_eq!(
        code(a.sign("Quyết định 7 [deny]")),
        (403, "user_denied".to_owned()),
        "marks count where no rule does"
    );
    assert_eq!(code(b.sign("Quyết định 7.pdf")), (502, "module_crashed".to_owned()));
    assert_eq!(
        code(b.sign("Quyết định 7 mật.pdf")),
        (423, "pin_locked".to_owned()),
        "the first rule that fits"
    );
    assert_eq!(code(simulator.pairing(&origin("c"), "Lạ")), (403, "user_denied".to_owned()));
}

#[test]
fn the_readmes_script_is_understood() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let part = readme.split("### Testing your own system").nth(1).unwrap();
    let script = part.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let simulator = Simulator::scripted(script);
    let page = simulator.page("https://test.example.vn");
    assert_eq!(page.sign_in().code(), "user_denied");
    assert_eq!(page.sign_in().status, 200);
    let said = simulator.let_go();
    assert!(said.contains("asks to sign in: deny") && said.contains("asks to sign in: approve"), "{said}");
}

#[test]
fn a_machine_without_a_token() {
    let simulator = Simulator::scripted("plugged_in = false");
    let page = simulator.page(&origin("a"));
    assert_eq!(page.get("/v1/tokens")["tokens"].as_array().unwrap().len(), 0);
    let reply = page.sign("x");
    assert_eq!((reply.status, reply.code().as_str()), (404, "token_absent"));
}

#[test]
fn another_version_of_the_api_is_said_over_http_and_over_the_socket() {
    for (script, version) in [("api = 0", 0), ("api = 2", 2), ("", kyso::api::VERSION)] {
        let simulator = Simulator::scripted(script);
        // Another version's contract is another one, so nothing is held to this one.
        let request = Request::new("GET", "/v1/health", simulator.port, &origin("a"));
        let asked = ask(simulator.port, &request.bytes()).expect("an answer");
        let health = json!({ "agent": "kyso", "api": version });
        assert_eq!(asked.json(), health);
        let mut socket = Socket::open(simulator.port, &origin("a"));
        socket.say(&json!({ "token": null }));
        socket.say(&json!({ "id": "1", "method": "GET", "path": "/v1/health" }));
        assert_eq!(socket.answer("1")["body"], health);
    }
}

#[test]
fn a_script_that_is_not_understood_says_where() {
    let folder = tempfile::tempdir().unwrap();
    for (script, parts) in [
        ("plugged = false", &["unknown field `plugged`", "line 1"][..]),
        ("[[rules]]\nanswer = \"deny\"\npage = \"x\"", &["unknown field `page`", "line 3"]),
        ("[[rules]]\nanswer = \"deny\"\n[[rules]]\nanswer = \"den\"", &["rules[1]", "\"den\"", "\"deny\""]),
        ("[[rules]]\nanswer = \"slow x\"", &["slow x"]),
        ("[[rules]]\nanswer = \"slow 3601\"", &["slow 3601"]),
        ("[[rules]]\nname = \"x\"", &["missing field `answer`"]),
        ("[[rules]]\nask = \"seal\"\nanswer = \"deny\"", &["seal", "sign-in"]),
        ("[[rules]]\nask = \"sign-in\"\nname = \"x\"\nanswer = \"deny\"", &["rules[0]", "sign-in"]),
        ("[[rules]]\ntimes = 0\nanswer = \"deny\"", &["line 2"]),
        ("rules", &["line 1"]),
        ("api = \"0\"", &["line 1", "u32"]),
    ] {
        let output = refused(folder.path(), script);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{script}: {said}");
        for part in [&["script.toml"][..], parts].concat() {
            assert!(said.contains(part), "{script}: {part}: {said}");
        }
        assert!(output.stdout.is_empty(), "nothing is ready");
    }
}
