//! The status document: `kyso status`, and waiting for changes without polling.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::Shutdown;

use serde_json::{Value, json};

use super::{PAGE, ask};
use crate::prompt::{CLASS, desktop};
use crate::support::desk::Desk;
use crate::support::softhsm::SoftHsm;

/// One call on the control socket; the answer comes when there is one.
fn call(desk: &Desk, call: &Value) -> impl FnOnce() -> Value + use<> {
    let socket = desk.folder().join("run/kyso/control.sock");
    let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
    stream.write_all(format!("{call}\n").as_bytes()).unwrap();
    move || {
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        let _ = stream.shutdown(Shutdown::Both);
        let answer: Value = serde_json::from_str(&line).unwrap();
        answer["done"].clone()
    }
}

#[test]
fn the_status_is_told_in_words_and_in_json() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let without = desk.kyso(&["status"]);
    assert_eq!(without.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&without.stderr).contains("not running"));
    let agent = desk.agent();
    desk.pair(agent.port, PAGE);
    let status: Value = serde_json::from_slice(&desk.kyso(&["status", "--json"]).stdout).unwrap();
    assert_eq!(status["tokens"][0]["label"], "kyso-demo");
    assert_eq!(status["tokens"][0]["pin"], "ok");
    assert_eq!(
        status["sites"][0],
        json!({ "origin": PAGE, "allowed": true, "pairings": 1, "blocked": false })
    );
    assert_eq!((&status["paused"], &status["open"]), (&json!(false), &json!([])));
    let certificate = token.id("person-rsa").to_string();
    let listed = status["certificates"].as_array().unwrap();
    assert!(listed.iter().any(|one| one["id"] == certificate && one["not_after"].is_string()), "{status}");
    let words = String::from_utf8(desk.kyso(&["status"]).stdout).unwrap();
    for part in [
        "Ready to sign\n",
        "kyso-demo · PIN: ok\n",
        "days left)",
        &format!("Sites that may ask:\n  {PAGE}\n"),
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn whoever_waits_for_a_change_hears_of_each_kind() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let agent = desk.agent();
    let now = || call(&desk, &json!({ "call": "status", "since": null }))();
    let next = |status: &Value| call(&desk, &json!({ "call": "status", "since": status["moment"] }));
    // The first looks may still come in.
    let mut status = now();
    let mut until = |wanted: &dyn Fn(&Value) -> bool, change: &dyn Fn()| {
        let mut waiting = next(&status);
        change();
        loop {
            status = waiting();
            if wanted(&status) {
                break;
            }
            waiting = next(&status);
        }
    };
    until(&|status| status["sites"][0]["origin"] == PAGE, &|| {
        assert!(desk.kyso(&["origins", "allow", PAGE]).status.success());
    });
    until(&|status| status["paused"] == true, &|| {
        assert!(desk.kyso(&["pause"]).status.success());
    });
    until(&|status| status["paused"] == false, &|| {
        assert!(desk.kyso(&["resume"]).status.success());
    });
    let bearer = desk.pair(agent.port, PAGE);
    let certificate = token.id("person-rsa").to_string();
    let failed = |past: &Value| {
        past["caller"] == PAGE && past["kind"] == "failed" && past["outcome"] == "prompt_unavailable"
    };
    until(
        &|status| status["recent"][0]["name"] == "Công văn 45.pdf" && failed(&status["recent"][0]),
        &|| {
            let reply = ask(&agent, &bearer, &certificate, "Công văn 45.pdf").join().unwrap();
            assert!(reply.contains("prompt_unavailable"), "{reply}");
        },
    );
    let removed = token.tokens();
    until(&|status| status["tokens"] == json!([]), &|| {
        std::fs::rename(&removed, removed.with_extension("away")).unwrap();
    });
}

#[test]
fn an_agent_that_stops_waits_for_nobody_who_looks() {
    let desk = Desk::configured("modules = []\n");
    let mut agent = desk.agent();
    let mut status = call(&desk, &json!({ "call": "status", "since": null }))();
    // The first look at its own port is news, too; whoever asks after it waits for what comes next.
    while status["agent"]["answers"].is_null() {
        status = call(&desk, &json!({ "call": "status", "since": status["moment"] }))();
    }
    status = call(&desk, &json!({ "call": "status", "since": null }))();
    let waiting = call(&desk, &json!({ "call": "status", "since": status["moment"] }));
    // Taken in after that one.
    assert_eq!(call(&desk, &json!({ "call": "status", "since": null }))()["paused"], false);
    let start = std::time::Instant::now();
    let process = rustix::process::Pid::from_raw(i32::try_from(agent.child.id()).unwrap()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert!(agent.child.wait().unwrap().success());
    assert!(start.elapsed() < kyso::app::GRACE, "it waited until its patience was over");
    assert_eq!(waiting(), Value::Null);
}

#[test]
fn windows_speak_another_language_from_now_on() {
    let Some(desktop) = desktop() else { return };
    let token = SoftHsm::new();
    let mut desk = Desk::with(&token);
    desk.set("DISPLAY", desktop.display());
    let agent = desk.agent_with_windows();
    let bearer = desk.pair(agent.port, PAGE);
    call(&desk, &json!({ "call": "speak", "lang": "vi" }))();
    let asked = ask(&agent, &bearer, &token.id("person-rsa").to_string(), "a.pdf");
    assert_eq!(desktop.title(&desktop.window(CLASS)), "Kyso – Xác nhận ký số");
    // Its window is what the status tells of, and whether the person looks at it.
    let mut status = call(&desk, &json!({ "call": "status", "since": null }))();
    while status["open"][0]["attended"] != true {
        status = call(&desk, &json!({ "call": "status", "since": status["moment"] }))();
    }
    assert_eq!(
        (&status["open"][0]["caller"], &status["open"][0]["names"]),
        (&json!(PAGE), &json!(["a.pdf"]))
    );
    desktop.until("the answer", || {
        desktop.key("Escape");
        asked.is_finished().then_some(())
    });
    assert!(asked.join().unwrap().contains("user_denied"));
}
