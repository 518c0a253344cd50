//! What an agent is made of whatever signs and whoever is asked: the instance lock, the log, the identity, the use
//! cases over them, and the server.

use std::fs::{File, TryLockError};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{AppError, BeforeLog};
use crate::api;
use crate::api::control::Control;
use crate::api::identity::Identity;
use crate::api::sentry::Sentry;
use crate::api::server::{Server, ServerParts};
use crate::api::tls::Door;
use crate::domain::error::AuditError;
use crate::domain::ports::{AuditLog, Prompter, Tokens, Validator};
use crate::domain::retention;
use crate::domain::rules::Rules;
use crate::forward;
use crate::log;
use crate::paths::Paths;
use crate::policy::{self, InForce};
use crate::sign::{Parts, SigningService};
use crate::store::{Store, Terms};
use crate::sys;
use crate::text::Lang;

/// One agent's folders, which nobody else uses meanwhile.
#[allow(missing_debug_implementations, reason = "holds the log")]
pub struct Held {
    paths: Paths,
    policy: InForce,
    store: Store,
    identity: Identity,
    rules: retention::Rules,
    lock: File,
}

/// The use cases over tokens and a person, and what serves them.
#[allow(missing_debug_implementations, reason = "holds trait objects")]
pub struct Core {
    paths: Paths,
    service: Arc<SigningService>,
    policy: Vec<PathBuf>,
    store: Store,
    rules: retention::Rules,
    identity: Identity,
    lang: Lang,
    api: u32,
    _lock: File,
}

impl Held {
    /// Reads the machine's policy, makes the folders, takes the instance lock, opens the log, to be kept as the policy
    /// says or by these rules in its place, and the identity.
    ///
    /// # Errors
    /// [`AppError`], with nothing left behind.
    pub fn open(paths: Paths, rules: Option<retention::Rules>) -> Result<Self, AppError> {
        let policy = policy::load(paths.machine()).map_err(AppError::Policy)?;
        paths.make().map_err(|(path, error)| AppError::Folder(path, error))?;
        let lock = lock(&paths.lock())?;
        let rules = rules.unwrap_or_else(|| policy.rules.log.clone());
        let terms = Terms { rules: rules.clone(), notary: None };
        let store =
            Store::open_on(&paths.audit(), terms).map_err(|error| AppError::Log(paths.audit(), error))?;
        let identity = Identity::load_or_create(&paths.identity())
            .map_err(|error| AppError::Identity(paths.identity(), error))?;
        store.sign_with(Arc::new(identity.clone()));
        Ok(Self { paths, policy, store, identity, rules, lock })
    }

    /// What the machine's administrator laid down.
    pub fn rules(&self) -> &Rules {
        &self.policy.rules
    }

    /// Where it keeps what it keeps.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// With what to sign, whom to ask, and how certificates stand.
    pub fn with(
        self,
        tokens: Arc<dyn Tokens>,
        prompter: Arc<dyn Prompter>,
        before_log: Option<BeforeLog>,
        validator: Arc<dyn Validator>,
    ) -> Core {
        let Self { paths, policy, store, identity, rules, lock } = self;
        let log: Arc<dyn AuditLog> = Arc::new(store.clone());
        let service = SigningService::new(Parts {
            tokens,
            prompter,
            audit: match before_log {
                Some(put) => put(log),
                None => log,
            },
            grants: Arc::new(store.clone()),
            tries: Arc::new(store.clone()),
            validator,
            rules: policy.rules,
        });
        let lang = Lang::from_env();
        Core {
            paths,
            service,
            policy: policy.files,
            store,
            rules,
            identity,
            lang,
            api: api::VERSION,
            _lock: lock,
        }
    }
}

impl Core {
    /// The use cases.
    pub fn service(&self) -> &Arc<SigningService> {
        &self.service
    }

    /// Logs in this language.
    pub fn in_language(self, lang: Lang) -> Self {
        Self { lang, ..self }
    }

    /// Says that it has this version of the API: only the simulator has a reason to.
    pub fn of_version(self, api: u32) -> Self {
        Self { api, ..self }
    }

