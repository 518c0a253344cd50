//! What the tests do with a browser, whichever it is.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::desktop::Desktop;
use super::firefox::Firefox;
use super::pages::Pages;
use super::webdriver::Browser;

/// One of the two that are tested.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Chromium,
    Firefox,
}

/// How the browser treats pages of public addresses that reach for this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    /// As it is shipped: it asks the person.
    Asks,
    /// The person said yes to every page.
    Allows,
    /// The browser knows of no such question.
    Unknown,
}

/// How one is started.
#[derive(Clone, Copy)]
pub(crate) struct Setup<'a> {
    /// Whose pages count as public.
    pub(crate) pages: &'a Pages,
    pub(crate) local: Local,
    /// Where it shows itself; nowhere if nothing.
    pub(crate) display: Option<&'a str>,
    /// An administrator's policy file.
    pub(crate) policy: Option<&'a Path>,
    /// What the desktop knows beside what the system has: its `XDG_DATA_HOME`.
    pub(crate) programs: Option<&'a Path>,
}

/// An open browser; closed when dropped.
pub(crate) trait Browsing {
    /// Loads a page.
    fn go(&self, url: &str);

    /// Runs a script in the page and returns what it returns or what its promise comes to, within 30 s.
    fn run(&self, script: &str) -> Value;

    /// Runs a script in the page's first frame, whosever page is in it.
    fn in_frame(&self, script: &str) -> Value;

    /// Clicks as a person does.
    fn click(&self, selector: &str);

    /// All windows and tabs.
    fn windows(&self) -> Vec<String>;

    /// Goes on in this one.
    fn switch(&self, window: &str);

    /// Sets the page's permission to reach this machine: `granted`, `denied`, `prompt`.
    fn permit(&self, state: &str);

    /// Answers the browser's own question as the person at this desktop.
    fn answer(&self, desktop: &Desktop, is_allowed: bool);

    /// Lets the page open what it wants to open in another program, until that is there.
    fn lets_open(&self, desktop: &Desktop, is_there: &mut dyn FnMut() -> bool);

    /// Whether names of this machine are those of its IPv6 address alone, as long as a page is loaded from there.
    fn resolve_to_ipv6(&self, is_on: bool);

    /// Waits until the script returns something true, up to 30 s, and returns it.
    fn until(&self, script: &str) -> Value {
        self.until_within(Duration::from_secs(30), script)
    }

    /// The same with another deadline.
    fn until_within(&self, patience: Duration, script: &str) -> Value {
        let end = Instant::now() + patience;
        loop {
            let value = self.run(script);
            if value.as_bool() != Some(false) && !value.is_null() && value.as_str() != Some("") {
                return value;
            }
            assert!(
                Instant::now() < end,
                "never true: {script}\n{}",
                self.run("return JSON.stringify({ ...globalThis.page, at: location.href, text: document.body.innerText })")
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Loads one of the tests' own pages, whose script is then there.
    fn open(&self, url: &str) {
        self.go(url);
        self.until("return document.getElementById('state')?.textContent === 'ready'");
    }
}

impl Kind {
    pub(crate) fn start(self, setup: Setup<'_>) -> Box<dyn Browsing> {
        match self {
            Self::Chromium => Box::new(Browser::set_up(setup)),
            Self::Firefox => Box::new(Firefox::start(setup)),
        }
    }

    /// Started without a screen and without policies.
    pub(crate) fn headless(self, pages: &Pages, local: Local) -> Box<dyn Browsing> {
        self.start(Setup { pages, local, display: None, policy: None, programs: None })
    }
}

/// A program that finds this policy file at its place under `/etc`, as nobody else does. `scratch` is an empty folder.
pub(crate) fn managed(program: &str, place: &str, policy: Option<&Path>, scratch: &Path) -> Command {
    let Some(policy) = policy else { return Command::new(program) };
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-euc", OVERLAY, "sh"]).args([scratch, policy, Path::new(place)]);
    command.arg(program);
    command
}

const OVERLAY: &str = r#"
    mount -t tmpfs tmpfs "$1"
    mkdir "$1/upper" "$1/work"
    mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" /etc
    mkdir -p "$(dirname "$3")"
    cp "$2" "$3"
    shift 3
    exec "$@"
"#;
