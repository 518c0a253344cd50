//! What a module says of itself, its slots and its tokens, for `kyso doctor --module`. Flat, as all that goes
//! over the pipe.

use serde::Deserialize;
use serde::Serialize;

/// The whole, without the certificates. What is an error is the function and its `CKR_` answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// `C_GetInfo`.
    pub library: Option<Library>,
    /// The first [`Description::MOST_SLOTS`] slots, in their order.
    pub slots: Vec<Slot>,
    /// How many there are in all.
    pub count: u32,
}

/// The parts of `CK_INFO` (PKCS#11 v2.40 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// Who made it.
    pub manufacturer: String,
    /// What it calls itself.
    pub description: String,
    /// Its own version.
    pub version: String,
    /// The version of PKCS#11 that it claims.
    pub interface: String,
}

/// A slot, and what is in it; none where the module did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// What the slot is called: the reader's name where there is one.
    pub description: Option<String>,
    /// Its flags, by their names in PKCS#11 without `CKF_`.
    pub flags: Vec<String>,
    /// Whether it holds a token, so that what follows was asked for.
    pub has_token: bool,
    /// The token.
    pub token: Option<Token>,
    /// The mechanisms that matter here.
    pub mechanisms: Option<Vec<Mechanism>>,
    /// What shows of its objects without a login.
    pub objects: Option<Objects>,
}

/// The parts of `CK_TOKEN_INFO` (PKCS#11 v2.40 §3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Serial number, blanks trimmed.
    pub serial: String,
    /// Label.
    pub label: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// Model.
    pub model: String,
    /// Hardware version.
    pub hardware: String,
    /// Firmware version.
    pub firmware: String,
    /// Its flags, by their names in PKCS#11 without `CKF_`.
    pub flags: Vec<String>,
    /// `ulMinPinLen` and `ulMaxPinLen`, whatever they are.
    pub lengths: (u64, u64),
}

/// A signing mechanism.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mechanism {
    /// Its name in PKCS#11.
    pub name: String,
    /// The parts of `CK_MECHANISM_INFO`; none if the module did not say.
    pub ability: Option<Ability>,
}

/// What a mechanism can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ability {
    /// `ulMinKeySize`: bits, though some modules count bytes.
    pub least: u64,
    /// `ulMaxKeySize`.
    pub most: u64,
    /// `CKF_SIGN`.
    pub signs: bool,
    /// `CKF_HW`.
    pub hardware: bool,
}

/// How many objects of each class show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// `CKO_CERTIFICATE`.
    pub certificates: u32,
    /// `CKO_PUBLIC_KEY`.
    pub public_keys: u32,
    /// `CKO_PRIVATE_KEY`: most tokens show them after the login only.
    pub private_keys: u32,
}

impl Description {
    /// Slots that are looked at.
    pub const MOST_SLOTS: usize = 16;

    /// The number, from 1, of the slot whose token has this serial number.
    pub fn slot_of(&self, serial: &str) -> Option<usize> {
        let holds = |slot: &Slot| slot.token.as_ref().is_some_and(|token| token.serial == serial);
        self.slots.iter().position(holds).map(|at| at + 1)
    }
}
