//! A PIN is changed or unblocked on the terminal.

use super::End;
use super::Session;
use crate::domain::seal::Pin;
use crate::text::fill;
use crate::ui::clean::clean;
use crate::ui::message::FromPrompt;
use crate::ui::message::PinSheet;
use crate::ui::pin_talk::PinTalk;
use crate::ui::pin_talk::Typed;
use crate::ui::prompt;
use crate::ui::prompt::News;
use crate::ui::talk::Phase;

impl Session {
    pub(super) fn set_pin(&mut self, sheet: PinSheet) -> Result<(), End> {
        let mut talk = PinTalk::new(sheet);
        self.show_sheet(&talk)?;
        prompt::say(&FromPrompt::Ready);
        let words = talk.words();
        loop {
            match talk.phase {
                Phase::Asking => self.ask_secrets(&mut talk)?,
                Phase::Working { .. } => self.await_token(&mut talk)?,
                Phase::Stopping => return Err(End::Denied),
                Phase::Done => {
                    return self.print(&format!("\n{}\n", talk.pick(words.done_change, words.done_unblock)));
                }
                Phase::Failed(code) => return self.print(&format!("\n{}\n", words.failure(code))),
                Phase::Late => return Err(End::Late),
            }
        }
    }

    fn show_sheet(&mut self, talk: &PinTalk) -> Result<(), End> {
        let (words, sheet) = (talk.words(), &talk.sheet);
        let name = |text: &str| clean(text, MAX_NAME);
        let which = fill(words.which, &[("serial", &name(&sheet.serial)), ("model", &name(&sheet.model))])
            .into_owned();
        self.print(&format!(
            "\n== {} ==\n  {}\n  {which}\n{}\n",
            talk.pick(words.asks_change, words.asks_unblock),
            name(&sheet.label),
            talk.pick(words.happens_change, words.happens_unblock)
        ))?;
        if sheet.must_change {
            self.print(&format!("{}\n", words.must_change))?;
        }
        Ok(())
    }

    /// One answer, or the way to it.
    fn ask_secrets(&mut self, talk: &mut PinTalk) -> Result<(), End> {
        let words = talk.words();
        if let Some(complaint) = talk.complaint() {
            self.print(&format!("{complaint}\n"))?;
        }
        if let Some(warning) = talk.warning() {
            self.print(&format!("{warning}\n"))?;
        }
        if talk.is_last() && !self.agrees(self.words.tty_final)? {
            return Err(End::Denied);
        }
        if talk.sheet.reader {
            if !self.agrees(words.tty_reader)? {
                return Err(End::Denied);
            }
            let answer = talk.agree_on_reader().ok_or(End::Denied)?;
            self.print(&format!("{}\n", words.on_reader))?;
            prompt::say(&answer);
            return Ok(());
        }
        let present =
            self.labelled(talk.pick(words.present_change, words.present_unblock), words.tty_hint)?;
        let new = self.labelled(&talk.new_label(), words.tty_hint)?;
        let again = self.labelled(words.again, words.tty_hint)?;
        let Some(answer) = talk.agree(Typed { present, new, again }) else {
            // Either it says why, or the seal is none: then there is nobody to ask for.
            return if talk.trouble.is_some() { Ok(()) } else { Err(End::Denied) };
        };
        self.print(&format!("{}\n", words.working))?;
        prompt::say(&answer);
        Ok(())
    }

    fn labelled(&mut self, label: &str, hint: &str) -> Result<Option<Pin>, End> {
        self.secret(&format!("{label} ({hint}): "))
    }

    /// Nothing calls the secrets back now, so no key is listened to; the agent says how it ended.
    fn await_token(&self, talk: &mut PinTalk) -> Result<(), End> {
        match self.news.recv() {
            Ok(News::Says(message)) => talk.hear(message).then_some(()).ok_or(End::Off),
            Ok(News::Gone) | Err(_) => Err(End::Off),
        }
    }
}

const MAX_NAME: usize = 200;
