//! In a real panel: Xfce's, under Xvfb, with Xfce's notion of a tray.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{Tray, with_session};
use crate::prompt::desktop;
use crate::support::desk::Desk;
use crate::support::desktop::Desktop;
use crate::support::session::{Session, until};
use crate::support::softhsm::SoftHsm;

/// A running panel; ended when dropped.
struct Panel(Vec<Child>);

impl Panel {
    /// One with a tray in it and nothing else.
    fn start(desk: &Desk, desktop: &Desktop, session: &Session) -> Self {
        let settings = desk.folder().join("config/xfce4/xfconf/xfce-perchannel-xml");
        std::fs::create_dir_all(&settings).unwrap();
        std::fs::write(settings.join("xfce4-panel.xml"), SETTINGS).unwrap();
        let start = |program: &str| {
            let mut command = Command::new(program);
            command.env_clear().env("HOME", desk.folder()).env("DISPLAY", desktop.display());
            command.env("XDG_CONFIG_HOME", desk.folder().join("config"));
            command.env("XDG_RUNTIME_DIR", desk.folder().join("run"));
            command.env("DBUS_SESSION_BUS_ADDRESS", session.address());
            command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
        };
        // The bus would start one by itself, with another environment.
        let daemon = format!("/usr/lib/{}-linux-gnu/xfce4/xfconf/xfconfd", std::env::consts::ARCH);
        let daemon = start(&daemon).expect("xfconfd: apt-get install xfce4-panel");
        session.wait_for_name("org.xfce.Xfconf");
        let panel = start("xfce4-panel").expect("xfce4-panel: apt-get install xfce4-panel");
        Self(vec![daemon, panel])
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        for child in self.0.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn a_panel_shows_the_icon_of_each_state_and_may_start_anew() {
    let Some(desktop) = desktop() else { return };
    let token = SoftHsm::new();
    let (desk, session) = with_session(Desk::with(&token));
    let tray = Tray::start(&desk);
    let item = tray.item(&session);
    item.says("The signing agent is not running");
    let panel = Panel::start(&desk, &desktop, &session);
    // The ring of "not running" is grey, the token of "ready" green.
    shows(&desktop, "panel-away", [104, 104, 104]);
    let agent = desk.agent();
    item.says("Ready to sign");
    shows(&desktop, "panel-ready", [20, 112, 60]);
    drop(panel);
    let _panel = Panel::start(&desk, &desktop, &session);
    shows(&desktop, "panel-again", [20, 112, 60]);
    assert!(desk.kyso(&["pause"]).status.success());
    shows(&desktop, "panel-paused", [84, 92, 112]);
    drop(agent);
}

/// Waits until the panel has pixels of this colour, and keeps a picture of it.
fn shows(desktop: &Desktop, name: &str, color: [u8; 3]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures").join(format!("{name}.png"));
    until(name, || {
        let window = desktop.windows("xfce4-panel").pop()?;
        desktop.picture(&window, &path);
        (pixels(&path, color) >= 20).then_some(())
    });
}

fn pixels(picture: &PathBuf, [red, green, blue]: [u8; 3]) -> usize {
    let output = Command::new("convert").arg(picture).args(["-depth", "8", "rgb:-"]).output();
    let bytes = output.expect("convert: apt-get install imagemagick").stdout;
    let near = |a: u8, b: u8| a.abs_diff(b) < 12;
    let is_it = |pixel: &&[u8]| near(pixel[0], red) && near(pixel[1], green) && near(pixel[2], blue);
    bytes.chunks_exact(3).filter(is_it).count()
}

const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
      <property name="icon-size" type="int" value="22"/>
    </property>
  </property>
</channel>
"#;
