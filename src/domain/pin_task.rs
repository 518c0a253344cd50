//! Changing a token's PIN, or setting a new one with its PUK: the question, the answer, and the only way
//! from one to the token.

use std::time::Duration;

use super::job::Job;
use super::seal::SealTarget;
use super::seal::SealedPair;
use super::token::PinState;
use super::token::TokenInfo;
use super::token::TokenSerial;

/// What is done to a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PinAct {
    /// The person knows the PIN and wants another: `C_SetPIN` (PKCS#11 v2.40 §5.5).
    Change,
    /// The PIN is locked or forgotten: the token's PUK (its SO PIN) sets a new one, `C_InitPIN` (§5.5).
    Unblock,
}

/// A token, as a person tells it from others: a card with several PINs shows one of these for each, all
/// with the same serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName {
    /// Serial number.
    pub serial: TokenSerial,
    /// Label.
    pub label: String,
    /// Model.
    pub model: String,
}

/// Do this to the PIN of this token: what prompt and token host both hash, as they do a [`Job`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinTask {
    /// What.
    pub act: PinAct,
    /// Whose PIN.
    pub token: TokenName,
}

/// The bytes are no task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATask;

/// What the token says before anything is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinPlace {
    /// Of the secret that will be typed, the PIN or the PUK: `Ok`, `Low`, `FinalTry` or `Locked`, and
    /// `Doubted` by our own count.
    pub state: PinState,
    /// The token wants its PIN changed before it does anything else.
    pub must_change: bool,
    /// The secrets are typed on the reader's own pad.
    pub reader: bool,
    /// Lengths of a new PIN in bytes, where the token's own words make sense.
    pub lengths: Option<PinLengths>,
    /// Where to seal to.
    pub seal: SealTarget,
}

/// `ulMinPinLen` and `ulMaxPinLen`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinLengths {
    /// The fewest bytes.
    pub min: usize,
    /// The most.
    pub max: usize,
}

/// What the person is asked.
#[derive(Clone, Debug)]
pub struct PinQuestion {
    /// What for.
    pub task: PinTask,
    /// What the token says.
    pub place: PinPlace,
    /// How long the person has, from the moment the window opens.
    pub time: Duration,
}

/// What the person said.
#[derive(Debug)]
pub enum PinAnswer {
    /// Yes.
    Allow(PinConsent),
    /// No.
    Deny,
}

/// The person's act that goes to the token.
#[derive(Debug)]
pub enum PinConsent {
    /// The PIN or PUK and the new PIN, sealed together.
    Sealed(SealedPair),
    /// Both will be typed on the reader's pad.
    Reader,
}

/// A task that a person approved. Only [`PinAnswer::into_approved`] makes one, each pair of typed secrets
/// makes a new one, and it can't be copied:
///
/// ```compile_fail
/// use kyso::domain::pin_task::ApprovedTask;
/// fn again(approved: &ApprovedTask) -> ApprovedTask {
///     approved.clone()
/// }
/// ```
#[derive(Debug)]
pub struct ApprovedTask {
    task: PinTask,
    consent: PinConsent,
    target: SealTarget,
}

/// What the window shows after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinNews {
    /// The PIN or PUK was wrong: type again.
    Wrong {
        /// What is known of it now.
        state: PinState,
        /// Where to seal the next ones to.
        next: SealTarget,
    },
    /// The token does not take this new PIN: choose another.
    Refused {
        /// Where to seal the next ones to.
        next: SealTarget,
    },
    /// The new PIN is set and the log says so; closes by itself.
    Done,
    /// It failed; the person reads why and closes.
    Failed(super::error::ErrorCode),
}

impl PinAct {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Change, Self::Unblock];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Unblock => "unblock",
        }
    }
}

impl PinTask {
    /// The canonical bytes: a letter that no [`Job`] begins with, version, act, then serial number, label
    /// and model, each behind its length.
    pub fn frame(&self) -> Vec<u8> {
        let mut frame = vec![LETTER, VERSION, self.act as u8];
        for text in [&self.token.serial.0, &self.token.label, &self.token.model] {
            frame.extend_from_slice(&(text.len() as u32).to_le_bytes());
            frame.extend_from_slice(text.as_bytes());
        }
        frame
    }

