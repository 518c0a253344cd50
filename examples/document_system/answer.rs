//! Answers Kyso's terminal prompts where nobody sits at a terminal: runs a command in a
//! pseudo-terminal of its own, passes on what it prints, says yes and types a PIN.
//!
//! Nothing that Kyso ships can do this; it is a person's hands, for a demonstration with a token
//! that is worth nothing.

use std::io::Read;
use std::io::Write;
use std::process::ExitCode;

use portable_pty::CommandBuilder;
use portable_pty::PtySize;
use portable_pty::native_pty_system;

/// Runs `command` and answers until it ends; its exit code.
///
/// # Errors
/// If there is no pseudo-terminal, or the command can't be started.
pub(crate) fn run(pin: &str, command: &[String]) -> Result<ExitCode, String> {
    let failed = |error: &dyn std::fmt::Display| format!("no pseudo-terminal: {error}");
    let size = PtySize { rows: 40, cols: 100, ..PtySize::default() };
    let terminal = native_pty_system().openpty(size).map_err(|error| failed(&error))?;
    let mut builder = CommandBuilder::from_argv(command.iter().map(Into::into).collect());
    builder.cwd(std::env::current_dir().map_err(|error| error.to_string())?);
    let mut child = terminal.slave.spawn_command(builder).map_err(|error| error.to_string())?;
    drop(terminal.slave);

    let mut keys = terminal.master.take_writer().map_err(|error| failed(&error))?;
    let mut screen = terminal.master.try_clone_reader().map_err(|error| failed(&error))?;
    let mut hands = Hands { pin, line: Vec::new() };
    let mut piece = [0; 1024];
    // The read fails when the last process on the terminal is gone.
    while let Ok(length @ 1..) = screen.read(&mut piece) {
        let Some(shown) = piece.get(..length) else { break };
        let _ = std::io::stdout().write_all(shown).and_then(|()| std::io::stdout().flush());
        for byte in shown {
            if let Some(answer) = hands.see(*byte) {
                keys.write_all(answer.as_bytes()).map_err(|error| failed(&error))?;
            }
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    Ok(u8::try_from(status.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Reads the last line on the screen, as a person does, and knows what it asks.
struct Hands<'a> {
    pin: &'a str,
    line: Vec<u8>,
}

impl Hands<'_> {
    /// Takes one byte of the screen; the keys to press if the line now asks for something.
    fn see(&mut self, byte: u8) -> Option<String> {
        if matches!(byte, b'\n' | b'\r') {
            self.line.clear();
            return None;
        }
        self.line.push(byte);
        let line = String::from_utf8_lossy(&self.line);
        let answer = if line.ends_with(CONSENT) {
            "y\n".to_owned()
        } else if line.contains("PIN") && line.ends_with(": ") {
            format!("{}\n", self.pin)
        } else {
            return None;
        };
        self.line.clear();
        Some(answer)
    }
}

/// How the terminal prompt ends a question of yes or no.
const CONSENT: &str = "[y/N] ";
