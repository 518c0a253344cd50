//! Real Chromium and real Firefox on pages of another origin: the real windows with real PDFs, then the shipped client and
//! the simulator.

mod attacks;
mod frames;
mod launch;
mod permission;
mod policies;
mod slow;
mod work;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::desk::{Desk, Running};
use crate::support::desktop::Desktop;
use crate::support::site::Site;
use crate::support::softhsm::SoftHsm;
use crate::support::webdriver::Browser;

/// Where the pictures of this run are kept, for whoever wants to look.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/pictures");

/// The class of Kyso's windows.
const WINDOW: &str = "kyso-prompt";

/// A person at a desk, before the document system's page.
struct Person {
    browser: Browser,
    site: Site,
    _agent: Running,
    desk: Desk,
    desktop: Desktop,
    _token: SoftHsm,
}

impl Person {
    fn sits_down() -> Self {
        let token = SoftHsm::new();
        let desktop = Desktop::start();
        let mut desk = Desk::with(&token);
        desk.set("DISPLAY", desktop.display());
        desk.set("KYSO_LANG", "vi");
        let config = std::fs::read_to_string(desk.config()).unwrap();
        let chain = format!("chain_folder = {:?}\n{config}", token.ca());
        std::fs::write(desk.config(), chain).unwrap();
        let agent = desk.agent_with_windows();
        let site = Site::start(&token.ca().join("root.crt"));
        let browser = Browser::open(desktop.display());
        browser.go(&site.url);
        // Other tests' agents listen as well; the page tries its last good port first.
        browser.run(&format!("localStorage.setItem('kyso.place', 'http:{}')", agent.port));
        browser.until("return document.querySelectorAll('#list li').length > 20");
        Self { browser, site, _agent: agent, desk, desktop, _token: token }
    }

    fn picture(&self, window: &str, name: &str) {
        self.desktop.picture(window, &Path::new(PICTURES).join(name));
    }

    fn plays(&self, role: &str) {
        self.browser.run(&format!("document.querySelector('[value={role}]').click()"));
        self.browser.until(&format!("return document.querySelector('[value={role}]').checked"));
    }

    /// Agrees in the window that asks to pair the page.
    fn lets_it_ask(&self) {
        let window = self.desktop.window(WINDOW);
        self.picture(&window, "prompt-pair.png");
        let (width, height) = self.desktop.size(&window);
        // In its first half second the window takes no answer.
        self.desktop.until("the consent", || {
            self.desktop.click(&window, width - 70, height - 36);
            self.desktop.windows(WINDOW).is_empty().then_some(())
        });
    }

    /// Types the PIN into the window that asks for it.
    fn types_the_pin(&self, picture: &str) {
        let window = self.desktop.window(WINDOW);
        self.desktop.until("the focus", || self.desktop.has_focus(WINDOW).then_some(()));
        self.desktop.type_text(SoftHsm::PIN);
        self.picture(&window, picture);
        self.desktop.until("the signature", || {
            self.desktop.key("Return");
            self.desktop.windows(WINDOW).is_empty().then_some(())
        });
        self.desktop.gone(WINDOW, Duration::from_secs(5));
    }

    /// Waits for so many good signatures in the open document.
    fn sees_valid(&self, signatures: usize) -> String {
        self.browser.until(&format!(
            "const found = document.getElementById('verdict');
             return found.className === 'valid' && found.dataset.count === '{signatures}'"
        ));
        self.browser.run("return document.getElementById('verdict').innerText").as_str().unwrap().to_owned()
    }

    fn shown(&self, id: &str) -> String {
        let text = self.browser.run(&format!("return document.getElementById('{id}').innerText"));
        text.as_str().unwrap_or_default().to_owned()
    }
}

#[test]
fn a_document_is_signed_numbered_and_sealed_in_the_page() {
    let person = Person::sits_down();
    let browser = &person.browser;
    browser.click("#load");
    person.lets_it_ask();
    browser.until("return document.querySelectorAll('#certificate option').length > 1");

    person.plays("clerk");
    browser.click("#seal-early");
    browser.until("return !document.getElementById('error').hidden");
    assert!(person.shown("error").contains("lãnh đạo ký trước"), "{}", person.shown("error"));
    assert!(person.desktop.windows(WINDOW).is_empty(), "refused before anybody was asked");

    person.plays("leader");
    browser.click("#act");
    person.types_the_pin("prompt-sign.png");
    let verdict = person.sees_valid(1);
    for part in ["Nguyễn Thị Minh Khai", "Chánh Văn phòng", "chữ ký của lãnh đạo"] {
        assert!(verdict.contains(part), "{part}: {verdict}");
    }

    person.plays("clerk");
    browser.click("#act");
    browser.until("return document.getElementById('document-kind').innerText.includes('2481/UBND-VP')");
    person.sees_valid(1);
    browser.click("#act");
    person.types_the_pin("prompt-seal.png");
    let verdict = person.sees_valid(2);
    assert!(verdict.contains("chữ ký số của cơ quan"), "{verdict}");

    let file = person.desk.folder().join("issued.pdf");
    std::fs::write(&file, person.site.get("/documents/0.pdf").body).unwrap();
    let said = Command::new("pdfsig").arg("-nocert").arg(&file).output();
    let said = String::from_utf8(said.expect("pdfsig: apt-get install poppler-utils").stdout).unwrap();
    assert_eq!(said.matches("Signature is Valid.").count(), 2, "{said}");
    let verified = person.desk.kyso(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_batch_of_twenty_is_signed_in_the_page() {
    let person = Person::sits_down();
    let browser = &person.browser;
    browser.run(
        "for (const box of document.querySelectorAll('#list input')) {
           if (Number(box.value) >= 4) document.getElementById(box.id).click();
         }",
    );
    assert_eq!(person.shown("act"), "Ký 20 văn bản");
    browser.run(
        "const bar = document.getElementById('progress');
         window.seen = [];
         new MutationObserver(() => window.seen.push([bar.value, bar.max, bar.hidden]))
           .observe(bar, { attributes: true });",
    );
    browser.click("#act");
    person.lets_it_ask();
    person.types_the_pin("prompt-batch.png");
    browser.until("return document.getElementById('mine').innerText === 'Chờ bạn (4)'");
    let seen = browser.run("return window.seen");
    let shown = |[done, max, hidden]: [&serde_json::Value; 3]| {
        done.as_f64() > Some(0.0) && max.as_f64() == Some(20.0) && hidden == false
    };
    let seen: Vec<_> = seen.as_array().unwrap().iter().collect();
    assert!(seen.iter().any(|at| shown([&at[0], &at[1], &at[2]])), "progress was shown: {seen:?}");
    browser.run("location.hash = '#/23'");
    person.sees_valid(1);
}

#[test]
fn a_person_signs_in_on_the_page() {
    let person = Person::sits_down();
    let browser = &person.browser;
    browser.click("#sign-in");
    person.lets_it_ask();
    person.types_the_pin("prompt-sign-in.png");
    browser.until("return !document.getElementById('person').hidden");
    assert_eq!(person.shown("person"), "Nguyễn Thị Minh Khai, Chánh Văn phòng");
    browser.go(&person.site.url);
    browser.until("return !document.getElementById('person').hidden");
    browser.click("#sign-out");
    browser.until("return document.getElementById('person').hidden");
}
