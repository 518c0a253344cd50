//! Roles that stay in memory all day have programs of their own, which stand beside `kyso`: within it each would
//! hold the code of all the others.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::exit::Exit;
use super::{Session, complain};
use crate::config::Config;
use crate::paths::Paths;
use crate::sys;
use crate::text::Lang;
use crate::text::cli::CliWords;

/// Becomes the program of this name. Returns only if there is none that could be started: then the role is played
/// here.
pub(super) fn become_small(name: &str, arguments: &[&OsStr]) {
    if let Ok(this) = std::env::current_exe() {
        let _ = sys::child::become_program(Command::new(beside(&this, name)).args(arguments));
    }
}

/// The program of this name in the same folder.
pub(super) fn beside(program: &Path, name: &str) -> PathBuf {
    program.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// What stands after this option in this process' arguments, which `kyso` has looked at before.
pub(super) fn argument(option: &str) -> Option<std::ffi::OsString> {
    let mut arguments = std::env::args_os().skip(1);
    arguments.find(|argument| argument == option).and_then(|_| arguments.next())
}

/// In the language of this configuration file, or of the user's own.
///
/// # Errors
/// `Config` where there is no home folder.
pub(super) fn session(named: Option<&Path>) -> Result<Session, Exit> {
    let Some(paths) = Paths::of_user() else {
        complain(CliWords::of(Lang::from_env()).no_home);
        return Err(Exit::Config);
    };
    let config = Config::load(named, &paths.config_file());
    let lang = config.map_or_else(|_| Lang::from_env(), |config| config.lang);
    Ok(Session { lang, words: CliWords::of(lang), paths })
}

/// The whole program's name.
pub(super) const WHOLE: &str = "kyso";
