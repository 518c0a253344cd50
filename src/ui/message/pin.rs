//! The question about a PIN, as the prompt shows it.

use serde::Deserialize;
use serde::Serialize;

use super::wire;
use crate::domain::pin_task::PinAct;
use crate::domain::pin_task::PinLengths;
use crate::domain::pin_task::PinPlace;
use crate::domain::pin_task::PinQuestion;
use crate::domain::pin_task::PinTask;
use crate::domain::pin_task::TokenName;
use crate::domain::seal::SealTarget;
use crate::domain::token::PinState;
use crate::domain::token::TokenSerial;
use crate::text::Lang;

/// Change or unblock this token's PIN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinSheet {
    /// Language of the prompt.
    #[serde(with = "wire::Language")]
    pub lang: Lang,
    /// What is to be done.
    #[serde(with = "Act")]
    pub act: PinAct,
    /// The token's serial number.
    pub serial: String,
    /// Its label.
    pub label: String,
    /// Its model.
    pub model: String,
    /// What is known of the secret that is asked for.
    #[serde(with = "wire::Pin")]
    pub state: PinState,
    /// The token wants its PIN changed.
    pub must_change: bool,
    /// The secrets are typed on the reader.
    pub reader: bool,
    /// Fewest and most bytes of a new PIN, where known.
    pub lengths: Option<(usize, usize)>,
    /// Where to seal to.
    #[serde(with = "wire::Seal")]
    pub seal: SealTarget,
    /// The person's time, in milliseconds.
    pub milliseconds: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PinAct", rename_all = "snake_case")]
enum Act {
    Change,
    Unblock,
}

impl PinSheet {
    /// From the agent's question.
    pub fn new(question: &PinQuestion, lang: Lang) -> Self {
        let PinTask { act, token } = question.task.clone();
        let PinPlace { state, must_change, reader, lengths, seal } = question.place;
        Self {
            lang,
            act,
            serial: token.serial.0,
            label: token.label,
            model: token.model,
            state,
            must_change,
            reader,
            lengths: lengths.map(|lengths| (lengths.min, lengths.max)),
            seal,
            milliseconds: u64::try_from(question.time.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The task that agreeing approves: what was shown, and nothing else.
    pub fn task(&self) -> PinTask {
        let token = TokenName {
            serial: TokenSerial(self.serial.clone()),
            label: self.label.clone(),
            model: self.model.clone(),
        };
        PinTask { act: self.act, token }
    }

    /// The lengths, if they can be any.
    pub fn lengths(&self) -> Option<PinLengths> {
        self.lengths.and_then(|(min, max)| PinLengths::new(min, max))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ToPrompt;
    use super::super::line;
    use crate::ui::sample;

    #[test]
    fn a_question_comes_back_and_approves_the_task_that_the_agent_means() {
        let question = sample::pin_question();
        let sheet = super::PinSheet::new(&question, crate::text::Lang::Vi);
        assert_eq!(sheet.task(), question.task);
        let message = ToPrompt::Pin(sheet);
        assert_eq!(ToPrompt::parse(&line(&message)).unwrap(), message);
        let bad = line(&message).replace("\"change\"", "\"erase\"");
        assert!(ToPrompt::parse(&bad).is_err());
    }
}
