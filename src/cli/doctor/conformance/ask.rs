//! The person is asked in this command's own terminal, as `kyso sign` asks; each question has a prompt of its
//! own, and its last words come before ours.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::domain::ports::Prompter;
use crate::text::Lang;
use crate::ui::lines;
use crate::ui::lines::LinesPrompter;

/// Asks once.
pub(super) struct Asking {
    pub(super) prompter: Arc<dyn Prompter>,
    relayed: JoinHandle<()>,
}

impl Asking {
    /// Starts no prompt before there is a question; `program` is `kyso`.
    pub(super) fn new(program: PathBuf, lang: Lang) -> Self {
        let (to_prompt, mut questions) = mpsc::channel(LINES);
        let (answers, from_prompt) = mpsc::channel(LINES);
        let relayed = tokio::spawn(async move {
            let Some(first) = questions.recv().await else { return };
            let (to, from) = mpsc::channel(LINES);
            let pass_on = async move {
                let mut line = Some(first);
                while let Some(said) = line {
                    if to.send(said).await.is_err() {
                        break;
                    }
                    line = questions.recv().await;
                }
            };
            let _ = tokio::join!(lines::relay(&program, from, answers), pass_on);
        });
        let prompter = LinesPrompter::new(to_prompt, from_prompt).in_language(lang);
        Self { prompter: Arc::new(prompter), relayed }
    }

    /// Returns when the prompt has said its last words.
    pub(super) async fn end(self) {
        drop(self.prompter);
        let _ = tokio::time::timeout(PARTING, self.relayed).await;
    }
}

const LINES: usize = 16;
const PARTING: Duration = Duration::from_secs(3);
