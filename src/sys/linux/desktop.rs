//! What the desktop session does for a program: start it, open a file, start a service.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whether this user's session starts the tray (Desktop Application Autostart Specification 0.5): their own
/// entry says so or not, else the machine's.
pub fn starts_tray(config_home: &Path) -> bool {
    match std::fs::read_to_string(entry(config_home)) {
        Ok(text) => !is_hidden(&text),
        Err(_) => of_machine(),
    }
}

/// Lets the session start `program tray`, or not.
///
/// # Errors
/// The system call's.
pub fn start_tray(config_home: &Path, program: &Path, comment: &str, on: bool) -> io::Result<()> {
    let path = entry(config_home);
    if !on && !of_machine() {
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text(program, comment, on))
}

/// Opens a file with whatever the person opens such files with.
///
/// # Errors
/// There is no opener.
pub fn open(path: &Path) -> io::Result<()> {
    detached(Command::new("xdg-open").arg(path))
}

/// Starts the agent: the user's service if there is one, else `program agent`.
///
/// # Errors
/// Neither could be started.
pub fn start_agent(program: &Path) -> io::Result<()> {
    let service = ["--user", "--no-block", "start", "kyso.service"];
    let started = quiet(Command::new("systemctl").args(service)).status();
    if started.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    detached(Command::new(program).arg("agent"))
}

/// Starts it and lets it go its way; it is waited for so that none stays behind as a zombie.
fn detached(command: &mut Command) -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;
    let mut child = quiet(command).process_group(0).spawn()?;
    std::thread::spawn(move || child.wait());
    Ok(())
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn entry(config_home: &Path) -> PathBuf {
    config_home.join("autostart").join(ENTRY)
}

/// Whether the machine starts it for everybody who has no entry of their own.
fn of_machine() -> bool {
    let folders = std::env::var("XDG_CONFIG_DIRS").ok().filter(|folders| !folders.is_empty());
    let folders = folders.unwrap_or_else(|| "/etc/xdg".to_owned());
    std::env::split_paths(&folders)
        .find_map(|folder| std::fs::read_to_string(entry(&folder)).ok())
        .is_some_and(|text| !is_hidden(&text))
}

fn is_hidden(text: &str) -> bool {
    text.lines().any(|line| line.trim() == "Hidden=true")
}

fn text(program: &Path, comment: &str, on: bool) -> String {
    let program = quoted(&program.display().to_string());
    let hidden = if on { "" } else { "Hidden=true\n" };
    format!(
        "[Desktop Entry]\nType=Application\nName=Kyso\nComment={comment}\n\
         Exec={program} tray\nIcon=kyso\nTerminal=false\nNoDisplay=true\n\
         X-GNOME-Autostart-enabled={on}\n{hidden}"
    )
}

/// An argument of `Exec` (Desktop Entry Specification 1.5, "The Exec key"): quoted, then escaped once more as
/// every string value is; `%` begins a field code.
fn quoted(argument: &str) -> String {
    let mut text = String::from("\"");
    for letter in argument.chars() {
        match letter {
            '"' | '`' | '$' => text.extend(["\\\\", &letter.to_string()]),
            '\\' => text.push_str("\\\\\\\\"),
            '%' => text.push_str("%%"),
            _ => text.push(letter),
        }
    }
    text.push('"');
    text
}

const ENTRY: &str = "kyso-tray.desktop";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_an_odd_path_is_quoted() {
        assert_eq!(quoted("/usr/bin/kyso"), r#""/usr/bin/kyso""#);
        assert_eq!(quoted(r#"/opt/a "b" $c %d\e/kyso"#), r#""/opt/a \\"b\\" \\$c %%d\\\\e/kyso""#);
    }

    #[test]
    fn it_is_on_and_off() {
        let home = tempfile::tempdir().expect("a folder");
        assert!(!starts_tray(home.path()));
        start_tray(home.path(), Path::new("/usr/bin/kyso"), "x", true).expect("written");
        assert!(starts_tray(home.path()));
        let text = std::fs::read_to_string(entry(home.path())).expect("there");
        assert!(text.starts_with("[Desktop Entry]\n") && text.contains("\nExec=\"/usr/bin/kyso\" tray\n"));
        start_tray(home.path(), Path::new("/usr/bin/kyso"), "x", false).expect("removed");
        assert!(!starts_tray(home.path()));
        start_tray(home.path(), Path::new("/usr/bin/kyso"), "x", false).expect("nothing to remove");
    }

    #[test]
    fn a_hidden_entry_does_not_start() {
        assert!(
            is_hidden(&text(Path::new("/a"), "x", false)) && !is_hidden(&text(Path::new("/a"), "x", true))
        );
    }
}
