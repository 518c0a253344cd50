//! A prompt at the other end of a line: the terminal of `kyso sign`.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::mpsc;

use super::child;
use super::child::PromptKind;
use super::conversation::Conversation;
use super::conversation::Leash;
use super::conversation::Question;
use super::message;
use super::message::FromPrompt;
use crate::domain::approval::PairAnswer;
use crate::domain::approval::PairQuestion;
use crate::domain::approval::SignQuestion;
use crate::domain::error::PromptError;
use crate::domain::pin_task::PinQuestion;
use crate::domain::ports::BoxFuture;
use crate::domain::ports::Dialog;
use crate::domain::ports::PinDialog;
use crate::domain::ports::Prompter;
use crate::text::Lang;
use crate::text::cause::CauseWords;

/// Asks over a pair of line channels, once: the first question takes them, and dropping its dialog
/// drops them, which is how the peer learns that the question is off.
pub struct LinesPrompter {
    lang: Lang,
    callers: bool,
    ends: Mutex<Option<Ends>>,
}

type Ends = (mpsc::Sender<String>, mpsc::Receiver<String>);

impl LinesPrompter {
    /// Over these channels; a line has no end mark in them. The prompt speaks the language of this
    /// process's environment unless [`LinesPrompter::in_language`] says otherwise.
    pub fn new(to_peer: mpsc::Sender<String>, from_peer: mpsc::Receiver<String>) -> Self {
        Self { lang: Lang::from_env(), callers: true, ends: Mutex::new(Some((to_peer, from_peer))) }
    }

    /// In the language of the person at the other end.
    #[must_use]
    pub fn in_language(self, lang: Lang) -> Self {
        Self { lang, ..self }
    }

    /// Both ends are this process'.
    #[must_use]
    pub fn of_this_process(self) -> Self {
        Self { callers: false, ..self }
    }

    async fn ends(&self) -> Result<Ends, PromptError> {
        let taken = || PromptError::Unavailable(CauseWords::of(self.lang).asked_before.to_owned());
        self.ends.lock().await.take().ok_or_else(taken)
    }
}

impl Prompter for LinesPrompter {
    fn is_callers(&self) -> bool {
        self.callers
    }

    fn stands_aside(&self) -> bool {
        true
    }

    fn open(&self, question: &SignQuestion) -> BoxFuture<'_, Result<Box<dyn Dialog>, PromptError>> {
        let line = Question::sign(question, self.lang);
        Box::pin(async move {
            let (to, from) = self.ends().await?;
            let dialog = Conversation::sign(to, from, Far(self.lang), line).await?;
            Ok(Box::new(dialog) as Box<dyn Dialog>)
        })
    }

    fn pair(&self, question: &PairQuestion) -> BoxFuture<'_, Result<PairAnswer, PromptError>> {
        let line = Question::pair(question, self.lang);
        Box::pin(async move {
            let (to, from) = self.ends().await?;
            Conversation::pair(to, from, Far(self.lang), line).await
        })
    }

    fn pin(&self, question: &PinQuestion) -> BoxFuture<'_, Result<Box<dyn PinDialog>, PromptError>> {
        let line = Question::pin(question, self.lang);
        Box::pin(async move {
            let (to, from) = self.ends().await?;
            let dialog = Conversation::sign(to, from, Far(self.lang), line).await?;
            Ok(Box::new(dialog) as Box<dyn PinDialog>)
        })
    }
}

impl fmt::Debug for LinesPrompter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinesPrompter").field("lang", &self.lang).finish_non_exhaustive()
    }
}

/// The peer's end: asks in this process's terminal, by `program prompt --terminal`, what the agent
/// sends, and sends back what the person says. Returns when the prompt has ended, which dropping
/// the agent's sender brings about.
///
/// # Errors
/// Whatever kept the prompt from starting.
pub async fn relay(
    program: &Path,
    mut from_agent: mpsc::Receiver<String>,
    to_agent: mpsc::Sender<String>,
) -> std::io::Result<()> {
    let mut prompt = child::start(program, PromptKind::Terminal, Lang::from_env(), |_| {})?;
    let to_prompt = prompt.to;
    let down = async move {
        while let Some(line) = from_agent.recv().await {
            if to_prompt.send(line).await.is_err() {
                break;
            }
        }
    };
    let up = async {
        while let Some(line) = prompt.from.recv().await {
            if to_agent.send(line).await.is_err() {
                break;
            }
        }
    };
    // `up` ends when the prompt does: dropping `down` would take its question away.
    tokio::pin!(down, up);
    tokio::select! {
        () = &mut up => {
            // A prompt that is gone is a no; after an end nobody listens any more.
            let _ = to_agent.send(message::line(&FromPrompt::Deny)).await;
        }
        () = &mut down => {
            prompt.leash.let_go();
            // Its last words.
            let _ = tokio::time::timeout(PARTING, &mut up).await;
        }
    }
    Ok(())
}

const PARTING: Duration = Duration::from_secs(2);

/// Nothing to put away here: the peer's own child ends with its channel.
struct Far(Lang);

impl Leash for Far {
    fn let_go(&mut self) {}

    fn last_words(&self) -> String {
        CauseWords::of(self.0).terminal_left.to_owned()
    }
}
