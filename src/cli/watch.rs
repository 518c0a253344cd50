//! `kyso tokens --watch`: tokens and certificates as they come and go.

use serde_json::{Value, json};

use super::exit::Exit;
use super::{Session, certificates, client, complain, print_json, say, tokens};
use crate::api::control::Call;

/// Prints what is plugged in, then each change, until the agent or the person ends it.
pub(super) fn run(session: &Session, as_json: bool) -> Exit {
    let (mut state, mut known) = (u64::MAX, [Vec::new(), Vec::new()]);
    loop {
        let value = match client::call_agent(session, &Call::Watch { since: state }) {
            Some(Ok(value)) => value,
            Some(Err(exit)) => return exit,
            None => {
                complain(session.words.watch_no_agent);
                return Exit::Unavailable;
            }
        };
        state = value["state"].as_u64().unwrap_or(u64::MAX);
        let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
        let now = [list("tokens"), list("certificates")];
        for (sign, change, token) in changes(&known[0], &now[0], &NAMES) {
            if as_json {
                print_json(&json!({ "change": change, "token": token }));
            } else {
                say(format_args!("{sign} {}", tokens::line(session.words, token)));
            }
        }
        for (sign, change, certificate) in changes(&known[1], &now[1], &["id"]) {
            if as_json {
                print_json(&json!({ "change": change, "certificate": certificate }));
            } else {
                say(format_args!("{sign}   {}", certificates::line(certificate)));
            }
        }
        known = now;
    }
}

/// What left, then what came or is another than it was.
fn changes<'a>(known: &'a [Value], now: &'a [Value], names: &[&str]) -> Vec<(char, &'static str, &'a Value)> {
    let is_same = |a: &Value, b: &Value| names.iter().all(|name| a[name] == b[name]);
    let left = known.iter().filter(|old| !now.iter().any(|new| is_same(old, new)));
    let came = now.iter().filter_map(|new| match known.iter().find(|old| is_same(old, new)) {
        None => Some(('+', "came", new)),
        Some(old) if old != new => Some(('~', "changed", new)),
        Some(_) => None,
    });
    left.map(|old| ('-', "left", old)).chain(came).collect()
}

/// What makes a token the one it was.
const NAMES: [&str; 4] = ["serial", "label", "model", "manufacturer"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_told_once() {
        let token = |serial: &str, pin: &str| json!({ "serial": serial, "pin": pin });
        let (a, b) = (token("a", "ok"), token("b", "ok"));
        let signs = |known: &[Value], now: &[Value]| -> String {
            changes(known, now, &NAMES).iter().map(|(sign, ..)| *sign).collect()
        };
        assert_eq!(signs(&[], &[a.clone(), b.clone()]), "++");
        assert_eq!(signs(&[a.clone(), b.clone()], &[a.clone(), b.clone()]), "");
        assert_eq!(signs(std::slice::from_ref(&a), &[b]), "-+");
        assert_eq!(signs(&[a], &[token("a", "low")]), "~");
    }
}
