//! What a token says of itself.

use cryptoki::error::Error;
use cryptoki::slot::Slot;
use cryptoki_sys::CK_FLAGS;
use cryptoki_sys::CK_TOKEN_INFO;
use cryptoki_sys::CKF_PROTECTED_AUTHENTICATION_PATH;
use cryptoki_sys::CKF_TOKEN_INITIALIZED;
use cryptoki_sys::CKF_USER_PIN_COUNT_LOW;
use cryptoki_sys::CKF_USER_PIN_FINAL_TRY;
use cryptoki_sys::CKF_USER_PIN_LOCKED;
use cryptoki_sys::CKF_USER_PIN_TO_BE_CHANGED;

use super::load::Module;
use super::raw;
use crate::token::wire::Flags;

/// The parts of `CK_TOKEN_INFO` (PKCS#11 v2.40 §3.2) that matter here, blanks and NULs trimmed.
pub(super) struct TokenInfo {
    pub(super) serial: String,
    pub(super) label: String,
    pub(super) model: String,
    pub(super) manufacturer: String,
    pub(super) initialized: bool,
    /// The most pressing thing its flags say of the user PIN.
    pub(super) pin: Flags,
}

impl Module {
    /// Of the token in this slot, now.
    ///
    /// # Errors
    /// The module's answer.
    pub(super) fn info(&self, slot: Slot) -> Result<TokenInfo, Error> {
        match self.pkcs11.get_token_info(slot) {
            Ok(info) => Ok(TokenInfo {
                serial: trimmed(info.serial_number()),
                label: trimmed(info.label()),
                model: trimmed(info.model()),
                manufacturer: trimmed(info.manufacturer_id()),
                initialized: info.token_initialized(),
                pin: pin([
                    info.user_pin_locked(),
                    info.user_pin_to_be_changed(),
                    info.protected_authentication_path(),
                    info.user_pin_final_try(),
                    info.user_pin_count_low(),
                ]),
            }),
            Err(error @ Error::Pkcs11(..)) => Err(error),
            // The module has answered, and cryptoki can't read some field that nobody here asks for.
            Err(_) => raw::token_info(&self.path, slot).map(|info| TokenInfo::from(&info)),
        }
    }
}

impl From<&CK_TOKEN_INFO> for TokenInfo {
    fn from(info: &CK_TOKEN_INFO) -> Self {
        let text = |field: &[u8]| trimmed(&String::from_utf8_lossy(field));
        let has = |flag: CK_FLAGS| info.flags & flag != 0;
        Self {
            serial: text(&info.serialNumber),
            label: text(&info.label),
            model: text(&info.model),
            manufacturer: text(&info.manufacturerID),
            initialized: has(CKF_TOKEN_INITIALIZED),
            pin: pin([
                has(CKF_USER_PIN_LOCKED),
                has(CKF_USER_PIN_TO_BE_CHANGED),
                has(CKF_PROTECTED_AUTHENTICATION_PATH),
                has(CKF_USER_PIN_FINAL_TRY),
                has(CKF_USER_PIN_COUNT_LOW),
            ]),
        }
    }
}

fn pin(said: [bool; 5]) -> Flags {
    let meant = [Flags::Locked, Flags::MustChange, Flags::Reader, Flags::FinalTry, Flags::Low];
    said.into_iter().zip(meant).find_map(|(set, flag)| set.then_some(flag)).unwrap_or(Flags::Ok)
}

fn trimmed(text: &str) -> String {
    text.trim_matches([' ', '\0']).to_owned()
}
