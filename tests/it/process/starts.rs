//! Starting under bad conditions: a clear message, what to do, a documented exit code, nothing lost.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use super::{ASKS_PIN, PAGE, ask, stop, terminate};
use crate::support::agent::{one, rows, sha256};
use crate::support::desk::Desk;
use crate::support::http::{Request, exchange};
use crate::support::softhsm::SoftHsm;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
fn a_configuration_that_can_not_be_used() {
    for (config, part) in [
        ("prt = 1", "prt"),
        ("port = 80", "1024"),
        ("[[modules]]\npath = \"x.so\"", "absolute"),
        ("language = \"fr\"", "fr"),
        ("not toml", "line 1"),
    ] {
        let desk = Desk::configured(config);
        for arguments in [&["agent"][..], &["agent", "--check"], &["doctor"], &["tokens"]] {
            let output = desk.kyso(arguments);
            let text = said(&output);
            assert_eq!(output.status.code(), Some(78), "{arguments:?}: {text}");
            assert!(
                text.contains(part) && text.contains("config.toml") && text.contains("--check"),
                "{text}"
            );
        }
    }
    let desk = Desk::configured("");
    let missing = desk.kyso(&["agent", "--check", "--config", "/nonexistent/kyso.toml"]);
    assert_eq!(missing.status.code(), Some(78), "{}", said(&missing));
    assert!(desk.kyso(&["agent", "--check"]).status.success());
}

#[test]
fn r4_a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let desk = Desk::configured("modules = []");
    let output = desk.kyso(&["agent", "--port", &port]);
    assert_eq!(output.status.code(), Some(69));
    assert!(said(&output).contains("--port"), "{}", said(&output));
}

#[test]
fn r7_a_second_agent_of_the_same_user() {
    let desk = Desk::configured("modules = []");
    let first = desk.agent();
    let second = desk.kyso(&["agent"]);
    assert_eq!(second.status.code(), Some(69));
    assert!(said(&second).contains("already runs"), "{}", said(&second));
    let health = Request::new("GET", "/v1/health", first.port, PAGE);
    assert_eq!(exchange(first.port, &health.bytes()).expect("an answer").status, 200);
}

#[test]
fn modules_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.so");
    std::fs::write(&text, "no library").unwrap();
    let open = folder.path().join("open.so");
    std::fs::copy(SoftHsm::module(), &open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let missing = folder.path().join("missing.so");
    let no_pkcs11 = Command::new("gcc").arg("-print-file-name=libm.so.6").output().unwrap();
    let no_pkcs11 = std::fs::canonicalize(String::from_utf8(no_pkcs11.stdout).unwrap().trim()).unwrap();
    for module in [text, open, missing, no_pkcs11] {
        let name = module.display().to_string();
        let desk = Desk::configured(&format!("[[modules]]\npath = \"{name}\"\n"));
        let doctor = desk.kyso(&["doctor"]);
        let text = said(&doctor);
        assert_eq!(doctor.status.code(), Some(1), "{text}");
        assert!(text.contains(&format!("✗ {name}")) && text.contains("What to do"), "{text}");
        // The agent runs all the same: another module may be fine, and the person sees what is wrong.
        let agent = desk.agent();
        let bearer = desk.pair(agent.port, PAGE);
        let body = one(kyso::domain::certificate::CertId([0; 32]), &sha256("x"));
        let request = Request::new("POST", "/v1/signatures", agent.port, PAGE).bearer(&bearer).json(&body);
        let reply = exchange(agent.port, &request.bytes()).expect("an answer");
        assert_eq!((reply.status, reply.code().as_str()), (503, "module_missing"), "{name}");
    }
}

#[test]
fn a_folder_to_write_to_that_is_not_there() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let config = std::fs::read_to_string(desk.config()).unwrap();
    std::fs::write(desk.config(), config.replace("writable = [", "writable = [\"/nonexistent/store\", "))
        .unwrap();
    let doctor = desk.kyso(&["doctor"]);
    let text = said(&doctor);
    assert_eq!(doctor.status.code(), Some(1), "{text}");
    assert!(
        text.contains("not there: /nonexistent/store") && text.contains("What to do: Make the folder"),
        "{text}"
    );
}

/// Root reads everything, so somebody else looks.
#[test]
fn a_module_that_can_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (program, name) in
        [(env!("CARGO_BIN_EXE_kyso"), "kyso"), (env!("CARGO_BIN_EXE_kyso-token-host"), "kyso-token-host")]
    {
        std::fs::copy(program, at(name)).unwrap();
    }
    std::fs::create_dir(at("modules")).unwrap();
    let module = at("modules/unreadable.so");
    std::fs::copy(SoftHsm::module(), &module).unwrap();
    std::fs::set_permissions(&module, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(at("config.toml"), format!("[[modules]]\npath = \"{}\"\n", module.display())).unwrap();
    std::fs::create_dir(at("home")).unwrap();
    let nobody = Some(65_534);
    std::os::unix::fs::chown(at("home"), nobody, nobody)
        .expect("only root can be somebody else: run this as root");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let doctor = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(at("kyso"))
        .arg("doctor")
        .arg("--config")
        .arg(at("config.toml"))
        .env_clear()
        .env("HOME", at("home"))
        .env("KYSO_LANG", "en")
        .output()
        .expect("setpriv: apt-get install util-linux");
    let text = said(&doctor);
    assert_eq!(doctor.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("✗ {}", module.display())) && text.contains("ermission denied"), "{text}");
}

