//! A Vietnamese input method on the desktop (ibus-unikey, Telex and VNI): it changes what is typed into other
//! programs, never a PIN.

use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::Agent;
use super::window::{desktop, press_until_answered, ready_in};
use crate::support::bus::Bus;
use crate::support::desktop::Desktop;

/// A session bus and ibus with Unikey on it; ended when dropped.
struct InputMethod {
    home: TempDir,
    environment: Vec<(&'static str, String)>,
    daemon: Option<Child>,
    _bus: Bus,
}

impl InputMethod {
    /// With `telex` or `vni`. Nothing where it is not installed: loudly so under `REQUIRE_DISPLAY=1`.
    fn start(desktop: &Desktop, method: &str) -> Option<Self> {
        let installed = ["ibus-daemon", "ibus", "zenity", "dbus-daemon"].iter().all(|program| {
            Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
        });
        if !installed {
            let required = std::env::var_os("REQUIRE_DISPLAY").is_some_and(|value| value == "1");
            assert!(!required, "no input method: apt-get install ibus-unikey ibus-gtk3 zenity");
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        // Unikey's settings, where this backend of GSettings keeps them.
        let settings = home.path().join(".config/glib-2.0/settings");
        std::fs::create_dir_all(&settings).unwrap();
        let method = format!("[org/freedesktop/ibus/engine/unikey]\ninput-method='{method}'\n");
        std::fs::write(settings.join("keyfile"), method).unwrap();
        let bus = Bus::start();
        let environment = vec![
            ("DISPLAY", desktop.display().to_owned()),
            ("HOME", home.path().display().to_string()),
            ("DBUS_SESSION_BUS_ADDRESS", bus.address().to_owned()),
            ("GSETTINGS_BACKEND", "keyfile".to_owned()),
            ("GTK_IM_MODULE", "ibus".to_owned()),
            ("XMODIFIERS", "@im=ibus".to_owned()),
            ("LC_ALL", "C.UTF-8".to_owned()),
        ];
        let mut method = Self { home, environment, daemon: None, _bus: bus };
        let daemon = method.program("ibus-daemon").args(["--xim", "--panel", "disable"]).spawn().unwrap();
        method.daemon = Some(daemon);
        desktop.until("Unikey", || {
            // It also wants a keyboard layout that Xvfb does not have, and says so by its exit code.
            let _ = method.program("ibus").args(["engine", "Unikey"]).status();
            let now = method.program("ibus").arg("engine").stdout(Stdio::piped()).output().unwrap();
            now.stdout.starts_with(b"Unikey").then_some(())
        });
        Some(method)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env_remove("XDG_CONFIG_HOME").env_remove("WAYLAND_DISPLAY").current_dir(self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// What these keys make in another program's field.
    fn elsewhere(&self, desktop: &Desktop, keys: &str) -> String {
        let mut command = self.program("zenity");
        let child = command.args(["--entry", "--title=Elsewhere"]).stdout(Stdio::piped()).spawn().unwrap();
        desktop.until("the other program", || {
            let focused = desktop.tool("xdotool", &["getwindowfocus", "getwindowname"])?;
            focused.contains("Elsewhere").then_some(())
        });
        desktop.type_text(keys);
        desktop.key("Return");
        let output = child.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for InputMethod {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// Types a PIN while these keys make that letter in every other program.
fn unchanged(name: &str, keys: &str, letter: char, pin: &str) {
    let Some(desktop) = desktop() else { return };
    let Some(method) = InputMethod::start(&desktop, name) else { return };
    desktop.until(name, || method.elsewhere(&desktop, keys).contains(letter).then_some(()));
    let agent = Agent::new(&["Công văn 45.pdf"]);
    let prompt = ready_in(&desktop, &agent.question(), &method.environment);
    desktop.type_text(pin);
    assert_eq!(agent.open(press_until_answered(&desktop, &prompt, "Return"), 1), pin.as_bytes());
    let after = method.elsewhere(&desktop, keys);
    assert!(after.contains(letter), "{name} was at work all the time: {after}");
}

#[test]
fn a_pin_is_typed_unchanged_under_telex() {
    unchanged("telex", "aa1", 'â', "aa1dd2ee3owws");
}

/// Digits are VNI's marks, and PINs are made of digits.
#[test]
fn a_pin_is_typed_unchanged_under_vni() {
    unchanged("vni", "a6b", 'â', "a6d9e1o7u8a5");
}
