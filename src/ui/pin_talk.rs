//! A conversation about a PIN as the prompt sees it. Window and terminal both show this.

use super::message::FromPrompt;
use super::message::PinSheet;
use super::message::ToPrompt;
use super::talk::Phase;
use crate::domain::pin_task::PinAct;
use crate::domain::seal::Pin;
use crate::domain::seal::PinPair;
use crate::domain::token::PinState;
use crate::text::fill;
use crate::text::pin::PinWords;

/// The conversation.
#[derive(Debug)]
pub(super) struct PinTalk {
    pub(super) sheet: PinSheet,
    pub(super) phase: Phase,
    /// Why the secrets are asked for again.
    pub(super) trouble: Option<Trouble>,
}

/// Why what was typed did not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The token says the PIN or PUK is wrong.
    Wrong,
    /// The token does not take the new PIN.
    Refused,
    /// The two new ones differ; nothing left the prompt.
    Differ,
    /// The new one is the present one; nothing left the prompt.
    Same,
    /// The new one is too short or too long; nothing left the prompt.
    Length,
    /// One is missing; nothing left the prompt.
    Empty,
}

/// Three secrets as they were typed.
pub(super) struct Typed {
    /// PIN or PUK.
    pub(super) present: Option<Pin>,
    /// The new PIN.
    pub(super) new: Option<Pin>,
    /// Once more.
    pub(super) again: Option<Pin>,
}

impl PinTalk {
    pub(super) fn new(sheet: PinSheet) -> Self {
        Self { sheet, phase: Phase::Asking, trouble: None }
    }

