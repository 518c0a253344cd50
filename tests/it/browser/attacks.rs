//! What other pages try, in both browsers, with the browser's own question answered by yes and with a browser that does
//! not know it (R24): refused by the gate, and nobody is asked.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::agent::rows;
use crate::support::browsing::{Browsing, Kind, Local};
use crate::support::pages::Pages;
use crate::support::simulator::Simulator;

#[test]
fn r13_r18_what_other_pages_try_in_chromium_is_refused() {
    what_other_pages_try_is_refused(Kind::Chromium, Local::Allows);
}

#[test]
fn r13_r18_what_other_pages_try_in_firefox_is_refused() {
    what_other_pages_try_is_refused(Kind::Firefox, Local::Allows);
}

#[test]
fn r24_it_is_refused_where_chromium_asks_nobody() {
    what_other_pages_try_is_refused(Kind::Chromium, Local::Unknown);
}

#[test]
fn r24_it_is_refused_where_firefox_asks_nobody() {
    what_other_pages_try_is_refused(Kind::Firefox, Local::Unknown);
}

fn what_other_pages_try_is_refused(kind: Kind, local: Local) {
    let (pages, simulator) = (Pages::start(), Simulator::start());
    let browser = kind.headless(&pages, local);
    let port = simulator.port;
    let squatter = Squatter::beside(port);
    browser.open(&pages.office());
    let paired = browser.run(&format!(
        "return page.outcome(async () => {{ \
           await page.connect({port}); await page.kyso.pair(); \
           await page.kyso.sign([await page.item('Công văn 1')]); \
         }})"
    ));
    assert_eq!(paired, json!({ "value": null }), "who is welcome is let in");
    assert_eq!(squatter.end(), 0, "R5: nothing goes to the other address of this machine's name");
    let token = browser.run("return localStorage.getItem('kyso.token')").as_str().unwrap().to_owned();
    let before = rows(&simulator.log()).len();

    browser.open(&pages.foreign());
    let attack = Attack { browser: browser.as_ref(), port, token };
    attack.reaches_the_agent();
    attack.with_a_stolen_token();
    attack.without_cors();
    attack.by_a_service_worker();
    attack.by_a_form();
    attack.by_a_form_in_its_own_place();
    attack.by_a_frame();
    browser.open(&pages.foreign());
    attack.by_a_sandbox();
    attack.by_another_name(&pages);
    attack.by_rebinding();

    let rows = rows(&simulator.log());
    assert_eq!(rows.len(), before, "something was logged: {:?}", &rows[before..]);
    drop(browser);
    let said = simulator.let_go();
    assert_eq!(said.lines().count(), 2, "somebody was asked: {said}");
}

/// A page that means no good; it has got hold of another page's token.
struct Attack<'a> {
    browser: &'a dyn Browsing,
    port: u16,
    token: String,
}

