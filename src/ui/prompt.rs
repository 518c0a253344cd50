//! The prompt's process: `kyso prompt [--terminal]`.

use std::io;
use std::io::BufRead;
use std::io::Read;
use std::io::Write;
use std::process::ExitCode;

use super::message;
use super::message::FromPrompt;
use super::message::MAX_LINE;
use super::message::ToPrompt;
use super::terminal;
use super::window;
use crate::sys::harden;
use crate::text::Lang;
use crate::text::cause;
use crate::text::cause::CauseWords;
use crate::text::fill;

/// What ends a prompt before its time.
#[derive(Debug)]
pub(super) enum Stop {
    /// There is no way to ask here.
    Unavailable(String),
}

/// What comes in while the question stands.
#[derive(Debug)]
pub(super) enum News {
    /// From the agent.
    Says(ToPrompt),
    /// The agent closed the line, or broke it.
    Gone,
}

/// Reads the question on standard input, asks it in a window or on the terminal, answers on standard
/// output. Exit codes: 0 asked, 2 no question, 3 no way to ask (said on standard output, too).
///
/// Before anything else it makes itself unreadable for other processes (R35).
pub fn run(terminal: bool) -> ExitCode {
    let lang = Lang::from_env();
    let words = CauseWords::of(lang);
    let unread = |detail: &str| fill(words.no_such_question, &[("detail", detail)]).into_owned();
    if let Err(error) = harden::deny_inspection() {
        let why = cause::system(lang, &error);
        return unavailable(fill(words.unprotected, &[("why", &why)]).into_owned());
    }
    let Some(question) = next_line() else {
        let _ = writeln!(io::stderr(), "{}", words.no_question);
        return ExitCode::from(NO_QUESTION);
    };
    let question = match ToPrompt::parse(&question) {
        Ok(question @ (ToPrompt::Sign(_) | ToPrompt::Pair(_) | ToPrompt::Pin(_))) => question,
        Ok(_) => {
            let _ = writeln!(io::stderr(), "{}", unread("message"));
            return ExitCode::from(NO_QUESTION);
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "{}", unread(&error.0));
            return ExitCode::from(NO_QUESTION);
        }
    };
    let asked = if terminal { terminal::ask(question) } else { window::ask(question) };
    match asked {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Unavailable(reason)) => unavailable(reason),
    }
}

/// Says something to the agent. One that no longer listens has closed the other line as well.
pub(super) fn say(message: &FromPrompt) {
    let mut line = message::line(message);
    line.push('\n');
    let mut out = io::stdout().lock();
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}

/// Hears the agent on a thread of its own, until the line ends.
pub(super) fn listen(mut hear: impl FnMut(News) + Send + 'static) {
    std::thread::spawn(move || {
        while let Some(message) = next_line().and_then(|line| ToPrompt::parse(&line).ok()) {
            hear(News::Says(message));
        }
        hear(News::Gone);
    });
}

fn next_line() -> Option<String> {
    let mut line = Vec::new();
    io::stdin().lock().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line).ok()?;
    (line.pop() == Some(b'\n')).then(|| String::from_utf8(line).ok()).flatten()
}

/// There is nowhere to keep a PIN.
pub(super) fn no_memory(lang: Lang, error: &region::Error) -> Stop {
    let why = if let region::Error::SystemCall(number) = error {
        cause::system(lang, &io::Error::from_raw_os_error(*number))
    } else {
        error.to_string()
    };
    Stop::Unavailable(fill(CauseWords::of(lang).no_memory, &[("why", &why)]).into_owned())
}

fn unavailable(reason: String) -> ExitCode {
    say(&FromPrompt::Unavailable { reason });
    ExitCode::from(NO_WAY)
}

const NO_QUESTION: u8 = 2;
const NO_WAY: u8 = 3;
