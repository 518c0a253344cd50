//! A Wayland desktop that draws no title bars: weston without a screen.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::sway::read;

/// A running compositor; ended when dropped.
pub(crate) struct Weston {
    folder: TempDir,
    environment: Vec<(String, String)>,
    child: Child,
}

impl Weston {
    /// Nothing where there is no weston: loudly so under `REQUIRE_DISPLAY=1`.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("kyso-weston").tempdir().unwrap();
        let started = Command::new("weston")
            .args(["--backend=headless-backend.so", "--use-pixman", "--width=1000", "--height=900"])
            .args(["--no-config", "--socket", SOCKET])
            // It lets itself be photographed then.
            .arg("--debug")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            let required = std::env::var_os("REQUIRE_DISPLAY").is_some_and(|value| value == "1");
            assert!(!required, "no weston: apt-get install weston");
            return None;
        };
        let environment = vec![
            ("XDG_RUNTIME_DIR".to_owned(), folder.path().display().to_string()),
            ("WAYLAND_DISPLAY".to_owned(), SOCKET.to_owned()),
        ];
        let weston = Self { folder, environment, child };
        weston.until("weston's socket", || weston.folder.path().join(SOCKET).exists().then_some(()));
        Some(weston)
    }

    /// For a program that is to show a window here.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Keeps a picture of the whole screen once it is as wanted; the desktop lets windows fade in.
    pub(crate) fn picture(&self, path: &Path, wanted: impl Fn(&[[u8; 3]]) -> bool) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.until("a window on the screen", || {
            let folder = tempfile::tempdir().unwrap();
            let mut camera = Command::new("weston-screenshooter");
            camera.current_dir(folder.path());
            camera.envs(self.environment.iter().map(|(name, value)| (name, value)));
            let taken = camera.output().expect("weston-screenshooter: apt-get install weston");
            let file = std::fs::read_dir(folder.path()).unwrap().next().filter(|_| taken.status.success())?;
            std::fs::copy(file.unwrap().path(), path).unwrap();
            let (pixels, _) = read(path)?;
            wanted(&pixels).then_some(())
        });
    }

    fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < end, "{what} did not come");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Weston {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SOCKET: &str = "wayland-kyso";
