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
}

impl Autostart {
    /// This user's; nothing if the user has no home.
    pub fn of_user() -> Option<Self> {
        let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
        let unit = UNITS.iter().map(|folder| Path::new(folder).join(UNIT)).find(|unit| unit.exists());
        Some(Self { config, unit: unit.filter(|_| desktop_is_a_target()) })
    }

    /// Under a folder, with a unit or without.
    pub fn under(config: &Path, unit: Option<PathBuf>) -> Self {
        Self { config: config.to_owned(), unit }
    }

    /// Whether it starts with the desktop. An entry that is hidden or turned off in the desktop's own
    /// settings does not.
    pub fn is_enabled(&self, what: Started) -> bool {
        let by_unit = what == Started::Agent && self.link().exists();
        let entry = fs::read_to_string(self.entry(what)).unwrap_or_default();
        let off = |line: &str| OFF.contains(&line.trim().to_lowercase().replace(' ', "").as_str());
        by_unit || (entry.contains("Exec=") && !entry.lines().any(off))
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
        let entry = self.entry(what);
        entry.parent().map_or(Ok(()), fs::create_dir_all)?;
        let (command, icon) = match what {
            Started::Tray => ("tray", "kyso"),
            Started::Agent => ("agent", "kyso"),
        };
        let text = format!(
            "[Desktop Entry]\nType=Application\nVersion=1.0\nName={}\nExec={} {command}\nIcon={icon}\n\
             Terminal=false\nX-GNOME-Autostart-enabled=true\n",
            one_line(name),
            quoted(&program.display().to_string()),
        );
        // Never half a file: a desktop may read it at any time.
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
        gone(self.entry(what))
    }

    /// The file that is written for it.
    pub fn file(&self, what: Started) -> PathBuf {
        if what == Started::Agent && self.unit.is_some() { self.link() } else { self.entry(what) }
    }

    fn entry(&self, what: Started) -> PathBuf {
        let name = match what {
            Started::Tray => "kyso-tray.desktop",
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
        assert!(text.contains("\nExec=\"/opt/Ký số \\\\$1/kyso\" tray\n"), "{text}");
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
