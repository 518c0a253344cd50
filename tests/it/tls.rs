//! https: the certificate, the stores that trust it, the listener, and real browsers.

mod browsers;
mod command;
mod gate;
mod renewal;
mod secret;
mod stores;
mod wire;

use std::path::{Path, PathBuf};
use std::process::Output;

use kyso::tls::Credentials;

use crate::support::desk::Desk;
use crate::support::nss;

/// The page of these tests.
const PAGE: &str = "https://vanban.example.gov.vn";

/// A desk with the store of a Chromium and the profiles of two Firefoxes.
fn desk() -> (Desk, [PathBuf; 3]) {
    let desk = Desk::configured("modules = []\n");
    let places =
        [".pki/nssdb", ".mozilla/firefox/a.default", "snap/firefox/common/.mozilla/firefox/b.default"];
    let stores = places.map(|place| desk.folder().join(place));
    stores.iter().for_each(|store| nss::store(store, ""));
    (desk, stores)
}

/// What https runs with at this desk.
fn credentials(desk: &Desk) -> Credentials {
    Credentials::read(&desk.data().join("tls.pem")).unwrap().expect("https is on")
}

/// Whether a store trusts this authority for web servers.
fn trusts(store: &Path, name: &str) -> bool {
    let listed = String::from_utf8(nss::certutil(store, &["-L"]).stdout).unwrap();
    listed.lines().any(|line| line.starts_with(&format!("{name} ")) && line.trim_end().ends_with(" C,,"))
}

/// What a command said, and that it ended so.
fn said(output: &Output, code: i32) -> String {
    let text = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}