#[test]
fn a_token_folder_that_vanished() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let (mut agent, port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, PAGE);
    let body = one(token.id("person-p256"), &sha256("x"));
    let asked = ask(port, &bearer, &body);
    agent.wait_for(ASKS_PIN, 0);
    let aside = token.tokens().with_extension("aside");
    std::fs::rename(token.tokens(), &aside).unwrap();
    agent.type_text("123456\n");
    let reply = asked.join().unwrap().expect("an answer");
    assert_eq!((reply.status, reply.code().as_str()), (502, "token_failed"));
    std::fs::rename(aside, token.tokens()).unwrap();
    let from = agent.text().len();
    let asked = ask(port, &bearer, &body);
    agent.wait_for(ASKS_PIN, from);
    agent.type_text("123456\n");
    assert_eq!(asked.join().unwrap().expect("an answer").status, 200, "plugged in again, it signs");
    assert_eq!(stop(&mut agent), 0);
}

#[test]
fn a_disk_that_is_full() {
    let desk = Desk::configured("modules = []");
    let data = desk.folder().join("data");
    std::fs::create_dir_all(&data).unwrap();
    // A disk of its own for the data, in a mount namespace of its own; no byte is left on it.
    let script = "mount -t tmpfs -o size=64k none \"$DATA\" && mkdir -m 700 \"$DATA/kyso\" && \
                  cat /dev/zero >\"$DATA/filler\" 2>/dev/null; exec \"$KYSO\" agent --prompt terminal";
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("KYSO", env!("CARGO_BIN_EXE_kyso"))
        .env("DATA", &data)
        .env("HOME", desk.folder())
        .env("XDG_DATA_HOME", &data)
        .env("XDG_CONFIG_HOME", desk.folder().join("config"))
        .env("XDG_RUNTIME_DIR", desk.folder().join("run"))
        .env("KYSO_LANG", "en")
        .output()
        .expect("unshare: apt-get install util-linux");
    assert_eq!(output.status.code(), Some(74), "{}", said(&output));
    assert!(said(&output).contains("free space"), "{}", said(&output));
}

#[test]
fn an_identity_that_is_damaged_is_kept() {
    let desk = Desk::configured("modules = []");
    drop(desk.agent());
    let key = desk.data().join("identity.key");
    std::fs::write(&key, "damaged").unwrap();
    let output = desk.kyso(&["agent"]);
    assert_eq!(output.status.code(), Some(74), "{}", said(&output));
    assert!(said(&output).contains("identity.key"), "{}", said(&output));
    assert_eq!(std::fs::read(&key).unwrap(), b"damaged");
    let doctor = desk.kyso(&["doctor"]);
    assert!(said(&doctor).contains("Restore this file from a backup"), "{}", said(&doctor));
}

#[test]
fn stopped_with_a_question_open_it_records_the_end() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let (mut agent, port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, PAGE);
    let asked = ask(port, &bearer, &one(token.id("person-p256"), &sha256("x")));
    agent.wait_for(ASKS_PIN, 0);
    // The first word lets the person finish, the second one does not.
    terminate(&agent);
    agent.wait_for("takes no more requests", 0);
    assert_eq!(stop(&mut agent), 0);
    assert_eq!(asked.join().unwrap().expect("an answer").code(), "shutting_down");
    let mut rows = rows(&desk.log());
    assert_eq!(rows.pop().unwrap().0, "checkpoint", "the end is signed");
    let (kind, body) = rows.pop().unwrap();
    assert_eq!((kind.as_str(), body.outcome.as_deref()), ("failed", Some("shutting_down")));
    assert!(!desk.folder().join("run/kyso/control.sock").exists());
}

#[test]
fn without_a_terminal_nobody_is_asked_and_nothing_hangs() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    // `setsid` through the test's own process group: no controlling terminal.
    let agent = desk.agent();
    let bearer = desk.pair(agent.port, PAGE);
    let body = one(token.id("person-p256"), &sha256("x"));
    let request = Request::new("POST", "/v1/signatures", agent.port, PAGE).bearer(&bearer).json(&body);
    let reply = exchange(agent.port, &request.bytes()).expect("an answer");
    assert_eq!((reply.status, reply.code().as_str()), (503, "prompt_unavailable"));
}
