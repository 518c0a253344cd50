//! The menu and the states over D-Bus, with no display and no real panel.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use kyso::store::verify::verify;

use super::{PAGE, Tray, ask, with_session};
use crate::support::agent::rows;
use crate::support::bus::Bus;
use crate::support::desk::Desk;
use crate::support::session::{Session, until};
use crate::support::softhsm::SoftHsm;

#[test]
fn every_part_may_come_late_and_leave() {
    let token = SoftHsm::new();
    let (desk, session) = with_session(Desk::with(&token));
    // Neither panel nor agent.
    let tray = Tray::start(&desk);
    let item = tray.item(&session);
    item.says("The signing agent is not running");
    let away = item.icon();
    assert_eq!((away.0, away.1, away.2.len()), (44, 44, 44 * 44 * 4));
    assert!(item.line("Start the signing agent").enabled);

    // A panel comes, leaves, and another one comes.
    for _ in 0..2 {
        let (panel, registered) = session.panel();
        until("the registration", || (!registered.lock().unwrap().is_empty()).then_some(()));
        drop(panel);
    }

    // An agent comes, leaves, and another one comes.
    for _ in 0..2 {
        let agent = desk.agent();
        item.says("Ready to sign");
        assert_ne!(item.icon(), away);
        let token = item.line("kyso-demo · PIN: ok");
        assert!(
            token.below.iter().any(|line| line.label.contains("days left)") && !line.enabled),
            "{token:?}"
        );
        drop(agent);
        item.says("The signing agent is not running");
        assert_eq!(item.icon(), away);
    }
}

/// Nobody's signing waits for an icon.
#[test]
fn without_a_session_bus_it_says_so_and_waits_for_one_while_signing_goes_on() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let agent = desk.agent();
    let mut tray = Tray(desk.command(&["tray"]).stderr(Stdio::piped()).spawn().unwrap());
    let mut said = String::new();
    BufReader::new(tray.0.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(
        said.starts_with("kyso: The icon can't be shown yet: the session bus is not reached ("),
        "{said}"
    );
    let (digest, id) = ("ab".repeat(32), token.id("person-rsa").to_string());
    let mut signer = desk.in_terminal(&["sign", "--digest", &digest, "--certificate", &id]);
    signer.wait_for("Token PIN (Enter: sign, Esc: cancel): ", 0);
    signer.type_text("123456\r");
    assert_eq!(signer.exit_code(), 0, "{}", signer.text());
    assert!(tray.0.try_wait().unwrap().is_none(), "it waits");

    // Where one is looked for if nothing names another.
    let session = Session::on(Bus::at(&desk.folder().join("run/bus")));
    let item = tray.item(&session);
    item.says("Ready to sign");
    item.choose("Quit this icon (the agent keeps running)");
    assert_eq!(tray.0.wait().unwrap().code(), Some(0));
    assert!(desk.kyso(&["status"]).status.success(), "{}", agent.said());
}

#[test]
fn one_tray_is_enough_for_a_session() {
    let (desk, session) = with_session(Desk::configured("modules = []\n"));
    let tray = Tray::start(&desk);
    let item = tray.item(&session);
    let second = desk.kyso(&["tray"]);
    assert_eq!(second.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&second.stderr).contains("in this session already"));
    let mut tray = tray;
    item.choose("Quit this icon (the agent keeps running)");
    assert_eq!(tray.0.wait().unwrap().code(), Some(0));
}

#[test]
fn a_site_is_revoked_and_signing_paused_from_the_menu() {
    let token = SoftHsm::new();
    let (desk, session) = with_session(Desk::with(&token));
    let agent = desk.agent();
    let bearer = desk.pair(agent.port, PAGE);
    let tray = Tray::start(&desk);
    let item = tray.item(&session);
    item.says("Ready to sign");
    let ready = item.icon();

    let pause = "Pause signing (until you resume or the agent restarts)";
    assert_eq!(item.line(pause).checked, Some(false));
    item.choose(pause);
    item.says("Signing is paused");
    assert_ne!(item.icon(), ready);
    let certificate = token.id("person-rsa").to_string();
    let reply = ask(&agent, &bearer, &certificate, "a.pdf").join().unwrap();
    assert!(reply.starts_with("HTTP/1.1 503") && reply.contains("\"paused\""), "{reply}");
    assert!(reply.contains("\"after_user\""), "{reply}");
    until("the check", || (item.line(pause).checked == Some(true)).then_some(()));
    // A tray that leaves takes no pause along.
    drop(tray);
    assert!(desk.kyso(&["status"]).stdout.starts_with(b"Signing is paused"));
    let tray = Tray::start(&desk);
    let item = tray.item(&session);
    item.says("Signing is paused");
    item.choose(pause);
    item.says("Ready to sign");
    let reply = ask(&agent, &bearer, &certificate, "a.pdf").join().unwrap();
    assert!(reply.contains("prompt_unavailable"), "it is asked again, where nobody can be: {reply}");

    let site = item.line(PAGE);
    assert!(site.below.iter().any(|line| line.label == "Pairings: 1"), "{site:?}");
    item.choose("Revoke this site");
    until("the revocation", || {
        item.line("Sites that may ask").below.iter().all(|line| line.label != PAGE).then_some(())
    });
    let reply = ask(&agent, &bearer, &certificate, "a.pdf").join().unwrap();
    assert!(reply.contains("pairing_required"), "{reply}");
    let kinds: Vec<String> = rows(&desk.log()).into_iter().map(|(kind, _)| kind).collect();
    for kind in ["paused", "resumed", "revoked"] {
        assert_eq!(kinds.iter().filter(|known| *known == kind).count(), 1, "{kind}: {kinds:?}");
    }
    assert!(verify(&desk.log(), None).is_ok());
}

