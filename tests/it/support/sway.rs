//! A Wayland desktop of the test's own: sway without a screen, and a hand on a keyboard.

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A running compositor with one output of 2048 by 1536 pixels at scale 2; ended when dropped.
pub(crate) struct Sway {
    folder: TempDir,
    environment: Vec<(String, String)>,
    child: Child,
}

impl Sway {
    /// Nothing where there is no sway: loudly so under `REQUIRE_DISPLAY=1`.
    pub(crate) fn start() -> Option<Self> {
        let there =
            Command::new("sway").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if there.is_err() {
            let required = std::env::var_os("REQUIRE_DISPLAY").is_some_and(|value| value == "1");
            assert!(!required, "no sway: apt-get install sway wtype grim");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("kyso-sway").tempdir().unwrap();
        let config = folder.path().join("config");
        std::fs::write(&config, CONFIG).unwrap();
        let mut sway = Command::new("sway");
        // sway is nobody's program to run as root, as tests that look into memory are.
        let owner = std::fs::metadata(folder.path()).unwrap().uid();
        if owner == 0 {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            chown(&config, Some(NOBODY), Some(NOBODY)).unwrap();
            let who = NOBODY.to_string();
            sway = Command::new("setpriv");
            sway.args(["--reuid", &who, "--regid", &who, "--clear-groups", "sway"]);
        }
        let child = sway
            .arg("--config")
            .arg(&config)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .envs([
                ("WLR_BACKENDS", "headless"),
                ("WLR_RENDERER", "pixman"),
                ("WLR_LIBINPUT_NO_DEVICES", "1"),
            ])
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("setpriv: apt-get install util-linux");
        let mut sway = Self { folder, environment: Vec::new(), child };
        let socket = |start: &str| {
            let entries = std::fs::read_dir(sway.folder.path()).unwrap();
            let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.find(|name| name.starts_with(start) && !name.ends_with(".lock"))
        };
        let (display, control) =
            sway.until("sway's sockets", || Some((socket("wayland-")?, socket("sway-ipc.")?)));
        let at = |name: &str| sway.folder.path().join(name).display().to_string();
        sway.environment = vec![
            ("XDG_RUNTIME_DIR".to_owned(), at("")),
            ("SWAYSOCK".to_owned(), at(&control)),
            ("WAYLAND_DISPLAY".to_owned(), display),
        ];
        Some(sway)
    }

    /// For a program that is to show a window here: there is no X11.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// The window of this app id, as sway describes it.
    pub(crate) fn window(&self, app: &str) -> Option<Value> {
        let tree: Value = serde_json::from_str(&self.tool("swaymsg", &["-t", "get_tree", "--raw"])).unwrap();
        find(&tree, app).cloned()
    }

    /// Types and presses, in the words of wtype(1).
    pub(crate) fn keys(&self, words: &[&str]) {
        self.tool("wtype", words);
    }

    /// Keeps a picture of the window, once it is seen: more than one colour. Returns its width in pixels.
    pub(crate) fn picture(&self, app: &str, path: &Path) -> u32 {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.until("a picture", || {
            let place = self.window(app)?["rect"].clone();
            let number = |key: &str| place[key].as_i64().unwrap();
            let (x, y, width, height) = (number("x"), number("y"), number("width"), number("height"));
            self.tool("grim", &["-g", &format!("{x},{y} {width}x{height}"), path.to_str().unwrap()]);
            let (pixels, width) = read(path)?;
            let colors: BTreeSet<[u8; 3]> = pixels.into_iter().collect();
            (colors.len() > 20).then_some(width)
        })
    }

    /// Waits for something, up to 20 s.
    pub(crate) fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < end, "{what} did not come");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(name);
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output =
            command.output().unwrap_or_else(|error| panic!("{name}: {error}: apt-get install {name}"));
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Sway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A picture's pixels and its width.
pub(crate) fn read(path: &Path) -> Option<(Vec<[u8; 3]>, u32)> {
    let file = std::io::BufReader::new(std::fs::File::open(path).ok()?);
    let mut reader = png::Decoder::new(file).read_info().ok()?;
    let mut bytes = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut bytes).ok()?;
    let size = bytes.len() / (frame.width * frame.height) as usize;
    Some((bytes.chunks_exact(size).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(), frame.width))
}

fn find<'a>(node: &'a Value, app: &str) -> Option<&'a Value> {
    if node["app_id"] == app {
        return Some(node);
    }
    let children = ["nodes", "floating_nodes"].iter().filter_map(|kind| node[kind].as_array());
    children.flatten().find_map(|child| find(child, app))
}

/// Debian's user and group of this name.
const NOBODY: u32 = 65_534;
const CONFIG: &str = "xwayland disable
output HEADLESS-1 mode 2048x1536 scale 2
for_window [app_id=\"kyso-prompt\"] floating enable
";
