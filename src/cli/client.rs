//! The way of a command to the agent: over the control socket, or, with no agent running, over a pipe
//! to the same parts in this process, without TCP.

use std::time::Duration;

use clap::ArgMatches;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;

use super::exit::Exit;
use super::{Session, complain};
use crate::api::control::{Call, Line, Said};
use crate::app::{App, AppError, Overrides, Programs};
use crate::config::Config;
use crate::domain::error::ErrorCode;
use crate::sys;
use crate::text::cause::CauseWords;
use crate::text::{cause, error, fill};
use crate::ui;

/// Makes one call and returns its result; complains in the person's words if it fails.
///
/// # Errors
/// How the command is to end.
pub fn call(session: &Session, matches: &ArgMatches, call: &Call) -> Result<Value, Exit> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        complain(error);
        Exit::Software
    })?;
    runtime.block_on(async {
        match sys::ipc::connect(&session.paths.control()).await {
            Ok(stream) => talk(session, stream, call).await,
            Err(_) => without_agent(session, matches, call).await,
        }
    })
}

/// Makes one call that asks nobody, to an agent that runs; nothing if none does or it is slow.
pub fn ask_agent(session: &Session, call: &Call) -> Option<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let stream = sys::ipc::connect(&session.paths.control()).await.ok()?;
        tokio::time::timeout(PATIENCE, talk(session, stream, call)).await.ok()?.ok()
    })
}

/// The same, where a complaint would come from every try.
pub fn ask_agent_quietly(session: &Session, call: &Call) -> Option<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let stream = sys::ipc::connect(&session.paths.control()).await.ok()?;
        let (reader, mut writer) = tokio::io::split(stream);
        write_line(&mut writer, call).await.ok()?;
        let mut lines = BufReader::new(reader).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.ok()?.ok()??;
        match serde_json::from_str(&line).ok()? {
            Said::Done(value) => Some(value),
            Said::Line(_) | Said::Failed { .. } => None,
        }
    })
}

/// The same of an agent that runs; nothing if none does.
///
/// # Errors
/// How the command is to end.
pub fn call_agent(session: &Session, call: &Call) -> Option<Result<Value, Exit>> {
    let runtime = tokio::runtime::Runtime::new().ok()?;
    runtime.block_on(async {
        let stream = sys::ipc::connect(&session.paths.control()).await.ok()?;
        Some(talk(session, stream, call).await)
    })
}

/// Whether an agent of this user answers.
pub fn agent_runs(session: &Session) -> bool {
    tokio::runtime::Runtime::new()
        .is_ok_and(|runtime| runtime.block_on(sys::ipc::connect(&session.paths.control())).is_ok())
}

async fn without_agent(session: &Session, matches: &ArgMatches, call: &Call) -> Result<Value, Exit> {
    // A command ends with its request, and so does its login.
    let config = Config { keep_login: None, ..session.config(matches)? };
    let programs = Programs::beside_this().map_err(|error| {
        complain(error);
        Exit::Software
    })?;
    let app = match App::open(&config, session.paths.clone(), &programs, Overrides::default()) {
        // An agent that is just starting holds the lock before its socket is there.
        Err(AppError::AlreadyRunning(_)) => {
            return match wait_for_agent(session).await {
                Some(stream) => talk(session, stream, call).await,
                None => Err(session.app_failed(&AppError::AlreadyRunning(session.paths.lock()))),
            };
        }
        opened => opened.map_err(|error| session.app_failed(&error))?,
    };
    let (ours, theirs) = tokio::io::duplex(PIPE);
    let control = app.control();
    let served = tokio::spawn(async move { control.serve(theirs).await });
    let result = talk(session, ours, call).await;
    let _ = served.await;
    app.service().shut_down(crate::app::GRACE).await;
    result
}

async fn wait_for_agent(session: &Session) -> Option<sys::ipc::Stream> {
    for _ in 0..20 {
        if let Ok(stream) = sys::ipc::connect(&session.paths.control()).await {
            return Some(stream);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    None
}

async fn talk<S: AsyncRead + AsyncWrite>(session: &Session, stream: S, call: &Call) -> Result<Value, Exit> {
    let causes = CauseWords::of(session.lang);
    let broken = |why: String| {
        complain(fill(session.words.broken_talk, &[("why", &why)]));
        Exit::Software
    };
    let (reader, mut writer) = tokio::io::split(stream);
    let mut lines = BufReader::new(reader).lines();
    write_line(&mut writer, call).await.map_err(|error| broken(cause::system(session.lang, &error)))?;
    let (to_prompt, from_agent) = mpsc::channel(LINES);
    let (to_agent, mut from_prompt) = mpsc::channel(LINES);
    let mut asking = None;
    let mut waiting = Some((from_agent, to_agent));
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line.map_err(|error| broken(cause::system(session.lang, &error)))?,
            Some(line) = from_prompt.recv() => {
                // An agent that has closed the connection has said before how it ended.
                let _ = write_line(&mut writer, &Line { line }).await;
                continue;
            }
        };
        let line = line.ok_or_else(|| broken(causes.hung_up.to_owned()))?;
        match serde_json::from_str(&line).map_err(|error| broken(gibberish(session, &error)))? {
            Said::Line(line) => {
                if let Some((from_agent, to_agent)) = waiting.take() {
                    let program = Programs::beside_this()
                        .map_err(|error| broken(cause::system(session.lang, &error)))?;
                    let program = program.kyso;
                    asking =
                        Some(tokio::spawn(
                            async move { ui::lines::relay(&program, from_agent, to_agent).await },
                        ));
                }
                let _ = to_prompt.send(line).await;
            }
            Said::Done(value) => {
                finish(to_prompt, asking).await;
                return Ok(value);
            }
            Said::Failed { code, cause } => {
                finish(to_prompt, asking).await;
                return Err(failed(session, &code, cause.as_deref()));
            }
        }
    }
}

/// Lets the prompt say its last words before the command says its own.
async fn finish<T>(to_prompt: mpsc::Sender<String>, asking: Option<tokio::task::JoinHandle<T>>) {
    drop(to_prompt);
    if let Some(asking) = asking {
        let _ = asking.await;
    }
}

/// What the agent says is no answer.
pub(super) fn gibberish(session: &Session, error: &serde_json::Error) -> String {
    fill(CauseWords::of(session.lang).gibberish, &[("detail", &error.to_string())]).into_owned()
}

fn failed(session: &Session, code: &str, cause: Option<&str>) -> Exit {
    let code = ErrorCode::parse(code).unwrap_or(ErrorCode::Internal);
    let (message, hint) = error::of(code, session.lang);
    match cause {
        Some(cause) => complain(format_args!("{message} ({cause}) {hint}")),
        None => complain(format_args!("{message} {hint}")),
    }
    Exit::of(code)
}

async fn write_line<W: AsyncWrite + Unpin>(
    writer: &mut W,
    value: &impl serde::Serialize,
) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    writer.flush().await
}

/// For an agent that looks at its tokens.
const PATIENCE: Duration = Duration::from_secs(10);
const PIPE: usize = 64 * 1024;
const LINES: usize = 16;