#[test]
fn recent_signatures_tell_who_what_when_and_how() {
    let token = SoftHsm::new();
    let (desk, session) = with_session(Desk::with(&token));
    let agent = desk.agent();
    let tray = Tray::start(&desk);
    let item = tray.item(&session);
    let digest = "ab".repeat(32);
    let mut signer = desk.in_terminal(&[
        "sign",
        "--digest",
        &digest,
        "--certificate",
        &token.id("person-rsa").to_string(),
    ]);
    signer.wait_for("Token PIN (Enter: sign, Esc: cancel): ", 0);
    item.says("Waiting for your answer");
    signer.type_text("123456\r");
    assert_eq!(signer.exit_code(), 0, "{}", signer.text());
    let recent = until("the signature", || {
        item.line("Recent signatures").below.into_iter().find(|line| line.label.ends_with(" · signed"))
    });
    assert!(recent.label.contains(" · Your command · "), "{recent:?}");
    assert!(recent.enabled, "it opens the log");
    item.says("Ready to sign");
    drop(agent);
}

#[test]
fn the_language_and_the_start_are_kept() {
    let (desk, session) = with_session(Desk::configured("# mine\nport = 21543\nmodules = []\n"));
    let tray = Tray::start(&desk);
    let item = tray.item(&session);
    item.says("The signing agent is not running");
    item.choose("Tiếng Việt");
    item.says("Dịch vụ ký số chưa chạy");
    let config = std::fs::read_to_string(desk.config()).unwrap();
    assert_eq!(config, "language = \"vi\"\n# mine\nport = 21543\nmodules = []\n");

    let start = "Khởi động cùng máy tính";
    assert_eq!(item.line(start).checked, Some(false));
    item.choose(start);
    // The panel's own check is there before the tray has heard of the choice.
    let entry = desk.folder().join("config/autostart/kyso-tray.desktop");
    let text = until("the entry", || std::fs::read_to_string(&entry).ok());
    until("the check", || (item.line(start).checked == Some(true)).then_some(()));
    let runs = |line: &str| {
        line.starts_with("Exec=") && line.contains(env!("CARGO_BIN_EXE_kyso")) && line.ends_with(" tray")
    };
    assert!(text.lines().any(runs), "{text}");
    if let Ok(checked) = Command::new("desktop-file-validate").arg(&entry).output() {
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
    item.choose(start);
    until("the entry's end", || (!entry.exists()).then_some(()));
    until("the check", || (item.line(start).checked == Some(false)).then_some(()));
}

#[test]
fn the_log_is_opened_as_a_table() {
    let (desk, session) = with_session(Desk::configured("modules = []\n"));
    let tools = desk.folder().join("tools");
    std::fs::create_dir_all(&tools).unwrap();
    let opened = desk.folder().join("opened");
    let opener = format!("#!/bin/sh\ncp \"$1\" '{}.new' && mv '{0}.new' '{0}'\n", opened.display());
    std::fs::write(tools.join("xdg-open"), opener).unwrap();
    assert!(Command::new("chmod").arg("755").arg(tools.join("xdg-open")).status().unwrap().success());
    let agent = desk.agent();
    assert!(desk.kyso(&["origins", "allow", PAGE]).status.success());
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let tray = Tray(desk.command(&["tray"]).env("PATH", path).spawn().unwrap());
    tray.item(&session).choose("Open the signing log");
    let text = until("the table", || std::fs::read_to_string(&opened).ok());
    assert!(text.contains(",allowed,") && text.contains(PAGE), "{text}");
    drop(agent);
}
