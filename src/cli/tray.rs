//! `kyso tray`: the icon in the panel. A client of the control socket, and nothing more.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::TryLockError;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::Sender;
use std::time::Duration;

use clap::ArgMatches;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::exit::Exit;
use super::{Session, complain, small};
use crate::api::control::{Call, Said};
use crate::config;
use crate::domain::error::ErrorCode;
use crate::setup::memory::Memory;
use crate::status::Status;
use crate::sys;
use crate::sys::autostart::{Autostart, Started};
use crate::text::setup::SetupWords;
use crate::text::tray::TrayWords;
use crate::text::{Lang, cause, fill};
use crate::ui::tray::Act;
use crate::ui::tray::run::{Event, Hands, run as show};

/// `kyso tray`: becomes the program that does nothing else; without one it shows the icon itself.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let named = matches.get_one::<PathBuf>("config").cloned();
    if matches.get_flag("with-agent")
        && !super::client::agent_runs(session)
        && let Ok(this) = std::env::current_exe()
    {
        // What can't be started is seen in the icon, which offers to start it.
        let _ = sys::desktop::start_agent(&this);
    }
    let config = named.iter().flat_map(|named| [OsStr::new("--config"), named.as_os_str()]);
    small::become_small(SMALL, &config.collect::<Vec<_>>());
    start(session, named).err().unwrap_or(Exit::Done)
}

/// `kyso-tray [--config FILE]`: as `kyso tray`, whose arguments were looked at before.
pub fn main() -> ExitCode {
    let named = small::argument("--config").map(PathBuf::from);
    let started = small::session(named.as_deref()).and_then(|session| start(&session, named));
    started.err().unwrap_or(Exit::Done).into()
}

fn start(session: &Session, named: Option<PathBuf>) -> Result<(), Exit> {
    let words = TrayWords::of(session.lang);
    let failed = |path: PathBuf, why: &std::io::Error| {
        let values = [("path", &*path.display().to_string()), ("why", &cause::system(session.lang, why))];
        complain(fill(session.words.no_lock, &values));
        Exit::CantCreate
    };
    session.paths.make().map_err(|(path, why)| failed(path, &why))?;
    let path = session.paths.tray_lock();
    let lock = sys::files::private_file(&path).map_err(|why| failed(path.clone(), &why))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            complain(words.runs_already);
            return Err(Exit::Unavailable);
        }
        Err(TryLockError::Error(why)) => return Err(failed(path, &why)),
    }
    let program = std::env::current_exe().map_err(|error| {
        complain(cause::system(session.lang, &error));
        Exit::Software
    })?;
    let (tell, events) = std::sync::mpsc::channel();
    let (calls, inbox) = unbounded_channel();
    let (socket, told) = (session.paths.control(), tell.clone());
    std::thread::spawn(move || link(&socket, &told, inbox));
    let hands = Desktop {
        config: named.unwrap_or_else(|| session.paths.config_file()),
        autostart: Autostart::under(&session.paths.config_home(), None),
        setup: session.paths.setup(),
        said: session.paths.said(),
        export: session.paths.export(),
        program: small::beside(&program, small::WHOLE),
        calls,
        tell: tell.clone(),
        lang: std::cell::Cell::new(session.lang),
    };
    let said = std::fs::read_to_string(&hands.said).unwrap_or_default();
    show(&hands, session.lang, said.lines().map(str::to_owned).collect(), &tell, &events);
    drop(lock);
    Ok(())
}

/// What the tray does for the person.
struct Desktop {
    config: PathBuf,
    autostart: Autostart,
    setup: PathBuf,
    said: PathBuf,
    export: PathBuf,
    program: PathBuf,
    calls: UnboundedSender<Call>,
    tell: Sender<Event>,
    lang: std::cell::Cell<Lang>,
}

impl Hands for Desktop {
    fn raise(&self, leave: Option<String>) {
        self.call(Call::Raise { leave });
    }

    fn act(&self, act: &Act) {
        let done = match act {
            Act::Raise => return self.raise(None),
            Act::Quit => return,
            Act::Revoke(origin) => return self.call(Call::Revoke { origin: origin.clone() }),
            Act::Pause(on) => return self.call(Call::Pause { on: *on }),
            Act::Logout => return self.call(Call::Logout),
            Act::Speak(lang) => self.speak(*lang),
            Act::Start => sys::desktop::start_agent(&self.program).map_err(|error| self.why(&error)),
            Act::OpenLog => return self.open_log(),
            Act::Setup => return self.set_up(),
            Act::Autostart(on) => {
                let name = SetupWords::of(self.lang.get()).entry_tray;
                let done = if *on {
                    self.autostart.enable(Started::Tray, &self.program, name)
                } else {
                    self.autostart.disable(Started::Tray)
                };
                done.map_err(|error| self.why(&error))
            }
        };
        if let Err(why) = done {
            let _ = self.tell.send(Event::Failed(why));
        }
    }

    fn starts(&self) -> bool {
        self.autostart.is_enabled(Started::Tray)
    }

    fn is_new(&self) -> bool {
        Memory::is_first_run(&self.setup)
    }

    fn unseen(&self, why: &str) {
        complain(fill(TrayWords::of(self.lang.get()).unseen, &[("why", why)]));
    }

