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
    let inner = format!("{}/frame.html?port={}", pages.office(), simulator.port);
    for (attributes, wanted) in [
        (json!({ "allow": allow }), json!({ "value": "http" })),
        (json!({}), json!({ "code": "permission_denied" })),
        (json!({ "allow": "camera" }), json!({ "code": "permission_denied" })),
        // Without an origin of its own a page is nobody.
        (json!({ "allow": everywhere, "sandbox": "allow-scripts" }), json!({ "code": "origin_missing" })),
    ] {
        browser.run(&format!(
            "page.done = undefined; void page.frame('{inner}', {attributes}).then((said) => (page.done = said))"
        ));
        assert_eq!(browser.until("return page.done"), wanted, "{attributes}");
    }
    assert!(rows(&simulator.log()).is_empty(), "nobody asked for anything");
}
