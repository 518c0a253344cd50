//! Inside another page's frame: with and without the right `allow`, and in a sandbox.

use serde_json::json;

use crate::support::agent::rows;
use crate::support::browsing::{Kind, Local};
use crate::support::pages::Pages;
use crate::support::simulator::Simulator;

#[test]
fn r23_chromiums_frames_need_the_allow_attribute() {
    r23_frames_need_the_allow_attribute(Kind::Chromium);
}

#[test]
fn r23_firefoxs_frames_need_the_allow_attribute() {
    r23_frames_need_the_allow_attribute(Kind::Firefox);
}

fn r23_frames_need_the_allow_attribute(kind: Kind) {
    let (pages, simulator) = (Pages::start(), Simulator::start());
    let browser = kind.headless(&pages, Local::Allows);
    browser.open(&pages.office());
    browser.open(&pages.foreign());
    let allow = "loopback-network; local-network-access";
    let everywhere = "loopback-network *; local-network-access *";
    // All of a day's work, as this page's own: the frame's origin, not that of the page around it.
    let worked = json!({ "value": { "transport": "http", "signatures": 1, "origin": pages.office() } });
    let inner = format!("{}/frame.html?port={}", pages.office(), simulator.port);
    for (attributes, wanted) in [
        (json!({ "allow": allow }), worked.clone()),
        (json!({}), json!({ "code": "permission_denied" })),
        (json!({ "allow": "camera" }), json!({ "code": "permission_denied" })),
        // Without an origin of its own a page is nobody.
        (json!({ "allow": everywhere, "sandbox": "allow-scripts" }), json!({ "code": "origin_missing" })),
        (json!({ "allow": everywhere, "sandbox": "allow-scripts allow-same-origin" }), worked),
    ] {
        browser.run(&format!(
            "page.done = undefined; void page.frame('{inner}', {attributes}).then((said) => (page.done = said))"
        ));
        assert_eq!(browser.until("return page.done"), wanted, "{attributes}");
    }
    let rows = rows(&simulator.log());
    let kinds: Vec<&str> =
        rows.iter().map(|(kind, _)| kind.as_str()).filter(|kind| *kind != "asked").collect();
    let once = ["paired", "signed", "signed", "unpaired"];
    assert_eq!(kinds, [once, once].concat(), "of the two frames that may, and of no other");
    let office = pages.office();
    assert!(
        rows.iter().all(|(_, row)| row.caller.as_deref().is_none_or(|who| who.contains(&office))),
        "{rows:?}"
    );
}
