//! `kyso tls` and `kyso doctor`, with and without an agent.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::{PAGE, credentials, desk, said, trusts};
use crate::support::desk::Desk;
use crate::support::http::{Request, exchange};
use crate::support::session::until;
use crate::support::{https, nss};

#[test]
fn an_agent_opens_and_closes_https_without_a_restart() {
    let (desk, _) = desk();
    let agent = desk.agent();
    let secure = agent.port + 100;
    let health = |port| Request::new("GET", "/v1/health", port, PAGE).bytes();
    assert!(TcpStream::connect(("127.0.0.1", secure)).is_err(), "https is opt-in");
    let text = said(&desk.kyso(&["tls", "enable"]), 0);
    assert!(text.contains(&format!("https is on: https://127.0.0.1:{secure}, until ")), "{text}");
    let authority = credentials(&desk).authority;
    let reply = https::exchange(secure, &authority.der, &health(secure)).expect("an answer");
    assert_eq!(reply.body, br#"{"agent":"kyso","api":1}"#);
    // As the README has it.
    let curl = std::process::Command::new("curl")
        .args(["-sS", "--noproxy", "*", &format!("https://127.0.0.1:{secure}/v1/health"), "-H"])
        .args([&format!("Origin: {PAGE}"), "--cacert"])
        .arg(desk.data().join("tls-ca.crt"))
        .output()
        .expect("curl: apt-get install curl");
    assert_eq!(said(&curl, 0), r#"{"agent":"kyso","api":1}"#);
    let text = said(&desk.kyso(&["status"]), 0);
    assert!(text.contains(&format!("\nhttps://127.0.0.1:{secure}\n")), "{text}");
    let status: Value = serde_json::from_slice(&desk.kyso(&["tls", "status", "--json"]).stdout).unwrap();
    assert_eq!((&status["on"], &status["ok"]), (&true.into(), &true.into()), "{status}");
    assert_eq!(status["address"], format!("https://127.0.0.1:{secure}"));
    assert_eq!(status["authority"], authority.name());
    // Once more changes nothing.
    said(&desk.kyso(&["tls", "enable"]), 0);
    assert_eq!(credentials(&desk).authority, authority);

    let text = said(&desk.kyso(&["tls", "disable"]), 0);
    assert!(text.contains("https is off"), "{text}");
    until("the listener's end", || TcpStream::connect(("127.0.0.1", secure)).is_err().then_some(()));
    assert_eq!(exchange(agent.port, &health(agent.port)).expect("an answer").status, 200, "http goes on");
    assert!(!desk.data().join("tls.pem").exists() && !desk.data().join("tls-ca.crt").exists());
    let text = said(&desk.kyso(&["tls", "status"]), 0);
    assert!(text.starts_with("off"), "{text}");
}

#[test]
fn an_agent_that_starts_later_has_https_at_once() {
    let (desk, _) = desk();
    let text = said(&desk.kyso(&["tls", "enable"]), 0);
    assert!(text.contains("when the agent runs"), "{text}");
    let agent = desk.agent();
    let secure = agent.port + 100;
    let request = Request::new("GET", "/v1/health", secure, PAGE).bytes();
    let reply = https::exchange(secure, &credentials(&desk).authority.der, &request).expect("an answer");
    assert_eq!(reply.status, 200);
    // R1: on the loopback address alone.
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    assert!(table.contains(&format!("0100007F:{secure:04X} 00000000:0000 0A")), "{table}");
    assert!(!table.contains(&format!("00000000:{secure:04X} 00000000:0000 0A")), "{table}");
    let six = std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    assert!(!six.contains(&format!(":{secure:04X} 0000000000000000000000000")), "{six}");
}

#[test]
fn a_port_that_is_taken_is_said_and_http_goes_on() {
    let (desk, _) = desk();
    let agent = desk.agent();
    let squatter = std::net::TcpListener::bind(("127.0.0.1", agent.port + 100)).unwrap();
    let text = said(&desk.kyso(&["tls", "enable"]), 69);
    assert!(text.contains("https can't be opened: 127.0.0.1:"), "{text}");
    let doctor = String::from_utf8(desk.kyso(&["doctor"]).stdout).unwrap();
    assert!(doctor.contains("✗ the agent that runs can't open it: 127.0.0.1:"), "{doctor}");
    drop(squatter);
    let text = said(&desk.kyso(&["tls", "enable"]), 0);
    assert!(text.contains("https is on"), "{text}");
}

#[test]
fn doctor_says_which_browser_lacks_what_and_mends_it() {
    let (desk, [chromium, firefox, other]) = desk();
    let about = |arguments: &[&str]| {
        let output = desk.kyso(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        text.split("https\n").nth(1).unwrap_or_else(|| panic!("no https: {text}")).to_owned()
    };
    assert!(about(&["doctor"]).contains("– off (only Safari needs it"));
    said(&desk.kyso(&["tls", "enable"]), 0);
    let name = credentials(&desk).authority.name();
    assert!(!about(&["doctor"]).contains('✗'));
    let removed = nss::certutil(&firefox, &["-D", "-n", &name]);
    assert!(removed.status.success(), "{removed:?}");
    let text = about(&["doctor"]);
    let folder = |store: &std::path::Path| store.display().to_string();
    assert!(text.contains(&format!("✗ Firefox ({}): does not trust it yet", folder(&firefox))), "{text}");
    assert!(text.contains(&format!("✓ Firefox ({}): trusts it", folder(&other))), "{text}");
    assert!(text.contains(&format!("✓ Chromium, Chrome, Edge ({}): trusts it", folder(&chromium))), "{text}");
    assert!(text.contains("What to do: Run 'kyso doctor --fix'"), "{text}");
    assert_eq!(text.matches('✗').count(), 1, "{text}");
    // Found, but not trusted, is not enough.
    let spoiled = nss::certutil(&chromium, &["-M", "-n", &name, "-t", ",,"]);
    assert!(spoiled.status.success(), "{spoiled:?}");
    assert_eq!(about(&["doctor"]).matches('✗').count(), 2);
    assert!(!about(&["doctor", "--fix"]).contains('✗'));
    assert!(trusts(&firefox, &name) && trusts(&chromium, &name));
    let json = desk.kyso(&["doctor", "--fix", "--json"]);
    assert!(serde_json::from_slice::<Value>(&json.stdout).is_ok(), "{json:?}");
}

#[test]
fn without_certutil_nothing_is_made_and_the_package_is_named() {
    let (mut desk, _) = desk();
    desk.set("PATH", "/nonexistent");
    let text = said(&desk.command(&["tls", "enable"]).env("PATH", "/nonexistent").output().unwrap(), 69);
    assert!(text.contains("certutil is missing (package libnss3-tools)"), "{text}");
    assert!(!desk.data().join("tls.pem").exists());
}

#[test]
fn r58_the_key_is_private_and_a_damaged_file_is_made_anew() {
    let desk = Desk::configured("modules = []\n");
    said(&desk.kyso(&["tls", "enable"]), 0);
    let file = desk.data().join("tls.pem");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = credentials(&desk).authority;
    std::fs::write(&file, "-----BEGIN").unwrap();
    let text = said(&desk.kyso(&["tls", "status"]), 73);
    assert!(text.contains("can't be read"), "{text}");
    let text = said(&desk.kyso(&["tls", "enable"]), 0);
    assert!(text.contains("is damaged"), "{text}");
    assert_ne!(credentials(&desk).authority, before);
}
