//! What starts with the desktop: entries of the Desktop Application Autostart Specification 0.5, and the
//! user's systemd units.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use zbus::zvariant::OwnedObjectPath;
use zbus::zvariant::OwnedValue;

/// What can start with the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// The icon in the panel: `kyso-tray.desktop`, which runs `kyso tray`.
    Tray,
    /// The agent itself: the unit `kyso.service` where the package has installed it and the desktop reaches
    /// the target that wants it, else `kyso-agent.desktop`, which runs `kyso agent`.
    Agent,
}

/// Where this user's and the system's entries are.
#[derive(Clone, Debug)]
pub struct Autostart {
    /// `$XDG_CONFIG_HOME`.
    config: PathBuf,
    /// The unit of the package, if this desktop would start it.
    unit: Option<PathBuf>,
    /// `$XDG_CONFIG_DIRS`, the most important first: entries for everybody.
    system: Vec<PathBuf>,
}

impl Autostart {
    /// This user's; nothing if the user has no home.
    pub fn of_user() -> Option<Self> {
        let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
        let unit = UNITS.iter().map(|folder| Path::new(folder).join(UNIT)).find(|unit| unit.exists());
        Some(Self { config, unit: unit.filter(|_| desktop_is_a_target()), system: system() })
    }

    /// Under a folder, with a unit or without.
    pub fn under(config: &Path, unit: Option<PathBuf>) -> Self {
        Self { config: config.to_owned(), unit, system: system() }
    }

    /// Whether it starts with the desktop. An entry that is hidden or turned off in the desktop's own
    /// settings does not; the user's own goes before the one for everybody. The package's entry of the tray
    /// starts the agent as well.
    pub fn is_enabled(&self, what: Started) -> bool {
        let by_unit = what == Started::Agent && self.link().exists();
        let by_tray = || what == Started::Agent && self.shared().is_some() && self.is_enabled(Started::Tray);
        let own = fs::read_to_string(self.entry(what)).ok();
        let entry = own.or_else(|| self.shared().filter(|_| what == Started::Tray));
        let off = |line: &str| OFF.contains(&line.trim().to_lowercase().replace(' ', "").as_str());
        let starts = |entry: String| entry.contains("Exec=") && !entry.lines().any(off);
        by_unit || entry.is_some_and(starts) || by_tray()
    }

    /// The tray's entry for everybody.
    fn shared(&self) -> Option<String> {
        let entry = |folder: &PathBuf| fs::read_to_string(folder.join("autostart").join(TRAY)).ok();
        self.system.iter().find_map(entry)
    }

