//! The program itself: how it starts, what it is made of, how it stops.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::origin;
use crate::support::http::{Request, exchange};
use crate::support::simulator::{Simulator, command};

#[test]
fn loads_no_token_library_and_starts_no_program() {
    let simulator = Simulator::start();
    assert_eq!(simulator.page(&origin("a")).sign("x").status, 200);
    let at = |name: &str| format!("/proc/{}/{name}", simulator.child.id());
    let maps = std::fs::read_to_string(at("maps")).unwrap();
    let modules = include_str!("../../../src/token/modules.toml");
    let known: Vec<&str> = modules.split('"').filter(|text| text.ends_with(".so")).collect();
    assert!(known.len() > 3, "{known:?}");
    for library in maps.lines().filter_map(|line| line.rsplit('/').next()) {
        let is_module = known.iter().any(|module| module.ends_with(library) && library.ends_with(".so"));
        assert!(!is_module && !library.contains("pkcs11") && !library.contains("p11-kit"), "{library}");
    }
    for task in std::fs::read_dir(at("task")).unwrap() {
        let children = std::fs::read_to_string(task.unwrap().path().join("children")).unwrap();
        assert_eq!(children.trim(), "", "it started another program");
    }
}

#[test]
fn stops_on_sigterm_and_takes_up_its_log_and_identity_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = Vec::new();
    for run in 0..2 {
        let mut child = command().args(["--port", "0", "--folder"]).arg(folder.path()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        let body = json!({ "name": "CI", "nonce": STANDARD.encode([7; 32]) });
        let request = Request::new("POST", "/v1/pairings", port, &origin("a")).json(&body);
        let paired = exchange(port, &request.bytes()).expect("an answer");
        assert_eq!(paired.status, 201);
        // As a client makes sure of whom it talks to.
        let body = json!({ "nonce": STANDARD.encode([8; 32]) });
        let hello = Request::new("POST", "/v1/hello", port, &origin("a")).json(&body);
        let hello = exchange(port, &hello.bytes()).expect("an answer");
        assert_eq!(hello.status, 200, "{}", hello.json());
        assert_eq!(paired.json()["agent_key"], hello.json()["agent_key"]);
        keys.push(hello.json()["agent_key"].clone());
        let second = command().arg("--folder").arg(folder.path()).output().unwrap();
        assert_eq!(second.status.code(), Some(69), "one a folder: {run}");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert!(child.wait().unwrap().success(), "{run}");
    }
    assert_eq!(keys[0], keys[1]);
    let verified = Command::new(env!("CARGO_BIN_EXE_kyso"))
        .args(["audit", "verify"])
        .env("XDG_DATA_HOME", folder.path().join("data"))
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn stops_when_nobody_holds_its_standard_input() {
    let simulator = Simulator::start();
    assert!(simulator.let_go().is_empty(), "nobody asked anything");
    // In the background of a script nobody holds it from the start.
    let folder = tempfile::tempdir().unwrap();
    let mut child =
        command().stdin(Stdio::null()).args(["--port", "0", "--folder"]).arg(folder.path()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    let health = Request::new("GET", "/v1/health", port, &origin("a"));
    assert_eq!(exchange(port, &health.bytes()).expect("an answer").status, 200);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn says_what_it_takes_in_both_languages() {
    for (lang, part) in [("vi", "Thư mục riêng"), ("en", "A folder of its own")] {
        let output = command().env("KYSO_LANG", lang).arg("--help").output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.contains(part), "{said}");
        for word in ["--port", "--folder", "--script", "[deny]", "[wrong-pin]", "[removed]", "TEST"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
    for (arguments, part) in [
        (&[][..], "--folder <DIR> is missing"),
        (&["--folder", "x", "--approve"], "--approve"),
        (&["--folder", "x", "--port", "x"], "--port <N>"),
    ] {
        let output = command().args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(part) && said.contains("kyso-simulator --help"), "{said}");
    }
}
