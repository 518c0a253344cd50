//! `kyso setup`: the first run, in a terminal, beside an agent, for programs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::scheme::Scheme;
use serde_json::Value;

use super::ASKS_PIN;
use crate::support::agent::{rows, sha256};
use crate::support::desk::Desk;
use crate::support::desktop::Desktop;
use crate::support::softhsm::{SoftHsm, verify};

/// A machine's USB devices, as the kernel shows them.
fn usb(desk: &Desk, devices: &[(&str, &str)]) -> String {
    let root = desk.folder().join("usb");
    fs::create_dir_all(&root).unwrap();
    for (port, id) in devices {
        let (vendor, product) = id.split_once(':').unwrap();
        let interface = root.join(port).join(format!("{port}:1.0"));
        fs::create_dir_all(&interface).unwrap();
        fs::write(root.join(port).join("idVendor"), format!("{vendor}\n")).unwrap();
        fs::write(root.join(port).join("idProduct"), format!("{product}\n")).unwrap();
        fs::write(interface.join("bInterfaceClass"), "0b\n").unwrap();
    }
    root.display().to_string()
}

fn report(desk: &Desk, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = desk.kyso(&[&["setup", "--json"], arguments].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{output:?}"));
    (output.status.code(), value)
}

/// The findings of a topic.
fn findings(report: &Value, topic: &str) -> Vec<String> {
    let steps = report["steps"].as_array().unwrap().iter().filter(|step| step["topic"] == topic);
    steps.map(|step| step["finding"].as_str().unwrap().to_owned()).collect()
}

fn step<'a>(report: &'a Value, finding: &str) -> &'a Value {
    let found = report["steps"].as_array().unwrap().iter().find(|step| step["finding"] == finding);
    found.unwrap_or_else(|| panic!("no {finding}: {report:#}"))
}

fn entry(desk: &Desk, name: &str) -> PathBuf {
    desk.folder().join("config/autostart").join(name)
}

#[test]
fn the_first_run_finds_the_token_signs_for_trial_and_starts_with_the_desktop() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let (folder, id) = (usb(&desk, &[("1-1", "0529:0620")]), token.id("person-rsa").to_string());

    let (code, first) = report(&desk, &["--check", "--usb", &folder]);
    assert_eq!(first["first_run"], true, "{first:#}");
    assert_eq!((code, &first["ok"]), (Some(1), &Value::Bool(false)), "nobody can be asked");

    let setup = ["setup", "--usb", &folder, "--certificate", &id];
    let mut terminal = desk.in_terminal(&setup);
    let at = terminal.wait_for("Make a trial signature as Nguyễn Thị Minh Khai?", 0);
    terminal.type_text("\n");
    let at = terminal.wait_for("TRIAL – not a document", at);
    terminal.wait_for(ASKS_PIN, at);
    terminal.type_text("123456\n");
    let at = terminal.wait_for("Have Kyso start whenever you log in?", at);
    terminal.type_text("y\n");
    terminal.wait_for("Done. This computer is ready to sign.", at);
    assert_eq!(terminal.exit_code(), 0);
    let screen = terminal.end();
    for part in [
        "1. Token plugged in\r\n   ✓ SafeNet eToken 5100/5110 (0529:0620)",
        "✓ kyso-demo (serial ",
        "✓ Ủy ban nhân dân tỉnh Tuyên Quang\r\n",
        "Can't sign: Expired",
        "Issued by ",
        "(log, row 2)",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(!screen.contains("123456"), "{screen}");
    let shown = |line: &str| line.rsplit("\u{1b}[2K").next().unwrap_or_default().chars().count();
    assert!(screen.lines().all(|line| shown(line) <= 80), "{screen}");

    let logged = rows(&desk.log());
    let kinds: Vec<&str> = logged.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["asked", "signed", "checkpoint"]);
    assert!(format!("{:?}", logged[0].1).contains("TRIAL – not a document"), "the log says that it is one");

    for (name, command) in [("kyso-tray.desktop", "tray"), ("kyso-agent.desktop", "agent")] {
        let text = fs::read_to_string(entry(&desk, name)).unwrap();
        assert!(text.contains(&format!("\nExec={} {command}\n", env!("CARGO_BIN_EXE_kyso"))), "{text}");
        if let Ok(checked) = Command::new("desktop-file-validate").arg(entry(&desk, name)).output() {
            assert!(checked.status.success() && checked.stdout.is_empty(), "{checked:?}");
        }
    }

    // Again: nothing is asked, nothing is signed, and nothing is to be done.
    let mut again = desk.in_terminal(&setup);
    assert_eq!(again.exit_code(), 0);
    let screen = again.end();
    assert!(screen.contains("ready to sign") && !screen.contains('?'), "{screen}");
    assert_eq!(rows(&desk.log()).len(), logged.len());
}

