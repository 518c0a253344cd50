//! Real Chromium, driven over the WebDriver protocol (W3C WebDriver 2) by Debian's chromedriver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::browsing::{Browsing, Local, Setup, managed};
use super::desktop::Desktop;

/// A browser window; the browser ends when dropped.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: Option<tempfile::TempDir>,
}

impl Browser {
    /// Opens a visible Chromium on this display with an empty profile.
    pub(crate) fn open(display: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self::at_home(display, profile.path());
        browser.profile = Some(profile);
        browser
    }

    /// The same at this home, where its profile stays.
    pub(crate) fn at_home(display: &str, home: &Path) -> Self {
        let mut driver = Command::new("chromedriver");
        driver.env("DISPLAY", display);
        Self::start(driver, home, &[], &json!({ "acceptInsecureCerts": false, "prefs": {} }))
    }

    /// One for the tests' own pages, which count as public.
    pub(crate) fn set_up(setup: Setup<'_>) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let scratch = profile.path().join("etc");
        std::fs::create_dir(&scratch).unwrap();
        let place = "/etc/chromium/policies/managed/kyso.json";
        let mut driver = managed("chromedriver", place, setup.policy, &scratch);
        let mut arguments = vec![
            "--host-resolver-rules=MAP *.example.gov.vn 127.0.0.1, MAP *.example.com 127.0.0.1".to_owned(),
            format!("--ip-address-space-overrides=127.0.0.1:{}=public", setup.pages.port),
        ];
        driver.envs(setup.programs.map(|folder| ("XDG_DATA_HOME", folder)));
        match setup.display {
            Some(display) => driver.env("DISPLAY", display),
            None => {
                arguments.push("--headless=new".to_owned());
                driver.env_remove("DISPLAY")
            }
        };
        // What a driver sets as the permission holds in frames of any kind; what a profile says, as with people.
        let preferences = match setup.local {
            Local::Allows => json!({ "profile.default_content_setting_values.loopback_network": 1 }),
            Local::Asks => json!({}),
            Local::Unknown => {
                arguments.push("--disable-features=LocalNetworkAccessChecks".to_owned());
                json!({})
            }
        };
        // The pages' certificate is nobody's.
        let wanted = json!({ "acceptInsecureCerts": true, "prefs": preferences });
        let mut browser = Self::start(driver, profile.path(), &arguments, &wanted);
        browser.profile = Some(profile);
        browser
    }

    fn start(mut driver: Command, home: &Path, more: &[String], settings: &Value) -> Self {
        driver.arg("--port=0").env("HOME", home).stdout(Stdio::piped()).stderr(Stdio::null());
        // It wants one port in IPv4 and IPv6, and ends if another program has got the second meanwhile.
        let started = (0..3).find_map(|_| listening(&mut driver));
        let (driver, port) = started.expect("chromedriver says its port");
        let mut browser = Self { driver, port, session: String::new(), profile: None };
        let folder = home.join("chromium");
        let mut arguments = vec![
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--window-position=0,0".to_owned(),
            "--window-size=1000,760".to_owned(),
            format!("--user-data-dir={}", folder.display()),
        ];
        arguments.extend_from_slice(more);
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "acceptInsecureCerts": settings["acceptInsecureCerts"],
            "goog:chromeOptions": {
                "binary": "/usr/bin/chromium", "args": arguments, "prefs": settings["prefs"],
            },
        } } });
        let made = browser.call("POST", "/session", &wanted);
        made["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("no browser: {made}"))
            .clone_into(&mut browser.session);
        browser
    }

    /// Loads a page.
    pub(crate) fn go(&self, url: &str) {
        self.say("POST", "/url", &json!({ "url": url }));
    }

    /// Clicks the element.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.say("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Runs a script in the page and returns what it returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.say("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until the script returns something true, up to 30 s, and returns it.
    pub(crate) fn until(&self, script: &str) -> Value {
        Browsing::until(self, script)
    }

    fn element(&self, selector: &str) -> String {
        let found = self.say("POST", "/element", &json!({ "using": "css selector", "value": selector }));
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no {selector}: {found}")).to_owned()
    }

    fn say(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("/session/{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .unwrap();
        // The driver keeps the connection, whatever it is told.
        let mut reply = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(reply.read_line(&mut line).unwrap() > 0, "the driver hung up");
            let line = line.trim().to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reply.read_exact(&mut body).unwrap();
        let value: Value = serde_json::from_slice(&body).unwrap();
        value["value"].clone()
    }
}

impl Browsing for Browser {
    fn go(&self, url: &str) {
        Self::go(self, url);
    }

    fn run(&self, script: &str) -> Value {
        let value = Self::run(self, script);
        assert!(value.get("stacktrace").is_none(), "{script}: {value}");
        value
    }

    fn in_frame(&self, script: &str) -> Value {
        self.say("POST", "/frame", &json!({ "id": 0 }));
        let value = Self::run(self, script);
        self.say("POST", "/frame", &json!({ "id": null }));
        value
    }

    fn click(&self, selector: &str) {
        Self::click(self, selector);
    }

    fn windows(&self) -> Vec<String> {
        let path = format!("/session/{}/window/handles", self.session);
        serde_json::from_value(self.call("GET", &path, &json!({}))).unwrap()
    }

    fn switch(&self, window: &str) {
        self.say("POST", "/window", &json!({ "handle": window }));
    }

    fn permit(&self, state: &str) {
        let wanted = json!({ "descriptor": { "name": "loopback-network" }, "state": state });
        self.say("POST", "/permissions", &wanted);
    }

    /// The question hangs below the address; its buttons stand where its text ends.
    fn answer(&self, desktop: &Desktop, is_allowed: bool) {
        let x = if is_allowed { "391" } else { "315" };
        let state =
            "return navigator.permissions.query({ name: 'loopback-network' }).then((found) => found.state)";
        let mut heights = ["242", "222", "262"].into_iter().cycle();
        // In its first half second it takes no answer.
        desktop.until("the browser's question", || {
            desktop.tool("xdotool", &["mousemove", x, heights.next()?, "click", "1"])?;
            (Self::run(self, state) == if is_allowed { "granted" } else { "denied" }).then_some(())
        });
    }

    /// The question hangs below the address, too; its Enter says no.
    fn lets_open(&self, desktop: &Desktop, is_there: &mut dyn FnMut() -> bool) {
        let mut clicked = None::<Instant>;
        desktop.until("what Chromium was let open", || {
            // In its first half second it takes no answer.
            if clicked.is_none_or(|clicked| clicked.elapsed() > Duration::from_secs(1)) {
                clicked = Some(Instant::now());
                desktop.tool("xdotool", &["mousemove", "723", "255", "click", "1"])?;
            }
            is_there().then_some(())
        });
    }

    /// Chromium goes to the IPv6 address first anyway.
    fn resolve_to_ipv6(&self, _is_on: bool) {}
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            self.say("DELETE", "", &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Chromedriver and its port; nothing if it ends without one.
fn listening(driver: &mut Command) -> Option<(Child, u16)> {
    let mut driver = driver.spawn().expect("chromedriver: apt-get install chromium chromium-driver");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.by_ref().find_map(|line| {
        let line = line.unwrap();
        let port = line.split("started successfully on port ").nth(1)?;
        Some(port.trim_end_matches('.').trim().parse().unwrap())
    });
    let Some(port) = port else {
        let _ = driver.wait();
        return None;
    };
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port))
}
