//! What administrators see and set of a running agent: status, log, support bundle.

use serde_json::Value;

use super::{ASKS_PIN, PAGE};
use crate::support::agent::{item, sha256};
use crate::support::desk::Desk;
use crate::support::hostile::Hostile;
use crate::support::http::{Request, exchange};
use crate::support::session::until;
use crate::support::softhsm::SoftHsm;

#[test]
fn the_log_says_more_or_less_while_the_agent_runs() {
    let desk = Desk::configured("modules = []\n");
    assert_eq!(desk.kyso(&["log", "level"]).status.code(), Some(69), "no agent");
    let agent = desk.agent();
    let level = |arguments: &[&str]| {
        let output = desk.kyso(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert_eq!(level(&["log", "level"]), "Log level: info");
    let health = Request::new("GET", "/v1/health", agent.port, PAGE);
    let secret = Request::new("GET", "/v1/bi-mat?ten=cong-van", agent.port, PAGE);
    let call = |request: &Request| exchange(agent.port, &request.bytes()).expect("an answer");
    call(&health);
    assert_eq!(level(&["log", "level", "debug"]), "Log level: debug");
    call(&health);
    call(&secret);
    let shown = level(&["log", "show"]);
    assert_eq!(shown.matches("GET /v1/health: 200").count(), 1, "{shown}");
    assert!(shown.contains("GET -: 401") && !shown.contains("bi-mat"), "{shown}");
    assert_eq!(level(&["log", "level", "warn"]), "Log level: warn");
    call(&health);
    assert_eq!(level(&["log", "show"]).matches("GET /v1/health").count(), 1);
    assert_eq!(desk.kyso(&["log", "level", "loud"]).status.code(), Some(2));
}

/// Not in the last lines, which go into the bundle: it may name the holder of a certificate.
#[test]
fn what_a_module_prints_is_said_where_faults_are_searched_for() {
    let hostile = Hostile::new();
    let desk = Desk::driving(&hostile.always("load=print,C_GetSlotList=crash"));
    let agent = desk.agent();
    assert!(desk.kyso(&["log", "level", "debug"]).status.success());
    // The breaker lets it be loaded again.
    let said =
        || agent.said().lines().any(|line| line.contains(".so: ") && line.ends_with("garbage")).then_some(());
    until("what the module prints", || {
        assert!(desk.kyso(&["tokens"]).status.code().is_some());
        said()
    });
    let shown = desk.kyso(&["log", "show"]);
    assert!(!String::from_utf8_lossy(&shown.stdout).contains("garbage"), "{shown:?}");
}

#[test]
fn status_tells_of_the_agent_itself() {
    let desk = Desk::configured("modules = []\n");
    let agent = desk.agent();
    let output = desk.kyso(&["status", "--json"]);
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    let own = &status["agent"];
    assert_eq!((&own["port"], &own["pid"]), (&agent.port.into(), &agent.child.id().into()));
    assert_eq!((&own["log_level"], &own["last_ones"]), (&"info".into(), &Value::Null));
    assert!(own["since"].as_str().is_some_and(|since| since.ends_with('Z')), "{own}");
    let said = String::from_utf8_lossy(&desk.kyso(&["status"]).stdout).into_owned();
    let wanted = format!(
        "Kyso {} · port {} · up 0 d 0 h 0 min · log level info",
        env!("CARGO_PKG_VERSION"),
        agent.port
    );
    assert!(said.contains(&wanted), "{said}");
}

/// What stands in the log and on the token of the one who asks for help, and is nobody else's business.
#[test]
fn a_support_bundle_names_nobody_and_nothing() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let reserved = "tokenPassword=hunter2";
    let config = std::fs::read_to_string(desk.config()).unwrap();
    std::fs::write(
        desk.config(),
        format!("{config}[[modules]]\npath = \"/usr/lib/none.so\"\nreserved = \"{reserved}\"\n"),
    )
    .unwrap();
    let (mut agent, port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, PAGE);
    let (name, digest) = ("Tờ trình mật số 77/TTr-UBND.pdf", sha256("canary"));
    let body = serde_json::json!({ "certificate": token.id("person-p256").to_string(), "items": [item(name, &digest)] });
    let request = Request::new("POST", "/v1/signatures", port, PAGE).bearer(&bearer).json(&body).bytes();
    let asked = std::thread::spawn(move || exchange(port, &request));
    agent.wait_for(ASKS_PIN, 0);
    agent.type_text(&format!("{}\n", SoftHsm::PIN));
    let reply = asked.join().unwrap().expect("an answer");
    assert_eq!(reply.status, 200);
    assert!(desk.kyso(&["log", "level", "debug"]).status.success());
    let tokens = Request::new("GET", "/v1/tokens", port, PAGE).bearer(&bearer).bytes();
    assert_eq!(exchange(port, &tokens).expect("an answer").status, 200);

    // Nobody agrees, nothing is written.
    let file = desk.folder().join("support.txt");
    let shown = file.display().to_string();
    let refused = desk.kyso(&["support-bundle", &shown]);
    assert_eq!(refused.status.code(), Some(77), "{refused:?}");
    assert!(!file.exists());
    let seen = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(seen.contains("SIGNING LOG, COUNTS ONLY") && seen.contains("Nothing was written"), "{seen}");

    // Whoever says yes has it, as it was shown.
    let mut asks = desk.in_terminal(&["support-bundle", &shown]);
    asks.wait_for("Write it? [y/N]", 0);
    asks.type_text("y\n");
    assert_eq!(asks.exit_code(), 0);
    let bundle = std::fs::read_to_string(&file).unwrap();
    let written = desk.kyso(&["support-bundle", "--yes", &shown]);
    assert!(written.status.success(), "{written:?}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o077, 0);

    for part in [
        "VERSIONS",
        "kyso ",
        "kernel ",
        "EXAMINATION",
        "libsofthsm2.so",
        "asked",
        "signed ok",
        "GET /v1/tokens: 200",
    ] {
        assert!(bundle.contains(part), "{part} is missing:\n{bundle}");
    }
    let status = desk.kyso(&["status", "--json"]);
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    let mut canaries = vec![name.to_owned(), "Tờ trình".to_owned(), SoftHsm::PIN.to_owned(), bearer];
    canaries.extend([hex::encode(digest.value()), reserved.to_owned()]);
    canaries.push(reply.json()["signatures"][0]["value"].as_str().unwrap().to_owned());
    canaries.extend(["label", "serial"].map(|key| status["tokens"][0][key].as_str().unwrap().to_owned()));
    for certificate in status["certificates"].as_array().unwrap() {
        canaries.push(certificate["name"].as_str().unwrap().to_owned());
        canaries.extend(certificate["organisation"].as_str().map(str::to_owned));
        canaries.push(certificate["id"].as_str().unwrap().trim_start_matches("sha256:").to_owned());
    }
    canaries.push(desk.folder().display().to_string());
    for canary in canaries.iter().filter(|canary| !canary.is_empty()) {
        assert!(!bundle.contains(canary.as_str()), "{canary} is in the bundle:\n{bundle}");
    }
}

/// Whatever way of TOML's it is written in, and where nothing reads it.
#[test]
fn a_support_bundle_shows_no_reserved_however_it_is_written() {
    let ways = [
        r#"reserved = "pin=hunter2""#,
        r#"reserved = "pin=\u0068unter2\\""#,
        r#"reserved = "\"hunter2\"""#,
        "reserved = 'pin=\\hunter2'",
        "reserved = \"\"\"\npin=\\\n  hunter2\"\"\"",
        "reserved = '''\npin=\nhunter2'''",
        r#""reserved" = "hunter2""#,
        r#"# reserved = "hunter2""#,
    ];
    let module = |way: &str| format!("[[modules]]\npath = \"/usr/lib/none.so\"\n{way}\n");
    let inline = "modules = [{ path = \"/usr/lib/none.so\", 'reserved' = 'hunter2' }]".to_owned();
    for text in ways.map(module).into_iter().chain([inline]) {
        let desk = Desk::configured(&format!("port = 29999 # hunter2\n{text}"));
        let bundle = bundled(&desk);
        for part in ["hunter2", "unter", "pin="] {
            assert!(!bundle.contains(part), "{part} of {text} is in\n{bundle}");
        }
        let is_set = !text.contains("# reserved");
        assert_eq!(bundle.contains("reserved = \"‹reserved›\""), is_set, "{text}\n{bundle}");
        assert!(
            bundle.contains("port = 29999") && bundle.contains("path = \"/usr/lib/none.so\""),
            "{bundle}"
        );
    }
}

/// That nothing starts is what help is asked for.
#[test]
fn a_support_bundle_is_made_beside_mistakes() {
    let bad = "[[modules]]\npath = \"/usr/lib/none.so\"\nreserved = \"hunter2\nslow = true\n";
    let mut desk = Desk::configured(bad);
    let said = bundled(&desk);
    assert!(said.contains("config.toml: line 3 ('…'): not written as TOML wants it"), "{said}");
    assert!(said.contains("until then no agent starts") && !said.contains("hunter2"), "{said}");
    for part in ["VERSIONS", "EXAMINATION", "SIGNING LOG", "None: this machine narrows nothing"] {
        assert!(said.contains(part), "no {part}:\n{said}");
    }

    let site = "[[sites]]\norigin = \"https://bi-mat.vn\"\n";
    desk.under(&format!("{site}access = \"alow\"\n[limits]\nbatch = 0\n[[sites]]\norigin = \"bi-mat.vn/x\"\naccess = \"allow\"\n"));
    assert_eq!(desk.kyso(&["doctor"]).status.code(), Some(78));
    let said = bundled(&desk);
    for part in [
        "/etc/kyso/policy.toml: line 3 ('…'): 'alow' can't be used here",
        "/etc/kyso/policy.toml: line 5 ('…'): must be 1 to 1000",
        "/etc/kyso/policy.toml: line 7 ('…'): '…' is no origin",
        "config.toml: line 3",
        "kyso policy check",
        "VERSIONS",
        "EXAMINATION",
    ] {
        assert!(said.contains(part), "no {part}:\n{said}");
    }
    assert!(!said.contains("bi-mat"), "{said}");

    desk.under(&format!("{site}access = \"refuse\"\npurposes = [\"sign\"]\n[limits]\nbatch = 5\n"));
    std::fs::write(desk.config(), "modules = []\n").unwrap();
    let said = bundled(&desk);
    for part in [
        "limits.batch = 5  (/etc/kyso/policy.toml:6)",
        "sites.access = \"refuse\"  (/etc/kyso/policy.toml:3)",
        "sites.purposes = [\"sign\"]  (/etc/kyso/policy.toml:4)",
        "modules = []",
    ] {
        assert!(said.contains(part), "no {part}:\n{said}");
    }
    assert!(!said.contains("bi-mat") && !said.contains("can't be used"), "{said}");
}

fn bundled(desk: &Desk) -> String {
    let file = desk.folder().join("support.txt");
    let _ = std::fs::remove_file(&file);
    let written = desk.kyso(&["support-bundle", "--yes", file.to_str().unwrap()]);
    assert!(written.status.success(), "{written:?}");
    let bundle = std::fs::read_to_string(&file).unwrap();
    assert!(String::from_utf8_lossy(&written.stdout).contains(bundle.trim_end()), "it was shown as it is");
    bundle
}
