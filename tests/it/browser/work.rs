//! What a document system does all day, by the shipped client, in both browsers, over each way that carries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::agent::{rows, sha256, value};
use crate::support::browsing::{Browsing, Kind, Local};
use crate::support::pages::Pages;
use crate::support::simulator::Simulator;
use crate::support::softhsm::verify;

#[test]
fn chromium_does_a_days_work() {
    a_days_work(Kind::Chromium);
}

#[test]
fn firefox_does_a_days_work() {
    a_days_work(Kind::Firefox);
}

fn a_days_work(kind: Kind) {
    let pages = Pages::start();
    let browser = kind.headless(&pages, Local::Allows);
    for (file, transport) in [("index.html", "http"), ("http.html", "http"), ("socket.html", "ws")] {
        browser.open(&format!("{}/{file}", pages.office()));
        browser.run("localStorage.clear()");
        // Each has its own: few requests of a page that come to nothing are borne a minute (R22).
        let simulator = Simulator::start();
        let port = simulator.port;
        let did = |script: &str| {
            let done = browser.run(&format!("return page.outcome(async () => {{ {script} }})"));
            assert!(done.get("value").is_some(), "{file}: {script}: {done}");
            done["value"].clone()
        };
        assert_eq!(did(&format!("return await page.connect({port})")), transport, "{file}");
        did("await page.kyso.pair()");
        assert_eq!(rows(&simulator.log()).pop().unwrap().0, "paired");
        signs(&simulator, &did);
        signs_in(&pages, &did);
        takes_back(&simulator, browser.as_ref(), file);
        if file != "http.html" {
            hears_of_tokens(browser.as_ref());
            hears_of_progress(&did);
        }
        did("await page.kyso.forget()");
        browser.go("about:blank");
        let said = simulator.let_go();
        assert_eq!(said.matches("Hệ thống văn bản").count(), 1, "one pairing a page: {said}");
    }
}

fn signs(simulator: &Simulator, did: &dyn Fn(&str) -> Value) {
    for key in ["rsa", "ec"] {
        let signed = did(&format!(
            "const [certificate] = await page.kyso.certificates({{ purpose: 'sign', key: '{key}' }}); \
             return page.kyso.sign([await page.item('Công văn 1')], {{ certificate: certificate.id }})"
        ));
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("leaf.der");
        let der = STANDARD.decode(signed["certificate"]["der"].as_str().unwrap()).unwrap();
        std::fs::write(&certificate, der).unwrap();
        let scheme = signed["scheme"].as_str().unwrap().parse().unwrap();
        let signature = value(&signed, 0);
        assert!(verify(&certificate, scheme, &sha256("Công văn 1"), &signature), "{key}");
        assert!(!verify(&certificate, scheme, &sha256("Công văn 2"), &signature), "{key}");
        assert_eq!(rows(&simulator.log()).pop().unwrap().0, "signed");
    }
}

fn signs_in(pages: &Pages, did: &dyn Fn(&str) -> Value) {
    let signed = did("return page.kyso.authenticate(new Uint8Array(32).fill(5))");
    assert_eq!(signed["origin"], pages.office());
    assert_eq!(signed["nonce"], STANDARD.encode([5; 32]));
    assert_eq!(signed["certificate"]["purposes"], json!(["authenticate"]));
}

/// Leaving ends the request, and nothing is signed.
fn takes_back(simulator: &Simulator, browser: &dyn Browsing, file: &str) {
    let before = rows(&simulator.log()).len();
    browser.run(
        "page.begin(async (signal) => page.kyso.sign([await page.item('Công văn [slow 25]')], { signal }))",
    );
    browser.until("return page.states.includes('signing')");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let ended = |wanted: usize| {
        while rows(&simulator.log()).len() < before + wanted {
            assert!(std::time::Instant::now() < end, "{file}: {wanted} rows did not come");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        rows(&simulator.log()).pop().unwrap().0
    };
    assert_eq!(ended(1), "asked", "{file}");
    browser.run("page.leave()");
    assert_eq!(browser.until("return page.done")["code"], "cancelled", "{file}");
    assert_eq!(ended(2), "cancelled", "{file}");
}

fn hears_of_tokens(browser: &dyn Browsing) {
    browser.run(
        "page.before = page.greetings; page.heard = []; page.begin(async (signal) => { \
           for await (const { event, token } of page.kyso.events({ signal })) page.heard.push(`${event} ${token.serial}`); \
         })",
    );
    browser.until("return page.greetings > page.before");
    // The script pulls the token out and puts it back.
    let pulled = "return page.outcome(async () => page.kyso.sign([await page.item('Công văn [removed]')]))";
    assert_eq!(browser.run(pulled)["code"], "token_removed");
    browser.until("return page.heard.length >= 2");
    let heard = browser.run("return page.heard.slice(0, 2).join()");
    assert_eq!(heard, "token_removed KYSO-SIMULATOR,token_inserted KYSO-SIMULATOR");
    browser.run("page.leave()");
    assert_eq!(browser.until("return page.done"), json!({ "value": null }), "the loop ends");
}

fn hears_of_progress(did: &dyn Fn(&str) -> Value) {
    let told = did(
        "const items = await Promise.all([1, 2, 3, 4, 5].map((at) => page.item(`Công văn ${at} [slow 1]`))); \
         const told = []; \
         await page.kyso.sign(items, { onProgress: ({ done, total }) => told.push(`${done}/${total}`) }); \
         return told.join(' ')",
    );
    let told = told.as_str().unwrap().to_owned();
    assert!(told.contains("2/5") && told.ends_with("5/5"), "{told}");
}
