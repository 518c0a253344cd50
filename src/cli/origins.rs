//! `kyso origins list|allow|revoke`.

use clap::ArgMatches;

use super::exit::Exit;
use super::{Session, client, complain, print_json, say};
use crate::api::control::Call;
use crate::domain::origin::Origin;
use crate::text::fill;

/// Shows and changes which sites may ask.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let result = match matches.subcommand() {
        Some(("list", matches)) => list(session, matches),
        Some(("allow", matches)) => change(session, matches, |origin| Call::Allow { origin }),
        Some(("revoke", matches)) => change(session, matches, |origin| Call::Revoke { origin }),
        _ => Err(Exit::Usage),
    };
    result.err().unwrap_or(Exit::Done)
}

fn list(session: &Session, matches: &ArgMatches) -> Result<(), Exit> {
    let value = client::call(session, matches, &Call::Origins)?;
    if matches.get_flag("json") {
        print_json(&value);
        return Ok(());
    }
    let words = session.words;
    let origins = value["origins"].as_array().cloned().unwrap_or_default();
    for grant in &origins {
        let n = grant["pairings"].as_u64().unwrap_or_default();
        let pairings = if n == 1 { words.origin_pairing } else { words.origin_pairings };
        let mut facts = vec![fill(pairings, &[("n", &n.to_string())]).into_owned()];
        for (fact, word) in [("allowed", words.origin_allowed), ("refused", words.origin_refused)] {
            if grant[fact].as_bool() == Some(true) {
                facts.push(word.to_owned());
            }
        }
        say(format_args!("{}  ({})", grant["origin"].as_str().unwrap_or_default(), facts.join("; ")));
    }
    if origins.is_empty() {
        complain(words.no_origins);
    }
    Ok(())
}

fn change(session: &Session, matches: &ArgMatches, call: fn(String) -> Call) -> Result<(), Exit> {
    let words = session.words;
    let text = matches.get_one::<String>("origin").cloned().unwrap_or_default();
    let Ok(origin) = text.parse::<Origin>() else {
        complain(fill(words.bad_origin, &[("text", &text)]));
        return Err(Exit::Usage);
    };
    let value = client::call(session, matches, &call(origin.to_string()))?;
    match value["revoked"].as_bool() {
        None => say(fill(words.allowed, &[("origin", origin.as_str())])),
        Some(true) => say(fill(words.revoked, &[("origin", origin.as_str())])),
        Some(false) => {
            complain(fill(words.not_there, &[("origin", origin.as_str())]));
            return Err(Exit::Wrong);
        }
    }
    Ok(())
}