#[test]
fn what_the_person_declines_is_not_asked_again() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let folder = usb(&desk, &[]);
    let id = token.id("person-rsa").to_string();
    let setup = ["setup", "--usb", &folder, "--certificate", &id];
    let mut terminal = desk.in_terminal(&setup);
    let at = terminal.wait_for("trial signature as", 0);
    terminal.type_text("n\n");
    let at = terminal.wait_for("Have Kyso start", at);
    terminal.type_text("n\n");
    let end = terminal.wait_for("Off, as you wish.", at);
    assert_eq!(terminal.exit_code(), 0, "{}", &terminal.text()[end..]);
    let mut again = desk.in_terminal(&setup);
    assert_eq!(again.exit_code(), 0);
    let screen = again.end();
    assert!(
        screen.contains("Skipped.") && screen.contains("Off, as you wish.") && !screen.contains('?'),
        "{screen}"
    );
    assert!(rows_or_none(&desk).is_empty() && !entry(&desk, "kyso-tray.desktop").exists());

    let (_, report) = report(&desk, &["--check", "--usb", &folder]);
    assert_eq!(
        (&report["first_run"], findings(&report, "autostart")),
        (&Value::Bool(false), vec!["start_declined".to_owned()])
    );
    let on = desk.kyso(&["setup", "--usb", &folder, "--autostart", "on"]);
    assert!(entry(&desk, "kyso-tray.desktop").exists(), "{on:?}");
    desk.kyso(&["setup", "--usb", &folder, "--autostart", "off"]);
    assert!(!entry(&desk, "kyso-tray.desktop").exists());
}

fn rows_or_none(desk: &Desk) -> Vec<String> {
    if !desk.log().exists() {
        return Vec::new();
    }
    rows(&desk.log()).into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn beside_an_agent_a_program_gets_a_trial_that_openssl_verifies() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let folder = usb(&desk, &[]);
    let (mut agent, _) = desk.agent_in_terminal();
    let config = fs::read_to_string(desk.config()).unwrap();
    fs::write(desk.config(), format!("prompt = \"terminal\"\n{config}")).unwrap();
    let id = token.id("person-p256").to_string();
    let child = desk
        .command(&["setup", "--yes", "--json", "--usb", &folder, "--certificate", &id])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    agent.wait_for(ASKS_PIN, 0);
    agent.type_text("123456\n");
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!((&report["ok"], &report["done"]), (&Value::Bool(true), &Value::Bool(true)), "{report:#}");
    let (document, signed) = (report["trial"]["document"].as_str().unwrap(), &report["trial"]["signed"]);
    assert!(document.contains("not a document"), "{document}");
    let signature = STANDARD.decode(signed["signatures"][0]["value"].as_str().unwrap()).unwrap();
    let digest = sha256(document);
    assert!(verify(&token.certificate("person-p256"), Scheme::Ecdsa, &digest, &signature));
    let starts = step(&report, "starts");
    assert!(starts["details"].to_string().contains("runs now"), "{starts}");
    assert_eq!(super::stop(&mut agent), 0);
}

#[test]
fn with_a_display_the_trial_is_asked_for_in_the_real_window() {
    let token = SoftHsm::new();
    let desktop = Desktop::start();
    let mut desk = Desk::with(&token);
    desk.set("DISPLAY", desktop.display());
    let folder = usb(&desk, &[]);
    let id = token.id("seal-rsa").to_string();
    let child = desk
        .command(&["setup", "--yes", "--json", "--usb", &folder, "--certificate", &id])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    desktop.window("kyso-prompt");
    desktop.until("the focus", || desktop.has_focus("kyso-prompt").then_some(()));
    desktop.type_text(SoftHsm::PIN);
    desktop.until("the signature", || {
        desktop.key("Return");
        desktop.windows("kyso-prompt").is_empty().then_some(())
    });
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!((output.status.code(), &report["done"]), (Some(0), &Value::Bool(true)), "{report:#}");
    let signed = &report["trial"]["signed"];
    let signature = STANDARD.decode(signed["signatures"][0]["value"].as_str().unwrap()).unwrap();
    let digest = sha256(report["trial"]["document"].as_str().unwrap());
    assert!(verify(&token.certificate("seal-rsa"), Scheme::RsaPkcs1, &digest, &signature));
    let mut kinds = rows_or_none(&desk);
    kinds.dedup();
    assert_eq!(kinds, ["asked", "signed", "checkpoint"]);
}

#[test]
fn an_agent_that_is_older_than_the_tokens_software_is_told_apart() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let folder = usb(&desk, &[]);
    let config = fs::read_to_string(desk.config()).unwrap();
    fs::write(desk.config(), "modules = []\n").unwrap();
    let _agent = desk.agent();
    fs::write(desk.config(), format!("prompt = \"terminal\"\n{config}")).unwrap();
    let (code, report) = report(&desk, &["--check", "--usb", &folder]);
    assert_eq!(
        (code, findings(&report, "token")),
        (Some(1), vec!["agent_stale".to_owned(), "token".to_owned()])
    );
    assert_eq!(findings(&report, "trial"), ["waits"], "the agent would not find the certificate");
    assert!(step(&report, "agent_stale")["todo"][0].as_str().unwrap().contains("Log out"), "{report:#}");
}

