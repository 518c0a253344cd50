//! The questions on the controlling terminal.

mod news;
mod pair;
mod pin;

use std::io;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::TryRecvError;
use std::time::Duration;
use std::time::Instant;

use self::news::Heard;
use super::facts;
use super::message::FromPrompt;
use super::message::Sign;
use super::message::ToPrompt;
use super::prompt;
use super::prompt::News;
use super::prompt::Stop;
use super::secret::PinField;
use super::talk::Means;
use super::talk::Phase;
use super::talk::Talk;
use crate::domain::error::ErrorCode;
use crate::sys::terminal::Terminal;
use crate::text::Lang;
use crate::text::cause;
use crate::text::cause::CauseWords;
use crate::text::fill;
use crate::text::keep::KeepWords;
use crate::text::prompt::PromptWords;

/// Asks, and returns when the conversation is over. The terminal's echo is back then.
#[allow(clippy::wildcard_enum_match_arm, reason = "whatever is no question begins no conversation")]
pub(super) fn ask(question: ToPrompt) -> Result<(), Stop> {
    let lang = question.lang();
    let pin = PinField::new().map_err(|error| prompt::no_memory(lang, &error))?;
    let tty = Terminal::open().map_err(|error| Stop::Unavailable(no_terminal(lang, &error)))?;
    let (hear, news) = mpsc::channel();
    prompt::listen(move |said| {
        let _ = hear.send(said);
    });
    let (time, refusals) = match &question {
        ToPrompt::Sign(sign) => (sign.time, sign.refusals),
        ToPrompt::Pair(pair) => (Duration::from_millis(pair.milliseconds), pair.refusals),
        ToPrompt::Pin(sheet) => (Duration::from_millis(sheet.milliseconds), 0),
        _ => return Ok(()),
    };
    let words = PromptWords::of(lang);
    let deadline = Instant::now() + time;
    let mut session = Session { tty, news, pin, words, deadline, refusals, heard: Heard::default() };
    let end = match question {
        ToPrompt::Sign(sign) => session.sign(sign),
        ToPrompt::Pair(pair) => session.pair(&pair),
        ToPrompt::Pin(sheet) => session.set_pin(sheet),
        _ => Ok(()),
    };
    if let Err(end) = end {
        session.bow_out(end);
    }
    Ok(())
}

/// Whether there is a controlling terminal.
pub(super) fn can_ask(lang: Lang) -> Result<(), String> {
    Terminal::open().map(drop).map_err(|error| no_terminal(lang, &error))
}

fn no_terminal(lang: Lang, error: &io::Error) -> String {
    fill(CauseWords::of(lang).no_terminal, &[("why", &cause::system(lang, error))]).into_owned()
}

struct Session {
    tty: Terminal,
    news: Receiver<News>,
    pin: PinField,
    words: &'static PromptWords,
    deadline: Instant,
    /// How often the person said no to this site before; none once there is nothing to refuse any more.
    refusals: usize,
    /// What the agent said while the person typed.
    heard: Heard,
}

/// What ends a conversation.
enum End {
    /// The person said no.
    Denied,
    /// The person said nothing in time.
    Late,
    /// The agent took the question back.
    Off,
    /// The agent says why nothing can be signed.
    Failed(ErrorCode),
    /// The terminal is gone.
    Hung,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Hung
    }
}

impl Session {
    fn sign(&mut self, sign: Sign) -> Result<(), End> {
        self.show(&sign)?;
        let mut talk = Talk::new(sign);
        let mut told = false;
        self.heard = Heard::about(&talk.question);
        prompt::say(&FromPrompt::Ready);
        loop {
            self.heard.tell(&mut talk);
            match talk.phase {
                Phase::Asking => self.consent(&mut talk)?,
                Phase::Working { done, total, each_time } => {
                    if each_time && !std::mem::replace(&mut told, true) {
                        self.print(&format!("\n{}\n", facts::each_time(&talk, self.words)))?;
                    }
                    if total > 1 {
                        let far = facts::signing(&talk.question, done, total);
                        self.print(&format!("\r{far}"))?;
                    }
                    self.attend(&mut talk)?;
                }
                Phase::Done => {
                    let done = facts::done(&talk.question);
                    return self.print(&format!("\n{done}\n"));
                }
                Phase::Failed(code) => return self.failed(&talk, code),
                Phase::Late => return Err(End::Late),
                // Esc ends the conversation here.
                Phase::Stopping => return Err(End::Denied),
            }
        }
    }

