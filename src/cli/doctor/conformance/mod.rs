//! `kyso doctor --module PATH [--sign]`: one library, examined step by step, in one table that can be sent to
//! a stranger.
//!
//! The signing is the real thing: the parts of an agent in this process, a question for each trial, a row for
//! each in the log. Only the library is another one than the configuration's.

mod ask;
mod look;
mod mask;
mod report;
mod steps;
mod subject;
mod trials;

use std::io::IsTerminal as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;

use self::mask::Mask;
use self::report::Report;
use self::steps::Steps;
use self::subject::Subject;
use self::trials::Trials;
use super::heard;
use crate::app::App;
use crate::app::AppError;
use crate::app::Overrides;
use crate::app::Programs;
use crate::cli::Session;
use crate::cli::complain;
use crate::cli::exit::Exit;
use crate::config::Config;
use crate::domain::module::ModuleSettings;
use crate::domain::rules::Rules;
use crate::sys;
use crate::text::Lang;
use crate::text::conformance::ConformanceWords;
use crate::token::hub::TokenHub;
use crate::token::trace::Trace;

/// Adds what this takes to `kyso doctor`.
pub(in crate::cli) fn arguments(command: Command, lang: Lang) -> Command {
    let words = ConformanceWords::of(lang);
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).requires("module")
    };
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help).requires("module")
    };
    let module = Arg::new("module").long("module").value_name("FILE").help(words.module);
    let sessions = 1..=ModuleSettings::MOST_SESSIONS as i64;
    command
        .arg(module.value_parser(value_parser!(PathBuf)))
        .arg(flag("sign", words.sign))
        .arg(option("certificate", "ID", words.certificate).requires("sign"))
        .arg(option("out", "FOLDER", words.out).requires("sign").value_parser(value_parser!(PathBuf)))
        .arg(flag("names", words.names))
        .arg(option("reserved", "STRING", words.reserved))
        .arg(option("parallel", "N", words.parallel).value_parser(value_parser!(u16).range(sessions)))
        .arg(flag("slow", words.slow))
        .arg(flag("network", words.network))
        .arg(
            option("writable", "FOLDER", words.writable)
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(flag("no-landlock", words.no_landlock))
}

/// Examines the library and prints the table; [`Exit::Wrong`] unless everything passed.
pub(super) fn run(session: &Session, matches: &ArgMatches, path: &Path) -> Exit {
    examine(session, matches, path).unwrap_or_else(|exit| exit)
}

fn examine(session: &Session, matches: &ArgMatches, path: &Path) -> Result<Exit, Exit> {
    let config = session.config(matches)?;
    let policy = session.policy()?;
    let words = ConformanceWords::of(session.lang);
    let subject = Subject::named(path, matches, &config, &policy.rules);
    let signs = matches.get_flag("sign");
    let mut report = Report::new(session.lang, Mask::new(&subject.module.path, matches.get_flag("names")));
    if let Some(unfit) = &subject.unfit {
        report.add(subject.row(words, None).failed(unfit.name).adding(&unfit.sentence));
        return Ok(report.print(matches, signs));
    }
    let software = |error: std::io::Error| {
        complain(error);
        Exit::Software
    };
    let programs = Programs::beside_this().map_err(software)?;
    let runtime = tokio::runtime::Runtime::new().map_err(software)?;
    let trace = Trace::default();
    let in_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let terminal = in_terminal.then(|| (programs.kyso.clone(), session.lang));
    let exit = runtime.block_on(async {
        let kept = config.keep_login.and_then(|wish| policy.rules.limits.keep_login.narrow(wish));
        let mut desk = kept.filter(|_| signs).map(|limits| (limits, sys::session::watch()));
        let tokens = |rules: &Rules| {
            let tokens = subject.tokens(&config, rules, &programs, &trace);
            Arc::new(match &desk {
                Some((limits, desk)) => tokens.keeping_logins(*limits, desk),
                None => tokens,
            })
        };
        let (tokens, app) = if signs {
            let app = open(session, &config, &programs, tokens)?;
            (app.tokens(), Some(app))
        } else {
            (tokens(&policy.rules), None)
        };
        let everything = async {
            let found = look::at(&subject, &tokens, &trace, words, &mut report).await;
            let Some(app) = &app else { return Ok(()) };
            if let Some((_, desk)) = &mut desk {
                // Else the first question could not offer to keep the login.
                heard(desk).await;
            }
            let (service, trace) = (app.service(), &trace);
            Trials { service, trace, words, lang: session.lang, terminal, matches }
                .run(found, &mut report)
                .await
        };
        complain(words.looking);
        let stopped = tokio::select! {
            done = everything => done.err(),
            _ = sys::signals::shutdown() => {
                Some(Exit::Refused)
            }
        };
        if let Some(app) = app {
            app.service().shut_down(crate::app::GRACE).await;
        }
        Ok(stopped)
    })?;
    if exit == Some(Exit::Refused) {
        complain(words.stopped);
        report.stop(subject.row(words, None), &Steps(trace.take()), words);
    }
    let printed = report.print(matches, signs);
    Ok(exit.unwrap_or(printed))
}

/// The parts of an agent around the one library.
fn open(
    session: &Session,
    config: &Config,
    programs: &Programs,
    tokens: impl FnOnce(&Rules) -> Arc<TokenHub>,
) -> Result<App, Exit> {
    App::around(tokens, config, session.paths.clone(), programs, Overrides::default()).map_err(|error| {
        if let AppError::AlreadyRunning(_) = error {
            complain(ConformanceWords::of(session.lang).agent_runs);
            return Exit::Unavailable;
        }
        session.app_failed(&error)
    })
}
