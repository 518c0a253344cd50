//! `kyso tokens`.

use clap::ArgMatches;
use serde_json::Value;

use super::exit::Exit;
use super::{Session, client, complain, print_json, say, watch};
use crate::api::control::Call;
use crate::text::cli::CliWords;
use crate::text::fill;

/// Prints the tokens that are plugged in.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    if matches.get_flag("watch") {
        return watch::run(session, matches.get_flag("json"));
    }
    let value = match client::call(session, matches, &Call::Tokens) {
        Ok(value) => value,
        Err(exit) => return exit,
    };
    if matches.get_flag("json") {
        print_json(&value);
        return Exit::Done;
    }
    let tokens = value["tokens"].as_array().cloned().unwrap_or_default();
    for token in &tokens {
        say(line(session.words, token));
    }
    if tokens.is_empty() {
        complain(session.words.no_tokens);
        return Exit::Unavailable;
    }
    Exit::Done
}

pub(super) fn line(words: &CliWords, token: &Value) -> String {
    let text = |key: &str| token[key].as_str().unwrap_or_default().to_owned();
    let pin = match token["pin"].as_str() {
        Some("low") => words.pin_low,
        Some("final_try") => words.pin_final_try,
        Some("locked") => words.pin_locked,
        Some("must_change") => words.pin_must_change,
        Some("reader") => words.pin_reader,
        _ => words.pin_ok,
    };
    let values = [
        ("label", text("label")),
        ("serial", text("serial")),
        ("model", text("model")),
        ("manufacturer", text("manufacturer")),
        ("pin", pin.to_owned()),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    fill(words.token_line, &values).into_owned()
}
