//! The composition root: configuration and folders become parts, parts become a running agent.
//!
//! The caller owns the listener and the word to stop, so a test passes a port of its own.

mod core;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

pub use self::core::{CLOSING, Core, GRACE, Held};
use crate::api::control::{Control, OverLines};
use crate::config::{Config, Module, Prompt};
use crate::domain::ports::AuditLog;
use crate::domain::ports::Prompter;
use crate::domain::ports::Validator;
use crate::domain::retention;
use crate::domain::rules::Rules;
use crate::paths::Paths;
use crate::policy::Fault;
use crate::sign::SigningService;
use crate::store::StoreError;
use crate::sys;
use crate::sys::attendance::Attendance;
use crate::token::discovery::vendors::List;
use crate::token::discovery::{self, Found};
use crate::token::hub::{Deadlines, HubConfig, ModuleConfig, TokenHub};
use crate::ui::child::{ChildPrompter, PromptKind};
use crate::ui::lines::LinesPrompter;
use crate::validation::{Checker, Places};

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
    core: Core,
    tokens: Arc<TokenHub>,
    over_lines: OverLines,
    windows: ChildPrompter,
}

/// What stands in for a part of the desk; the binary has no switch that does.
#[derive(Default)]
#[allow(missing_debug_implementations, reason = "holds a trait object")]
pub struct Overrides {
    /// The way to ask the person, in place of the configuration's.
    pub prompter: Option<Arc<dyn Prompter>>,
    /// Whether the person is at the desk, in place of what the system says.
    pub session: Option<watch::Receiver<Attendance>>,
    /// How the log is kept, in place of the machine's policy.
    pub rules: Option<retention::Rules>,
    /// Stands between the service and the log.
    pub before_log: Option<BeforeLog>,
    /// How certificates stand, in place of what the machine's policy wants to know.
    pub validator: Option<Arc<dyn Validator>>,
}

/// Puts something before the log.
pub type BeforeLog = Box<dyn FnOnce(Arc<dyn AuditLog>) -> Arc<dyn AuditLog>>;

/// Why the parts don't stand.
#[derive(Debug)]
pub enum AppError {
    /// The machine's policy can't be used; with all that is wrong.
    Policy(Vec<Fault>),
    /// A folder can't be made.
    Folder(PathBuf, io::Error),
    /// Another agent, or a command without one, holds the lock.
    AlreadyRunning(PathBuf),
    /// The lock can't be taken for another reason.
    Lock(PathBuf, io::Error),
    /// The log can't be opened.
    Log(PathBuf, StoreError),
    /// The identity key can't be read or made.
    Identity(PathBuf, io::Error),
    /// The control socket can't be opened.
    Control(PathBuf, io::Error),
    /// The listener can't be used.
    Port(io::Error),
}

impl Programs {
    /// Those beside the running program.
    ///
    /// # Errors
    /// If the system can't tell where that is.
    pub fn beside_this() -> io::Result<Self> {
        std::env::current_exe().map(Self::beside)
    }

    /// This `kyso`, and those beside it.
    pub fn beside(kyso: PathBuf) -> Self {
        let name = format!("kyso-token-host{}", std::env::consts::EXE_SUFFIX);
        let token_host = kyso.parent().unwrap_or_else(|| Path::new(".")).join(name);
        Self { kyso, token_host }
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
        mut overrides: Overrides,
    ) -> Result<Self, AppError> {
        let session = overrides.session.take();
        let tokens = |rules: &Rules| {
            let tokens = hub(config, modules(config, rules).modules, rules, programs);
            match config.keep_login.and_then(|wish| rules.limits.keep_login.narrow(wish)) {
                Some(limits) => tokens.keeping_logins(limits, &session.unwrap_or_else(sys::session::watch)),
                None => tokens,
            }
        };
        Self::around(|rules| Arc::new(tokens(rules)), config, paths, programs, overrides)
    }

    /// The same around these tokens, which are made once the lock is taken.
    ///
    /// # Errors
    /// As [`App::open`].
    pub fn around(
        tokens: impl FnOnce(&Rules) -> Arc<TokenHub>,
        config: &Config,
        paths: Paths,
        programs: &Programs,
        overrides: Overrides,
    ) -> Result<Self, AppError> {
        let Overrides { prompter, before_log, rules, validator, session: _ } = overrides;
        let held = Held::open(paths, rules)?;
        let kind = match config.prompt {
            Prompt::Window => PromptKind::Window,
            Prompt::Terminal => PromptKind::Terminal,
        };
        let (lang, tokens) = (config.lang, tokens(held.rules()));
        let windows = ChildPrompter::new(programs.kyso.clone(), kind, lang);
        let prompter = prompter.unwrap_or_else(|| Arc::new(windows.clone()));
        let validator = validator.unwrap_or_else(|| checker(held.paths(), held.rules()));
        let core = held.with(Arc::clone(&tokens) as _, prompter, before_log, validator).in_language(lang);
        let over_lines: OverLines =
            Arc::new(|to, from, lang| Arc::new(LinesPrompter::new(to, from).in_language(lang)));
        Ok(Self { core, tokens, over_lines, windows })
    }

    /// The use cases.
    pub fn service(&self) -> &Arc<SigningService> {
        self.core.service()
    }

    /// What it signs with.
    pub fn tokens(&self) -> Arc<TokenHub> {
        Arc::clone(&self.tokens)
    }

    /// Answers the person's own commands.
    pub fn control(&self) -> Control {
        let windows = self.windows.clone();
        Control::new(Arc::clone(self.service()), Arc::clone(&self.over_lines))
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
        let control = self.control();
        self.core.run(listener, Some(control), shutdown).await
    }
}

/// Looks at certificates as this machine's policy says.
fn checker(paths: &Paths, rules: &Rules) -> Arc<dyn Validator> {
    let places = Places { machine: paths.machine().clone(), answers: paths.answers(), loopback: false };
    Arc::new(Checker::new(rules.validation, places))
}

/// What the agent runs on: one thread. A request is a chain of short steps between waits for the log, the
/// person and the token, and waking another thread takes longer than most of them.
///
/// # Errors
/// The system's.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// The configured modules, and no others, or those that this machine has; of both what the machine's policy lets be.
pub fn modules(config: &Config, rules: &Rules) -> Found {
    let list = List::shipped();
    let Some(wanted) = &config.modules else {
        return discovery::find(&discovery::Places::usual(), &list).under(&rules.modules);
    };
    let module = |module: &Module| ModuleConfig {
        path: module.path.clone(),
        environment: Vec::new(),
        settings: module.settings.clone(),
    };
    discovery::configured(wanted.iter().map(module).collect(), &list).under(&rules.modules)
}

/// The tokens behind these modules. Starts nothing yet.
pub fn hub(config: &Config, modules: Vec<ModuleConfig>, rules: &Rules, programs: &Programs) -> TokenHub {
    TokenHub::new(HubConfig {
        modules,
        host_program: programs.token_host.clone(),
        chain_folder: config.chain_folder.clone(),
        deadlines: Deadlines::default(),
        sign_in_with_both: rules.certificates.sign_in_with_both,
    })
}
