//! The form for a PIN: its three fields beside the conversation.

use crate::ui::message::FromPrompt;
use crate::ui::pin_talk::PinTalk;
use crate::ui::pin_talk::Typed;
use crate::ui::secret::PinField;
use crate::ui::talk::Phase;

/// PIN or PUK, new PIN, new PIN again.
#[derive(Debug)]
pub(super) struct PinForm {
    pub(super) talk: PinTalk,
    pub(super) fields: [PinField; 3],
    /// The person knows that it may be the last try (R40).
    pub(super) understood: bool,
}

impl PinForm {
    pub(super) fn new(talk: PinTalk, fields: [PinField; 3]) -> Self {
        Self { talk, fields, understood: false }
    }

    /// Whether agreeing would do something now.
    pub(super) fn can_agree(&self) -> bool {
        let typed = self.talk.sheet.reader || self.fields.iter().all(|field| !field.is_empty());
        self.talk.phase == Phase::Asking && typed && (self.understood || !self.talk.is_last())
    }

    /// Takes the secrets; nothing if they can't be right, and the conversation says why.
    pub(super) fn agree(&mut self) -> Option<FromPrompt> {
        if self.talk.sheet.reader {
            return self.talk.agree_on_reader();
        }
        let [present, new, again] = self.fields.each_mut().map(PinField::take);
        self.talk.agree(Typed { present, new, again })
    }

    pub(super) fn clear(&mut self) {
        self.fields.iter_mut().for_each(PinField::clear);
    }
}
