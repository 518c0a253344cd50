//! Real Chromium on a page of another origin, the real windows, a real verdict.

use std::path::Path;
use std::time::Duration;

use crate::support::desk::Desk;
use crate::support::desktop::Desktop;
use crate::support::site::Site;
use crate::support::softhsm::SoftHsm;
use crate::support::webdriver::Browser;

/// Where the pictures of this run are kept, for whoever wants to look.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/pictures");

/// The class of Kyso's windows.
const WINDOW: &str = "kyso-prompt";

#[test]
fn a_page_is_paired_and_signed_for_in_the_real_windows() {
    let token = SoftHsm::new();
    let desktop = Desktop::start();
    let mut desk = Desk::with(&token);
    desk.set("DISPLAY", desktop.display());
    desk.set("KYSO_LANG", "vi");
    let agent = desk.agent_with_windows();
    let site = Site::start(&token.ca().join("root.crt"));
    let document = desk.folder().join("Công văn 123-UBND-VP về việc triển khai chữ ký số.txt");
    std::fs::write(&document, "Kính gửi: Văn phòng Chính phủ").unwrap();
    let picture = |window: &str, name: &str| desktop.picture(window, &Path::new(PICTURES).join(name));

    let browser = Browser::open(desktop.display());
    browser.go(&site.url);
    // Other tests' agents listen as well; the page tries its last good port first.
    browser.run(&format!("localStorage.setItem('kyso.port', '{}')", agent.port));
    browser.click("#load");
    let window = desktop.window(WINDOW);
    picture(&window, "prompt-pair.png");
    let (width, height) = desktop.size(&window);
    // In its first half second the window takes no answer.
    desktop.until("the consent", || {
        desktop.click(&window, width - 70, height - 36);
        desktop.windows(WINDOW).is_empty().then_some(())
    });
    browser.until("return document.querySelectorAll('#certificate option').length > 1");

    let chosen = token.id("person-rsa");
    browser.run(&format!("document.getElementById('certificate').value = '{chosen}'"));
    browser.type_into("#file", document.to_str().unwrap());
    browser.until("return !document.getElementById('sign').disabled");
    browser.click("#sign");
    let window = desktop.window(WINDOW);
    desktop.until("the focus", || desktop.has_focus(WINDOW).then_some(()));
    desktop.type_text(SoftHsm::PIN);
    picture(&window, "prompt-sign.png");
    desktop.until("the signature", || {
        desktop.key("Return");
        desktop.windows(WINDOW).is_empty().then_some(())
    });
    browser.until("return document.getElementById('verdict').className === 'valid'");
    let verdict = browser.run("return document.getElementById('result').innerText");
    let verdict = verdict.as_str().unwrap();
    for part in ["Nguyễn Thị Minh Khai", "Chánh Văn phòng", "Ủy ban nhân dân tỉnh Tuyên Quang"]
    {
        assert!(verdict.contains(part), "{part}: {verdict}");
    }
    desktop.gone(WINDOW, Duration::from_secs(5));
    let verified = desk.kyso(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}
