//! A small document system on an origin of its own, for developers to copy from.
//!
//! A person uploads a file; the page asks Kyso for a signature over the file's SHA-256; this server
//! verifies the signature against the file it stored, and the certificate's chain up to the roots it
//! trusts, with another library than Kyso's. The page's part is `web/demo/kyso.js`.
//!
//! `--play` plays the page instead of waiting for a browser, and `--answer` runs a command in a
//! pseudo-terminal and answers Kyso's terminal prompts there: both are for demonstrations and tests
//! where nobody sits at the desk.
#![allow(clippy::print_stdout, reason = "what it prints is for the person who started it")]

#[path = "document_system/answer.rs"]
mod answer;
#[path = "document_system/arguments.rs"]
mod arguments;
#[path = "document_system/page.rs"]
mod page;
#[path = "document_system/play.rs"]
mod play;
#[path = "document_system/server.rs"]
mod server;
#[path = "document_system/shelf.rs"]
mod shelf;
#[path = "document_system/verify.rs"]
mod verify;

use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::arguments::Role;
use crate::server::Site;
use crate::shelf::Shelf;
use crate::verify::Anchors;

fn main() -> ExitCode {
    let outcome = match arguments::parse() {
        Role::Answer { pin, command } => answer::run(&pin, &command),
        Role::Serve { port, anchors, play } => serve(port, &anchors, play),
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
async fn serve(
    port: u16,
    anchors: &std::path::Path,
    play: Option<arguments::Play>,
) -> Result<ExitCode, String> {
    let anchors = Anchors::read(anchors)?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("can't listen on 127.0.0.1:{port}: {error}; choose another --port"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let site = Arc::new(Site::new(address, Shelf::default(), anchors));
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
