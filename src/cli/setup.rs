//! `kyso setup`: the first run, step by step; and again whenever somebody likes.
//!
//! It looks, judges ([`crate::setup`]), shows, makes one trial signature and has Kyso start with the desktop.
//! Nothing is asked that was answered before.

mod gather;
mod page;
mod show;
mod trial;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

pub(in crate::cli) use self::show::pin;
use super::exit::Exit;
use super::{Session, complain, print_json, say};
use crate::app::Programs;
use crate::domain::error::ErrorCode;
use crate::setup::memory::Memory;
use crate::setup::{Facts, Finding, Held, Mark, Step, Topic, judge, triable};
use crate::sys;
use crate::sys::autostart::{Autostart, Started};
use crate::text::setup::SetupWords;
use crate::text::tray::TrayWords;
use crate::text::{Lang, cause, error, fill};

/// The definition of the subcommand.
pub(super) fn command(lang: Lang, config: Arg, json: Arg) -> Command {
    let words = SetupWords::of(lang);
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("setup")
        .about(words.about)
        .arg(flag("check", words.help_check).conflicts_with_all(["yes", "trial", "autostart"]))
        .arg(flag("yes", words.help_yes))
        .arg(flag("trial", words.help_trial))
        .arg(option("certificate", "ID", words.help_certificate))
        .arg(option("autostart", "on|off", words.help_autostart).value_parser(["on", "off"]))
        .arg(config)
        .arg(json)
        .arg(flag("page", words.help_page).hide(true))
        .arg(flag("wait", words.help_wait).hide(true))
        .arg(option("usb", "FOLDER", words.help_usb).value_parser(value_parser!(PathBuf)).hide(true))
}

/// Everything, in order; [`Exit::Wrong`] if something is to be done that setup can't do.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let exit = Setup::new(session, matches).run().unwrap_or_else(|exit| exit);
    if matches.get_flag("wait") {
        let words = SetupWords::of(session.lang);
        let _ = writeln!(std::io::stderr(), "\n{}", words.enter);
        let _ = std::io::stdin().lock().read_line(&mut String::new());
    }
    exit
}

/// One run.
struct Setup<'a> {
    session: &'a Session,
    matches: &'a ArgMatches,
    words: &'static SetupWords,
    /// Somebody is there to be asked yes or no.
    in_terminal: bool,
    check: bool,
    yes: bool,
    json: bool,
    /// For whoever has no terminal: nothing can be asked but in windows.
    page: bool,
    memory: Memory,
    autostart: Option<Autostart>,
    /// What was shown, for `--json`.
    shown: Vec<Value>,
    /// The same, for the page.
    told: Vec<(Topic, show::Said)>,
    marks: Vec<(Topic, Mark)>,
}

