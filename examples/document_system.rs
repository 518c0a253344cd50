//! A small document system on an origin of its own, for developers to copy from.
//!
//! Official documents pass through three hands: a leader signs, a clerk gives number and date, and the
//! clerk seals with the organisation's certificate. The PDFs are prepared, signed into and verified here
//! (`pdf`, `archive`, `verify`), with other libraries than Kyso's; Kyso sees a digest and makes a CMS
//! signature. People sign in with their token (`sign_in`). The page's part is `web/demo`.
//!
//! `--play` plays the page instead of waiting for a browser, and `--answer` runs a command in a
//! pseudo-terminal and answers Kyso's terminal prompts there: both are for demonstrations and tests
//! where nobody sits at the desk.
#![allow(clippy::print_stdout, reason = "what it prints is for the person who started it")]

#[path = "document_system/answer.rs"]
mod answer;
#[path = "document_system/archive.rs"]
mod archive;
#[path = "document_system/arguments.rs"]
mod arguments;
#[path = "document_system/page.rs"]
mod page;
#[path = "document_system/pdf/mod.rs"]
mod pdf;
#[path = "document_system/play/mod.rs"]
mod play;
#[path = "document_system/refusal.rs"]
mod refusal;
#[path = "document_system/samples.rs"]
mod samples;
#[path = "document_system/server.rs"]
mod server;
#[path = "document_system/sign_in.rs"]
mod sign_in;
#[path = "document_system/verify/mod.rs"]
mod verify;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::archive::Archive;
use crate::arguments::Mode;
use crate::server::Site;
use crate::verify::Anchors;

fn main() -> ExitCode {
    let outcome = match arguments::parse() {
        Mode::Answer { pin, command } => answer::run(&pin, &command),
        Mode::Serve { port, anchors, play } => serve(port, &anchors, play),
        Mode::Check { anchors, file } => check(&anchors, &file),
    };
    match outcome {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("document_system: {problem}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(port: u16, anchors: &Path, play: Option<arguments::Play>) -> Result<ExitCode, String> {
    let anchors = Anchors::read(anchors)?;
    let archive = Archive::new(samples::all().map_err(|error| error.to_string())?);
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("can't listen on 127.0.0.1:{port}: {error}; choose another --port"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let site = Arc::new(Site::new(address, archive, anchors));
    println!("{}", site.origin());

    let serving = server::run(listener, Arc::clone(&site));
    match play {
        None => tokio::select! {
            () = serving => {}
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(|error| error.to_string())?,
        },
        Some(play) => {
            let origin = site.origin().to_owned();
            let playing = tokio::task::spawn_blocking(move || play::run(&origin, &play));
            tokio::select! {
                () = serving => {}
                played = playing => return played.map_err(|error| error.to_string())?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the verdict on a signed file as JSON.
fn check(anchors: &Path, file: &Path) -> Result<ExitCode, String> {
    let content = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let verdict = Anchors::read(anchors)?
        .judge(&content, std::time::SystemTime::now())
        .map_err(|error| format!("{}: {error}", file.display()))?;
    println!("{}", serde_json::json!(verdict));
    Ok(if verdict.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
