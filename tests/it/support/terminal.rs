//! A terminal of the test's own: a program behind a pseudo-terminal, and a hand on its keys.

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// A program whose controlling terminal we hold; ended when dropped.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    screen: Arc<Screen>,
    _master: Box<dyn MasterPty + Send>,
}

#[derive(Default)]
struct Screen {
    text: Mutex<(String, bool)>,
    changed: Condvar,
}

impl Terminal {
    /// Starts `program` with these arguments and this environment besides PATH.
    pub(crate) fn start(program: &str, arguments: &[&str], environment: &[(String, String)]) -> Self {
        let size = PtySize { rows: 50, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Screen::default());
        let (mut reader, shown) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                shown.text.lock().unwrap().0.push_str(&String::from_utf8_lossy(&buffer[..read]));
                shown.changed.notify_all();
            }
            shown.text.lock().unwrap().1 = true;
            shown.changed.notify_all();
        });
        let writer = pair.master.take_writer().unwrap();
        Self { child, writer, screen, _master: pair.master }
    }

    /// The program's process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().expect("a running program")
    }

    /// Waits until `text` is on the screen behind `from`, and returns where it ends.
    pub(crate) fn wait_for(&self, text: &str, from: usize) -> usize {
        self.find(text, from, Duration::from_secs(30))
            .unwrap_or_else(|| panic!("«{text}» never came; the screen:\n{}", self.text()))
    }

    /// Where `text` ends on the screen behind `from`, if it comes in time and before the program ends.
    pub(crate) fn find(&self, text: &str, from: usize, within: Duration) -> Option<usize> {
        let end = Instant::now() + within;
        let mut shown = self.screen.text.lock().unwrap();
        loop {
            if let Some(at) = shown.0.get(from..).and_then(|rest| rest.find(text)) {
                return Some(from + at + text.len());
            }
            let left = end.saturating_duration_since(Instant::now());
            if shown.1 || left.is_zero() {
                return None;
            }
            shown = self.screen.changed.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// Everything shown so far.
    pub(crate) fn text(&self) -> String {
        self.screen.text.lock().unwrap().0.clone()
    }

    /// Types.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Everything shown, once the program has closed the screen.
    pub(crate) fn end(&self) -> String {
        let mut shown = self.screen.text.lock().unwrap();
        while !shown.1 {
            shown = self.screen.changed.wait(shown).unwrap();
        }
        shown.0.clone()
    }

    /// Waits for the program's end and returns its exit code.
    pub(crate) fn exit_code(&mut self) -> u32 {
        self.child.wait().unwrap().exit_code()
    }

    /// Ends the program at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        let id = i32::try_from(self.id()).unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
