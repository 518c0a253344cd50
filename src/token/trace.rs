//! What a module's process tells of each of its steps beside its replies: for `kyso doctor --module`, which
//! times them and names the one that a module crashed in. Nobody else asks for it.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

use serde::Deserialize;
use serde::Serialize;

use super::wire;
use super::wire::Reply;

/// A call into a module, or a few that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Loading the library.
    Load,
    /// `C_Initialize`.
    Initialize,
    /// `C_GetInfo`.
    Info,
    /// `C_GetSlotList`.
    Slots,
    /// `C_GetSlotInfo`.
    Slot,
    /// `C_GetTokenInfo`.
    Token,
    /// `C_GetMechanismList`, and `C_GetMechanismInfo` of those that matter.
    Mechanisms,
    /// Counting the objects that show without a login.
    Objects,
    /// Reading the certificates.
    Certificates,
    /// Reading the approved token and certificate again, right before the login.
    Find,
    /// `C_Login`.
    Login,
    /// Finding the private key.
    Key,
    /// `C_SignInit` and `C_Sign`, with a login between them where the key wants one.
    Sign,
    /// `C_Logout`.
    Logout,
}

/// One word of a process about a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// It begins.
    Begun(Step),
    /// It is over.
    Ended {
        /// Which.
        step: Step,
        /// How long it took.
        micros: u64,
        /// Why it failed, if it did: the function and its `CKR_` answer.
        answer: Option<String>,
    },
}

/// The agent's end: what the processes have told so far. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Trace(Arc<Mutex<Vec<Mark>>>);

/// The process' end; silent unless somebody listens.
#[derive(Default)]
pub(super) struct Tracer(Option<Mutex<File>>);

/// What a failure says of itself.
pub(super) trait Answer {
    fn answer(&self) -> String;
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Load,
        Self::Initialize,
        Self::Info,
        Self::Slots,
        Self::Slot,
        Self::Token,
        Self::Mechanisms,
        Self::Objects,
        Self::Certificates,
        Self::Find,
        Self::Login,
        Self::Key,
        Self::Sign,
        Self::Logout,
    ];

    /// The PKCS#11 function that does it, or what it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "dlopen",
            Self::Initialize => "C_Initialize",
            Self::Info => "C_GetInfo",
            Self::Slots => "C_GetSlotList",
            Self::Slot => "C_GetSlotInfo",
            Self::Token => "C_GetTokenInfo",
            Self::Mechanisms => "C_GetMechanismInfo",
            Self::Objects | Self::Key => "C_FindObjects",
            Self::Certificates => "C_GetAttributeValue",
            Self::Find => "find",
            Self::Login => "C_Login",
            Self::Sign => "C_Sign",
            Self::Logout => "C_Logout",
        }
    }
}

impl Trace {
    pub(super) fn note(&self, mark: Mark) {
        let mut marks = self.marks();
        // A process that never stops telling is its module's doing.
        if marks.len() < MOST {
            marks.push(mark);
        }
    }

    /// What was told since the last call, in order.
    pub fn take(&self) -> Vec<Mark> {
        std::mem::take(&mut *self.marks())
    }

    fn marks(&self) -> std::sync::MutexGuard<'_, Vec<Mark>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tracer {
    /// Onto the pipe of the replies, if anybody wants it.
    pub(super) fn new(pipe: Option<File>) -> Self {
        Self(pipe.map(Mutex::new))
    }

    /// Does the step, and tells of it.
    ///
    /// # Errors
    /// The step's own.
    pub(super) fn step<T, E: Answer>(&self, step: Step, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if self.0.is_none() {
            return work();
        }
        self.say(Mark::Begun(step));
        let begun = Instant::now();
        let result = work();
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.say(Mark::Ended { step, micros, answer: result.as_ref().err().map(Answer::answer) });
        result
    }

    fn say(&self, mark: Mark) {
        let Some(pipe) = &self.0 else { return };
        // A pipe that broke is noticed by the reply.
        if let Ok(frame) = wire::frame(&Reply::Mark(mark)) {
            let _ = pipe.lock().unwrap_or_else(PoisonError::into_inner).write_all(&frame);
        }
    }
}

/// Marks that are kept at most.
const MOST: usize = 10_000;