    /// Has it start with the desktop from the next time on; `program` is the path of `kyso`, `name` what the
    /// desktop's settings call it.
    ///
    /// # Errors
    /// The system call's.
    pub fn enable(&self, what: Started, program: &Path, name: &str) -> io::Result<()> {
        if let (Started::Agent, Some(unit)) = (what, &self.unit) {
            let link = self.link();
            link.parent().map_or(Ok(()), fs::create_dir_all)?;
            let _ = fs::remove_file(&link);
            return std::os::unix::fs::symlink(unit, &link);
        }
        if what == Started::Tray && self.shared().is_some() {
            // The one for everybody shows again.
            return match fs::remove_file(self.entry(what)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let command = match what {
            Started::Tray => "tray",
            Started::Agent => "agent",
        };
        let text = format!(
            "[Desktop Entry]\nType=Application\nVersion=1.0\nName={}\nTryExec={}\nExec={} {command}\nIcon=kyso\n\
             Terminal=false\nX-GNOME-Autostart-enabled=true\n",
            one_line(name),
            // No program, no start: it may have been removed.
            one_line(&program.display().to_string()).replace('\\', "\\\\"),
            quoted(&program.display().to_string()),
        );
        self.write(what, &text)
    }

    /// Never half a file: a desktop may read it at any time.
    fn write(&self, what: Started, text: &str) -> io::Result<()> {
        let entry = self.entry(what);
        entry.parent().map_or(Ok(()), fs::create_dir_all)?;
        let half = entry.with_extension("new");
        fs::write(&half, text).and_then(|()| fs::rename(&half, &entry))
    }

    /// Starts the agent now, where it is a unit; says whether systemd took the order.
    pub fn start_agent(&self) -> bool {
        let order = async {
            let bus = zbus::Connection::session().await.ok()?;
            bus.call_method(Some(SYSTEMD), MANAGER, Some(OF_MANAGER), "Reload", &()).await.ok()?;
            bus.call_method(Some(SYSTEMD), MANAGER, Some(OF_MANAGER), "StartUnit", &(UNIT, "replace"))
                .await
                .ok()
        };
        self.unit.is_some() && zbus::block_on(order).is_some()
    }

    /// Has it start no more with the desktop.
    ///
    /// # Errors
    /// The system call's; that there was nothing is none.
    pub fn disable(&self, what: Started) -> io::Result<()> {
        let gone = |path: PathBuf| match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        if what == Started::Agent {
            gone(self.link())?;
        }
        gone(self.entry(what))?;
        if what == Started::Tray && self.shared().is_some() {
            // An entry of the same name hides the one for everybody ("Autostart Of Applications During Startup").
            return self.write(what, "[Desktop Entry]\nType=Application\nName=Kyso\nHidden=true\n");
        }
        Ok(())
    }

    /// The file that is written for it.
    pub fn file(&self, what: Started) -> PathBuf {
        if what == Started::Agent && self.unit.is_some() { self.link() } else { self.entry(what) }
    }

    fn entry(&self, what: Started) -> PathBuf {
        let name = match what {
            Started::Tray => TRAY,
            Started::Agent => "kyso-agent.desktop",
        };
        self.config.join("autostart").join(name)
    }

    /// What `systemctl --user enable kyso` makes of the unit's `WantedBy`.
    fn link(&self) -> PathBuf {
        self.config.join("systemd/user/graphical-session.target.wants").join(UNIT)
    }
}

/// Whether this desktop has reached `graphical-session.target`: not every one does, and a unit that the target
/// wants would never start there.
fn desktop_is_a_target() -> bool {
    let ask = async {
        let bus = zbus::Connection::session().await.ok()?;
        let target = "graphical-session.target";
        let reply =
            bus.call_method(Some(SYSTEMD), MANAGER, Some(OF_MANAGER), "GetUnit", &target).await.ok()?;
        let unit: OwnedObjectPath = reply.body().deserialize().ok()?;
        let question = ("org.freedesktop.systemd1.Unit", "ActiveState");
        let properties = Some("org.freedesktop.DBus.Properties");
        let reply = bus.call_method(Some(SYSTEMD), &unit, properties, "Get", &question).await.ok()?;
        let state: OwnedValue = reply.body().deserialize().ok()?;
        Some(state.downcast_ref::<&str>().ok()? == "active")
    };
    zbus::block_on(ask) == Some(true)
}

/// As `Exec` wants a path (Desktop Entry Specification 1.5, "The Exec key").
fn quoted(path: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+".contains(letter);
    if path.chars().all(plain) {
        return path.to_owned();
    }
    let mut text = String::from("\"");
    for letter in path.chars().filter(|letter| !letter.is_control()) {
        match letter {
            // Once for the argument, and the backslash once more for the file's strings.
            '"' | '`' | '$' => text.extend(["\\\\", &letter.to_string()]),
            '\\' => text.push_str("\\\\\\\\"),
            '%' => text.push_str("%%"),
            _ => text.push(letter),
        }
    }
    text.push('"');
    text
}

fn one_line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// XDG Base Directory Specification 0.8.
fn system() -> Vec<PathBuf> {
    let set = std::env::var_os("XDG_CONFIG_DIRS").filter(|folders| !folders.is_empty());
    std::env::split_paths(&set.unwrap_or_else(|| "/etc/xdg".into()))
        .filter(|path| path.is_absolute())
        .collect()
}

const TRAY: &str = "kyso-tray.desktop";
const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: &str = "/org/freedesktop/systemd1";
const OF_MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "kyso.service";
const UNITS: &[&str] = &["/usr/lib/systemd/user", "/lib/systemd/user", "/etc/systemd/user"];
const OFF: &[&str] = &["hidden=true", "x-gnome-autostart-enabled=false"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_goes_and_can_be_turned_off_by_the_desktop() {
        let folder = tempfile::tempdir().expect("scratch");
        let autostart = Autostart::under(folder.path(), None);
        for what in [Started::Tray, Started::Agent] {
            assert!(!autostart.is_enabled(what));
            for _ in 0..2 {
                autostart.enable(what, Path::new("/usr/bin/kyso"), "Kyso\n– ký số").expect("writable");
                assert!(autostart.is_enabled(what), "{what:?}");
            }
            let text = fs::read_to_string(autostart.file(what)).expect("an entry");
            assert!(text.starts_with("[Desktop Entry]\n") && text.contains("\nName=Kyso– ký số\n"), "{text}");
            fs::write(autostart.file(what), format!("{text}Hidden = true\n")).expect("scratch");
            assert!(!autostart.is_enabled(what), "the desktop's own switch holds");
            for _ in 0..2 {
                autostart.disable(what).expect("removable");
                assert!(!autostart.is_enabled(what) && !autostart.file(what).exists());
            }
        }
        let file = folder.path().join("autostart/kyso-tray.desktop");
        autostart.enable(Started::Tray, Path::new("/opt/Ký số $1/kyso"), "Kyso").expect("writable");
        let text = fs::read_to_string(file).expect("the agreed name");
        assert!(text.contains("\nTryExec=/opt/Ký số $1/kyso\n"), "{text}");
        assert!(text.contains("\nExec=\"/opt/Ký số \\\\$1/kyso\" tray\n"), "{text}");
    }

    #[test]
    fn the_users_own_word_goes_before_the_entry_for_everybody() {
        let folder = tempfile::tempdir().expect("scratch");
        let shared = folder.path().join("xdg");
        fs::create_dir_all(shared.join("autostart")).expect("scratch");
        let entry = "[Desktop Entry]\nType=Application\nName=Kyso\nExec=/usr/bin/kyso tray --with-agent\n";
        fs::write(shared.join("autostart").join(TRAY), entry).expect("scratch");
        let own = folder.path().join("config");
        let autostart = Autostart { config: own.clone(), unit: None, system: vec![shared] };
        let both = || [Started::Tray, Started::Agent].map(|what| autostart.is_enabled(what));
        assert_eq!(both(), [true, true], "the tray brings the agent along");
        autostart.disable(Started::Tray).expect("writable");
        assert_eq!(both(), [false, false]);
        autostart.enable(Started::Tray, Path::new("/usr/bin/kyso"), "Kyso").expect("removable");
        assert_eq!(both(), [true, true]);
        assert!(!own.join("autostart").join(TRAY).exists(), "nothing of its own is left");
    }

    #[test]
    fn where_systemd_starts_units_the_agent_is_one() {
        let folder = tempfile::tempdir().expect("scratch");
        let unit = folder.path().join(UNIT);
        fs::write(&unit, "[Unit]\n").expect("scratch");
        let autostart = Autostart::under(folder.path(), Some(unit.clone()));
        autostart.enable(Started::Agent, Path::new("/usr/bin/kyso"), "Kyso").expect("writable");
        autostart.enable(Started::Agent, Path::new("/usr/bin/kyso"), "Kyso").expect("again");
        let link = folder.path().join("systemd/user/graphical-session.target.wants/kyso.service");
        assert_eq!(fs::read_link(&link).expect("a link"), unit);
        assert!(autostart.is_enabled(Started::Agent) && !folder.path().join("autostart").exists());
        autostart.disable(Started::Agent).expect("removable");
        assert!(!autostart.is_enabled(Started::Agent) && unit.exists());
    }
}
