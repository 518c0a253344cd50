//! The command line: one file a subcommand.

pub mod agent;
pub mod anchors;
pub mod audit;
pub mod certificates;
pub mod client;
pub mod completions;
pub mod definition;
pub mod doctor;
pub mod exit;
pub mod launch;
pub mod logout;
pub mod logs;
pub mod origins;
pub mod pin;
pub mod policy;
pub mod report;
pub mod restart;
pub mod setup;
pub mod sign;
mod small;
pub mod status;
pub mod support;
pub mod tls;
pub mod tokens;
pub mod tray;
mod watch;

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;

use crate::app::AppError;
use crate::config::{Config, ConfigError};
use crate::paths::Paths;
use crate::policy::InForce;
use crate::text::cli::CliWords;
use crate::text::policy::PolicyWords;
use crate::text::{Lang, cause, fill};
use crate::ui;
use exit::Exit;

/// What every subcommand works with.
#[derive(Debug)]
pub struct Session {
    /// The person's language.
    pub lang: Lang,
    /// Its words.
    pub words: &'static CliWords,
    /// The user's folders.
    pub paths: Paths,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let lang = Lang::from_env();
    let matches = match definition::command(lang).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return definition::complain(&error, lang),
    };
    let Some((name, matches)) = matches.subcommand() else { return Exit::Usage.into() };
    match name {
        "prompt" => return ui::run(matches.get_flag("terminal")),
        "completions" => return completions::run(matches, lang).into(),
        _ => {}
    }
    let Some(paths) = Paths::of_user() else {
        complain(CliWords::of(lang).no_home);
        return Exit::Config.into();
    };
    // A file that can't be used is complained about by those that need more of it.
    let lang = Config::load(None, &paths.config_file()).map_or(lang, |config| config.lang);
    let words = CliWords::of(lang);
    let session = Session { lang, words, paths };
    match name {
        "agent" => agent::run(&session, matches).into(),
        "tokens" => tokens::run(&session, matches).into(),
        "certificates" => certificates::run(&session, matches).into(),
        "sign" => sign::run(&session, matches).into(),
        "tray" => tray::run(&session, matches).into(),
        "status" => status::run(&session, matches).into(),
        "pause" => status::pause(&session, matches, true).into(),
        "resume" => status::pause(&session, matches, false).into(),
        "log" => logs::run(&session, matches).into(),
        "restart" => restart::run(&session).into(),
        "support-bundle" => support::run(&session, matches).into(),
        "logout" => logout::run(&session, matches).into(),
        "launch" => launch::run(&session, matches).into(),
        "pin" => pin::run(&session, matches).into(),
        "policy" => policy::run(&session, matches).into(),
        "origins" => origins::run(&session, matches).into(),
        "audit" => audit::run(matches, &session.paths.audit(), lang),
        "report" => report::run(&session, matches).into(),
        "setup" => setup::run(&session, matches).into(),
        "anchors" => anchors::run(&session, matches).into(),
        "tls" => tls::run(&session, matches).into(),
        "doctor" => doctor::run(&session, matches).into(),
        _ => Exit::Usage.into(),
    }
}

impl Session {
    /// Reads the configuration, or says why it can't be used.
    fn config(&self, matches: &ArgMatches) -> Result<Config, Exit> {
        self.config_of(matches.get_one::<std::path::PathBuf>("config").map(|path| path.as_path()))
    }

    /// The same, and nothing is said.
    fn config_quietly(&self, matches: &ArgMatches) -> Result<Config, ConfigError> {
        let named = matches.get_one::<std::path::PathBuf>("config");
        Config::load(named.map(|path| path.as_path()), &self.paths.config_file())
    }

    fn config_of(&self, named: Option<&Path>) -> Result<Config, Exit> {
        Config::load(named, &self.paths.config_file()).map_err(|error| {
            complain(fill(self.words.bad_config, &[("why", &error.told(self.lang))]));
            Exit::Config
        })
    }

    /// Reads the machine's policy, or says why it can't be used.
    fn policy(&self) -> Result<InForce, Exit> {
        crate::policy::load(self.paths.machine()).map_err(|faults| self.app_failed(&AppError::Policy(faults)))
    }

    /// Says why the agent's parts don't stand.
    fn app_failed(&self, error: &AppError) -> Exit {
        let (why, exit) = why(self.lang, error);
        complain(why);
        exit
    }
}

/// Why an agent's parts don't stand, and how a command ends with that.
pub fn why(lang: Lang, error: &AppError) -> (String, Exit) {
    let words = CliWords::of(lang);
    let system = |error| cause::system(lang, error);
    let (sentence, path, why, exit) = match error {
        AppError::Policy(faults) => {
            let faults: Vec<String> = faults.iter().map(|fault| fault.told(lang)).collect();
            (PolicyWords::of(lang).bad, Path::new(""), faults.join("\n"), Exit::Config)
        }
        AppError::Folder(path, error) => (words.no_folder, path.as_path(), system(error), Exit::CantCreate),
        AppError::AlreadyRunning(path) => (words.already, path.as_path(), String::new(), Exit::Unavailable),
        AppError::Lock(path, error) => (words.no_lock, path.as_path(), system(error), Exit::CantCreate),
        AppError::Log(path, error) => (words.no_log, path.as_path(), error.told(lang), Exit::Io),
        AppError::Identity(path, error) => (words.no_identity, path.as_path(), system(error), Exit::Io),
        AppError::Control(path, error) => (words.no_control, path.as_path(), system(error), Exit::CantCreate),
        AppError::Port(error) => (words.no_port, Path::new(""), system(error), Exit::Unavailable),
    };
    (fill(sentence, &[("path", &path.display().to_string()), ("why", &why)]).into_owned(), exit)
}

/// Writes lines to standard output; a reader that has gone (`| head`) is no error. What tokens and
/// certificates claim can't move the cursor or turn the writing around.
fn say(text: impl fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{}", harmless(&text.to_string()));
}

/// Writes a value for other programs, byte for byte.
fn print_json(value: &serde_json::Value) {
    let _ = writeln!(std::io::stdout().lock(), "{value}");
}

/// Writes a complaint to standard error.
fn complain(text: impl fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "kyso: {}", harmless(&text.to_string()));
}

fn harmless(text: &str) -> String {
    let line = |line: &str| {
        let start = line.len() - line.trim_start_matches(' ').len();
        format!("{}{}", &line[..start], ui::clean::clean(line, usize::MAX))
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The name of a file without its folders, for the prompt and the log.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
