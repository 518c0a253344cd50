//! `kyso:start` in real browsers: a page that finds no Kyso starts it, by the way that the package lays.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{PICTURES, WINDOW};
use crate::support::browsing::{Kind, Local, Setup};
use crate::support::desk::Desk;
use crate::support::desktop::Desktop;
use crate::support::office::Network;
use crate::support::pages::Pages;
use crate::support::site::Site;
use crate::support::softhsm::SoftHsm;

#[test]
fn chromium_starts_kyso_for_a_page_that_finds_none() {
    a_page_that_finds_no_kyso_starts_it(Kind::Chromium);
}

#[test]
fn firefox_starts_kyso_for_a_page_that_finds_none() {
    a_page_that_finds_no_kyso_starts_it(Kind::Firefox);
}

/// In a network of its own: no other test's agent is there to be found.
fn a_page_that_finds_no_kyso_starts_it(kind: Kind) {
    Network::new().inside(|| {
        let (token, desktop) = (SoftHsm::new(), Desktop::start());
        let mut desk = Desk::with(&token);
        desk.set("KYSO_LANG", "vi");
        let programs = installed(&desk);
        let _started = desk.ends_its_agent();
        let (pages, site) = (Pages::start(), Site::start(&token.ca().join("root.crt")));
        let display = Some(desktop.display());
        let browser = kind.start(Setup {
            pages: &pages,
            local: Local::Asks,
            display,
            policy: None,
            programs: Some(&programs),
        });
        let picture = |name: &str| {
            let name = format!("{}-{name}.png", format!("{kind:?}").to_lowercase());
            desktop.picture("root", &Path::new(PICTURES).join(name));
        };
        browser.go(&site.url);
        browser.until("return document.querySelectorAll('#list li').length > 20");

        browser.click("#act");
        browser.until("return !document.getElementById('error').hidden");
        let said = browser.run("return document.getElementById('error').innerText").to_string();
        for part in ["Không thấy Kyso trên máy này.", "sudo apt install", "Khởi động Kyso", "Thử lại"]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(browser.run("return document.activeElement.id"), "error", "a screen reader is led there");
        picture("page-without-kyso");

        browser.click("#launch");
        browser.lets_open(&desktop, &mut || {
            picture("asks-to-start-kyso");
            desk.serving().is_some()
        });
        // It looks again by itself, once; whoever took longer to answer the browser clicks.
        desktop.until("Kyso's own question", || {
            browser
                .run("return document.getElementById('again').checkVisibility()")
                .as_bool()?
                .then(|| browser.click("#again"));
            desktop.windows(WINDOW).pop()
        });
        picture("kyso-started");
        let serving = std::fs::read_link(format!("/proc/{}/exe", desk.serving().unwrap())).unwrap();
        assert!(serving.ends_with("kyso-agent"), "{serving:?}");
    });
}

/// The package's entry for the scheme, known to the desktop as after an installation, that starts Kyso at this desk.
fn installed(desk: &Desk) -> PathBuf {
    let program = desk.folder().join("installed");
    let command = desk.command(&[]);
    let known: Vec<String> = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}='{}'", name.to_str()?, value?.to_str()?)))
        .collect();
    let kyso = command.get_program().to_str().unwrap();
    std::fs::write(&program, format!("#!/bin/sh\nexec env {} {kyso} \"$@\"\n", known.join(" "))).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();

    let (packaging, data) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging"), desk.folder().join("share"));
    let entry = std::fs::read_to_string(packaging.join("kyso-launch.desktop")).unwrap();
    let entries = data.join("applications");
    std::fs::create_dir_all(&entries).unwrap();
    let there = entry.replace("/usr/bin/kyso", program.to_str().unwrap());
    assert_ne!(there, entry, "the entry starts something else");
    std::fs::write(entries.join("kyso-launch.desktop"), there).unwrap();
    let status = Command::new("update-desktop-database").arg(&entries).status();
    assert!(status.expect("update-desktop-database: apt-get install desktop-file-utils").success());
    data
}