    /// What the sealed secrets are bound to.
    pub fn binding(&self) -> [u8; 32] {
        Job::binding(&self.frame())
    }

    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// [`NotATask`] for anything that [`PinTask::frame`] does not write.
    pub fn parse(frame: &[u8]) -> Result<Self, NotATask> {
        let [LETTER, VERSION, act, rest @ ..] = frame else { return Err(NotATask) };
        let act = PinAct::ALL.get(usize::from(*act)).copied().ok_or(NotATask)?;
        let (serial, rest) = text(rest)?;
        let (label, rest) = text(rest)?;
        let (model, rest) = text(rest)?;
        if !rest.is_empty() {
            return Err(NotATask);
        }
        Ok(Self { act, token: TokenName { serial: TokenSerial(serial), label, model } })
    }
}

fn text(bytes: &[u8]) -> Result<(String, &[u8]), NotATask> {
    let (length, rest) = bytes.split_first_chunk().ok_or(NotATask)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (text, rest) = rest.split_at_checked(length).filter(|_| length <= LONGEST).ok_or(NotATask)?;
    Ok((String::from_utf8(text.to_vec()).map_err(|_| NotATask)?, rest))
}

impl PinLengths {
    /// Nothing where the limits contradict each other or leave no PIN: kryoptic says 8 to 0.
    pub fn new(min: usize, max: usize) -> Option<Self> {
        (min <= max && max > 0).then_some(Self { min, max })
    }

    /// Whether a PIN of so many bytes is within.
    pub fn admit(self, length: usize) -> bool {
        (self.min..=self.max).contains(&length)
    }
}

impl PinQuestion {
    /// Puts the host's next nonce where the spent one was, and what is known of the secret now.
    pub fn renew(&mut self, state: PinState, next: SealTarget) {
        self.place.state = state;
        self.place.seal = next;
    }
}

impl PinAnswer {
    /// The approved task, or nothing if the person said no or answered for another kind of token.
    pub fn into_approved(self, question: &PinQuestion) -> Option<ApprovedTask> {
        let Self::Allow(consent) = self else { return None };
        let fits = matches!(consent, PinConsent::Reader) == question.place.reader;
        let (task, target) = (question.task.clone(), question.place.seal);
        fits.then_some(ApprovedTask { task, consent, target })
    }
}

impl ApprovedTask {
    /// Spends the approval: the task, the person's act, and where secrets were sealed to.
    pub fn into_parts(self) -> (PinTask, PinConsent, SealTarget) {
        (self.task, self.consent, self.target)
    }
}

impl From<&TokenInfo> for TokenName {
    fn from(token: &TokenInfo) -> Self {
        Self { serial: token.serial.clone(), label: token.label.clone(), model: token.model.clone() }
    }
}

/// A [`Job`] begins with its version, which is a small number.
const LETTER: u8 = b'P';
const VERSION: u8 = 1;

/// `CK_TOKEN_INFO` has 16 or 32 bytes of a name, which UTF-8 may make longer; modules that pad with more
/// are cut before this.
const LONGEST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn task(act: PinAct) -> PinTask {
        let token = TokenName {
            serial: TokenSerial("0001".to_owned()),
            label: "Thẻ của tôi".to_owned(),
            model: "M".to_owned(),
        };
        PinTask { act, token }
    }

    #[test]
    fn comes_back_as_it_went_and_nothing_else_is_a_task() {
        for act in PinAct::ALL {
            let frame = task(act).frame();
            assert_eq!(PinTask::parse(&frame), Ok(task(act)));
            assert!(Job::parse(&frame).is_err(), "a task is no job");
            for cut in 0..frame.len() {
                assert_eq!(PinTask::parse(&frame[..cut]), Err(NotATask), "cut at {cut}");
            }
            assert_eq!(PinTask::parse(&[frame, vec![0]].concat()), Err(NotATask));
        }
        let mut other = task(PinAct::Change).frame();
        other[2] = 9;
        assert_eq!(PinTask::parse(&other), Err(NotATask), "an act that is none");
    }

    #[test]
    fn no_two_tasks_share_their_bytes() {
        let change = task(PinAct::Change);
        assert_ne!(change.binding(), task(PinAct::Unblock).binding());
        let mut moved = change.clone();
        moved.token.serial.0.push('T');
        moved.token.label.remove(0);
        assert_ne!(change.binding(), moved.binding(), "a letter from one name to the next");
    }

    #[test]
    fn limits_count_only_where_they_make_sense() {
        assert_eq!(PinLengths::new(8, 0), None, "kryoptic");
        assert_eq!(PinLengths::new(0, 0), None);
        let lengths = PinLengths::new(4, 8).expect("limits");
        assert!(lengths.admit(4) && lengths.admit(8) && !lengths.admit(3) && !lengths.admit(9));
    }
}
