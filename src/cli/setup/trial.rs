//! One trial signature: asked for, logged and verified like any other.

use std::io::{IsTerminal as _, Write as _};

use clap::ArgMatches;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::show::wrapped;
use crate::api::control::Call;
use crate::cli::exit::Exit;
use crate::cli::{Session, client};
use crate::domain::digest::DigestAlgorithm;
use crate::setup::memory::Trial;
use crate::setup::{Asking, Facts, Held};
use crate::text::fill;
use crate::text::setup::SetupWords;

/// Signs a line that says it is a trial; what to remember, and the reply with the text that was signed.
pub(super) fn make(
    session: &Session,
    matches: &ArgMatches,
    words: &SetupWords,
    facts: &Facts,
    held: &Held,
) -> Result<(Trial, Value), Exit> {
    let day = facts.now.date().to_string();
    let document = fill(words.trial_document, &[("holder", &held.holder), ("day", &day)]).into_owned();
    let in_window = facts.asking == Asking::Window;
    if in_window {
        let _ = writeln!(std::io::stderr(), "\n{}", wrapped(words.trial_window, 0));
    }
    let own = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let call = Call::Sign {
        name: words.trial_name.to_owned(),
        algorithm: DigestAlgorithm::Sha256.name().to_owned(),
        digest: hex::encode(Sha256::digest(document.as_bytes())),
        certificate: held.id.to_string(),
        scheme: None,
        cms: false,
        terminal: (own && !in_window).then(|| session.lang.code().to_owned()),
    };
    let reply = client::call(session, matches, &call)?;
    let sequence = reply["receipt"]["sequence"].as_i64().unwrap_or_default();
    let trial = Trial { day, sequence, holder: held.holder.clone() };
    Ok((trial, json!({ "document": document, "signed": reply })))
}