impl Attack<'_> {
    /// What `page.NAME(url, options)` comes to.
    fn tried(&self, with: &str, path: &str, options: &Value) -> Value {
        let Self { browser, port, .. } = self;
        browser.run(&format!("return page.{with}('http://127.0.0.1:{port}{path}', {options})"))
    }

    /// So that what follows is refused by Kyso, and not by the browser.
    fn reaches_the_agent(&self) {
        let seen = self.tried("ask", "/v1/health", &json!({}));
        assert_eq!(seen, json!({ "status": 200, "text": r#"{"agent":"kyso","api":1}"# }));
    }

    fn with_a_stolen_token(&self) {
        let bearer = json!({ "headers": { "Authorization": format!("Bearer {}", self.token) } });
        assert_eq!(code(&self.tried("ask", "/v1/certificates", &bearer)), "pairing_required");
        let script = format!(
            "return page.socket('ws://127.0.0.1:{}/v1/socket', {})",
            self.port,
            json!({ "token": self.token })
        );
        let heard = self.browser.run(&script);
        assert_eq!(heard["heard"][0]["error"]["code"], "pairing_required", "{heard}");
        assert_eq!((heard["heard"].as_array().unwrap().len(), &heard["code"]), (1, &json!(4401)), "{heard}");
    }

    fn without_cors(&self) {
        for (with, method) in [("ask", "GET"), ("ask", "POST"), ("worker", "GET"), ("worker", "POST")] {
            let mut options = json!({ "mode": "no-cors", "method": method });
            if method == "POST" {
                options["body"] = json!(PAIRING);
            }
            let seen =
                self.tried(with, if method == "POST" { "/v1/pairings" } else { "/v1/health" }, &options);
            assert_eq!(seen, json!({}), "{with} {method}");
        }
        let image = format!(
            "return new Promise((resolve) => {{ const image = new Image(); image.onload = () => resolve('shown'); \
             image.onerror = () => resolve('not shown'); image.src = 'http://127.0.0.1:{}/v1/health'; }})",
            self.port
        );
        assert_eq!(self.browser.run(&image), "not shown");
    }

    fn by_a_service_worker(&self) {
        let bearer = json!({ "headers": { "Authorization": format!("Bearer {}", self.token) } });
        assert_eq!(code(&self.tried("worker", "/v1/certificates", &bearer)), "pairing_required");
    }

    /// A popup's form sends whatever text it likes, JSON too.
    fn by_a_form(&self) {
        let Self { browser, port, .. } = self;
        let known = browser.windows();
        let (name, value) = PAIRING.split_once('=').unwrap();
        browser.run(&format!(
            "const form = document.getElementById('form'); form.action = 'http://127.0.0.1:{port}/v1/pairings'; \
             form.elements[0].name = {}; form.elements[0].value = {}",
            json!(name),
            json!(value)
        ));
        browser.click("#submit");
        let end = Instant::now() + Duration::from_secs(20);
        let popup = loop {
            if let Some(window) = browser.windows().into_iter().find(|window| !known.contains(window)) {
                break window;
            }
            assert!(Instant::now() < end, "no popup");
            std::thread::sleep(Duration::from_millis(50));
        };
        browser.switch(&popup);
        browser.until("return document.body?.innerText.includes('origin_missing') ?? false");
        browser.switch(&known[0]);
    }

    /// The same where the page itself was.
    fn by_a_form_in_its_own_place(&self) {
        let Self { browser, port, .. } = self;
        let back = browser.run("return location.href");
        let (name, value) = PAIRING.split_once('=').unwrap();
        browser.run(&format!(
            "const form = document.getElementById('form'); form.target = '_self'; \
             form.action = 'http://127.0.0.1:{port}/v1/pairings'; \
             form.elements[0].name = {}; form.elements[0].value = {}",
            json!(name),
            json!(value)
        ));
        browser.click("#submit");
        browser.until("return document.body?.innerText.includes('origin_missing') ?? false");
        browser.open(back.as_str().unwrap());
    }

    /// Led to the agent, it shows nothing of it: neither an answer nor a refusal.
    fn by_a_frame(&self) {
        let Self { browser, port, .. } = self;
        for path in ["/v1/health", "/v1/certificates", "/v1/openapi.json"] {
            let loaded = browser.run(&format!(
                "document.querySelector('iframe')?.remove(); return new Promise((resolve) => {{ \
                   const frame = document.createElement('iframe'); \
                   frame.allow = 'loopback-network *; local-network-access *'; \
                   frame.onload = () => resolve(frame.contentDocument === null); \
                   frame.src = 'http://127.0.0.1:{port}{path}'; document.body.append(frame); }})"
            ));
            let shown = browser.in_frame("return document.documentElement?.outerHTML ?? ''");
            let shown = shown.as_str().unwrap();
            for word in ["\"agent\"", "origin_missing", "pairing_required", "openapi\"", "Kyso"] {
                assert!(!shown.contains(word), "{path}: {word}: {shown}");
            }
            assert_eq!(loaded, true, "{path}: the page around it reads none of it");
        }
    }

    /// Its pages have the origin `null`.
    fn by_a_sandbox(&self) {
        let script = format!(
            "const text = `<script>fetch('http://127.0.0.1:{}/v1/health').then((reply) => reply.text(), () => 'failed')\
             .then((said) => parent.postMessage(said, '*'))<${{'/'}}script>`; \
             return page.frame('about:blank', {{ sandbox: 'allow-scripts', allow: 'loopback-network *', srcdoc: text }})",
            self.port
        );
        assert_eq!(self.browser.run(&script), "failed");
    }

    /// A name of the page's own that leads to this machine.
    fn by_another_name(&self, pages: &Pages) {
        let Self { browser, port, .. } = self;
        browser.go(&format!("http://evil.example.com:{port}/v1/health"));
        browser.until("return document.body?.innerText.includes('wrong_host') ?? false");
        browser.open(&pages.foreign());
    }

    /// A page that is loaded from one address of its name and asks at the next: to the browser it is one origin.
    fn by_rebinding(&self) {
        let Self { browser, port, .. } = self;
        let squatter = Squatter::beside(*port);
        browser.resolve_to_ipv6(true);
        browser.go(&format!("http://rebind.localhost:{port}/"));
        assert_eq!(browser.run("return document.title"), "Squatter");
        browser.resolve_to_ipv6(false);
        assert_ne!(squatter.end(), 0);
        let ask = |options: &str| {
            format!(
                "return fetch('/v1/pairings', {options}).then((reply) => reply.json(), () => undefined)\
                 .then((said) => said?.error?.code, () => undefined)"
            )
        };
        let json = "{ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }";
        // Connections that were open to the other address end first.
        assert_eq!(browser.until(&ask(json)), "wrong_host");
    }
}

/// What a page sends to be paired, in a form where a name and a value stand around `=`.
const PAIRING: &str = r#"{"name":"=","nonce":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="}"#;

fn code(seen: &Value) -> String {
    let text = seen["text"].as_str().unwrap_or_else(|| panic!("no answer: {seen}"));
    let said: Value = serde_json::from_str(text).unwrap();
    said["error"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Somebody else's server at the agent's port, on this machine's IPv6 address.
struct Squatter {
    port: u16,
    served: Arc<AtomicUsize>,
    thread: std::thread::JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Squatter {
    fn beside(port: u16) -> Self {
        let listener = TcpListener::bind(("::1", port)).expect("this machine's IPv6 address");
        let served = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (count, stopped) = (Arc::clone(&served), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                count.fetch_add(1, Ordering::Relaxed);
                let Ok(mut stream) = stream else { continue };
                let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
                let mut request = [0; 4096];
                if stream.read(&mut request).is_ok_and(|length| length > 0) {
                    let _ = write!(
                        stream,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{PAGE}",
                        PAGE.len()
                    );
                }
            }
        });
        Self { port, served, thread, stop }
    }

    /// Goes away; how many came.
    fn end(self) -> usize {
        let served = self.served.load(Ordering::Relaxed);
        self.stop.store(true, Ordering::Relaxed);
        drop(std::net::TcpStream::connect(("::1", self.port)));
        self.thread.join().unwrap();
        served
    }
}

const PAGE: &str = "<!doctype html><title>Squatter</title>";
