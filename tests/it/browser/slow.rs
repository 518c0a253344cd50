//! A batch that takes longer than browsers wait for an HTTP answer: six minutes, or a tenth of that unless `KYSO_LONG=1`.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::scheme::Scheme;

use crate::support::agent::sha256;
use crate::support::browsing::{Kind, Local};
use crate::support::counting::Counting;
use crate::support::figures::print;
use crate::support::pages::Pages;
use crate::support::softhsm::{SoftHsm, verify};

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
    let (pages, token, counting) = (Pages::start(), SoftHsm::new(), Counting::new());
    let mut desk = counting.desk(&token);
    desk.set("KYSO_SLOW_MS", &(seconds * 1_000 / 20).to_string());
    let (mut terminal, port) = desk.agent_in_terminal();
    let allowed = desk.kyso(&["origins", "allow", &pages.office()]);
    assert!(allowed.status.success(), "{allowed:?}");
    let browser = kind.headless(&pages, Local::Allows);
    browser.open(&pages.office());
    browser.run(&format!(
        "page.told = []; page.begin(async () => {{ \
           await page.connect({port}); \
           const names = Array.from({{ length: 20 }}, (_, at) => `Công văn ${{at + 1}}`); \
           const items = await Promise.all(names.map(page.item)); \
           const onProgress = ({{ done, total }}) => page.told.push(`${{done}}/${{total}}`); \
           const options = {{ certificate: '{}', onProgress, timeout: 600 }}; \
           return (await page.kyso.sign(items, options)).signatures.map(({{ value }}) => value); \
         }})",
        token.id("person-p256")
    ));
    terminal.wait_for("Token PIN", 0);
    let begun = Instant::now();
    terminal.type_text(&format!("{}\n", SoftHsm::PIN));
    browser.until_within(Duration::from_secs(seconds), "return page.told.includes('3/20')");
    assert!(browser.run("return page.done").is_null(), "it is told while it works");
    let done = browser.until_within(Duration::from_secs(seconds + 120), "return page.done");
    let values: Vec<String> =
        serde_json::from_value(done["value"].clone()).unwrap_or_else(|_| panic!("{done}"));
    assert_eq!(values.len(), 20);
    for (at, value) in values.iter().enumerate() {
        let (digest, value) = (sha256(&format!("Công văn {}", at + 1)), STANDARD.decode(value).unwrap());
        assert!(verify(&token.certificate("person-p256"), Scheme::Ecdsa, &digest, &value), "{at}");
    }
    assert!(begun.elapsed() >= Duration::from_secs(seconds), "the token is slow");
    let mut told: Vec<String> = serde_json::from_value(browser.run("return page.told")).unwrap();
    told.dedup();
    let wanted: Vec<String> = (1..=20).map(|done| format!("{done}/20")).collect();
    assert!(told.ends_with(&wanted), "{told:?}");
    let (took, told) = (begun.elapsed(), told.len());
    print(&format!(
        "{kind:?} waited {took:?} for a batch of 20, was told of its progress {told} times, and has it"
    ));
    assert!(desk.kyso(&["audit", "verify"]).status.success());
}