#[test]
fn each_failure_says_what_to_do_next() {
    let mut desk = Desk::configured("modules = []\nprompt = \"terminal\"\n");
    let none = usb(&desk, &[]);
    let (code, without) = report(&desk, &["--check", "--usb", &none]);
    assert_eq!(code, Some(1));
    assert_eq!(findings(&without, "plugged"), ["nothing_plugged"]);
    assert_eq!(findings(&without, "certificate"), ["waits"]);
    assert!(!desk.data().join("setup.json").exists(), "a look changes nothing");

    let known = usb(&desk, &[("1-1", "0529:0620"), ("1-2", "046d:c31c")]);
    let (code, missing) = report(&desk, &["--usb", &known]);
    assert_eq!(code, Some(1), "without a terminal and --yes it asks nothing");
    let library = step(&missing, "library_missing");
    assert!(library["what"].as_str().unwrap().contains("SafeNet eToken 5100/5110"), "{library}");
    assert!(library["todo"][0].as_str().unwrap().contains("SafeNet Authentication Client"), "{library}");

    fs::write(desk.config(), "modules = [{ path = \"/etc/passwd\" }]\nprompt = \"terminal\"\n").unwrap();
    let (_, refused) = report(&desk, &["--check", "--usb", &known]);
    let library = step(&refused, "library_missing");
    assert!(library["todo"][0].is_string(), "{library}");

    desk.set("KYSO_LANG", "vi");
    let said = String::from_utf8(desk.kyso(&["setup", "--check", "--usb", &known]).stdout).unwrap();
    assert!(said.contains("Việc cần làm: Cài SafeNet Authentication Client"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    assert!(!said.contains("What to do"), "{said}");
}

#[test]
fn a_wrong_answer_at_the_prompt_ends_the_trial_and_says_so() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let folder = usb(&desk, &[]);
    let id = token.id("person-rsa").to_string();
    let mut terminal = desk.in_terminal(&["setup", "--yes", "--usb", &folder, "--certificate", &id]);
    terminal.wait_for(ASKS_PIN, 0);
    terminal.type_text("\u{1b}");
    assert_eq!(terminal.exit_code(), 77);
    let screen = terminal.end();
    assert!(screen.contains("✗ It was not made.") && screen.contains("Not ready"), "{screen}");
    let kinds: Vec<String> = rows_or_none(&desk);
    assert_eq!(kinds, ["asked", "refused", "checkpoint"]);
}

/// What the tray runs: nothing is asked but in the window, and closing that is no fault.
#[test]
fn on_a_page_the_trial_is_the_windows_and_may_be_left() {
    let token = SoftHsm::new();
    let desktop = Desktop::start();
    let mut desk = Desk::with(&token);
    desk.set("DISPLAY", desktop.display());
    let opener = desk.folder().join("xdg-open");
    let opened = desk.folder().join("opened");
    let is_opener = |does: &str| {
        fs::write(&opener, format!("#!/bin/sh\n{does}\n")).unwrap();
        fs::set_permissions(&opener, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let tells = format!("cp \"$1\" {0}; echo \"$1\" >{0}.path", opened.display());
    let path = std::env::var("PATH").unwrap();
    desk.set("PATH", &format!("{}:{path}", desk.folder().display()));
    let (folder, id) = (usb(&desk, &[]), token.id("person-rsa").to_string());
    let setup = ["setup", "--page", "--usb", &folder, "--certificate", &id];
    // Whoever finds no browser says so before anybody is asked to sign.
    is_opener("exit 3");
    let refused = desk.command(&setup).output().unwrap();
    assert_eq!(refused.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("xdg-open: exit status: 3"), "{refused:?}");
    is_opener(&tells);
    for (signs, told) in [(false, "Not made yet."), (true, "as Nguyễn Thị Minh Khai (log, row ")] {
        let child = desk.command(&setup).stdin(std::process::Stdio::null()).spawn().unwrap();
        desktop.window("kyso-prompt");
        let page = || fs::read_to_string(fs::read_to_string(opened.with_extension("path")).unwrap().trim());
        // It was opened before anything was known, and has grown since.
        let (first, now) = (fs::read_to_string(&opened).unwrap(), page().unwrap());
        for page in [&first, &now] {
            assert!(page.contains(REFRESH) && page.contains("one moment"), "{page}");
        }
        assert!(!first.contains("kyso-demo") && now.contains("kyso-demo"), "{first} {now}");
        desktop.until("the focus", || desktop.has_focus("kyso-prompt").then_some(()));
        if signs {
            desktop.type_text(SoftHsm::PIN);
        }
        desktop.until("the answer", || {
            desktop.key(if signs { "Return" } else { "Escape" });
            desktop.windows("kyso-prompt").is_empty().then_some(())
        });
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
        let page = page().unwrap();
        assert!(page.contains(told) && !page.contains(REFRESH), "{told}: {page}");
        assert!(page.contains("<p>This computer can sign. Still open: "), "{page}");
        fs::remove_file(&opened).unwrap();
    }
}

/// A page with this loads itself anew.
const REFRESH: &str = "http-equiv=\"refresh\"";