    pub(super) fn words(&self) -> &'static PinWords {
        PinWords::of(self.sheet.lang)
    }

    /// The one of two sentences that belongs to what is done here.
    pub(super) fn pick(&self, change: &'static str, unblock: &'static str) -> &'static str {
        PinWords::pick(self.sheet.act, change, unblock)
    }

    /// Whether this try needs the word that the person knows it may be the last (R40).
    pub(super) fn is_last(&self) -> bool {
        matches!(self.sheet.state, PinState::FinalTry | PinState::Doubted)
    }

    /// What the person should know of the secret before typing it.
    pub(super) fn warning(&self) -> Option<&'static str> {
        let words = self.words();
        match self.sheet.state {
            PinState::Low if self.trouble == Some(Trouble::Wrong) => {
                Some(self.pick(words.low_again_change, words.low_again_unblock))
            }
            PinState::Low => Some(self.pick(words.low_change, words.low_unblock)),
            PinState::FinalTry => Some(self.pick(words.final_change, words.final_unblock)),
            PinState::Doubted => Some(self.pick(words.doubted_change, words.doubted_unblock)),
            PinState::Ok
            | PinState::Locked
            | PinState::MustChange
            | PinState::Reader
            | PinState::ReaderDoubted
            | PinState::ReaderFinal => None,
        }
    }

    /// What was wrong with what was typed last.
    pub(super) fn complaint(&self) -> Option<String> {
        let words = self.words();
        Some(match self.trouble? {
            Trouble::Wrong => self.pick(words.wrong_change, words.wrong_unblock).to_owned(),
            Trouble::Refused => words.refused.to_owned(),
            Trouble::Differ => words.differ.to_owned(),
            Trouble::Same => words.same.to_owned(),
            Trouble::Length => self.with_lengths(words.length),
            Trouble::Empty => words.empty.to_owned(),
        })
    }

    /// What the new PIN's field is called.
    pub(super) fn new_label(&self) -> String {
        match self.sheet.lengths() {
            Some(_) => self.with_lengths(self.words().lengths),
            None => self.words().new.to_owned(),
        }
    }

    fn with_lengths(&self, sentence: &'static str) -> String {
        let (min, max) = self.sheet.lengths().map_or((1, Pin::MAX), |lengths| (lengths.min, lengths.max));
        let values = [("min", &*min.max(1).to_string()), ("max", &*max.min(Pin::MAX).to_string())];
        fill(sentence, &values).into_owned()
    }

    /// Agrees: seals the secrets to the token host, for exactly the task that was shown. If they can't be
    /// right, nothing leaves, and [`PinTalk::trouble`] says why.
    pub(super) fn agree(&mut self, typed: Typed) -> Option<FromPrompt> {
        if self.phase != Phase::Asking || self.sheet.reader {
            return None;
        }
        let pair = match self.checked(typed) {
            Ok(pair) => pair,
            Err(trouble) => {
                self.trouble = Some(trouble);
                return None;
            }
        };
        let sealed = pair.seal(&self.sheet.seal, &self.sheet.task().binding()).ok()?;
        self.work();
        Some(FromPrompt::Pin { pair: Some(sealed) })
    }

    /// Agrees to type on the reader.
    pub(super) fn agree_on_reader(&mut self) -> Option<FromPrompt> {
        if self.phase != Phase::Asking || !self.sheet.reader {
            return None;
        }
        self.work();
        Some(FromPrompt::Pin { pair: None })
    }

    fn work(&mut self) {
        self.trouble = None;
        self.phase = Phase::Working { done: 0, total: 1, each_time: false };
    }

    fn checked(&self, typed: Typed) -> Result<PinPair, Trouble> {
        let (Some(present), Some(new), Some(again)) = (typed.present, typed.new, typed.again) else {
            return Err(Trouble::Empty);
        };
        if new.bytes() != again.bytes() {
            return Err(Trouble::Differ);
        }
        if self.sheet.act == PinAct::Change && new.bytes() == present.bytes() {
            return Err(Trouble::Same);
        }
        if self.sheet.lengths().is_some_and(|lengths| !lengths.admit(new.bytes().len())) {
            return Err(Trouble::Length);
        }
        Ok(PinPair { present, new })
    }

    /// Takes in what the agent says; false if it makes no sense here, and the prompt is to end.
    pub(super) fn hear(&mut self, message: ToPrompt) -> bool {
        match message {
            ToPrompt::PinWrong { state, seal } => {
                (self.sheet.state, self.sheet.seal) = (state, seal);
                self.trouble = Some(Trouble::Wrong);
                self.phase = Phase::Asking;
            }
            ToPrompt::PinRefused { seal } => {
                self.sheet.seal = seal;
                self.trouble = Some(Trouble::Refused);
                self.phase = Phase::Asking;
            }
            ToPrompt::Raise { .. } | ToPrompt::Waiting { .. } => {}
            ToPrompt::Done => self.phase = Phase::Done,
            ToPrompt::Failed { code } => self.phase = Phase::Failed(code),
            ToPrompt::Sign(_)
            | ToPrompt::Pair(_)
            | ToPrompt::Pin(_)
            | ToPrompt::WrongPin { .. }
            | ToPrompt::LastTry { .. }
            | ToPrompt::LoginEnded { .. }
            | ToPrompt::Warned { .. }
            | ToPrompt::Aside { .. }
            | ToPrompt::Standing { .. }
            | ToPrompt::Progress { .. } => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::pin_task::PinLengths;
    use crate::domain::seal::SealTarget;
    use crate::domain::seal::SealingKey;
    use crate::text::Lang;
    use crate::ui::sample;

    fn typed(texts: [&str; 3]) -> Typed {
        let pin = |text: &str| Pin::new(Zeroizing::new(text.as_bytes().to_vec()));
        let [present, new, again] = texts.map(pin);
        Typed { present, new, again }
    }

    #[test]
    fn what_was_shown_is_what_is_sealed() {
        let host = SealingKey::generate();
        let mut question = sample::pin_question();
        question.place.seal = SealTarget { key: host.public(), nonce: [5; 32] };
        let mut talk = PinTalk::new(PinSheet::new(&question, Lang::Vi));
        let Some(FromPrompt::Pin { pair: Some(sealed) }) = talk.agree(typed(["123456", "654321", "654321"]))
        else {
            panic!("no answer");
        };
        let opened = host.open_pair(&sealed, &[5; 32], &question.task.binding()).unwrap();
        assert_eq!((opened.present.bytes(), opened.new.bytes()), (&b"123456"[..], &b"654321"[..]));
        assert!(talk.agree(typed(["1", "2222", "2222"])).is_none(), "one answer to one question");
    }

    #[test]
    fn what_can_not_be_right_stays_here() {
        let mut question = sample::pin_question();
        question.place.lengths = PinLengths::new(4, 8);
        for (act, texts, trouble) in [
            (PinAct::Change, ["123456", "654321", "654322"], Some(Trouble::Differ)),
            (PinAct::Change, ["123456", "123456", "123456"], Some(Trouble::Same)),
            (PinAct::Unblock, ["123456", "123456", "123456"], None),
            (PinAct::Change, ["123456", "123", "123"], Some(Trouble::Length)),
            (PinAct::Change, ["123456", "123456789", "123456789"], Some(Trouble::Length)),
            (PinAct::Change, ["", "654321", "654321"], Some(Trouble::Empty)),
            (PinAct::Change, ["123456", "", ""], Some(Trouble::Empty)),
        ] {
            question.task.act = act;
            let mut talk = PinTalk::new(PinSheet::new(&question, Lang::En));
            assert_eq!(talk.agree(typed(texts)).is_none(), trouble.is_some(), "{texts:?}");
            assert_eq!(talk.trouble, trouble, "{texts:?}");
            assert_eq!(talk.complaint().is_some(), trouble.is_some());
        }
    }

    #[test]
    fn a_wrong_secret_is_asked_for_again_with_the_next_nonce() {
        let mut talk = PinTalk::new(PinSheet::new(&sample::pin_question(), Lang::En));
        assert!(talk.agree(typed(["1", "2222", "2222"])).is_some());
        let seal = SealTarget { key: [1; 32], nonce: [2; 32] };
        assert!(talk.hear(ToPrompt::PinWrong { state: PinState::FinalTry, seal }));
        assert!(talk.is_last() && talk.warning().is_some() && talk.sheet.seal == seal);
        assert_eq!((talk.phase, talk.trouble), (Phase::Asking, Some(Trouble::Wrong)));
        assert!(
            !talk.hear(ToPrompt::Progress { done: 1, total: 2, each_time: false }),
            "no signature is made here"
        );
    }

    #[test]
    fn a_reader_takes_nothing_typed() {
        let mut question = sample::pin_question();
        question.place.reader = true;
        let mut talk = PinTalk::new(PinSheet::new(&question, Lang::En));
        assert!(talk.agree(typed(["123456", "654321", "654321"])).is_none());
        assert_eq!(talk.agree_on_reader(), Some(FromPrompt::Pin { pair: None }));
    }
}
