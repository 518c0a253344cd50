//! From arguments to a running simulator.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use kyso::api::{self, server};
use kyso::app;
use kyso::app::{AppError, Held};
use kyso::cli::{self, exit::Exit};
use kyso::domain::validation::Unchecked;
use kyso::paths::Paths;
use kyso::sys;
use kyso::text::clean::clean;
use kyso::text::simulator::SimulatorWords;
use kyso::text::{Lang, cause, fill};
use serde_json::json;
use tokio::sync::oneshot;

use crate::arguments::Arguments;
use crate::authority::Issued;
use crate::script::Script;
use crate::{person, token};

/// Runs this process.
pub(crate) fn main() -> ExitCode {
    let lang = Lang::from_env();
    match Arguments::read(lang).and_then(|arguments| start(&arguments, lang)) {
        Ok(()) => Exit::Done.into(),
        Err(exit) => exit.into(),
    }
}

/// A line on standard error, harmless whatever a page wrote.
pub(crate) fn say(text: impl fmt::Display) {
    for line in text.to_string().lines() {
        eprintln!("kyso-simulator: {}", clean(line, usize::MAX));
    }
}

/// Serves until it is told to stop, or nobody holds the other end of standard input any more.
fn start(arguments: &Arguments, lang: Lang) -> Result<(), Exit> {
    let words = SimulatorWords::of(lang);
    let script = script(arguments, words)?;
    let failed = |error: &AppError| {
        let (why, exit) = cli::why(lang, error);
        let in_use = |path: &Path| fill(words.in_use, &[("path", &path.display().to_string())]).into_owned();
        say(if let AppError::AlreadyRunning(path) = error { in_use(path) } else { why });
        exit
    };
    let held = Held::open(Paths::under(&arguments.folder), None).map_err(|error| failed(&error))?;
    let issued = Issued::new(&token::StandIn::serial()).map_err(|error| {
        say(fill(words.no_keys, &[("why", &error.to_string())]));
        Exit::Software
    })?;
    let root = arguments.folder.join("root.pem");
    std::fs::write(&root, issued.root).map_err(|error| {
        let path = root.display().to_string();
        say(fill(words.no_root, &[("path", &path), ("why", &cause::system(lang, &error))]));
        Exit::CantCreate
    })?;
    let listener = server::bind(arguments.port).map_err(|error| failed(&AppError::Port(error)))?;
    let port = listener.local_addr().map_err(|error| failed(&AppError::Port(error)))?.port();
    let tokens = Arc::new(token::StandIn::new(issued.holdings, script.without_token));
    let version = script.api.unwrap_or(api::VERSION);
    let person = Arc::new(person::StandIn::new(script, words));
    let core = held.with(tokens, person, None, Arc::new(Unchecked)).of_version(version);
    let runtime = app::runtime().map_err(|error| {
        say(error);
        Exit::Software
    })?;
    runtime.block_on(async {
        let ready = json!({ "port": port, "folder": arguments.folder });
        // Waited for once everything serves: whoever reads the line may call, or end it.
        let shutdown = async {
            let words = sys::signals::Words::listen();
            let _ = writeln!(std::io::stdout().lock(), "{ready}");
            match words {
                Ok(mut words) => tokio::select! {
                    _ = words.next() => {}
                    () = left_alone() => {}
                },
                Err(error) => say(error),
            }
        };
        core.run(listener, None, shutdown).await.map_err(|error| failed(&error))
    })
}

fn script(arguments: &Arguments, words: &SimulatorWords) -> Result<Script, Exit> {
    let Some(path) = &arguments.script else { return Ok(Script::default()) };
    Script::read(path).map_err(|why| {
        say(fill(words.bad_script, &[("path", &path.display().to_string()), ("why", &why)]));
        Exit::Config
    })
}

/// Resolves once the pipe on standard input has no other end. What has none from the start, such as `/dev/null`, never
/// loses it.
async fn left_alone() {
    let (gone, told) = oneshot::channel();
    std::thread::spawn(move || {
        let ended = sys::child::take_stdin().and_then(|pipe| sys::child::wait_for_end(&pipe));
        if ended.is_ok() {
            let _ = gone.send(());
        }
    });
    if told.await.is_err() {
        std::future::pending::<()>().await;
    }
}
