//! A screen of the test's own: Xvfb, a small window manager, and a hand on keyboard and mouse.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A private X display with a window manager; ended when dropped.
pub(crate) struct Desktop {
    display: String,
    children: Vec<Child>,
}

impl Desktop {
    /// A screen, or nothing where none can be made: loudly so under `REQUIRE_DISPLAY=1`.
    pub(crate) fn found() -> Option<Self> {
        let found = Command::new("Xvfb").arg("-help").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if found.is_err() {
            let required = std::env::var_os("REQUIRE_DISPLAY").is_some_and(|value| value == "1");
            assert!(!required, "no Xvfb: apt-get install xvfb openbox xdotool x11-utils imagemagick");
            return None;
        }
        Some(Self::start())
    }

    /// Starts one. A missing program is a loud failure that names its package.
    pub(crate) fn start() -> Self {
        Self::sized("1366x768")
    }

    /// The same with a screen of so many pixels.
    pub(crate) fn sized(size: &str) -> Self {
        let (reader, writer) = std::io::pipe().unwrap();
        // Xvfb picks a free display and writes its number to the descriptor: here its standard output.
        let xvfb = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{size}x24"), "-nolisten", "tcp", "-noreset"])
            .stdout(writer)
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb: apt-get install xvfb");
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(reader), &mut line).unwrap();
        let display = format!(":{}", line.trim());
        assert!(display.len() > 1, "Xvfb gave no display");
        let openbox = Command::new("openbox")
            .env("DISPLAY", &display)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openbox: apt-get install openbox");
        let desktop = Self { display, children: vec![openbox, xvfb] };
        // It says early that it is there, and loses a window that comes before it listens.
        desktop.until("the window manager", || {
            desktop.tool("xdotool", &["set_num_desktops", "3"])?;
            (desktop.tool("xdotool", &["get_num_desktops"])?.trim() == "3").then_some(())
        });
        desktop
    }

    /// The display's name, for `DISPLAY`.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// Waits until a visible window of this class is there and returns its id.
    pub(crate) fn window(&self, class: &str) -> String {
        self.until(class, || self.windows(class).pop())
    }

    /// The visible windows of this class.
    pub(crate) fn windows(&self, class: &str) -> Vec<String> {
        let found = self.tool("xdotool", &["search", "--onlyvisible", "--class", class]).unwrap_or_default();
        found.lines().map(str::to_owned).collect()
    }

    /// A visible window with this title, in letters without accents: xdotool knows no others.
    pub(crate) fn named(&self, title: &str) -> Option<String> {
        let found = self.tool("xdotool", &["search", "--onlyvisible", "--name", title])?;
        found.lines().last().map(str::to_owned)
    }

    /// A window's title.
    pub(crate) fn title(&self, window: &str) -> String {
        self.tool("xdotool", &["getwindowname", window]).unwrap().trim().to_owned()
    }

    /// Waits until no window of this class is there; panics after `within`.
    pub(crate) fn gone(&self, class: &str, within: Duration) {
        let end = Instant::now() + within;
        while !self.windows(class).is_empty() {
            assert!(Instant::now() < end, "the window of {class} is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types text into the window that has the focus.
    pub(crate) fn type_text(&self, text: &str) {
        self.tool("xdotool", &["type", "--delay", "30", text]).unwrap();
    }

    /// Presses one key, by its X name.
    pub(crate) fn key(&self, key: &str) {
        self.tool("xdotool", &["key", key]).unwrap();
    }

    /// Clicks into a window at a place counted from its upper left corner, if it is still there: an earlier click may
    /// have closed it.
    pub(crate) fn click(&self, window: &str, x: i32, y: i32) {
        let place = [x.to_string(), y.to_string()];
        self.tool("xdotool", &["mousemove", "--window", window, &place[0], &place[1], "click", "1"]);
    }

    /// A window's width and height.
    pub(crate) fn size(&self, window: &str) -> (i32, i32) {
        let shown = self.tool("xdotool", &["getwindowgeometry", "--shell", window]).unwrap();
        let value =
            |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)?.parse().ok()).unwrap();
        (value("WIDTH="), value("HEIGHT="))
    }

    /// The windows from the lowest to the uppermost, as the window manager tells.
    pub(crate) fn stacking(&self) -> Vec<u64> {
        let told = self.tool("xprop", &["-root", "_NET_CLIENT_LIST_STACKING"]).unwrap_or_default();
        let ids = told.split_once("# ").map_or("", |(_, ids)| ids).split(", ");
        ids.filter_map(|id| u64::from_str_radix(id.trim().trim_start_matches("0x"), 16).ok()).collect()
    }

    /// Whether the focus is in a window of this class.
    pub(crate) fn has_focus(&self, class: &str) -> bool {
        let focused = self.tool("xdotool", &["getwindowfocus"]).unwrap_or_default();
        self.windows(class).iter().any(|window| window == focused.trim())
    }

    /// Keeps a picture of a window.
    pub(crate) fn picture(&self, window: &str, path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.tool("import", &["-window", window, path.to_str().unwrap()])
            .expect("import: apt-get install imagemagick");
    }

    /// Waits for something, up to 20 s.
    pub(crate) fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < end, "{what} did not come");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs a program on this display; what it prints, if it succeeds.
    pub(crate) fn tool(&self, name: &str, arguments: &[&str]) -> Option<String> {
        let output = Command::new(name).args(arguments).env("DISPLAY", &self.display).output();
        let output = output
            .unwrap_or_else(|error| panic!("{name}: {error}: apt-get install xdotool x11-utils imagemagick"));
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Another program's window; ended when dropped.
pub(crate) struct Other {
    child: Child,
    window: String,
}

impl Other {
    /// Opens one; its class is `xev`.
    pub(crate) fn open(desktop: &Desktop) -> Self {
        let mut command = Command::new("xev");
        command.args(["-geometry", "200x150+20+20", "-event", "expose"]).env("DISPLAY", desktop.display());
        let child = command.stdout(Stdio::null()).spawn().expect("xev: apt-get install x11-utils");
        Self { child, window: desktop.until("another window", || desktop.named("^Event Tester$")) }
    }

    /// Its id.
    pub(crate) fn window(&self) -> &str {
        &self.window
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
