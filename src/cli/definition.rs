//! What the command line takes, in the person's language.

use std::error::Error as _;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgGroup, Command, value_parser};

use super::exit::Exit;
use crate::text::cli::CliWords;
use crate::text::keep::KeepWords;
use crate::text::operations::OperationWords;
use crate::text::tls::TlsWords;
use crate::text::tray::TrayWords;
use crate::text::validation::ValidationWords;
use crate::text::{Lang, fill};

/// The whole definition; completions come from it too.
pub fn command(lang: Lang) -> Command {
    let (words, tray) = (CliWords::of(lang), TrayWords::of(lang));
    let sub = |name: &'static str, about: &'static str| Command::new(name).about(about);
    let command = sub("kyso", words.about)
        .version(env!("CARGO_PKG_VERSION"))
        .disable_version_flag(true)
        .arg(Arg::new("version").short('V').long("version").action(ArgAction::Version).help(words.version))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            sub("agent", words.agent)
                .arg(config(words))
                .arg(option("port", "N", words.agent_port).value_parser(value_parser!(u16).range(1024..)))
                .arg(
                    option("prompt", "window|terminal", words.agent_prompt)
                        .value_parser(["window", "terminal"]),
                )
                .arg(flag("check", words.agent_check))
                .arg(flag("replace", OperationWords::of(lang).replace)),
        )
        .subcommand(
            sub("tokens", words.tokens)
                .arg(config(words))
                .arg(flag("json", words.json))
                .arg(flag("watch", words.tokens_watch)),
        )
        .subcommand(
            sub("certificates", words.certificates)
                .arg(config(words))
                .arg(flag("json", words.json))
                .subcommand(
                    sub("check", ValidationWords::of(lang).check)
                        .arg(config(words))
                        .arg(flag("json", words.json)),
                ),
        )
        .subcommand(sign(sub("sign", words.sign), words))
        .subcommand(
            sub("origins", words.origins)
                .subcommand_required(true)
                .subcommand(sub("list", words.origins_list).arg(config(words)).arg(flag("json", words.json)))
                .subcommand(sub("allow", words.origins_allow).arg(config(words)).arg(origin(words)))
                .subcommand(sub("revoke", words.origins_revoke).arg(config(words)).arg(origin(words))),
        )
        .subcommand(sub("status", tray.about_status).arg(config(words)).arg(flag("json", words.json)))
        .subcommand(sub("pause", tray.about_pause).arg(config(words)))
        .subcommand(sub("resume", tray.about_resume).arg(config(words)))
        .subcommand(sub("tray", tray.about_tray).arg(config(words)).arg(flag("with-agent", tray.with_agent)))
        .subcommand(sub("restart", OperationWords::of(lang).about_restart))
        .subcommand(super::logs::command(lang))
        .subcommand(super::support::command(lang, config(words)))
        .subcommand(sub("logout", KeepWords::of(lang).logout).arg(config(words)))
        .subcommand(super::pin::command(lang, || config(words), flag("json", words.json)))
        .subcommand(super::policy::command(lang, || flag("json", words.json)))
        .subcommand(super::audit::command(lang))
        .subcommand(super::doctor::conformance::arguments(
            sub("doctor", words.doctor)
                .arg(config(words))
                .arg(flag("json", words.json))
                .arg(flag("fix", TlsWords::of(lang).about_fix).conflicts_with("module")),
            lang,
        ))
        .subcommand(super::tls::command(lang, flag("json", words.json)))
        .subcommand(super::anchors::command(lang, flag("json", words.json)))
        .subcommand(super::report::command(lang))
        .subcommand(super::setup::command(lang, config(words), flag("json", words.json)))
        .subcommand(
            sub("completions", words.completions).arg(
                Arg::new("shell")
                    .required(true)
                    .value_name("SHELL")
                    .help(words.completions_shell)
                    .value_parser(value_parser!(clap_complete::Shell)),
            ),
        )
        .subcommand(
            sub("launch", words.launch)
                .hide(true)
                .arg(Arg::new("address").required(true).value_name("kyso:start").help(words.launch_address)),
        )
        .subcommand(sub("prompt", words.prompt).hide(true).arg(flag("terminal", words.prompt)));
    dress(command, words)
}

/// Puts a command and all below it into the person's language: clap's own words are English.
fn dress(command: Command, words: &'static CliWords) -> Command {
    let heading = |arg: Arg| {
        let heading = if arg.is_positional() { words.arguments } else { words.options };
        let takes_value = arg.get_action().takes_values();
        let arg = arg.help_heading(heading);
        if takes_value { arg.hide_possible_values(true) } else { arg }
    };
    command
        .help_template(format!("{{about}}\n\n{}: {{usage}}\n\n{{all-args}}", words.usage))
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help).help(words.help))
        .mut_args(heading)
        .subcommand_help_heading(words.commands)
        .mut_subcommands(|command| dress(command, words))
}

fn sign(command: Command, words: &'static CliWords) -> Command {
    command
        .arg(Arg::new("file").value_name("FILE").help(words.sign_file).value_parser(value_parser!(PathBuf)))
        .arg(option("digest", "HEX", words.sign_digest))
        .group(ArgGroup::new("what").args(["file", "digest"]).required(true))
        .arg(option("certificate", "ID", words.sign_certificate).required(true))
        .arg(option("scheme", "SCHEME", words.sign_scheme).value_parser(["rsa-pkcs1", "rsa-pss", "ecdsa"]))
        .arg(flag("cms", words.sign_cms))
        .arg(option("out", "FILE", words.sign_out).value_parser(value_parser!(PathBuf)))
        .arg(config(words))
        .arg(flag("json", words.json))
}

/// Why a value does not do, in the person's language: clap's own reasons are English and are not shown.
#[derive(Debug)]
pub(super) struct Said(pub(super) String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Said {}

/// Prints help or the version as asked, or says what was not understood, and ends accordingly.
pub fn complain(error: &clap::Error, lang: Lang) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        let _ = error.print();
        return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
    }
    let words = CliWords::of(lang);
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = named(ContextKind::InvalidArg);
    let sentence = if error.kind() == ErrorKind::InvalidSubcommand {
        fill(words.wrong_command, &[("name", &named(ContextKind::InvalidSubcommand))]).into_owned()
    } else if error.kind() == ErrorKind::MissingRequiredArgument {
        fill(words.missing_argument, &[("name", &argument)]).into_owned()
    } else if error.kind() == ErrorKind::ArgumentConflict {
        let other = named(ContextKind::PriorArg);
        if [&argument, &other].iter().any(|name| name.contains("--digest")) {
            words.choose_file_or_digest.to_owned()
        } else {
            fill(words.apart, &[("name", &argument), ("other", &other)]).into_owned()
        }
    } else if error.kind() == ErrorKind::UnknownArgument {
        fill(words.wrong_argument, &[("name", &argument)]).into_owned()
    } else if argument.is_empty() {
        words.not_understood.to_owned()
    } else if let Some(Said(cause)) = error.source().and_then(|source| source.downcast_ref()) {
        format!("{argument}: {cause}")
    } else {
        let value = named(ContextKind::InvalidValue);
        fill(words.wrong_value, &[("name", &argument), ("value", &value)]).into_owned()
    };
    super::complain(sentence);
    super::complain(words.see_help);
    Exit::Usage.into()
}

fn config(words: &'static CliWords) -> Arg {
    option("config", "FILE", words.agent_config).value_parser(value_parser!(PathBuf))
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn origin(words: &'static CliWords) -> Arg {
    Arg::new("origin").required(true).value_name("ORIGIN").help(words.origins_origin)
}