    fn show(&mut self, sign: &Sign) -> Result<(), End> {
        let words = self.words;
        let who = facts::who(words, &sign.caller);
        self.print(&format!("\n== {} ==\n  {}\n", facts::asks(words, sign), who.name))?;
        if let Some(readable) = who.readable {
            self.print(&format!("  {readable}\n"))?;
        }
        if let Some(waiting) = facts::waiting(words, sign.waiting) {
            self.print(&format!("  {waiting}\n"))?;
        }
        if !sign.is_sign_in() {
            self.documents(sign)?;
        }
        self.print(&format!("{}\n", facts::only_digest(words, sign)))?;
        let many = sign.choices.len() > 1;
        self.print(&format!("{}:\n", facts::with(words, sign)))?;
        for (at, choice) in sign.choices.iter().enumerate() {
            let number = if many { format!("{}. ", at + 1) } else { String::new() };
            self.print(&format!("  {number}{}\n", facts::name(choice)))?;
            for line in facts::lines(sign.lang, choice) {
                self.print(&format!("     {line}\n"))?;
            }
            if let Some((line, _)) = facts::standing(sign.lang, choice) {
                self.print(&format!("     {line}\n"))?;
            }
        }
        Ok(())
    }

    fn documents(&mut self, sign: &Sign) -> Result<(), End> {
        let words = self.words;
        let (count, claimed) = (facts::count(sign.lang, sign.items.count()), facts::claimed(words, sign));
        self.print(&format!("{count}. {claimed}\n"))?;
        for (at, item) in sign.items.as_slice().iter().enumerate() {
            let name = facts::document(words, item);
            let code = facts::code(words, item);
            self.print(&format!("  {}. {name}\n     {code}\n", at + 1))?;
        }
        if sign.items.count() > FEW {
            self.print(&format!(
                "\n{}: {}\n{count}\n",
                words.asks_sign,
                facts::who(words, &sign.caller).name
            ))?;
        }
        Ok(())
    }

    /// One answer, or the way to it.
    fn consent(&mut self, talk: &mut Talk) -> Result<(), End> {
        let words = self.words;
        if talk.was_wrong() && !matches!(talk.means(), Means::Never(_)) {
            self.print(&format!("{}\n", words.wrong_pin))?;
        }
        if let Some(warning) = facts::warning(words, talk) {
            self.print(&format!("{warning}\n"))?;
        }
        if let Some(late) = facts::late_warning(talk) {
            self.print(&format!("{late}\n"))?;
        }
        if let Some(login) = facts::kept(talk).or_else(|| facts::ended(talk).map(str::to_owned)) {
            self.print(&format!("{login}\n"))?;
        }
        let answer = match talk.means() {
            Means::Choose => {
                let number = self.line(words.tty_choice)?;
                let at = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                let _ = at.is_some_and(|at| talk.choose(at));
                return Ok(());
            }
            Means::Never(_) => return Err(End::Denied),
            Means::Confirm => {
                if !self.agrees(facts::tty_confirm(&talk.question))? {
                    return Err(End::Denied);
                }
                self.print(&format!("{}\n", facts::signing(&talk.question, 0, 1)))?;
                talk.agree(None)
            }
            Means::LastReader if !self.agrees(words.tty_final)? => return Err(End::Denied),
            Means::Reader | Means::LastReader => {
                if !self.agrees(facts::tty(words, &talk.question).1)? {
                    return Err(End::Denied);
                }
                let answer = talk.agree(None);
                self.print(&format!("{}\n", words.on_reader))?;
                answer
            }
            Means::LastPin if !self.agrees(words.tty_final)? => return Err(End::Denied),
            Means::LastPin | Means::Pin => {
                if let Some(keep) = facts::keep(talk) {
                    let question = fill(KeepWords::of(talk.question.lang).tty_keep, &[("keep", &keep)]);
                    talk.keep = self.agrees(&question)?;
                }
                let Some(pin) = self.secret(facts::tty(words, &talk.question).0)? else {
                    return Ok(());
                };
                self.print(&format!("{}\n", facts::signing(&talk.question, 0, 1)))?;
                talk.agree(Some(&pin))
            }
        };
        prompt::say(&answer.ok_or(End::Denied)?);
        self.refusals = 0;
        Ok(())
    }

    /// While the token works: what the agent says, and Esc.
    fn attend(&mut self, talk: &mut Talk) -> Result<(), End> {
        match self.news.try_recv() {
            Ok(News::Says(news @ ToPrompt::Standing { certificate, .. })) => {
                return self.hear_standing(news, certificate);
            }
            Ok(News::Says(message @ ToPrompt::Warned { milliseconds, .. })) => {
                self.deadline = self.deadline.max(Instant::now() + Duration::from_millis(milliseconds));
                return if talk.hear(message) { self.settle() } else { Err(End::Off) };
            }
            Ok(News::Says(message)) => return if talk.hear(message) { Ok(()) } else { Err(End::Off) },
            Err(TryRecvError::Empty) => {}
            Ok(News::Gone) | Err(TryRecvError::Disconnected) => return Err(End::Off),
        }
        match self.tty.read(TICK)? {
            Some(CTRL_C | CTRL_D) => Err(End::Denied),
            Some(ESCAPE) if self.alone()? => Err(End::Denied),
            _ => Ok(()),
        }
    }

