//! `kyso sign FILE|--digest HEX --certificate ID`.

use std::fs::File;
use std::io::{IsTerminal, Read, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::ArgMatches;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::exit::Exit;
use super::{Session, client, complain, file_name, print_json, say};
use crate::api::control::Call;
use crate::domain::certificate::CertId;
use crate::domain::digest::DigestAlgorithm;
use crate::text::{cause, fill};

/// Signs one file or digest, through the same flow and the same prompt as a page.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    sign(session, matches).err().unwrap_or(Exit::Done)
}

fn sign(session: &Session, matches: &ArgMatches) -> Result<(), Exit> {
    let certificate = matches.get_one::<String>("certificate").cloned().unwrap_or_default();
    if certificate.parse::<CertId>().is_err() {
        complain(session.words.bad_certificate);
        return Err(Exit::Usage);
    }
    let (name, algorithm, digest) = what(session, matches)?;
    let call = Call::Sign {
        name,
        algorithm: algorithm.name().to_owned(),
        digest,
        certificate,
        scheme: matches.get_one::<String>("scheme").cloned(),
        cms: matches.get_flag("cms"),
        terminal: (std::io::stdin().is_terminal() && std::io::stderr().is_terminal())
            .then(|| session.lang.code().to_owned()),
    };
    let value = client::call(session, matches, &call)?;
    let encoded = value["signatures"][0]["value"].as_str().unwrap_or_default().to_owned();
    if let Some(path) = matches.get_one::<PathBuf>("out")
        && let Err(error) = write(path, &encoded)
    {
        let values = [("path", &*path.display().to_string()), ("why", &cause::system(session.lang, &error))];
        complain(fill(session.words.no_output, &values));
        say(&encoded);
        return Err(Exit::CantCreate);
    }
    if matches.get_flag("json") {
        print_json(&value);
    } else if matches.get_one::<PathBuf>("out").is_none() {
        say(&encoded);
    }
    report(session, &value);
    Ok(())
}

/// The document's name, the hash function and the digest in hex.
fn what(session: &Session, matches: &ArgMatches) -> Result<(String, DigestAlgorithm, String), Exit> {
    if let Some(path) = matches.get_one::<PathBuf>("file") {
        let digest = hash(session, path).map_err(|error| {
            let values =
                [("path", &*path.display().to_string()), ("why", &cause::system(session.lang, &error))];
            complain(fill(session.words.no_input, &values));
            Exit::NoInput
        })?;
        return Ok((file_name(path), DigestAlgorithm::Sha256, digest));
    }
    let text = matches.get_one::<String>("digest").cloned().unwrap_or_default().to_lowercase();
    let algorithm = DigestAlgorithm::ALL.into_iter().find(|algorithm| 2 * algorithm.len() == text.len());
    match algorithm {
        Some(algorithm) if hex::decode(&text).is_ok() => Ok((String::new(), algorithm, text)),
        _ => {
            complain(session.words.bad_digest);
            Err(Exit::Usage)
        }
    }
}

/// SHA-256 of a file, in hex, with a bar for long ones.
fn hash(session: &Session, path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let bar = ProgressBar::with_draw_target(Some(file.metadata()?.len()), ProgressDrawTarget::stderr())
        .with_message(session.words.hashing);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}") {
        bar.set_style(style);
    }
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        bar.inc(read as u64);
    }
    bar.finish_and_clear();
    Ok(hex::encode(hasher.finalize()))
}

fn write(path: &Path, encoded: &str) -> std::io::Result<()> {
    let signature = STANDARD.decode(encoded).map_err(std::io::Error::other)?;
    File::create(path)?.write_all(&signature)
}

fn report(session: &Session, value: &Value) {
    let subject = &value["certificate"]["subject"];
    let name = subject["common_name"].as_str().or_else(|| subject["text"].as_str()).unwrap_or_default();
    let sequence = value["receipt"]["sequence"].as_i64().unwrap_or_default().to_string();
    complain(fill(session.words.signed_by, &[("subject", name), ("sequence", &sequence)]));
}

const BUFFER: usize = 1 << 20;
