//! `kyso doctor`: what is there, what is wrong, and what to do about it. Needs no agent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgMatches;
use serde_json::json;

use super::exit::Exit;
use super::{Session, audit, client, print_json, say};
use crate::api::server;
use crate::app::{self, Programs};
use crate::config::{Config, Prompt};
use crate::domain::kept::KeepLimits;
use crate::domain::ports::Tokens as _;
use crate::store::verify::{self, VerifyError};
use crate::sys;
use crate::sys::attendance::Now;
use crate::text::audit::AuditWords;
use crate::text::doctor::DoctorWords;
use crate::text::fill;
use crate::text::keep::KeepWords;
use crate::ui;

/// One thing looked at.
#[derive(Debug)]
struct Finding {
    topic: &'static str,
    what: String,
    /// What to do; none if all is well.
    todo: Option<&'static str>,
}

/// Looks at everything and prints it; [`Exit::Wrong`] if something is to be done.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let config = match session.config(matches) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let words = DoctorWords::of(session.lang);
    let running = client::agent_runs(session);
    let mut findings = vec![configuration(session, matches, words)];
    match view(&config) {
        Ok(view) => findings.extend(tokens(&view, words)),
        Err(exit) => return exit,
    }
    findings.push(port(running, &config, words));
    findings.push(prompt(&config, words));
    findings.extend(config.keep_login.map(|limits| keep(limits, session)));
    findings.push(log(session, words));
    let well = findings.iter().all(|finding| finding.todo.is_none());
    if matches.get_flag("json") {
        let all = findings.iter().map(|finding| {
            json!({ "topic": finding.topic, "what": finding.what, "ok": finding.todo.is_none(), "todo": finding.todo })
        });
        print_json(&json!({ "findings": all.collect::<Vec<_>>(), "ok": well }));
    } else {
        print(&findings, words);
    }
    if well { Exit::Done } else { Exit::Wrong }
}

fn print(findings: &[Finding], words: &DoctorWords) {
    let mut topic = "";
    for finding in findings {
        if finding.topic != topic {
            say(finding.topic);
            topic = finding.topic;
        }
        say(format_args!("  {} {}", if finding.todo.is_none() { "✓" } else { "✗" }, finding.what));
        if let Some(todo) = finding.todo {
            say(format_args!("    {}", fill(words.todo, &[("what", todo)])));
        }
    }
    if findings.iter().all(|finding| finding.todo.is_none()) {
        say(words.all_well);
    }
}

/// Modules and tokens, looked at through token hosts of this process' own.
struct View {
    /// Path, and what is wrong with it.
    modules: Vec<(String, Option<String>)>,
    /// Label, serial, PIN state, number of certificates.
    tokens: Vec<(String, String, String, usize)>,
}

fn view(config: &Config) -> Result<View, Exit> {
    let programs = Programs::beside_this().map_err(|_| Exit::Software)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|_| Exit::Software)?;
    let snapshot = runtime.block_on(async { app::hub(config, &programs).snapshot().await });
    let problem = |path: &PathBuf| {
        let found = snapshot.problems.iter().find(|problem| Path::new(&problem.path) == path.as_path())?;
        Some(found.error.cause().unwrap_or_else(|| found.error.code().as_str()).to_owned())
    };
    let modules = config
        .modules
        .iter()
        .map(|module| (module.path.display().to_string(), problem(&module.path)))
        .collect();
    let tokens = snapshot.tokens.iter().map(|token| {
        let count = snapshot.certificates.iter().filter(|held| held.token == token.serial).count();
        (token.label.clone(), token.serial.to_string(), token.pin.name().to_owned(), count)
    });
    Ok(View { modules, tokens: tokens.collect() })
}

fn configuration(session: &Session, matches: &ArgMatches, words: &'static DoctorWords) -> Finding {
    let own = session.paths.config_file();
    let file = matches.get_one::<PathBuf>("config").unwrap_or(&own);
    let sentence = if file.exists() { words.config_ok } else { words.config_none };
    let what = fill(sentence, &[("file", &file.display().to_string())]).into_owned();
    Finding { topic: words.config, what, todo: None }
}