    fn remember(&self, said: &BTreeSet<String>) {
        let lasting = said.iter().filter(|name| crate::ui::tray::notices::is_lasting(name));
        let text: String = lasting.map(|name| format!("{name}\n")).collect();
        let _ = replace(&self.said, &text);
    }
}

impl Desktop {
    fn why(&self, error: &std::io::Error) -> String {
        cause::system(self.lang.get(), error)
    }

    fn call(&self, call: Call) {
        let _ = self.calls.send(call);
    }

    /// Windows and the next start of everything speak it, too.
    fn speak(&self, lang: Lang) -> Result<(), String> {
        self.lang.set(lang);
        self.call(Call::Speak { lang: lang.code().to_owned() });
        let failed =
            |why: String| crate::ui::tray::run::not_kept(&self.config.display().to_string(), &why, lang);
        let text = match std::fs::read_to_string(&self.config) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(self.why(&error))),
        };
        let text = config::speaking(&text, lang).map_err(|fault| failed(fault.told(lang)))?;
        if let Some(folder) = self.config.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(self.why(&error)))?;
        }
        replace(&self.config, &text).map_err(|error| failed(self.why(&error)))
    }

    /// The findings on a page, as whoever signs in a browser can read them, and the trial in Kyso's own window; where no
    /// page can be opened, all of it in a terminal.
    fn set_up(&self) {
        let (program, tell, lang) = (self.program.clone(), self.tell.clone(), self.lang.get());
        std::thread::spawn(move || {
            let mut command = Command::new(&program);
            command.args(["setup", "--page"]).stdin(Stdio::null());
            let told = command.output().is_ok_and(|output| output.status.success());
            if !told && sys::desktop::in_terminal(&program, &["setup", "--wait"]).is_err() {
                let _ = tell.send(Event::Failed(TrayWords::of(lang).no_terminal.to_owned()));
            }
        });
    }

    /// Exports it as a table and opens that, as the person opens tables.
    fn open_log(&self) {
        let (program, export, tell) = (self.program.clone(), self.export.clone(), self.tell.clone());
        let lang = self.lang.get();
        std::thread::spawn(move || {
            let mut command = Command::new(program);
            command.args(["audit", "export", "--format", "csv", "--out"]).arg(&export).stdin(Stdio::null());
            let why = match command.output() {
                Ok(output) if output.status.success() => sys::desktop::open(&export)
                    .err()
                    .map(|error| format!("xdg-open: {}", cause::system(lang, &error))),
                Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
                Err(error) => Some(cause::system(lang, &error)),
            };
            if let Some(why) = why {
                let _ = tell.send(Event::Failed(why));
            }
        });
    }
}

/// Writes a file whole or not at all.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // A link to a file elsewhere stays one.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut new = path.clone().into_os_string();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut file = sys::files::private_file(&new)?;
    file.set_len(0)?;
    file.write_all(text.as_bytes())?;
    if let Ok(metadata) = std::fs::metadata(&path) {
        file.set_permissions(metadata.permissions())?;
    }
    file.sync_all()?;
    std::fs::rename(&new, &path)
}

/// The way to the agent, from a thread of its own: its status as it changes, and the person's calls.
fn link(socket: &Path, tell: &Sender<Event>, mut calls: UnboundedReceiver<Call>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        tokio::select! {
            () = follow(socket, tell) => {}
            () = sys::program::gone() => {
                let _ = tell.send(Event::Chosen(Act::Quit));
            }
            () = async {
                while let Some(call) = calls.recv().await {
                    let failed = call_once(socket, &call).await.err();
                    if let Some(Broken::Code(code)) = failed {
                        let _ = tell.send(Event::Refused(code));
                    }
                }
            } => {}
        }
    });
}

/// Returns when nobody listens any more.
async fn follow(socket: &Path, tell: &Sender<Event>) {
    let mut since = None;
    loop {
        let status = call_once(socket, &Call::Status { since: since.take() }).await;
        let status = status.ok().and_then(|value| serde_json::from_value::<Status>(value).ok());
        let (event, pause) = match status {
            Some(status) => {
                since = Some(status.moment.clone());
                (Event::Status(Box::new(status)), BREATH)
            }
            None => (Event::Away, AWAY),
        };
        if tell.send(event).is_err() {
            return;
        }
        tokio::time::sleep(pause).await;
    }
}

/// Why there is no answer.
enum Broken {
    /// The agent is not there, or went away.
    Line,
    /// It said why.
    Code(ErrorCode),
}

async fn call_once(socket: &Path, call: &Call) -> Result<Value, Broken> {
    let stream = sys::ipc::connect(socket).await.map_err(|_| Broken::Line)?;
    let (reader, mut writer) = tokio::io::split(stream);
    let mut line = serde_json::to_vec(call).map_err(|_| Broken::Line)?;
    line.push(b'\n');
    writer.write_all(&line).await.map_err(|_| Broken::Line)?;
    let mut lines = BufReader::new(reader).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Said::Done(value)) => return Ok(value),
            Ok(Said::Failed { code, .. }) => {
                return Err(Broken::Code(ErrorCode::parse(&code).unwrap_or(ErrorCode::Internal)));
            }
            Ok(Said::Line(_)) => {}
            Err(_) => break,
        }
    }
    Err(Broken::Line)
}

const SMALL: &str = "kyso-tray";
/// Between two changes: nobody looks faster.
const BREATH: Duration = Duration::from_millis(150);
/// Between two looks for an agent.
const AWAY: Duration = Duration::from_secs(1);