impl<'a> Setup<'a> {
    fn new(session: &'a Session, matches: &'a ArgMatches) -> Self {
        let (check, yes, json) =
            (matches.get_flag("check"), matches.get_flag("yes"), matches.get_flag("json"));
        Self {
            session,
            matches,
            words: SetupWords::of(session.lang),
            in_terminal: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            check,
            yes,
            json,
            page: matches.get_flag("page"),
            memory: Memory::load(&session.paths.setup()),
            autostart: Autostart::of_user(),
            shown: Vec::new(),
            told: Vec::new(),
            marks: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Exit, Exit> {
        let first_run = Memory::is_first_run(&self.session.paths.setup());
        self.title();
        if self.page {
            self.open_page()?;
        }
        let facts = self.look().inspect_err(|_| {
            if self.page {
                // What is wrong is said where the tray then opens a terminal.
                let _ = self.write_page(Some(&[self.words.not_ready.to_owned()]));
            }
        })?;
        let mut trial_reply = None;
        let mut ended = Exit::Done;
        for step in judge(&facts) {
            match (&step.topic, &step.finding) {
                (Topic::Trial, Finding::TrialOpen(_) | Finding::TrialDone(_)) => {
                    match self.trial(&facts, &step) {
                        Ok(reply) => trial_reply = reply,
                        Err(exit) => ended = exit,
                    }
                }
                (Topic::Autostart, _) => self.start_with_desktop(&step),
                _ => self.show(&step),
            }
        }
        self.keep();
        let wrong = self.has(Mark::Wrong);
        if self.json {
            print_json(&json!({
                "ok": !wrong,
                "done": self.is_done(),
                "first_run": first_run,
                "summary": self.summary(),
                "steps": self.shown,
                "trial": trial_reply,
            }));
        } else if self.page {
            let again = self.of_icon(self.words.page_again, |icon| icon.setup);
            return self.write_page(Some(&[self.summary(), again])).map(|()| Exit::Done);
        } else {
            say("");
            say(show::wrapped(&self.summary(), 0));
        }
        Ok(if ended == Exit::Done && wrong { Exit::Wrong } else { ended })
    }

    fn title(&self) {
        if !self.json && !self.page {
            say(self.words.title);
            say("");
        }
    }

    /// Takes seconds where cards are slow, so something moves meanwhile.
    fn look(&self) -> Result<Facts, Exit> {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(self.words.looking);
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        let facts = gather::facts(self.session, self.matches, &self.memory, self.autostart.as_ref());
        bar.finish_and_clear();
        facts
    }

    fn show(&mut self, step: &Step) {
        self.put(step.topic, step.finding.name(), show::said(step, self.session.lang));
    }

    fn put(&mut self, topic: Topic, finding: &str, said: show::Said) {
        let fresh = self.marks.last().is_none_or(|(last, _)| *last != topic);
        self.marks.push((topic, said.mark));
        if self.json {
            self.shown.push(said.json(topic, finding));
        } else if self.page {
            self.told.push((topic, said));
            // The last writing of it says what went wrong.
            let _ = self.write_page(None);
        } else {
            let number = fresh.then(|| topic as usize + 1);
            say(said.lines(number, show::title(topic, self.words), self.words));
        }
    }

    /// The certificate's trial, if the person wants it; its reply.
    fn trial(&mut self, facts: &Facts, step: &Step) -> Result<Option<Value>, Exit> {
        let again = self.matches.get_flag("trial");
        let choice = triable(facts);
        let done = matches!(step.finding, Finding::TrialDone(_));
        let may_ask =
            !self.check && !choice.is_empty() && (self.yes || again || self.page || self.in_terminal);
        if self.memory.trial_declined && !(done || again || self.yes) {
            self.skip_trial();
            return Ok(None);
        }
        if done && !again || !may_ask {
            self.show(step);
            return Ok(None);
        }
        let Some(held) = self.choose(&choice, again)? else {
            self.memory.trial_declined = true;
            self.keep();
            self.skip_trial();
            return Ok(None);
        };
        match trial::make(self.session, self.matches, self.words, facts, held) {
            Ok((trial, reply)) => {
                self.memory.tried(held.id, trial.clone());
                self.keep();
                self.show(&Step { topic: Topic::Trial, finding: Finding::TrialDone(trial) });
                Ok(Some(reply))
            }
            // On a page nobody was asked before whether they want it.
            Err(exit) if self.page && exit == Exit::of(ErrorCode::UserDenied) => {
                self.put(Topic::Trial, step.finding.name(), show::Said::open(self.words.trial_open, ""));
                Ok(None)
            }
            Err(exit) => {
                let words = self.words;
                let todo = if self.page { words.trial_failed_page_do } else { words.trial_failed_do };
                let failed = show::Said::wrong(words.trial_failed, todo);
                self.put(Topic::Trial, "trial_failed", failed);
                Err(exit)
            }
        }
    }

    fn skip_trial(&mut self) {
        self.put(Topic::Trial, "trial_skipped", show::Said::note(self.words.trial_skipped));
    }

    /// The one to try: as named, or as the person says where there is somebody to ask; none if they decline.
    fn choose<'f>(&self, choice: &[&'f Held], again: bool) -> Result<Option<&'f Held>, Exit> {
        let ask = self.in_terminal && !self.yes && !self.page;
        let mut choice = choice.to_vec();
        if let Some(id) = self.matches.get_one::<String>("certificate") {
            choice.retain(|held| held.id.to_string() == *id);
        }
        match choice.as_slice() {
            [] => {
                let (message, hint) = error::of(ErrorCode::CertificateUnknown, self.session.lang);
                complain(format_args!("{message} {hint}"));
                Err(Exit::of(ErrorCode::CertificateUnknown))
            }
            [only] if ask && !again => {
                let question = fill(self.words.trial_ask, &[("holder", &only.holder)]);
                Ok(self.agrees(&question).then_some(*only))
            }
            [first, _, ..] if ask => {
                let mut err = std::io::stderr();
                let _ = writeln!(err, "\n{}", show::wrapped(self.words.trial_choose, 0));
                for (index, held) in choice.iter().enumerate() {
                    let name = super::harmless(&show::holder(held, self.words));
                    let _ = writeln!(err, "  {}. {name}", index + 1);
                }
                let answer = self.ask(self.words.trial_number);
                let chosen =
                    answer.parse::<usize>().ok().and_then(|number| choice.get(number.checked_sub(1)?));
                Ok(if answer.is_empty() { Some(*first) } else { chosen.copied() })
            }
            [first, ..] => Ok(Some(*first)),
        }
    }

    /// What can't be kept is asked again the next time.
    fn keep(&self) {
        if !self.check && self.session.paths.make().is_ok() {
            let _ = self.memory.save(&self.session.paths.setup());
        }
    }

    fn start_with_desktop(&mut self, step: &Step) {
        let wanted = self.matches.get_one::<String>("autostart").map(|wanted| wanted == "on");
        let open = step.finding == Finding::StartOpen;
        let wanted = match wanted {
            Some(wanted) => Some(wanted),
            None if !open || self.check => None,
            None if self.page => return self.leave_to_icon(),
            None if self.yes => Some(true),
            None if self.in_terminal => Some(self.agrees(self.words.start_ask)),
            None => None,
        };
        let (Some(on), Some(autostart)) = (wanted, self.autostart.clone()) else { return self.show(step) };
        if let Err((path, why)) = self.turn(&autostart, on) {
            let sentence = fill(self.words.start_failed, &[("path", &path), ("why", &why)]).into_owned();
            return self.put(Topic::Autostart, "start_failed", show::Said::wrong(&sentence, ""));
        }
        self.memory.autostart_declined = !on;
        self.keep();
        let finding = if on { Finding::Starts } else { Finding::StartDeclined };
        let mut said =
            show::said(&Step { topic: Topic::Autostart, finding: finding.clone() }, self.session.lang);
        if on {
            let now = super::client::agent_runs(self.session) || autostart.start_agent();
            said.details.push(if now { self.words.starts_now } else { self.words.starts_next }.to_owned());
        }
        self.put(Topic::Autostart, finding.name(), said);
    }

    /// A page can't ask; the icon's menu can.
    fn leave_to_icon(&mut self) {
        let said = show::Said::open(
            self.words.start_open,
            &self.of_icon(self.words.start_open_icon_do, |icon| icon.autostart),
        );
        self.put(Topic::Autostart, Finding::StartOpen.name(), said);
    }

    /// A sentence that names an entry of the icon's menu.
    fn of_icon(&self, sentence: &'static str, entry: fn(&TrayWords) -> &'static str) -> String {
        fill(sentence, &[("entry", entry(TrayWords::of(self.session.lang)))]).into_owned()
    }

    /// Opens the page before anything is looked for: it grows by itself.
    fn open_page(&self) -> Result<(), Exit> {
        self.write_page(None)?;
        sys::desktop::open(&self.session.paths.setup_page()).map_err(|error| self.not_shown(&error))
    }

    /// What is known so far, or all of it and what it comes to.
    fn write_page(&self, end: Option<&[String]>) -> Result<(), Exit> {
        let page = page::page(&self.told, end, self.session.lang);
        let path = self.session.paths.setup_page();
        // A browser reads it at any time.
        let new = path.with_extension(std::process::id().to_string());
        let made = self.session.paths.make().map_err(|(_, error)| error);
        let written = made.and_then(|()| {
            let mut file = sys::files::private_file(&new)?;
            file.set_len(0)?;
            file.write_all(page.as_bytes())?;
            std::fs::rename(&new, &path)
        });
        written.map_err(|error| self.not_shown(&error))
    }

    fn not_shown(&self, error: &std::io::Error) -> Exit {
        let path = self.session.paths.setup_page().display().to_string();
        let why = cause::system(self.session.lang, error);
        complain(fill(self.words.page_not_shown, &[("path", &path), ("why", &why)]));
        Exit::Unavailable
    }

    fn turn(&self, autostart: &Autostart, on: bool) -> Result<(), (String, String)> {
        let program = Programs::beside_this().map(|programs| programs.kyso).unwrap_or_default();
        for (what, name) in [(Started::Agent, self.words.entry_agent), (Started::Tray, self.words.entry_tray)]
        {
            let done = if on { autostart.enable(what, &program, name) } else { autostart.disable(what) };
            done.map_err(|error| {
                (autostart.file(what).display().to_string(), cause::system(self.session.lang, &error))
            })?;
        }
        Ok(())
    }

    /// Enter is yes: what is asked here does no harm.
    fn agrees(&self, question: &str) -> bool {
        let answer = self.ask(&fill(question, &[("yes_no", self.words.yes_no)])).to_lowercase();
        answer.is_empty() || self.words.yes.split(' ').any(|yes| yes == answer)
    }

    fn ask(&self, question: &str) -> String {
        let mut answer = String::new();
        let _ = write!(std::io::stderr(), "\n{}", super::harmless(&show::wrapped(question, 0)));
        let _ = std::io::stderr().write_all(b" ");
        let read = std::io::stdin().lock().read_line(&mut answer);
        // Whoever closes the terminal has not agreed.
        if matches!(read, Ok(1..)) { answer.trim().to_owned() } else { "-".to_owned() }
    }

    fn has(&self, mark: Mark) -> bool {
        self.marks.iter().any(|(_, known)| *known == mark)
    }

    fn is_done(&self) -> bool {
        !self.has(Mark::Wrong) && !self.has(Mark::Open) && !self.has(Mark::Waits)
    }

    fn summary(&self) -> String {
        if self.has(Mark::Wrong) {
            return self.words.not_ready.to_owned();
        }
        let open = self.marks.iter().filter(|(_, mark)| *mark == Mark::Open);
        let open: Vec<String> =
            open.map(|(topic, _)| show::title(*topic, self.words).to_lowercase()).collect();
        match open.as_slice() {
            [] => self.words.all_done.to_owned(),
            open => fill(self.words.ready, &[("open", &open.join(", "))]).into_owned(),
        }
    }
}