fn tokens(view: &View, words: &'static DoctorWords) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (path, problem) in &view.modules {
        let (sentence, todo) = match problem {
            None => (words.module_ok, None),
            Some(_) => (words.module_bad, Some(words.module_do)),
        };
        let values = [("path", path.as_str()), ("why", problem.as_deref().unwrap_or_default())];
        findings.push(Finding { topic: words.modules, what: fill(sentence, &values).into_owned(), todo });
    }
    if view.modules.is_empty() {
        let what = words.modules_none.to_owned();
        findings.push(Finding { topic: words.modules, what, todo: Some(words.module_do) });
    }
    for (label, serial, pin, count) in &view.tokens {
        let locked = pin == "locked";
        let count = count.to_string();
        let values = [("label", label.as_str()), ("serial", serial), ("certificates", &count)];
        let (sentence, todo) =
            if locked { (words.token_locked, Some(words.token_locked_do)) } else { (words.token_ok, None) };
        findings.push(Finding { topic: words.tokens, what: fill(sentence, &values).into_owned(), todo });
    }
    if view.tokens.is_empty() {
        let what = words.token_none.to_owned();
        findings.push(Finding { topic: words.tokens, what, todo: Some(words.token_do) });
    }
    findings
}

fn port(running: bool, config: &Config, words: &'static DoctorWords) -> Finding {
    let (what, todo) = if running {
        (words.port_agent.to_owned(), None)
    } else {
        match server::bind(config.port).and_then(|listener| listener.local_addr()) {
            Ok(address) => (fill(words.port_free, &[("address", &address.to_string())]).into_owned(), None),
            Err(error) => {
                (fill(words.port_bad, &[("why", &error.to_string())]).into_owned(), Some(words.port_do))
            }
        }
    };
    Finding { topic: words.port, what, todo }
}

fn prompt(config: &Config, words: &'static DoctorWords) -> Finding {
    let terminal = config.prompt == Prompt::Terminal;
    let (what, todo) = match ui::can_ask(terminal) {
        Ok(()) if terminal => (words.prompt_terminal.to_owned(), None),
        Ok(()) => (words.prompt_window.to_owned(), None),
        Err(why) => (fill(words.prompt_bad, &[("why", &why)]).into_owned(), Some(words.prompt_do)),
    };
    Finding { topic: words.prompt, what, todo }
}

/// Whether the system tells when the person leaves: else no login is kept, whatever the configuration says.
fn keep(limits: KeepLimits, session: &Session) -> Finding {
    let words = KeepWords::of(session.lang);
    let mut desk = sys::session::watch();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    if let Ok(runtime) = runtime {
        let said = desk.wait_for(|desk| desk.now != Now::Asking);
        let _ = runtime.block_on(async { tokio::time::timeout(PATIENCE, said).await.map(drop) });
    }
    let now = desk.borrow().now.clone();
    let why = match now {
        Now::There | Now::Away => {
            let (idle, most) = (words.span(limits.idle()), words.span(limits.most()));
            let what = fill(words.on, &[("idle", &idle), ("most", &most)]).into_owned();
            return Finding { topic: words.topic, what, todo: None };
        }
        Now::Asking => "systemd-logind does not answer in time".to_owned(),
        Now::Unknown(why) => why,
    };
    let what = fill(words.off, &[("why", &why)]).into_owned();
    Finding { topic: words.topic, what, todo: Some(words.off_do) }
}

const PATIENCE: Duration = Duration::from_secs(5);

fn log(session: &Session, words: &'static DoctorWords) -> Finding {
    let path = session.paths.audit();
    let shown = path.display().to_string();
    let (what, todo) = if !path.exists() {
        (fill(words.log_none, &[("path", &shown)]).into_owned(), None)
    } else {
        match verify::verify(&path, None) {
            Ok(verified) => (fill(words.log_ok, &[("rows", &verified.rows.to_string())]).into_owned(), None),
            Err(VerifyError::Broken(broken)) => {
                (audit::changed(&broken, session.lang), Some(AuditWords::of(session.lang).broken_do))
            }
            Err(VerifyError::Read(error)) => {
                let values = [("path", shown.as_str()), ("why", &error.to_string())];
                (fill(words.log_bad, &values).into_owned(), Some(words.log_do))
            }
        }
    };
    Finding { topic: words.log, what, todo }
}
