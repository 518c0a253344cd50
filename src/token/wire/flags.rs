//! What a token's flags say of its PIN, on the pipe.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::token::PinState;

/// [`PinState`] on the pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names of PinState")]
pub enum Flags {
    Ok,
    Low,
    FinalTry,
    Locked,
    MustChange,
    Reader,
    ReaderFinal,
}

impl From<PinState> for Flags {
    fn from(state: PinState) -> Self {
        match state {
            PinState::Ok => Self::Ok,
            // Our own count is no flag of a token's.
            PinState::Low | PinState::Doubted => Self::Low,
            PinState::FinalTry => Self::FinalTry,
            PinState::Locked => Self::Locked,
            PinState::MustChange => Self::MustChange,
            PinState::Reader | PinState::ReaderDoubted => Self::Reader,
            PinState::ReaderFinal => Self::ReaderFinal,
        }
    }
}

impl From<Flags> for PinState {
    fn from(flags: Flags) -> Self {
        match flags {
            Flags::Ok => Self::Ok,
            Flags::Low => Self::Low,
            Flags::FinalTry => Self::FinalTry,
            Flags::Locked => Self::Locked,
            Flags::MustChange => Self::MustChange,
            Flags::Reader => Self::Reader,
            Flags::ReaderFinal => Self::ReaderFinal,
        }
    }
}
