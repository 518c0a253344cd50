//! What a token says of itself.

use cryptoki::error::Error;
use cryptoki::slot::Slot;
use cryptoki_sys::CK_FLAGS;
use cryptoki_sys::CK_TOKEN_INFO;
use cryptoki_sys::CKF_PROTECTED_AUTHENTICATION_PATH;
use cryptoki_sys::CKF_SO_PIN_COUNT_LOW;
use cryptoki_sys::CKF_SO_PIN_FINAL_TRY;
use cryptoki_sys::CKF_SO_PIN_LOCKED;
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
    /// `ulMinPinLen` and `ulMaxPinLen`.
    pub(super) lengths: (u64, u64),
    flags: CK_FLAGS,
}

impl Module {
    /// Of the token in this slot, now.
    ///
    /// # Errors
    /// The module's answer.
    pub(super) fn info(&self, slot: Slot) -> Result<TokenInfo, Error> {
        match self.pkcs11.get_token_info(slot) {
            Ok(info) => Ok(TokenInfo::from(&info)),
            Err(error @ Error::Pkcs11(..)) => Err(error),
            // The module has answered, and cryptoki can't read some field that nobody here asks for.
            Err(_) => raw::token_info(&self.path, slot).map(|info| TokenInfo::from(&info)),
        }
    }
}

impl TokenInfo {
    pub(super) fn is_initialized(&self) -> bool {
        self.has(CKF_TOKEN_INITIALIZED)
    }

    pub(super) fn must_change(&self) -> bool {
        self.has(CKF_USER_PIN_TO_BE_CHANGED)
    }

    pub(super) fn has_pad(&self) -> bool {
        self.has(CKF_PROTECTED_AUTHENTICATION_PATH)
    }

    /// The most pressing thing its flags say of the user PIN.
    pub(super) fn pin(&self) -> Flags {
        let on_pad = if self.has(CKF_USER_PIN_FINAL_TRY) { Flags::ReaderFinal } else { Flags::Reader };
        self.first(&[
            (CKF_USER_PIN_LOCKED, Flags::Locked),
            (CKF_USER_PIN_TO_BE_CHANGED, Flags::MustChange),
            (CKF_PROTECTED_AUTHENTICATION_PATH, on_pad),
            (CKF_USER_PIN_FINAL_TRY, Flags::FinalTry),
            (CKF_USER_PIN_COUNT_LOW, Flags::Low),
        ])
    }

    /// Of the user PIN's tries, and nothing else.
    pub(super) fn pin_tries(&self) -> Flags {
        self.first(&[
            (CKF_USER_PIN_LOCKED, Flags::Locked),
            (CKF_USER_PIN_FINAL_TRY, Flags::FinalTry),
            (CKF_USER_PIN_COUNT_LOW, Flags::Low),
        ])
    }

    /// Of the PUK's tries.
    pub(super) fn puk_tries(&self) -> Flags {
        self.first(&[
            (CKF_SO_PIN_LOCKED, Flags::Locked),
            (CKF_SO_PIN_FINAL_TRY, Flags::FinalTry),
            (CKF_SO_PIN_COUNT_LOW, Flags::Low),
        ])
    }

    fn first(&self, meant: &[(CK_FLAGS, Flags)]) -> Flags {
        meant.iter().find_map(|(flag, meaning)| self.has(*flag).then_some(*meaning)).unwrap_or(Flags::Ok)
    }

    fn has(&self, flag: CK_FLAGS) -> bool {
        self.flags & flag != 0
    }
}

impl From<&cryptoki::slot::TokenInfo> for TokenInfo {
    fn from(info: &cryptoki::slot::TokenInfo) -> Self {
        let flags = [
            (info.token_initialized(), CKF_TOKEN_INITIALIZED),
            (info.protected_authentication_path(), CKF_PROTECTED_AUTHENTICATION_PATH),
            (info.user_pin_count_low(), CKF_USER_PIN_COUNT_LOW),
            (info.user_pin_final_try(), CKF_USER_PIN_FINAL_TRY),
            (info.user_pin_locked(), CKF_USER_PIN_LOCKED),
            (info.user_pin_to_be_changed(), CKF_USER_PIN_TO_BE_CHANGED),
            (info.so_pin_count_low(), CKF_SO_PIN_COUNT_LOW),
            (info.so_pin_final_try(), CKF_SO_PIN_FINAL_TRY),
            (info.so_pin_locked(), CKF_SO_PIN_LOCKED),
        ];
        Self {
            serial: trimmed(info.serial_number()),
            label: trimmed(info.label()),
            model: trimmed(info.model()),
            manufacturer: trimmed(info.manufacturer_id()),
            lengths: (info.min_pin_length() as u64, info.max_pin_length() as u64),
            flags: flags.into_iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag),
        }
    }
}

impl From<&CK_TOKEN_INFO> for TokenInfo {
    #[allow(clippy::useless_conversion, reason = "CK_ULONG has 32 bits on Windows")]
    fn from(info: &CK_TOKEN_INFO) -> Self {
        Self {
            serial: text(&info.serialNumber),
            label: text(&info.label),
            model: text(&info.model),
            manufacturer: text(&info.manufacturerID),
            lengths: (u64::from(info.ulMinPinLen), u64::from(info.ulMaxPinLen)),
            flags: info.flags,
        }
    }
}

/// A field of fixed length, padded with blanks.
pub(super) fn text(field: &[u8]) -> String {
    trimmed(&String::from_utf8_lossy(field))
}

fn trimmed(text: &str) -> String {
    text.trim_matches([' ', '\0']).to_owned()
}
