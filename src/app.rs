//! The composition root: configuration and folders become parts, parts become a running agent.
//!
//! The caller owns the listener and the word to stop, so a test passes a port of its own.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::api::control::{Control, OverLines};
use crate::api::identity::Identity;
use crate::api::server::{Server, ServerParts};
use crate::config::{Config, Module, Prompt};
use crate::domain::ports::Prompter;
use crate::log;
use crate::paths::Paths;
use crate::sign::{Parts, SigningService};
use crate::store::Store;
use crate::sys;
use crate::sys::attendance::Attendance;
use crate::token::discovery::vendors::List;
use crate::token::discovery::{self, Found, Places};
use crate::token::hub::{Deadlines, HubConfig, ModuleConfig, TokenHub};
use crate::ui::child::{ChildPrompter, PromptKind};
use crate::ui::lines::LinesPrompter;

/// The programs that the agent starts.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `kyso`, started as `kyso prompt`.
    pub kyso: PathBuf,
    /// `kyso-token-host`.
    pub token_host: PathBuf,
}

/// An agent whose parts stand, holding the instance lock, not yet serving.
#[allow(missing_debug_implementations, reason = "holds trait objects")]
pub struct App {
    paths: Paths,
    service: Arc<SigningService>,
    tokens: Arc<TokenHub>,
    over_lines: OverLines,
    windows: ChildPrompter,
    identity: Identity,
    _lock: File,
}

/// What stands in for a part of the desk; the binary has no switch that does.
#[derive(Default)]
#[allow(missing_debug_implementations, reason = "holds a trait object")]
pub struct Overrides {
    /// The way to ask the person, in place of the configuration's.
    pub prompter: Option<Arc<dyn Prompter>>,
    /// Whether the person is at the desk, in place of what the system says.
    pub session: Option<watch::Receiver<Attendance>>,
}

/// Why the parts don't stand.
#[derive(Debug)]
pub enum AppError {
    /// A folder can't be made.
    Folder(PathBuf, String),
    /// Another agent, or a command without one, holds the lock.
    AlreadyRunning(PathBuf),
    /// The lock can't be taken for another reason.
    Lock(PathBuf, String),
    /// The log can't be opened.
    Log(PathBuf, String),
    /// The identity key can't be read or made.
    Identity(PathBuf, String),
    /// The control socket can't be opened.
    Control(PathBuf, String),
}

impl Programs {
    /// Those beside the running program.
    ///
    /// # Errors
    /// If the system can't tell where that is.
    pub fn beside_this() -> std::io::Result<Self> {
        let kyso = std::env::current_exe()?;
        let name = format!("kyso-token-host{}", std::env::consts::EXE_SUFFIX);
        let token_host = kyso.parent().unwrap_or_else(|| Path::new(".")).join(name);
        Ok(Self { kyso, token_host })
    }
}

impl App {
    /// Takes the instance lock and opens every part, but for those that `overrides` brings.
    ///
    /// # Errors
    /// [`AppError`], with nothing left behind.
    pub fn open(
        config: &Config,
        paths: Paths,
        programs: &Programs,
        overrides: Overrides,
    ) -> Result<Self, AppError> {
        let Overrides { prompter, session } = overrides;
        let tokens = || {
            let tokens = hub(config, modules(config).modules, programs);
            match config.keep_login {
                Some(limits) => tokens.keeping_logins(limits, &session.unwrap_or_else(sys::session::watch)),
                None => tokens,
            }
        };
        Self::around(|| Arc::new(tokens()), config, paths, programs, prompter)
    }

