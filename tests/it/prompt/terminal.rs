//! On a terminal: the question comes through a pipe, the person is at the keyboard of a terminal.

use std::fs;
use std::time::Duration;

use kyso::domain::error::ErrorCode;
use kyso::domain::token::PinState;
use kyso::domain::validation::Standing;
use kyso::ui::message::{self, FromPrompt, ToPrompt};
use tempfile::TempDir;

use super::{Agent, PROGRAM, pairing, words};
use crate::support::terminal::Terminal;

/// `kyso prompt --terminal` with its messages in files: the shell keeps the line open.
struct Session {
    terminal: Terminal,
    folder: TempDir,
}

impl Session {
    fn start(questions: &[ToPrompt]) -> Self {
        let folder = TempDir::new().unwrap();
        let lines: String = questions.iter().map(|question| message::line(question) + "\n").collect();
        fs::write(folder.path().join("questions"), lines).unwrap();
        let script = "(cat questions; for at in $(seq 600); do if [ -e later ]; then cat later; break; fi; sleep 0.05; done
            exec sleep 60) | \"$PROGRAM\" prompt --terminal >answers";
        let script = format!("cd \"$FOLDER\" && {script}");
        let environment = [
            ("FOLDER".to_owned(), folder.path().to_str().unwrap().to_owned()),
            ("PROGRAM".to_owned(), PROGRAM.to_owned()),
        ];
        Self { terminal: Terminal::start("sh", &["-c", &script], &environment), folder }
    }

    /// What the agent says after some time.
    fn later(&self, news: &ToPrompt) {
        let file = self.folder.path().join("later");
        fs::write(file.with_extension("new"), message::line(news) + "\n").unwrap();
        fs::rename(file.with_extension("new"), file).unwrap();
    }

    /// What the prompt has said so far.
    fn answers(&self) -> Vec<FromPrompt> {
        let said = fs::read_to_string(self.folder.path().join("answers")).unwrap_or_default();
        let whole = said.rfind('\n').map_or("", |end| &said[..end]);
        whole.lines().map(|line| FromPrompt::parse(line).unwrap()).collect()
    }

    fn until_answered(&self, count: usize) -> Vec<FromPrompt> {
        for _ in 0..1_000 {
            let answers = self.answers();
            if answers.len() >= count {
                return answers;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("no answer; the screen:\n{}", self.terminal.text());
    }
}

#[test]
fn a_pin_is_typed_without_echo() {
    let agent = Agent::new(&["a.pdf"]);
    let mut session = Session::start(&[agent.question()]);
    session.terminal.wait_for(words().tty_pin, 0);
    session.terminal.type_text("123456\r");
    let mut answers = session.until_answered(2);
    assert_eq!(agent.open(answers.pop().unwrap(), 1), b"123456");
    assert!(!session.terminal.text().contains("123456"));
}

#[test]
fn what_a_page_chose_can_not_move_the_cursor_or_turn_the_text() {
    let agent = Agent::new(&["hop\u{202e}fdp.exe\u{1b}[2Jx"]);
    let session = Session::start(&[agent.question()]);
    session.terminal.wait_for(words().tty_pin, 0);
    let screen = session.terminal.text();
    assert!(screen.contains("hop\u{FFFD}fdp.exe\u{FFFD}[2Jx"), "{screen}");
    assert!(!screen.contains('\u{202e}') && !screen.contains('\u{1b}'), "{screen:?}");
}

#[test]
fn a_site_is_refused_unless_the_person_says_yes() {
    for (typed, answer) in [("\r", FromPrompt::Deny), ("x\r", FromPrompt::Deny), ("y\r", FromPrompt::Allow)] {
        let mut session = Session::start(&[pairing("https://vanban.example.gov.vn")]);
        session.terminal.wait_for(words().tty_allow, 0);
        assert!(words().tty_allow.contains("[y/N]"));
        session.terminal.type_text(typed);
        assert_eq!(session.until_answered(2).pop(), Some(answer), "{typed:?}");
    }
}

#[test]
fn escape_refuses() {
    let mut session = Session::start(&[Agent::new(&["a.pdf"]).question()]);
    session.terminal.wait_for(words().tty_pin, 0);
    session.terminal.type_text("12\u{1b}");
    assert_eq!(session.until_answered(2).pop(), Some(FromPrompt::Deny));
    session.terminal.wait_for(words().tty_denied, 0);
}

#[test]
fn r22_a_site_that_nags_is_blocked_by_a_word() {
    for (typed, answer) in [("y\r", FromPrompt::Refuse), ("\r", FromPrompt::Deny)] {
        let mut agent = Agent::new(&["a.pdf"]);
        agent.sign.refusals = 1;
        let mut session = Session::start(&[agent.question()]);
        session.terminal.wait_for(words().tty_pin, 0);
        session.terminal.type_text("\u{1b}");
        session.terminal.wait_for(words().tty_block, 0);
        session.terminal.type_text(typed);
        assert_eq!(session.until_answered(2).pop(), Some(answer), "{typed:?}");
    }
}

#[test]
fn the_last_try_wants_a_second_word() {
    let mut agent = Agent::new(&["a.pdf"]);
    agent.sign.choices[0].pin = PinState::FinalTry;
    let mut session = Session::start(&[agent.question()]);
    let asked = session.terminal.wait_for(words().tty_final, 0);
    session.terminal.type_text("y\r");
    session.terminal.wait_for(words().tty_pin, asked);
    session.terminal.type_text("9\r");
    assert_eq!(agent.open(session.until_answered(2).pop().unwrap(), 1), b"9");
}

/// Told beside what is typed: the question stands below it again, and the PIN goes on.
#[test]
fn how_a_certificate_stands_comes_while_the_person_types() {
    let mut agent = Agent::new(&["a.pdf"]);
    agent.sign.choices[0].standing = Standing::Checking;
    let certificate = agent.sign.choices[0].certificate;
    let good = ToPrompt::Standing { certificate, standing: Standing::Good, barred: false };
    let mut session = Session::start(&[agent.question(), good]);
    let checking = session.terminal.wait_for("The certificate is being checked", 0);
    let good = session.terminal.wait_for("Checked: the certificate is valid", checking);
    session.terminal.wait_for(words().tty_pin, good);
    session.terminal.type_text("123456\r");
    let mut answers = session.until_answered(2);
    assert_eq!(agent.open(answers.pop().unwrap(), 1), b"123456");
}

/// A warning comes while somebody types on: not a digit of it counts for the new question, least of all as half a PIN.
#[test]
fn what_is_typed_when_a_question_comes_back_answers_nothing() {
    let agent = Agent::new(&["a.pdf"]);
    let certificate = agent.sign.choices[0].certificate;
    let mut session = Session::start(&[agent.question()]);
    let first = session.terminal.wait_for(words().tty_pin, 0);
    session.terminal.type_text("123456\r");
    assert_eq!(session.until_answered(2).len(), 2);
    session.later(&ToPrompt::Warned { certificate, milliseconds: 30_000 });
    for _ in 0..10 {
        session.terminal.type_text("7");
        std::thread::sleep(Duration::from_millis(100));
    }
    session.terminal.type_text("\r");
    session.terminal.wait_for(words().tty_pin, first);
    assert_eq!(session.answers().len(), 2);
    session.terminal.type_text("123456\r");
    let mut answers = session.until_answered(3);
    assert_eq!(agent.open(answers.pop().unwrap(), 1), b"123456");
}

#[test]
fn a_certificate_that_was_revoked_ends_the_question_and_says_since_when() {
    let agent = Agent::new(&["a.pdf"]);
    let certificate = agent.sign.choices[0].certificate;
    let standing = Standing::Revoked { when: time::macros::datetime!(2026-03-04 5:06 UTC) };
    let news = ToPrompt::Standing { certificate, standing, barred: true };
    let failed = ToPrompt::Failed { code: ErrorCode::CertificateRevoked };
    let session = Session::start(&[agent.question(), news, failed]);
    let said = session.terminal.wait_for("Revoked since", 0);
    session.terminal.wait_for("Nothing was signed", said);
    assert_eq!(session.answers(), [FromPrompt::Ready], "the person has said nothing");
}
