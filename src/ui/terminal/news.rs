//! What the agent says while the person types: how a certificate stands, or that nothing can be signed.

use std::sync::mpsc::TryRecvError;
use std::time::{Duration, Instant};

use super::{CTRL_C, CTRL_D, ESCAPE, End, Session};
use crate::domain::certificate::CertId;
use crate::domain::error::ErrorCode;
use crate::text::Lang;
use crate::text::prompt::PromptWords;
use crate::ui::facts;
use crate::ui::message::Choice;
use crate::ui::message::Sign;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;
use crate::ui::talk::Talk;

/// What was heard, until the conversation's next step takes it in.
#[derive(Default)]
pub(super) struct Heard {
    lang: Lang,
    choices: Vec<Choice>,
    news: Vec<ToPrompt>,
    /// The question that the person types an answer to.
    asked: String,
    /// Of a failure, when the certificate was revoked.
    since: Option<String>,
}

impl Heard {
    pub(super) fn about(sign: &Sign) -> Self {
        Self { lang: sign.lang, choices: sign.choices.clone(), ..Self::default() }
    }

    pub(super) fn tell(&mut self, talk: &mut Talk) {
        for news in self.news.drain(..) {
            talk.hear(news);
        }
    }

    pub(super) fn failure(&self, words: &PromptWords, code: ErrorCode) -> String {
        match &self.since {
            Some(since) if code == ErrorCode::CertificateRevoked => {
                format!("{since}. {}", words.failure(code))
            }
            Some(_) | None => words.failure(code),
        }
    }

    /// A certificate's name and how it stands, and takes that along.
    fn standing(&mut self, news: ToPrompt, certificate: CertId) -> Option<String> {
        let ToPrompt::Standing { standing, barred, .. } = &news else { return None };
        let choice = self.choices.iter_mut().find(|choice| choice.certificate == certificate)?;
        choice.standing = *standing;
        let (sentence, _) = facts::standing(self.lang, choice)?;
        if *barred {
            self.since = Some(sentence.clone());
        }
        let line = format!("{}: {sentence}", facts::name(choice));
        self.news.push(news);
        Some(line)
    }
}

impl Session {
    /// Asks, and can ask the same again.
    pub(super) fn ask(&mut self, question: &str) -> Result<(), End> {
        question.clone_into(&mut self.heard.asked);
        self.print(question)
    }

    /// Hears what changes nothing of what is typed, and ends with what does.
    pub(super) fn hear_aside(&mut self) -> Result<(), End> {
        match self.news.try_recv() {
            // How many wait can't be changed above.
            Err(TryRecvError::Empty) | Ok(News::Says(ToPrompt::Waiting { .. })) => Ok(()),
            Ok(News::Says(news @ ToPrompt::Standing { certificate, .. })) => {
                let Some(line) = self.heard.standing(news, certificate) else { return Ok(()) };
                let again = format!("\n  {line}\n{}", self.heard.asked);
                self.print(&again)
            }
            Ok(News::Says(ToPrompt::Failed { code })) => Err(End::Failed(code)),
            Ok(News::Says(_) | News::Gone) | Err(TryRecvError::Disconnected) => Err(End::Off),
        }
    }

    /// Hears how the certificate stands once the answer is given: a warning comes before the token is asked.
    pub(super) fn hear_standing(&mut self, news: ToPrompt, certificate: CertId) -> Result<(), End> {
        let Some(line) = self.heard.standing(news, certificate) else { return Ok(()) };
        self.print(&format!("\n  {line}\n"))
    }

    /// Waits for a pause: what is being typed when a question comes answers none, and half a PIN must not be tried.
    pub(super) fn settle(&mut self) -> Result<(), End> {
        while Instant::now() < self.deadline {
            match self.tty.read(PAUSE)? {
                None => break,
                Some(CTRL_C | CTRL_D) => return Err(End::Denied),
                Some(ESCAPE) if self.alone()? => return Err(End::Denied),
                Some(_) => {}
            }
        }
        Ok(())
    }

    pub(super) fn failed(&mut self, talk: &Talk, code: ErrorCode) -> Result<(), End> {
        self.print(&format!("\n{}\n", facts::failure(talk, code)))
    }
}

/// Longer than between two keys of somebody who types.
const PAUSE: Duration = Duration::from_millis(500);
