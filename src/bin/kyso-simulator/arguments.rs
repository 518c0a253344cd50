//! The command line, in the person's language.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, value_parser};
use kyso::cli::exit::Exit;
use kyso::text::cli::CliWords;
use kyso::text::simulator::SimulatorWords;
use kyso::text::{Lang, fill};

use crate::answer::Scripted;
use crate::run::say;

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// The port; none is the first free one of those that pages look at.
    pub(crate) port: Option<u16>,
    /// Where everything is kept.
    pub(crate) folder: PathBuf,
    /// The script.
    pub(crate) script: Option<PathBuf>,
}

impl Arguments {
    /// Of this process; prints help or the version where that was asked for.
    ///
    /// # Errors
    /// How the process ends instead.
    pub(crate) fn read(lang: Lang) -> Result<Self, Exit> {
        let mut matches = command(lang).try_get_matches().map_err(|error| complain(&error, lang))?;
        let folder: PathBuf = matches.remove_one("folder").ok_or(Exit::Usage)?;
        Ok(Self {
            port: matches.remove_one("port"),
            // Whoever reads the line about it may be in another folder.
            folder: std::path::absolute(&folder).unwrap_or(folder),
            script: matches.remove_one("script"),
        })
    }
}

fn command(lang: Lang) -> Command {
    let (words, all) = (SimulatorWords::of(lang), CliWords::of(lang));
    let marks: Vec<String> = Scripted::ALL.iter().skip(1).map(|answer| format!("[{answer}]")).collect();
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).help_heading(all.options)
    };
    let flag = |name: &'static str, action: ArgAction, help: &'static str| {
        Arg::new(name).long(name).action(action).help(help).help_heading(all.options)
    };
    Command::new("kyso-simulator")
        .version(env!("CARGO_PKG_VERSION"))
        .about(words.about)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .help_template(format!("{{about}}\n\n{}: {{usage}}\n\n{{all-args}}{{after-help}}", all.usage))
        .after_help(format!("{}\n  {}\n\n{}", words.marks, marks.join(", "), words.otherwise))
        .arg(option("port", "N", words.port).value_parser(value_parser!(u16)))
        .arg(option("folder", "DIR", words.folder).required(true).value_parser(value_parser!(PathBuf)))
        .arg(option("script", "FILE", words.script).value_parser(value_parser!(PathBuf)))
        .arg(flag("help", ArgAction::Help, all.help).short('h'))
        .arg(flag("version", ArgAction::Version, all.version).short('V'))
}

fn complain(error: &clap::Error, lang: Lang) -> Exit {
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Done;
    }
    let (words, all) = (SimulatorWords::of(lang), CliWords::of(lang));
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let sentence = [
        (ErrorKind::MissingRequiredArgument, all.missing_argument),
        (ErrorKind::UnknownArgument, all.wrong_argument),
        (ErrorKind::InvalidValue, all.wrong_value),
        (ErrorKind::ValueValidation, all.wrong_value),
    ]
    .into_iter()
    .find_map(|(kind, sentence)| (kind == error.kind()).then_some(sentence))
    .unwrap_or(all.not_understood);
    let (name, value) = (named(ContextKind::InvalidArg), named(ContextKind::InvalidValue));
    say(fill(sentence, &[("name", &name), ("value", &value)]));
    say(words.see_help);
    Exit::Usage
}
