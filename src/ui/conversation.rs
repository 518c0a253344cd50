//! The agent's end of the conversation, over a pair of line channels.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::message;
use super::message::FromPrompt;
use super::message::Pair;
use super::message::PinSheet;
use super::message::Sign;
use super::message::ToPrompt;
use crate::domain::approval::Answer;
use crate::domain::approval::DialogState;
use crate::domain::approval::PairAnswer;
use crate::domain::approval::PairQuestion;
use crate::domain::approval::SignQuestion;
use crate::domain::error::PromptError;
use crate::domain::pin_task::PinAnswer;
use crate::domain::pin_task::PinNews;
use crate::domain::pin_task::PinQuestion;
use crate::domain::ports::BoxFuture;
use crate::domain::ports::Dialog;
use crate::domain::ports::PinDialog;
use crate::text::Lang;
use crate::text::cause::CauseWords;
use crate::text::fill;

/// Told when the conversation ends, so that whoever shows it can be put away.
pub(super) trait Leash: Send {
    /// The window shows an end now and closes by itself: leave it.
    fn let_go(&mut self);

    /// It asks again, after another question.
    fn forward(&self) {}

    /// Why there was no first word, as far as it is known.
    fn last_words(&self) -> String;
}

/// An open conversation. Dropping it drops the line to the prompt and the leash.
pub(super) struct Conversation<L> {
    to: mpsc::Sender<String>,
    from: mpsc::Receiver<String>,
    leash: L,
}

impl<L: Leash> Conversation<L> {
    /// Asks a signing question; returns once the person can see it.
    pub(super) async fn sign(
        to: mpsc::Sender<String>,
        from: mpsc::Receiver<String>,
        leash: L,
        question: Question,
    ) -> Result<Self, PromptError> {
        let mut conversation = Self { to, from, leash };
        let words = CauseWords::of(question.lang);
        match tokio::time::timeout(READY, conversation.start(question.line, words)).await {
            Ok(result) => result.map(|()| conversation),
            Err(_) => Err(PromptError::Unavailable(words.not_shown.to_owned())),
        }
    }

    /// Asks whether a site may ask.
    pub(super) async fn pair(
        to: mpsc::Sender<String>,
        from: mpsc::Receiver<String>,
        leash: L,
        question: Question,
    ) -> Result<PairAnswer, PromptError> {
        let mut conversation = Self::sign(to, from, leash, question).await?;
        match conversation.hear_answer().await? {
            FromPrompt::Allow => Ok(PairAnswer::Allow),
            FromPrompt::Deny => Ok(PairAnswer::Deny),
            FromPrompt::Refuse => Ok(PairAnswer::Refuse),
            FromPrompt::Unavailable { .. }
            | FromPrompt::Ready
            | FromPrompt::Focus { .. }
            | FromPrompt::Sign { .. }
            | FromPrompt::SignAndKeep { .. }
            | FromPrompt::Pin { .. }
            | FromPrompt::Confirm { .. } => Err(PromptError::Closed),
        }
    }

    async fn start(&mut self, question: String, words: &CauseWords) -> Result<(), PromptError> {
        // A prompt that is gone already has said why on its way out.
        let _ = self.to.send(question).await;
        match self.hear().await {
            Ok(FromPrompt::Ready) => Ok(()),
            Ok(FromPrompt::Unavailable { reason }) => Err(PromptError::Unavailable(reason)),
            Ok(_) => Err(PromptError::Unavailable(words.too_early.to_owned())),
            Err(_) => {
                let said = self.leash.last_words();
                let because = || fill(words.ended_saying, &[("why", &said)]).into_owned();
                let reason = if said.is_empty() { words.ended_early.to_owned() } else { because() };
                Err(PromptError::Unavailable(reason))
            }
        }
    }

    /// What the person says next, or that there is no way to ask them any more.
    async fn hear_answer(&mut self) -> Result<FromPrompt, PromptError> {
        match self.hear().await {
            Ok(FromPrompt::Unavailable { reason }) => Err(PromptError::Unavailable(reason)),
            heard => heard,
        }
    }

    /// What the prompt says next; gibberish counts as its end.
    async fn hear(&mut self) -> Result<FromPrompt, PromptError> {
        let line = self.from.recv().await.ok_or(PromptError::Closed)?;
        FromPrompt::parse(&line).map_err(|_| PromptError::Closed)
    }
}

impl<L: Leash> Dialog for Conversation<L> {
    fn answer(&mut self) -> BoxFuture<'_, Result<Answer, PromptError>> {
        Box::pin(async { self.hear_answer().await?.into_answer().ok_or(PromptError::Closed) })
    }

    fn show(&mut self, state: DialogState) -> BoxFuture<'_, Result<(), PromptError>> {
        Box::pin(async move {
            if matches!(state, DialogState::Done | DialogState::Failed(_)) {
                self.leash.let_go();
            } else if !matches!(state, DialogState::Waiting(_) | DialogState::Standing { .. })
                && !matches!(self.from.try_recv(), Err(TryRecvError::Empty))
            {
                // The person has said no meanwhile, or closed the window.
                return Err(PromptError::Closed);
            }
            if let DialogState::Aside(false) = state {
                self.leash.forward();
            }
            let line = message::line(&ToPrompt::from(state));
            self.to.send(line).await.map_err(|_| PromptError::Closed)
        })
    }
}

impl<L: Leash> PinDialog for Conversation<L> {
    fn answer(&mut self) -> BoxFuture<'_, Result<PinAnswer, PromptError>> {
        Box::pin(async { self.hear_answer().await?.into_pin_answer().ok_or(PromptError::Closed) })
    }

    fn show(&mut self, news: PinNews) -> BoxFuture<'_, Result<(), PromptError>> {
        Box::pin(async move {
            if matches!(news, PinNews::Done | PinNews::Failed(_)) {
                self.leash.let_go();
            }
            let line = message::line(&ToPrompt::from(news));
            self.to.send(line).await.map_err(|_| PromptError::Closed)
        })
    }
}

/// A question as it goes over the line.
pub(super) struct Question {
    line: String,
    lang: Lang,
}

impl Question {
    /// For a PIN and a new one.
    pub(super) fn pin(question: &PinQuestion, lang: Lang) -> Self {
        Self { line: message::line(&ToPrompt::Pin(PinSheet::new(question, lang))), lang }
    }

    /// For signatures.
    pub(super) fn sign(question: &SignQuestion, lang: Lang) -> Self {
        Self { line: message::line(&ToPrompt::Sign(Sign::new(question, lang))), lang }
    }

    /// Whether a site may ask.
    pub(super) fn pair(question: &PairQuestion, lang: Lang) -> Self {
        Self { line: message::line(&ToPrompt::Pair(Pair::new(question, lang))), lang }
    }
}

const READY: Duration = Duration::from_secs(10);
