//! A batch that takes longer than browsers wait for an HTTP answer: six minutes, or a tenth of that unless `KYSO_LONG=1`.

use std::time::{Duration, Instant};

use crate::support::browsing::{Kind, Local};
use crate::support::figures::print;
use crate::support::pages::Pages;
use crate::support::simulator::Simulator;

#[test]
fn chromium_waits_for_a_slow_batch_and_sees_it_grow() {
    a_slow_batch_ends_with_progress(Kind::Chromium);
}

#[test]
fn firefox_waits_for_a_slow_batch_and_sees_it_grow() {
    a_slow_batch_ends_with_progress(Kind::Firefox);
}

fn a_slow_batch_ends_with_progress(kind: Kind) {
    let is_long = std::env::var_os("KYSO_LONG").is_some_and(|value| value == "1");
    let seconds = if is_long { 360 } else { 36 };
    let (pages, simulator) = (Pages::start(), Simulator::start());
    let browser = kind.headless(&pages, Local::Allows);
    browser.open(&pages.office());
    let begun = Instant::now();
    browser.run(&format!(
        "page.told = []; page.begin(async () => {{ \
           await page.connect({}); \
           const names = Array.from({{ length: 20 }}, (_, at) => `Công văn ${{at + 1}} [slow {seconds}].pdf`); \
           const items = await Promise.all(names.map(page.item)); \
           const onProgress = ({{ done, total }}) => page.told.push(`${{done}}/${{total}}`); \
           return (await page.kyso.sign(items, {{ onProgress, timeout: 600 }})).signatures.length; \
         }})",
        simulator.port
    ));
    browser.until_within(Duration::from_secs(seconds), "return page.told.includes('3/20')");
    assert!(browser.run("return page.done").is_null(), "it is told while it works");
    let done = browser.until_within(Duration::from_secs(seconds + 120), "return page.done");
    assert_eq!(done["value"], 20, "{done}");
    assert!(begun.elapsed() >= Duration::from_secs(seconds), "the token is slow");
    let told: Vec<String> = serde_json::from_value(browser.run("return page.told")).unwrap();
    let wanted: Vec<String> = (1..=20).map(|done| format!("{done}/20")).collect();
    assert!(told.ends_with(&wanted), "{told:?}");
    let (took, told) = (begun.elapsed(), told.len());
    print(&format!(
        "{kind:?} waited {took:?} for a batch of 20, was told of its progress {told} times, and has it"
    ));
}
