//! What the desktop session does for a program: open a file, start a service.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Opens a file with whatever the person opens such files with.
///
/// # Errors
/// There is no opener, or it says that it has opened nothing.
pub fn open(path: &Path) -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;
    let mut child = quiet(Command::new("xdg-open").arg(path)).process_group(0).spawn()?;
    let (ended, told) = mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait()));
    match told.recv_timeout(REFUSES_WITHIN) {
        Ok(status) => {
            let status = status?;
            if status.success() { Ok(()) } else { Err(io::Error::other(format!("xdg-open: {status}"))) }
        }
        // Some stay as long as what they have opened.
        Err(_) => Ok(()),
    }
}

/// Starts the agent: the user's service if there is one, which gets what its windows need of this session, else
/// `program agent`.
///
/// # Errors
/// Neither could be started.
pub fn start_agent(program: &Path) -> io::Result<()> {
    let known: Vec<_> = SESSION.iter().filter(|name| std::env::var_os(name).is_some()).collect();
    // Without names it would hand over everything.
    if !known.is_empty() {
        let _ = quiet(Command::new("systemctl").args(["--user", "import-environment"]).args(known)).status();
    }
    let service = ["--user", "--no-block", "start", "kyso.service"];
    let started = quiet(Command::new("systemctl").args(service)).status();
    if started.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    detached(Command::new(program).arg("agent"))
}

/// Starts an agent that takes the place of the one with this process id: by the user's service where that one runs in
/// it, else `program agent --replace`.
///
/// # Errors
/// It could not be started.
pub fn restart_agent(program: &Path, running: u32) -> io::Result<()> {
    let asked = ["--user", "show", "--property=MainPID", "--value", "kyso.service"];
    let main = Command::new("systemctl").args(asked).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let main = main.ok().and_then(|output| String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok());
    if main == Some(running) {
        let restart = ["--user", "--no-block", "restart", "kyso.service"];
        let status = quiet(Command::new("systemctl").args(restart)).status()?;
        return if status.success() { Ok(()) } else { Err(io::Error::other("systemctl --user restart")) };
    }
    detached(Command::new(program).args(["agent", "--replace"]))
}

/// Starts the program in a window with a terminal.
///
/// # Errors
/// There is no terminal.
pub fn in_terminal(program: &Path, arguments: &[&str]) -> io::Result<()> {
    let start = |(terminal, before): &(&str, &str)| {
        detached(Command::new(terminal).arg(before).arg(program).args(arguments))
    };
    TERMINALS.iter().find_map(|terminal| start(terminal).ok()).ok_or_else(|| io::ErrorKind::NotFound.into())
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

/// An opener that finds nothing to open a file with says so at once (xdg-open(1): 2, 3 and 4).
const REFUSES_WITHIN: Duration = Duration::from_secs(3);

/// Where windows open and notifications go.
const SESSION: [&str; 5] =
    ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_CURRENT_DESKTOP"];

/// Terminals, and what stands before the program in their arguments; Debian's own choice first.
const TERMINALS: [(&str, &str); 5] = [
    ("x-terminal-emulator", "-e"),
    ("gnome-terminal", "--"),
    ("konsole", "-e"),
    ("xfce4-terminal", "-x"),
    ("xterm", "-e"),
];
