//! What a page is told of a certificate that the machine's policy bars: by the shipped client in a browser, of a running
//! agent that asks an authority.

use kyso::domain::validation::{Chain, Revocation};
use serde_json::json;

use crate::support::agent::Agent;
use crate::support::browsing::{Kind, Local};
use crate::support::pages::Pages;
use crate::support::person::Act;
use crate::support::pki::{Pki, strict};

#[test]
fn the_client_throws_each_code_of_a_certificate_that_may_not_sign() {
    let (pki, pages) = (Pki::start(), Pages::start());
    let token = pki.token(&["good", "revoked"]);
    let browser = Kind::Chromium.headless(&pages, Local::Allows);
    browser.open(&pages.office());
    let signs = |agent: &Agent, name: &str| {
        browser.run("localStorage.clear()");
        agent.person.then([Act::Yes]);
        let connect = format!("await page.connect({}); await page.kyso.pair()", agent.port);
        let paired = browser.run(&format!("return page.outcome(async () => {{ {connect} }})"));
        assert_eq!(paired, json!({ "value": null }));
        agent.person.then([Act::Nothing]);
        browser.run(&format!(
            "page.begin(async () => page.kyso.sign([await page.item('Công văn 1')], {{ certificate: '{}' }}))",
            pki.id(name)
        ));
        browser.until("return page.done")["code"].as_str().unwrap_or_default().to_owned()
    };
    let checked = || Agent::checking(&token, pki.checker(strict(Revocation::Any)));
    assert_eq!(signs(&checked(), "revoked"), "certificate_revoked");
    pki.mode("gone");
    std::fs::remove_dir_all(pki.answers()).unwrap();
    assert_eq!(signs(&checked(), "good"), "revocation_unavailable");
    std::fs::remove_file(pki.anchors().join("root.crt")).unwrap();
    let required = kyso::domain::validation::Rules { chain: Chain::Require, ..strict(Revocation::Off) };
    let agent = Agent::checking(&token, pki.checker(required));
    assert_eq!(signs(&agent, "good"), "certificate_untrusted");
}
