//! A prompt of the agent's own: `kyso prompt`, one process a question.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::ChildStderr;
use tokio::process::ChildStdin;
use tokio::process::ChildStdout;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::conversation::Conversation;
use super::conversation::Leash;
use super::conversation::Question;
use super::message;
use super::message::FromPrompt;
use super::message::MAX_LINE;
use super::message::ToPrompt;
use super::windows::Windows;
use crate::domain::approval::PairAnswer;
use crate::domain::approval::PairQuestion;
use crate::domain::approval::SignQuestion;
use crate::domain::error::PromptError;
use crate::domain::pin_task::PinQuestion;
use crate::domain::ports::BoxFuture;
use crate::domain::ports::Dialog;
use crate::domain::ports::PinDialog;
use crate::domain::ports::Prompter;
use crate::sys::terminal::Modes;
use crate::text::Lang;
use crate::text::cause;
use crate::text::cause::CauseWords;
use crate::text::fill;

/// Where the prompt asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// A window on the desktop.
    Window,
    /// The controlling terminal of this process.
    Terminal,
}

/// Asks by a child process for each question.
#[derive(Clone, Debug)]
pub struct ChildPrompter {
    program: PathBuf,
    kind: PromptKind,
    lang: Arc<Mutex<Lang>>,
    windows: Arc<Windows>,
    /// Resolves when the last prompt has ended.
    last: Arc<Mutex<Option<oneshot::Receiver<()>>>>,
}

impl ChildPrompter {
    /// `program` is the `kyso` binary: it is called as `program prompt [--terminal]`.
    pub fn new(program: PathBuf, kind: PromptKind, lang: Lang) -> Self {
        let lang = Arc::new(Mutex::new(lang));
        Self { program, kind, lang, windows: Arc::default(), last: Arc::default() }
    }

    /// Prompts speak this language from now on; clones of this prompter, too.
    pub fn speak(&self, lang: Lang) {
        *locked(&self.lang) = lang;
    }

    fn lang(&self) -> Lang {
        *locked(&self.lang)
    }

    /// A prompt on a terminal that puts the modes back takes along what is typed for the next one, so the
    /// next one waits for its end.
    async fn start(&self) -> Result<Started, PromptError> {
        let last = self.last().take();
        if self.kind == PromptKind::Terminal
            && let Some(ended) = last
        {
            let _ = tokio::time::timeout(GRACE, ended).await;
        }
        let (windows, number) = (Arc::clone(&self.windows), self.windows.open());
        let told = move |on: Option<bool>| match on {
            Some(on) => windows.focus(number, on),
            None => windows.close(number),
        };
        let lang = self.lang();
        let mut started = start(&self.program, self.kind, lang, told).map_err(|error| {
            self.windows.close(number);
            let why = cause::system(lang, &error);
            PromptError::Unavailable(fill(CauseWords::of(lang).not_started, &[("why", &why)]).into_owned())
        })?;
        self.windows.reach(number, started.to.downgrade());
        started.leash.place = Some((Arc::clone(&self.windows), number));
        *self.last() = started.ended.take();
        Ok(started)
    }

    fn last(&self) -> MutexGuard<'_, Option<oneshot::Receiver<()>>> {
        locked(&self.last)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Prompter for ChildPrompter {
    fn stands_aside(&self) -> bool {
        self.kind == PromptKind::Window
    }

    fn open(&self, question: &SignQuestion) -> BoxFuture<'_, Result<Box<dyn Dialog>, PromptError>> {
        let line = Question::sign(question, self.lang());
        Box::pin(async move {
            let Started { to, from, leash, .. } = self.start().await?;
            let dialog = Conversation::sign(to, from, leash, line).await?;
            Ok(Box::new(dialog) as Box<dyn Dialog>)
        })
    }

    fn pair(&self, question: &PairQuestion) -> BoxFuture<'_, Result<PairAnswer, PromptError>> {
        let line = Question::pair(question, self.lang());
        Box::pin(async move {
            let Started { to, from, leash, .. } = self.start().await?;
            Conversation::pair(to, from, leash, line).await
        })
    }

    fn pin(&self, question: &PinQuestion) -> BoxFuture<'_, Result<Box<dyn PinDialog>, PromptError>> {
        let line = Question::pin(question, self.lang());
        Box::pin(async move {
            let Started { to, from, leash, .. } = self.start().await?;
            let dialog = Conversation::sign(to, from, leash, line).await?;
            Ok(Box::new(dialog) as Box<dyn PinDialog>)
        })
    }

    fn raise(&self, leave: Option<String>) -> bool {
        if self.kind == PromptKind::Terminal {
            return false;
        }
        self.windows.say(&message::line(&ToPrompt::Raise { leave }))
    }

    fn waiting(&self, waiting: usize) {
        self.windows.say(&message::line(&ToPrompt::Waiting { waiting }));
    }

    fn attended(&self) -> Option<bool> {
        self.windows.attended()
    }

    fn attention(&self, since: u64) -> BoxFuture<'_, u64> {
        let mut told = self.windows.attention();
        Box::pin(async move { told.wait_for(|news| news.0 != since).await.map_or(since, |news| news.0) })
    }
}

