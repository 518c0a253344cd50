//! Real browsers trust the certificate while https is on, and not otherwise.

use std::path::Path;

use super::{credentials, said};
use crate::support::desk::Desk;
use crate::support::desktop::Desktop;
use crate::support::marionette::Firefox;
use crate::support::nss;
use crate::support::site::Site;
use crate::support::softhsm::SoftHsm;
use crate::support::webdriver::Browser;

/// Calls the agent from the page; says `agent kyso`, or why not.
fn script(port: u16) -> String {
    format!(
        "fetch('https://127.0.0.1:{port}/v1/health', {{ targetAddressSpace: 'loopback' }})\
         .then((reply) => reply.json()).then((said) => done('agent ' + said.agent), (error) => done(String(error)))"
    )
}

#[test]
fn r55_chromium_calls_https_while_it_is_on() {
    let (token, desktop) = (SoftHsm::new(), Desktop::start());
    let desk = Desk::configured("modules = []\n");
    let (agent, site) = (desk.agent(), Site::start(&token.ca().join("root.crt")));
    let call = || {
        let browser = Browser::at_home(desktop.display(), desk.folder());
        browser.go(&site.url);
        browser.run(&format!(
            "window.said = ''; const done = (said) => {{ window.said = said }}; {}",
            script(agent.port + 100)
        ));
        browser.until("return window.said").as_str().unwrap().to_owned()
    };
    said(&desk.kyso(&["tls", "enable"]), 0);
    assert_eq!(call(), "agent kyso");
    // The listener stays as it is, the trust does not.
    let name = credentials(&desk).authority.name();
    let removed = nss::certutil(&desk.folder().join(".pki/nssdb"), &["-D", "-n", &name]);
    assert!(removed.status.success(), "{removed:?}");
    assert_eq!(call(), "TypeError: Failed to fetch");
    desk.kyso(&["doctor", "--fix"]);
    assert_eq!(call(), "agent kyso");
}

#[test]
fn r55_firefox_calls_https_while_it_is_on() {
    let token = SoftHsm::new();
    let desk = Desk::configured("modules = []\n");
    let profile = desk.folder().join(".mozilla/firefox/a.default");
    std::fs::create_dir_all(&profile).unwrap();
    let (agent, site) = (desk.agent(), Site::start(&token.ca().join("root.crt")));
    let call = |profile: &Path| {
        let mut browser = Firefox::open(desk.folder(), profile);
        browser.go(&site.url);
        let script = format!("const done = arguments[0]; {}", script(agent.port + 100));
        browser.run(&script).as_str().unwrap().to_owned()
    };
    said(&desk.kyso(&["tls", "enable"]), 0);
    assert!(call(&profile).starts_with("TypeError"), "a new profile trusts nothing of Kyso's");
    desk.kyso(&["doctor", "--fix"]);
    assert_eq!(call(&profile), "agent kyso");
    said(&desk.kyso(&["tls", "disable"]), 0);
    assert!(call(&profile).starts_with("TypeError"));
}
