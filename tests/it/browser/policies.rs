//! The policy files that administrators are given, at the places that their page names.

use std::path::Path;

use serde_json::json;

use crate::support::browsing::{Kind, Local, Setup};
use crate::support::pages::Pages;
use crate::support::simulator::Simulator;

#[test]
fn r23_chromium_asks_nothing_where_the_policy_has_answered() {
    r23_nothing_is_asked_where_the_policy_has_answered(Kind::Chromium, "chrome.json");
}

/// Edge runs on Chromium and takes the same file; the browser itself is not in Debian.
#[test]
fn r23_chromium_takes_edges_policy_too() {
    r23_nothing_is_asked_where_the_policy_has_answered(Kind::Chromium, "edge.json");
}

#[test]
fn r23_firefox_asks_nothing_where_the_policy_has_answered() {
    r23_nothing_is_asked_where_the_policy_has_answered(Kind::Firefox, "firefox.json");
}

fn r23_nothing_is_asked_where_the_policy_has_answered(kind: Kind, file: &str) {
    let (pages, simulator) = (Pages::start(), Simulator::start());
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/policies").join(file);
    let setup =
        Setup { pages: &pages, local: Local::Asks, display: None, policy: Some(&policy), programs: None };
    let browser = kind.start(setup);
    let begin = format!(
        "page.begin(async (signal) => {{ \
           await page.connect({}, {{ signal }}); \
           await page.kyso.pair(); \
           return (await page.kyso.sign([await page.item('Công văn 1')])).signatures.length; \
         }})",
        simulator.port
    );
    browser.open(&pages.office());
    browser.run(&begin);
    assert_eq!(browser.until("return page.done"), json!({ "value": 1 }));
    assert_eq!(browser.run("return page.states.includes('permission')"), false);

    // It answers for that page alone.
    browser.open(&pages.foreign());
    browser.run(&begin);
    let stopped =
        browser.until("return page.done?.code ?? page.states.find((state) => state === 'permission')");
    assert!(["permission", "permission_denied"].contains(&stopped.as_str().unwrap()), "{stopped}");
}