    /// The same around these tokens, which are made once the lock is taken.
    ///
    /// # Errors
    /// As [`App::open`].
    pub fn around(
        tokens: impl FnOnce() -> Arc<TokenHub>,
        config: &Config,
        paths: Paths,
        programs: &Programs,
        prompter: Option<Arc<dyn Prompter>>,
    ) -> Result<Self, AppError> {
        paths.make().map_err(|(path, error)| AppError::Folder(path, error.to_string()))?;
        let lock = lock(&paths.lock())?;
        let store =
            Store::open(&paths.audit()).map_err(|error| AppError::Log(paths.audit(), error.to_string()))?;
        let identity = Identity::load_or_create(&paths.identity())
            .map_err(|error| AppError::Identity(paths.identity(), error.to_string()))?;
        let kind = match config.prompt {
            Prompt::Window => PromptKind::Window,
            Prompt::Terminal => PromptKind::Terminal,
        };
        let (lang, tokens) = (config.lang, tokens());
        let windows = ChildPrompter::new(programs.kyso.clone(), kind, lang);
        let service = SigningService::new(Parts {
            tokens: Arc::clone(&tokens) as _,
            prompter: prompter.unwrap_or_else(|| Arc::new(windows.clone())),
            audit: Arc::new(store.clone()),
            grants: Arc::new(store.clone()),
            tries: Arc::new(store),
        });
        let over_lines: OverLines =
            Arc::new(|to, from, lang| Arc::new(LinesPrompter::new(to, from).in_language(lang)));
        Ok(Self { paths, service, tokens, over_lines, windows, identity, _lock: lock })
    }

    /// The use cases.
    pub fn service(&self) -> &Arc<SigningService> {
        &self.service
    }

    /// What it signs with.
    pub fn tokens(&self) -> Arc<TokenHub> {
        Arc::clone(&self.tokens)
    }

    /// Answers the person's own commands.
    pub fn control(&self) -> Control {
        let windows = self.windows.clone();
        Control::new(Arc::clone(&self.service), Arc::clone(&self.over_lines))
            .speaking(Arc::new(move |lang| windows.speak(lang)))
    }

    /// Serves the API on `listener` and the commands on the control socket until `shutdown`
    /// resolves; then closes the open windows, and returns once every request under way has its
    /// outcome in the log, after [`GRACE`] at the latest.
    ///
    /// # Errors
    /// If the control socket can't be opened, or the listener can't be used.
    pub async fn run(
        self,
        listener: std::net::TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), AppError> {
        let path = self.paths.control();
        let failed = |error: std::io::Error| AppError::Control(path.clone(), error.to_string());
        let control = sys::ipc::Listener::bind(&path).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        let (stop, stopping) = watch::channel(false);
        let commands = tokio::spawn(serve_commands(control, self.control(), stopped(stopping.clone())));
        let parts = ServerParts { service: Arc::clone(&self.service), identity: self.identity, port };
        let server = tokio::spawn(Server::new(parts).serve(listener, stopped(stopping)));
        shutdown.await;
        stop.send_replace(true);
        let end = tokio::time::Instant::now() + GRACE;
        self.service.shut_down(GRACE).await;
        let _ = tokio::time::timeout_at(end, async { (commands.await, server.await) }).await;
        let _ = std::fs::remove_file(&path);
        Ok(())
    }
}

/// The configured modules, and no others, or those that this machine has.
pub fn modules(config: &Config) -> Found {
    let list = List::shipped();
    let Some(wanted) = &config.modules else { return discovery::find(&Places::usual(), &list) };
    let module = |module: &Module| ModuleConfig {
        path: module.path.clone(),
        environment: Vec::new(),
        settings: module.settings.clone(),
    };
    discovery::configured(wanted.iter().map(module).collect(), &list)
}

/// The tokens behind these modules. Starts nothing yet.
pub fn hub(config: &Config, modules: Vec<ModuleConfig>, programs: &Programs) -> TokenHub {
    TokenHub::new(HubConfig {
        modules,
        host_program: programs.token_host.clone(),
        chain_folder: config.chain_folder.clone(),
        deadlines: Deadlines::default(),
    })
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn serve_commands(listener: sys::ipc::Listener, control: Control, stopped: impl Future<Output = ()>) {
    let mut connections = JoinSet::new();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => break,
            stream = listener.accept() => match stream {
                Ok(stream) => {
                    let control = control.clone();
                    connections.spawn(async move { control.serve(stream).await });
                }
                Err(error) => {
                    log::note(format_args!("control socket: {error}"));
                    // Out of file descriptors: only time frees some.
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

fn lock(path: &Path) -> Result<File, AppError> {
    let failed = |error: std::io::Error| AppError::Lock(path.to_owned(), error.to_string());
    let file = sys::files::private_file(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(AppError::AlreadyRunning(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

const BREATH: Duration = Duration::from_millis(50);

/// How long an end may take.
pub const GRACE: Duration = Duration::from_secs(5);
