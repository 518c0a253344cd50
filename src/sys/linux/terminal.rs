//! The controlling terminal, `/dev/tty` (tty(4), termios(3)).

use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::io::Write;
use std::time::Duration;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::event::poll;
use rustix::termios::LocalModes;
use rustix::termios::OptionalActions;
use rustix::termios::Termios;
use rustix::termios::tcgetattr;
use rustix::termios::tcsetattr;

/// The controlling terminal of this process, with echo, line editing and signals by keys off.
/// Dropping it puts back what was, and discards what was typed meanwhile.
#[derive(Debug)]
pub struct Terminal {
    tty: File,
    before: Termios,
}

/// A terminal's settings, put back when dropped: for whoever starts a process that changes them and
/// may be killed.
#[derive(Debug)]
pub struct Modes(Option<(File, Termios)>);

impl Terminal {
    /// # Errors
    /// There is no controlling terminal, or it is none that has an echo to turn off.
    pub fn open() -> io::Result<Self> {
        let tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&tty)?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN;
        // Flush: what was typed before the question is no answer to it.
        tcsetattr(&tty, OptionalActions::Flush, &quiet)?;
        Ok(Self { tty, before })
    }

    /// # Errors
    /// The terminal is gone.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.tty.write_all(text.as_bytes())
    }

    /// The next byte typed, or nothing if none came in time.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn read(&mut self, wait: Duration) -> io::Result<Option<u8>> {
        let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
        match poll(&mut [PollFd::new(&self.tty, PollFlags::IN)], Some(&wait)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut byte = [0];
        self.tty.read_exact(&mut byte)?;
        Ok(Some(byte[0]))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.tty, OptionalActions::Flush, &self.before);
    }
}

impl Modes {
    /// Remembers the controlling terminal's settings, if there is one.
    pub fn save() -> Self {
        let tty = OpenOptions::new().read(true).write(true).open("/dev/tty").ok();
        Self(tty.and_then(|tty| tcgetattr(&tty).ok().map(|modes| (tty, modes))))
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        if let Some((tty, modes)) = &self.0 {
            let _ = tcsetattr(tty, OptionalActions::Drain, modes);
        }
    }
}
