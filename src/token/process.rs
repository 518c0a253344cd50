//! One running `kyso-token-host`: its pipes, and what it printed.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::process::Child;
use tokio::process::ChildStdin;
use tokio::process::ChildStdout;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::environment;
use super::remote::ModuleConfig;
use super::trace::Trace;
use super::wire;
use super::wire::Failure;
use super::wire::Reply;
use super::wire::Request;
use crate::domain::error::TokenError;
use crate::log;
use crate::sys;
use crate::sys::sandbox::Landlock;

/// A token host. Dropping it ends the process at once.
#[derive(Debug)]
pub(super) struct Process {
    /// Its X25519 public key.
    pub(super) key: [u8; 32],
    /// Whether files are out of its module's reach.
    pub(super) landlock: Landlock,
    child: Child,
    requests: ChildStdin,
    replies: ChildStdout,
    buffer: Vec<u8>,
    printed: Arc<Mutex<Printed>>,
    /// Ends when nobody can print any more.
    printing: JoinHandle<()>,
    /// Hears of its steps.
    trace: Option<Trace>,
}

impl Process {
    /// Starts one and waits until its module is initialised.
    ///
    /// # Errors
    /// `Missing` if the module is no PKCS#11 library, what `C_Initialize` means if it fails, `Crashed` if
    /// the process ended, `TimedOut` after `deadline`; the process is gone then.
    pub(super) async fn start(
        program: &Path,
        module: &ModuleConfig,
        deadline: Duration,
        trace: Option<Trace>,
    ) -> Result<Self, TokenError> {
        let mut command = Command::new(program);
        sys::child::set_apart(&mut command);
        let mut child = command
            .arg(&module.path)
            .env_clear()
            .envs(environment::handed_on(&module.settings.environment))
            .envs(module.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| TokenError::Crashed(format!("{} does not start: {error}", program.display())))?;
        let (Some(requests), Some(replies), Some(prints)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(TokenError::Crashed("the token host has no pipes".to_owned()));
        };
        let mut requests = requests;
        let setup = wire::Setup { trace: trace.is_some(), ..wire::Setup::from(&module.settings) };
        let setup = wire::frame(&setup).map_err(|error| TokenError::Crashed(error.to_string()))?;
        // A process that ended at once says why when its reply is awaited.
        let _ = requests.write_all(&setup).await;
        let printed = Arc::default();
        let printing = tokio::spawn(listen(prints, Arc::clone(&printed), module.path.clone()));
        let mut process = Self {
            key: [0; 32],
            landlock: Landlock::Off,
            child,
            requests,
            replies,
            buffer: Vec::new(),
            printed,
            printing,
            trace,
        };
        let first = process.receive_within(deadline, "loading the module").await?;
        if let Reply::Ready { key, landlock } = first {
            return Ok(Self { key, landlock, ..process });
        }
        Err(if let Reply::Failed(failure) = first {
            // It ends now, so all that it printed is there soon.
            let _ = timeout(REAPING, &mut process.printing).await;
            let cause = process.with_what_it_printed(failure.cause);
            Failure { cause, ..failure }.meaning([0; 32])
        } else {
            TokenError::Crashed("the token host began with nonsense".to_owned())
        })
    }

    /// Whether it still runs.
    pub(super) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// # Errors
    /// `Crashed` if the process has ended, `TimedOut` if it takes nothing.
    pub(super) async fn send(&mut self, request: &Request) -> Result<(), TokenError> {
        let frame = wire::frame(request).map_err(|error| TokenError::Crashed(error.to_string()))?;
        if matches!(request, Request::Sign { .. } | Request::SetPin { .. }) {
            self.printed.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        }
        match timeout(TAKING, self.requests.write_all(&frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.crashed().await),
            Err(_) => Err(TokenError::TimedOut("the token host takes no request".to_owned())),
        }
    }

