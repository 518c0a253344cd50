//! `kyso policy check|explain|show`: what the machine's administrator laid down.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;

use super::exit::Exit;
use super::{Session, complain, print_json, say};
use crate::domain::origin::Origin;
use crate::policy::{self, Fault, InForce, What, explain, settings};
use crate::text::policy::PolicyWords;
use crate::text::{Lang, fill};

/// The definition of the subcommand.
pub(super) fn command(lang: Lang, json: impl Fn() -> Arg) -> Command {
    let words = PolicyWords::of(lang);
    let file = Arg::new("file").value_name("FILE").help(words.help_file).value_parser(value_parser!(PathBuf));
    let origin = Arg::new("origin").required(true).value_name("ORIGIN").help(words.help_origin);
    Command::new("policy")
        .about(words.about)
        .subcommand_required(true)
        .subcommand(Command::new("check").about(words.about_check).arg(file).arg(json()))
        .subcommand(Command::new("explain").about(words.about_explain).arg(origin).arg(json()))
        .subcommand(Command::new("show").about(words.about_show).arg(json()))
}

/// Checks a file, or tells what is in force.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let result = match matches.subcommand() {
        Some(("check", matches)) => check(session, matches),
        Some(("explain", matches)) => explain(session, matches),
        Some(("show", matches)) => show(session, matches),
        _ => Err(Exit::Usage),
    };
    result.err().unwrap_or(Exit::Done)
}

/// The file that is named, wherever it is; else all that an agent would read, owners included.
fn check(session: &Session, matches: &ArgMatches) -> Result<(), Exit> {
    let named = matches.get_one::<PathBuf>("file");
    let (result, files) = match named {
        Some(file) => (policy::parse(file).map(drop), vec![file.clone()]),
        None => match policy::load(session.paths.machine()) {
            Ok(policy) => (Ok(()), policy.files),
            Err(faults) => (Err(faults), Vec::new()),
        },
    };
    let faults = result.err().unwrap_or_default();
    let shown: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let words = PolicyWords::of(session.lang);
    if matches.get_flag("json") {
        let told = faults
            .iter()
            .map(|fault| json!({ "file": fault.file, "line": fault.line, "what": fault.told(session.lang) }));
        print_json(&json!({ "ok": faults.is_empty(), "faults": told.collect::<Vec<_>>() }));
    } else if faults.is_empty() {
        let sentence = if shown.is_empty() { words.none } else { words.good };
        say(fill(sentence, &[("files", &shown.join(", "))]));
    } else {
        faults.iter().for_each(|fault| complain(fault.told(session.lang)));
    }
    match faults.first() {
        None => Ok(()),
        Some(Fault { what: What::Unread(_), .. }) if named.is_some() => Err(Exit::NoInput),
        Some(_) => Err(Exit::Wrong),
    }
}

fn explain(session: &Session, matches: &ArgMatches) -> Result<(), Exit> {
    let text = matches.get_one::<String>("origin").cloned().unwrap_or_default();
    let Ok(origin) = text.parse::<Origin>() else {
        complain(fill(session.words.bad_origin, &[("text", &text)]));
        return Err(Exit::Usage);
    };
    let answers = explain::site(&session.policy()?, &origin, session.lang);
    if matches.get_flag("json") {
        let told = answers.iter().map(|answer| json!({ "what": answer.what, "by": answer.by }));
        print_json(&json!({ "origin": origin.as_str(), "answers": told.collect::<Vec<_>>() }));
        return Ok(());
    }
    for answer in answers {
        say(&answer.what);
        decided(session, &answer.by);
    }
    Ok(())
}

fn show(session: &Session, matches: &ArgMatches) -> Result<(), Exit> {
    let policy: InForce = session.policy()?;
    let all = settings::decided(&policy.said);
    let sites = &policy.said.sites;
    if matches.get_flag("json") {
        let told = all.iter().map(|one| json!({ "name": one.name, "value": one.value, "by": one.at }));
        let named = sites.iter().map(|site| {
            json!({
                "origin": site.origin.value.as_str(),
                "access": settings::access(&site.access.value),
                "issuers": site.issuers.as_ref().map(|all| names(&all.value, ToString::to_string)),
                "purposes": site.purposes.as_ref().map(|all| names(&all.value, settings::purpose)),
                "by": site.origin.place(),
            })
        });
        print_json(&json!({
            "files": policy.files,
            "settings": told.collect::<Vec<_>>(),
            "sites": named.collect::<Vec<_>>(),
        }));
        return Ok(());
    }
    if policy.files.is_empty() {
        say(PolicyWords::of(session.lang).none);
    }
    for one in all {
        say(format_args!("{} = {}", one.name, one.value));
        decided(session, &one.at);
    }
    for site in sites {
        say(format_args!("sites.origin = {:?}", site.origin.value.as_str()));
        decided(session, &[site.origin.place()]);
        for one in settings::of_site(site) {
            say(format_args!("  {} = {}", one.name, one.value));
            decided(session, &one.at);
        }
    }
    Ok(())
}

fn names<T, N>(all: &[T], name: impl Fn(&T) -> N) -> Vec<N> {
    all.iter().map(name).collect()
}

fn decided(session: &Session, by: &[String]) {
    let words = PolicyWords::of(session.lang);
    match by {
        [] => say(format_args!("    {}", words.by_nothing)),
        by => by.iter().for_each(|place| say(format_args!("    {place}"))),
    }
}
