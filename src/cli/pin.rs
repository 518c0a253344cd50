//! `kyso pin change|unblock [--token NAME]`.

use std::io::IsTerminal;

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::exit::Exit;
use super::{Session, client, complain, print_json, tokens};
use crate::api::control::Call;
use crate::domain::pin_task::PinAct;
use crate::text::pin::PinWords;
use crate::text::{Lang, fill};

/// The definition of the subcommand.
pub(super) fn command(lang: Lang, config: impl Fn() -> Arg, json: Arg) -> Command {
    let words = PinWords::of(lang);
    let one = |act: PinAct, about: &'static str| {
        let token = Arg::new("token").long("token").value_name("NAME").help(words.pin_token);
        Command::new(act.name()).about(about).arg(token).arg(config()).arg(json.clone())
    };
    Command::new("pin")
        .about(words.pin)
        .subcommand_required(true)
        .subcommand(one(PinAct::Change, words.pin_change))
        .subcommand(one(PinAct::Unblock, words.pin_unblock))
}

/// Asks for the secrets in the prompt that a signature is asked for in; they never pass through here.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    set(session, matches).err().unwrap_or(Exit::Done)
}

fn set(session: &Session, matches: &ArgMatches) -> Result<(), Exit> {
    let (name, matches) = matches.subcommand().ok_or(Exit::Usage)?;
    let act = PinAct::ALL.into_iter().find(|act| act.name() == name).ok_or(Exit::Usage)?;
    let words = PinWords::of(session.lang);
    let listed = client::call(session, matches, &Call::Tokens)?;
    let token = choose(session, words, &listed, matches.get_one::<String>("token"))?;
    let text = |key: &str| token[key].as_str().unwrap_or_default().to_owned();
    let call = Call::Pin {
        act: act.name().to_owned(),
        serial: text("serial"),
        label: text("label"),
        model: text("model"),
        terminal: (std::io::stdin().is_terminal() && std::io::stderr().is_terminal())
            .then(|| session.lang.code().to_owned()),
    };
    let value = client::call(session, matches, &call)?;
    if matches.get_flag("json") {
        print_json(&value);
    }
    let done = PinWords::pick(act, words.done_change, words.done_unblock);
    let sequence = value["receipt"]["sequence"].as_i64().unwrap_or_default().to_string();
    complain(fill(words.done_row, &[("done", done), ("sequence", &sequence)]));
    Ok(())
}

/// The one token that is meant; whose tries are spent is never guessed.
fn choose<'a>(
    session: &Session,
    words: &PinWords,
    listed: &'a Value,
    named: Option<&String>,
) -> Result<&'a Value, Exit> {
    let all: Vec<&Value> = listed["tokens"].as_array().map(|all| all.iter().collect()).unwrap_or_default();
    let list = |sentence: &str, tokens: &[&Value]| {
        let lines = tokens.iter().map(|token| format!("  {}", tokens::line(session.words, token)));
        complain(std::iter::once(sentence.to_owned()).chain(lines).collect::<Vec<_>>().join("\n"));
    };
    if all.is_empty() {
        complain(session.words.no_tokens);
        return Err(Exit::Unavailable);
    }
    let Some(name) = named else {
        let [only] = all.as_slice() else {
            list(words.several, &all);
            return Err(Exit::Usage);
        };
        return Ok(only);
    };
    let called = |token: &&&Value| ["serial", "label"].iter().any(|key| token[*key].as_str() == Some(name));
    let found: Vec<&Value> = all.iter().filter(called).copied().collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            list(&fill(words.no_such, &[("name", name)]), &all);
            Err(Exit::Unavailable)
        }
        several => {
            list(words.alike, several);
            Err(Exit::Usage)
        }
    }
}