/// A running prompt: lines to it, lines from it, and what ends it when dropped.
pub(super) struct Started {
    pub(super) to: mpsc::Sender<String>,
    pub(super) from: mpsc::Receiver<String>,
    pub(super) leash: ChildLeash,
    /// Resolves when the process has ended and the terminal is as it was.
    ended: Option<oneshot::Receiver<()>>,
}

/// Ends the prompt when dropped, unless it was let go.
pub(super) struct ChildLeash {
    /// Dropped unsent it means: end now.
    let_go: Option<oneshot::Sender<()>>,
    words: Arc<Mutex<Vec<u8>>>,
    /// Where it stands among the windows.
    place: Option<(Arc<Windows>, u64)>,
}

impl Leash for ChildLeash {
    fn let_go(&mut self) {
        if let Some(let_go) = self.let_go.take() {
            let _ = let_go.send(());
        }
    }

    fn forward(&self) {
        if let Some((windows, number)) = &self.place {
            windows.forward(*number);
        }
    }

    fn last_words(&self) -> String {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&words).trim().to_owned()
    }
}

/// Starts a prompt. Its environment is empty but for [`ENVIRONMENT`]. `focus` is told when its window gets or
/// loses the focus, and nothing when it has ended.
pub(super) fn start(
    program: &Path,
    kind: PromptKind,
    lang: Lang,
    focus: impl Fn(Option<bool>) + Send + Sync + 'static,
) -> io::Result<Started> {
    let mut command = Command::new(program);
    command.arg("prompt").env_clear().env("KYSO_LANG", lang.code());
    if kind == PromptKind::Terminal {
        command.arg("--terminal");
    }
    command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    let modes = (kind == PromptKind::Terminal).then(Modes::save);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (to, lines_to) = mpsc::channel(8);
    let (lines_from, from) = mpsc::channel(8);
    let (let_go, gone) = oneshot::channel();
    let words = Arc::new(Mutex::new(Vec::new()));
    if let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    {
        let stderr = tokio::spawn(keep(stderr, Arc::clone(&words)));
        tokio::spawn(write(stdin, lines_to));
        tokio::spawn(async move {
            read(stdout, lines_from.clone(), &focus).await;
            focus(None);
            // So that the last words are complete when the channel closes.
            let _ = tokio::time::timeout(GRACE, stderr).await;
        });
    }
    let (end, ended) = oneshot::channel();
    tokio::spawn(async move {
        tend(child, kind, gone, modes).await;
        let _ = end.send(());
    });
    let leash = ChildLeash { let_go: Some(let_go), words, place: None };
    Ok(Started { to, from, leash, ended: Some(ended) })
}

/// Waits for the child's end, or brings it about. A prompt on a terminal is first left to put the
/// terminal's echo back; whatever it leaves undone, `modes` does.
async fn tend(mut child: Child, kind: PromptKind, gone: oneshot::Receiver<()>, modes: Option<Modes>) {
    let dropped = tokio::select! {
        _ = child.wait() => false,
        gone = gone => gone.is_err(),
    };
    if dropped {
        let polite = kind == PromptKind::Terminal && tokio::time::timeout(GRACE, child.wait()).await.is_ok();
        if !polite {
            let _ = child.start_kill();
        }
    }
    let _ = child.wait().await;
    drop(modes);
}

async fn write(mut stdin: ChildStdin, mut lines: mpsc::Receiver<String>) {
    while let Some(mut line) = lines.recv().await {
        line.push('\n');
        if stdin.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
}

async fn read(stdout: ChildStdout, lines: mpsc::Sender<String>, focus: &(impl Fn(Option<bool>) + Sync)) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let limit = MAX_LINE as u64 + 1;
        match (&mut stdout).take(limit).read_until(b'\n', &mut line).await {
            Ok(1..) if line.pop() == Some(b'\n') => {}
            _ => return,
        }
        let Ok(line) = String::from_utf8(line) else { return };
        if let Ok(FromPrompt::Focus { on }) = FromPrompt::parse(&line) {
            focus(Some(on));
            continue;
        }
        if lines.send(line).await.is_err() {
            return;
        }
    }
}

/// Keeps the last bytes of what the child complains.
async fn keep(mut stderr: ChildStderr, words: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(n @ 1..) = stderr.read(&mut buffer).await {
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend_from_slice(buffer.get(..n).unwrap_or_default());
        let surplus = words.len().saturating_sub(MAX_WORDS);
        words.drain(..surplus);
    }
}

const GRACE: Duration = Duration::from_secs(2);
const MAX_WORDS: usize = 4 << 10;

/// What a window or a terminal needs, and nothing that changes what code the prompt loads.
const ENVIRONMENT: &[&str] = &[
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "WAYLAND_SOCKET",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
    "XDG_CURRENT_DESKTOP",
    "XDG_ACTIVATION_TOKEN",
    "DESKTOP_STARTUP_ID",
    "DBUS_SESSION_BUS_ADDRESS",
    "AT_SPI_BUS_ADDRESS",
    "NO_AT_BRIDGE",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "TERM",
    "XCURSOR_THEME",
    "XCURSOR_SIZE",
    "XCURSOR_PATH",
    "XKB_CONFIG_ROOT",
    "WINIT_X11_SCALE_FACTOR",
];
