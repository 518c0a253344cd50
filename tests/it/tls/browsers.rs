//! Real browsers trust the certificate while https is on, and not otherwise.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{credentials, desk, said};
use crate::support::agent::{sha256, value};
use crate::support::desk::Desk;
use crate::support::desktop::Desktop;
use crate::support::marionette::Firefox;
use crate::support::nss;
use crate::support::simulator::Simulator;
use crate::support::site::Site;
use crate::support::softhsm::{SoftHsm, verify};
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

/// Pages whose policy lets them go no other way, and the way that the client takes then.
const WAYS: [(&str, &str); 2] =
    [("https://127.0.0.1:* wss://127.0.0.1:*", "https"), ("wss://127.0.0.1:*", "wss")];

/// A simulator with https, trusted by the browsers of this desk.
fn secured(desk: &Desk) -> Simulator {
    Simulator::prepared(|folder| {
        let mut enable = desk.command(&["tls", "enable"]);
        said(&enable.env("XDG_DATA_HOME", folder.join("data")).output().unwrap(), 0);
    })
}

/// Has the client pair and sign under this policy, and calls `done` with what came of it.
fn work(port: u16, policy: &str) -> String {
    format!(
        "const meta = document.createElement('meta'); meta.httpEquiv = 'Content-Security-Policy'; \
         meta.content = \"connect-src 'self' {policy}\"; document.head.append(meta); localStorage.clear(); \
         import('/kyso.js').then(async ({{ Kyso, sha256 }}) => {{ \
           const kyso = await Kyso.connect({{ name: 'TEST', agent: {{ ports: [{port}] }} }}); \
           await kyso.pair(); \
           const digest = await sha256(new Blob(['Điều 1.'])); \
           return {{ transport: kyso.transport, ...(await kyso.sign([{{ name: 'Công văn', digest }}])) }}; \
         }}).then((made) => done(JSON.stringify(made)), (error) => done(`${{error.code}}: ${{error.message}}`))"
    )
}

fn worked(said: &str, transport: &str) {
    let made: Value = serde_json::from_str(said).unwrap_or_else(|_| panic!("{transport}: {said}"));
    assert_eq!(made["transport"], transport);
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("leaf.der");
    let der = made["certificate"]["der"].as_str().unwrap();
    std::fs::write(&certificate, STANDARD.decode(der).unwrap()).unwrap();
    let scheme = made["scheme"].as_str().unwrap().parse().unwrap();
    assert!(verify(&certificate, scheme, &sha256("Điều 1."), &value(&made, 0)), "{transport}");
}

#[test]
fn the_client_signs_by_https_and_by_wss_alone_in_chromium() {
    let (desktop, (desk, _)) = (Desktop::start(), desk());
    let simulator = secured(&desk);
    let site = Site::start(&simulator.root());
    let browser = Browser::at_home(desktop.display(), desk.folder());
    for (policy, transport) in WAYS {
        browser.go(&site.url);
        browser.run(&format!(
            "window.said = ''; const done = (said) => {{ window.said = said }}; {}",
            work(simulator.port, policy)
        ));
        worked(browser.until("return window.said").as_str().unwrap(), transport);
    }
}

#[test]
fn the_client_signs_by_https_and_by_wss_alone_in_firefox() {
    let (desk, [_, profile, _]) = desk();
    let simulator = secured(&desk);
    let site = Site::start(&simulator.root());
    let mut browser = Firefox::open(desk.folder(), &profile);
    for (policy, transport) in WAYS {
        browser.go(&site.url);
        let script = format!("const done = arguments[0]; {}", work(simulator.port, policy));
        worked(browser.run(&script).as_str().unwrap(), transport);
    }
}
