//! Real Firefox on the tests' own pages, with its own question answered.

use std::cell::RefCell;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::browsing::{Browsing, Local, Setup, managed};
use super::desktop::Desktop;
use super::marionette::Wire;
use super::pages::NAMES;

/// One with an empty profile; it ends when dropped.
pub(crate) struct Firefox {
    child: Child,
    wire: RefCell<Wire>,
    local: Local,
    _profile: tempfile::TempDir,
}

impl Firefox {
    pub(crate) fn start(setup: Setup<'_>) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let own = profile.path().join("firefox");
        let scratch = profile.path().join("etc");
        std::fs::create_dir(&own).unwrap();
        std::fs::create_dir(&scratch).unwrap();
        std::fs::write(own.join("user.js"), preferences(setup)).unwrap();
        let mut command =
            managed("firefox-esr", "/etc/firefox/policies/policies.json", setup.policy, &scratch);
        // The tests answer its own question in its own window.
        command.args(["--marionette", "--remote-allow-system-access", "--no-remote", "--profile"]).arg(&own);
        match setup.display {
            Some(display) => command.env("DISPLAY", display),
            None => command.arg("--headless").env_remove("DISPLAY"),
        };
        command.env_remove("WAYLAND_DISPLAY").env("HOME", profile.path());
        command.envs(setup.programs.map(|folder| ("XDG_DATA_HOME", folder)));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("firefox-esr: apt-get install firefox-esr");
        let wire = RefCell::new(Wire::open(&own, &json!({ "acceptInsecureCerts": true })));
        Self { child, wire, local: setup.local, _profile: profile }
    }

    /// Runs a script with the browser's own rights, in its own window.
    fn within(&self, script: &str) -> Value {
        self.say("Marionette:SetContext", &json!({ "value": "chrome" }));
        let value = self.run(script);
        self.say("Marionette:SetContext", &json!({ "value": "content" }));
        value
    }

    fn say(&self, command: &str, parameters: &Value) -> Value {
        let result = self.wire.borrow_mut().say(command, parameters);
        result.get("value").unwrap_or(&result).clone()
    }
}

impl Browsing for Firefox {
    fn go(&self, url: &str) {
        self.say("WebDriver:Navigate", &json!({ "url": url }));
        if self.local == Local::Allows && url.starts_with("https:") {
            self.permit("granted");
        }
    }

    fn run(&self, script: &str) -> Value {
        self.say("WebDriver:ExecuteScript", &json!({ "script": script, "args": [] }))
    }

    fn in_frame(&self, script: &str) -> Value {
        self.say("WebDriver:SwitchToFrame", &json!({ "id": 0 }));
        let value = self.run(script);
        self.say("WebDriver:SwitchToFrame", &json!({ "id": null }));
        value
    }

    fn click(&self, selector: &str) {
        let found = self.say("WebDriver:FindElement", &json!({ "using": "css selector", "value": selector }));
        let id = found.as_object().and_then(|found| found.values().next()).cloned();
        self.say("WebDriver:ElementClick", &json!({ "id": id }));
    }

    fn windows(&self) -> Vec<String> {
        serde_json::from_value(self.say("WebDriver:GetWindowHandles", &json!({}))).unwrap()
    }

    fn switch(&self, window: &str) {
        self.say("WebDriver:SwitchToWindow", &json!({ "handle": window }));
    }

    fn permit(&self, state: &str) {
        let wanted = json!({ "descriptor": { "name": "loopback-network" }, "state": state });
        self.say("Permissions:SetPermission", &wanted);
    }

    fn answer(&self, _desktop: &Desktop, is_allowed: bool) {
        let button = if is_allowed { "button" } else { "secondaryButton" };
        let click = format!(
            "const asked = document.getElementById('loopback-network-notification'); \
             if (!asked || asked.hidden || PopupNotifications.panel.state !== 'open') return false; \
             asked.{button}.click(); return true;"
        );
        let end = Instant::now() + Duration::from_secs(20);
        while self.within(&click) != true {
            assert!(Instant::now() < end, "Firefox asks nothing");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn lets_open(&self, _desktop: &Desktop, is_there: &mut dyn FnMut() -> bool) {
        let accept = "const box = gBrowser.getTabDialogBox(gBrowser.selectedBrowser); \
             const open = [box.getTabDialogManager(), box.getContentDialogManager()].flatMap((all) => all._dialogs); \
             const dialogs = open.map((one) => one._frame.contentDocument?.querySelector('dialog')); \
             const button = dialogs.map((one) => one?.getButton('accept')).find((one) => one && !one.disabled); \
             button?.click(); return Boolean(button);";
        let end = Instant::now() + Duration::from_secs(20);
        while !is_there() {
            assert!(Instant::now() < end, "what Firefox was let open did not come");
            self.within(accept);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn resolve_to_ipv6(&self, is_on: bool) {
        let address = if is_on { "::1" } else { "" };
        self.within(&format!(
            "Services.prefs.setStringPref('network.dns.forceResolve', '{address}'); Services.dns.clearCache(true);"
        ));
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn preferences(setup: Setup<'_>) -> String {
    let is_known = setup.local != Local::Unknown;
    let own = [
        ("marionette.port", json!(0)),
        ("network.dns.localDomains", json!(NAMES.join(","))),
        ("network.lna.address_space.public.override", json!(format!("127.0.0.1:{}", setup.pages.port))),
        ("network.lna.enabled", json!(is_known)),
        ("network.lna.blocking", json!(is_known)),
        // Firefox 153 leaves sockets out of it; a later one will not.
        ("network.lna.websocket.enabled", json!(is_known)),
        // Nothing but this machine is there to be asked.
        ("app.update.enabled", json!(false)),
        ("browser.shell.checkDefaultBrowser", json!(false)),
        ("browser.startup.page", json!(0)),
        ("datareporting.policy.dataSubmissionEnabled", json!(false)),
        ("network.captive-portal-service.enabled", json!(false)),
        ("network.connectivity-service.enabled", json!(false)),
        ("services.settings.server", json!("data:,")),
    ];
    own.iter().map(|(name, value)| format!("user_pref(\"{name}\", {value});\n")).collect()
}