    fn agrees(&mut self, question: &str) -> Result<bool, End> {
        let answer = self.line(question)?.to_lowercase();
        Ok(self.words.tty_yes.split(' ').any(|yes| yes == answer.as_str()))
    }

    /// A line that shows as it is typed.
    fn line(&mut self, question: &str) -> Result<String, End> {
        self.ask(question)?;
        let mut line = Vec::new();
        loop {
            match self.key()? {
                b'\r' | b'\n' => break,
                BACKSPACE | DELETE if line.pop().is_some() => self.print("\x08 \x08")?,
                byte @ b' '..=b'~' if line.len() < 8 => {
                    line.push(byte);
                    self.print(char::from(byte).encode_utf8(&mut [0; 4]))?;
                }
                _ => {}
            }
        }
        self.print("\n")?;
        Ok(String::from_utf8_lossy(&line).trim().to_owned())
    }

    /// A PIN, of which nothing shows; nothing if it is empty.
    fn secret(&mut self, question: &str) -> Result<Option<crate::domain::seal::Pin>, End> {
        self.ask(question)?;
        self.pin.clear();
        let mut rune = Vec::new();
        loop {
            match self.key()? {
                b'\r' | b'\n' => break,
                BACKSPACE | DELETE => {
                    let last = self.pin.as_str().chars().count();
                    self.pin.delete(last.saturating_sub(1), last);
                }
                CTRL_U => self.pin.clear(),
                byte => {
                    // A letter outside ASCII comes as several bytes.
                    rune.push(byte);
                    if let Ok(text) = std::str::from_utf8(&rune) {
                        let end = self.pin.as_str().chars().count();
                        self.pin.insert(text, end);
                        zeroize::Zeroize::zeroize(&mut rune);
                    } else if rune.len() >= 4 {
                        zeroize::Zeroize::zeroize(&mut rune);
                    }
                }
            }
        }
        self.print("\n")?;
        Ok(self.pin.take())
    }

    /// The next key, while the question stands. An arrow's or another key's escape sequence is none.
    fn key(&mut self) -> Result<u8, End> {
        loop {
            self.hear_aside()?;
            if Instant::now() >= self.deadline {
                return Err(End::Late);
            }
            match self.tty.read(TICK)? {
                None => {}
                Some(CTRL_C | CTRL_D) => return Err(End::Denied),
                Some(ESCAPE) if self.alone()? => return Err(End::Denied),
                Some(ESCAPE) => {}
                Some(byte) => return Ok(byte),
            }
        }
    }

    /// Whether an escape stands for itself; if not, its sequence (ECMA-48 §5.4) is skipped.
    fn alone(&mut self) -> Result<bool, End> {
        let Some(mut byte) = self.tty.read(TICK)? else {
            return Ok(true);
        };
        while matches!(byte, b'[' | b'O' | b' '..=b'?') {
            let Some(next) = self.tty.read(TICK)? else { break };
            byte = next;
        }
        Ok(false)
    }

    fn print(&mut self, text: &str) -> Result<(), End> {
        Ok(self.tty.write(text)?)
    }

    /// Whether a no is to be for good, where the site was refused before (R22).
    fn blocks(&mut self) -> bool {
        let nagged = facts::nagged(self.words, self.refusals);
        self.refusals > 0
            && self.print(&format!("\n{nagged}\n")).is_ok()
            && self.agrees(self.words.tty_block).unwrap_or_default()
    }

    fn bow_out(&mut self, end: End) {
        let sentence = match end {
            End::Denied if self.blocks() => {
                prompt::say(&FromPrompt::Refuse);
                self.words.tty_blocked
            }
            End::Denied => {
                prompt::say(&FromPrompt::Deny);
                self.words.tty_denied
            }
            End::Late => self.words.late,
            End::Failed(code) => {
                let _ = self.tty.write(&format!("\n{}\n", self.heard.failure(self.words, code)));
                return;
            }
            End::Off => self.words.tty_off,
            End::Hung => return,
        };
        let _ = self.tty.write(&format!("\n{sentence}\n"));
        if matches!(end, End::Late) {
            // The agent's own clock decides what this was; an early end here would be a refusal.
            let _ = self.news.recv_timeout(LATE);
        }
    }
}

const TICK: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(5);
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const BACKSPACE: u8 = 8;
const CTRL_U: u8 = 21;
const ESCAPE: u8 = 27;
const DELETE: u8 = 127;

/// Documents that leave the one who asks on the screen above them.
const FEW: usize = 10;