    /// Serves the API on `listener`, beside it by https where that is on, and commands on the control socket where something answers them, until `shutdown`
    /// resolves; then closes the open windows, and returns once every request under way has its outcome in the log,
    /// after [`GRACE`] at the latest.
    ///
    /// # Errors
    /// If the control socket can't be opened, or the listener can't be used.
    pub async fn run(
        self,
        listener: TcpListener,
        commands: Option<Control>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), AppError> {
        let (listener, port) = served(listener).map_err(AppError::Port)?;
        let (stop, stopping) = watch::channel(false);
        let (mut open, path) = (JoinSet::new(), self.paths.control());
        let has_socket = commands.is_some();
        let door = Arc::new(Door::new(self.paths.tls(), port));
        if let Err(why) = door.reload() {
            log::warn(format_args!("https: {why}"));
        }
        let parts =
            ServerParts { service: Arc::clone(&self.service), identity: self.identity, port, api: self.api };
        let server = Server::new(parts);
        let sentry = Arc::clone(server.sentry());
        if let Some(control) = commands {
            let control =
                control.securing(Arc::clone(&door)).watched(Arc::clone(&sentry)).governed(self.policy);
            let failed = |error: io::Error| AppError::Control(path.clone(), error);
            let socket = sys::ipc::Listener::bind(&path).map_err(failed)?;
            open.spawn(serve_commands(socket, control, stopped(stopping.clone())));
        }
        open.spawn(watch_port(
            sentry,
            Arc::clone(&door),
            Arc::clone(&self.service),
            self.lang,
            stopped(stopping.clone()),
        ));
        let (secure, stops) = (server.clone(), stopped(stopping.clone()));
        open.spawn(async move { secure.serve_secure(&door, stops).await });
        open.spawn(server.serve(listener, stopped(stopping)));
        // What a collector has not heard by the end it hears after the next start.
        let mut told = JoinSet::new();
        for collector in forward::collectors(&self.rules.forward) {
            told.spawn(forward::tell(Arc::new(self.store.clone()), collector));
        }
        shutdown.await;
        stop.send_replace(true);
        let end = tokio::time::Instant::now() + GRACE;
        self.service.shut_down(GRACE).await;
        let _ = tokio::time::timeout_at(end, async { while open.join_next().await.is_some() {} }).await;
        // What has not ended by now goes on until the process does.
        open.detach_all();
        if let Err(AuditError(why)) = self.store.seal().await {
            log::note(format_args!("log: {why}"));
        }
        if has_socket {
            let _ = std::fs::remove_file(path);
        }
        Ok(())
    }
}

fn served(listener: TcpListener) -> io::Result<(tokio::net::TcpListener, u16)> {
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    Ok((tokio::net::TcpListener::from_std(listener)?, port))
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn watch_port(
    sentry: Arc<Sentry>,
    door: Arc<Door>,
    service: Arc<SigningService>,
    lang: Lang,
    stopped: impl Future<Output = ()>,
) {
    let https = || door.status().and_then(|tls| tls.port);
    tokio::select! {
        // At the end nobody answers any more, which is no news.
        biased;
        () = stopped => {}
        () = sentry.keep_watch(https, || service.touch(), lang) => {}
    }
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
                    log::warn(format_args!("control socket: {error}"));
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

/// The lock of this user's one agent. A child that a killed agent was about to start holds it, and its port, until its own
/// program begins, so whoever has it gets a moment to let go.
fn lock(path: &Path) -> Result<File, AppError> {
    let failed = |error: io::Error| AppError::Lock(path.to_owned(), error);
    let file = sys::files::private_file(path).map_err(failed)?;
    let end = Instant::now() + LETS_GO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(BREATH),
            Err(TryLockError::WouldBlock) => return Err(AppError::AlreadyRunning(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}

const LETS_GO: Duration = Duration::from_millis(500);
const BREATH: Duration = Duration::from_millis(50);

/// How long an end waits for what is under way, where nobody is in a hurry: a prompt's five minutes, and the token's
/// work after them.
pub const CLOSING: Duration = Duration::from_secs(330);

/// How long an end may take.
pub const GRACE: Duration = Duration::from_secs(5);