    /// The next reply. Dropping the future loses nothing.
    ///
    /// # Errors
    /// `Crashed` if the process ended or sent what is no reply.
    pub(super) async fn receive(&mut self) -> Result<Reply, TokenError> {
        loop {
            match self.parse() {
                Ok(Some(reply)) => match (reply, &self.trace) {
                    (Reply::Mark(mark), Some(trace)) => {
                        trace.note(mark);
                        continue;
                    }
                    (reply, _) => return Ok(reply),
                },
                Ok(None) => {}
                Err(error) => {
                    return Err(TokenError::Crashed(format!("the token host sent garbage: {error}")));
                }
            }
            match self.replies.read_buf(&mut self.buffer).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return Err(self.crashed().await),
            }
        }
    }

    /// The next reply, if it comes in time.
    ///
    /// # Errors
    /// As [`Process::receive`], and `TimedOut`.
    pub(super) async fn receive_within(&mut self, time: Duration, doing: &str) -> Result<Reply, TokenError> {
        let received = timeout(time, self.receive()).await;
        received
            .unwrap_or_else(|_| Err(self.late(&format!("{doing} took longer than {} s", time.as_secs_f32()))))
    }

    /// For a process that did not answer in time.
    pub(super) fn late(&self, how: &str) -> TokenError {
        TokenError::TimedOut(self.with_what_it_printed(how.to_owned()))
    }

    fn parse(&mut self) -> std::io::Result<Option<Reply>> {
        let Some(head) = self.buffer.first_chunk::<{ wire::LENGTH }>() else { return Ok(None) };
        let end = wire::LENGTH + wire::body_length(*head)?;
        let Some(body) = self.buffer.get(wire::LENGTH..end) else { return Ok(None) };
        let reply = wire::parse(body)?;
        self.buffer.drain(..end);
        Ok(Some(reply))
    }

    /// Why the pipe ended: how the process did, and the last it printed while that could not be a PIN.
    async fn crashed(&mut self) -> TokenError {
        let how = match timeout(REAPING, self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            _ => "it closed its pipe".to_owned(),
        };
        let _ = timeout(REAPING, &mut self.printing).await;
        TokenError::Crashed(self.with_what_it_printed(how))
    }

    /// With the last that it printed while that could not be a PIN.
    fn with_what_it_printed(&self, why: String) -> String {
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        match printed.text().trim() {
            "" => why,
            text => format!("{why}; it printed: {text}"),
        }
    }
}

/// The last that a module printed before its process may have held a PIN: what comes then is nobody's to keep (R43).
#[derive(Debug, Default)]
struct Printed {
    tail: VecDeque<u8>,
    /// Bytes, all of them.
    seen: usize,
    closed: bool,
}

impl Printed {
    /// Keeps the last of it, if it may be kept; whether it may be shown.
    fn keep(&mut self, bytes: &[u8]) -> bool {
        if self.closed {
            return false;
        }
        self.tail.extend(bytes);
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
        self.seen = self.seen.saturating_add(bytes.len());
        self.seen <= SHOWN
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.tail.iter().copied().collect::<Vec<_>>()).into_owned()
    }
}

/// Keeps the last [`TAIL`] bytes of what a module prints, and shows the first [`SHOWN`] to whoever searches for a fault.
async fn listen(mut from: impl AsyncRead + Unpin, kept: Arc<Mutex<Printed>>, module: PathBuf) {
    let mut buffer = vec![0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..read];
        if kept.lock().unwrap_or_else(PoisonError::into_inner).keep(bytes) {
            let text = String::from_utf8_lossy(bytes);
            text.lines().for_each(|line| log::overheard(format_args!("{}: {line}", module.display())));
        }
        if read == buffer.len() {
            // A module that prints without end waits for its own words, and the agent does its work.
            tokio::time::sleep(BREATH).await;
        }
    }
}

/// How long a living host may take to read a request: it reads on a thread of its own.
const TAKING: Duration = Duration::from_secs(10);
const REAPING: Duration = Duration::from_secs(1);
const BREATH: Duration = Duration::from_millis(1);
/// What fits into a cause together with the rest.
const TAIL: usize = 2048;
/// What one process may write into the agent's own lines.
const SHOWN: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_module_prints_is_kept_and_shown_in_part() {
        let mut printed = Printed::default();
        let line = [b'a'; 1_000];
        let shown = (0..1_000).filter(|_| printed.keep(&line)).count();
        assert_eq!(shown, SHOWN / line.len());
        printed.keep(b"the end");
        assert_eq!(printed.text().len(), TAIL);
        assert!(printed.text().ends_with("athe end"));
        printed.closed = true;
        assert!(!printed.keep(b"a PIN") && printed.text().ends_with("the end"));
    }
}
