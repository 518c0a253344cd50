//! The token's PIN and PUK: what they are now, and the functions that set the PIN.

use std::sync::LazyLock;
use std::sync::Mutex;

use cryptoki_sys::*;

use crate::answer;
use crate::enter;
use crate::has;

struct Secrets {
    pin: Vec<u8>,
    /// The PIN was set since the process started.
    set: bool,
    puk_tries: u32,
    so_logged_in: bool,
}

static SECRETS: LazyLock<Mutex<Secrets>> = LazyLock::new(|| {
    let puk_tries = if has("puk-final") { 1 } else { PUK_TRIES };
    Mutex::new(Secrets { pin: b"123456".to_vec(), set: false, puk_tries, so_logged_in: false })
});

/// Whether this is the PIN; null is whatever was typed on the pad.
pub(crate) fn is_right(pin: *mut CK_UTF8CHAR, length: CK_ULONG) -> bool {
    match bytes(pin, length) {
        Some(typed) => typed == SECRETS.lock().unwrap().pin,
        None => has("pad"),
    }
}

/// `C_Login` as the SO, whose PIN is the PUK 87654321.
pub(crate) fn so_login(pin: *mut CK_UTF8CHAR, length: CK_ULONG) -> CK_RV {
    let mut secrets = SECRETS.lock().unwrap();
    if secrets.puk_tries == 0 {
        return CKR_PIN_LOCKED;
    }
    let right = bytes(pin, length).map_or_else(|| has("pad"), |typed| typed == PUK);
    if !right {
        secrets.puk_tries -= 1;
        return if secrets.puk_tries == 0 { CKR_PIN_LOCKED } else { CKR_PIN_INCORRECT };
    }
    secrets.puk_tries = PUK_TRIES;
    secrets.so_logged_in = true;
    CKR_OK
}

/// Whether the SO was logged in, who is no more.
pub(crate) fn so_logout() -> bool {
    std::mem::take(&mut SECRETS.lock().unwrap().so_logged_in)
}

/// What the token says of both.
pub(crate) fn flags() -> CK_FLAGS {
    let secrets = SECRETS.lock().unwrap();
    let must_change = has("must-change") && !secrets.set;
    (if must_change { CKF_USER_PIN_TO_BE_CHANGED } else { 0 })
        | match secrets.puk_tries {
            0 => CKF_SO_PIN_LOCKED,
            1 => CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_COUNT_LOW,
            2 => CKF_SO_PIN_COUNT_LOW,
            _ => 0,
        }
}

pub(crate) unsafe extern "C" fn set_pin(
    _: CK_SESSION_HANDLE,
    old: *mut CK_UTF8CHAR,
    old_length: CK_ULONG,
    new: *mut CK_UTF8CHAR,
    new_length: CK_ULONG,
) -> CK_RV {
    answer(enter("C_SetPIN"), || {
        if !is_right(old, old_length) {
            return CKR_PIN_INCORRECT;
        }
        take(new, new_length)
    })
}

pub(crate) unsafe extern "C" fn init_pin(
    _: CK_SESSION_HANDLE,
    new: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    answer(enter("C_InitPIN"), || {
        if !SECRETS.lock().unwrap().so_logged_in {
            return CKR_USER_NOT_LOGGED_IN;
        }
        let taken = take(new, length);
        if taken == CKR_OK {
            crate::TOKEN.lock().unwrap().tries = crate::TRIES;
        }
        taken
    })
}

fn take(new: *mut CK_UTF8CHAR, length: CK_ULONG) -> CK_RV {
    let mut secrets = SECRETS.lock().unwrap();
    match bytes(new, length) {
        // The token's own rule, that no length tells.
        Some(b"000000") => return CKR_PIN_INVALID,
        Some(pin) => secrets.pin = pin.to_vec(),
        None if has("pad") => {}
        None => return CKR_ARGUMENTS_BAD,
    }
    secrets.set = true;
    CKR_OK
}

fn bytes<'a>(pin: *mut CK_UTF8CHAR, length: CK_ULONG) -> Option<&'a [u8]> {
    // SAFETY: the caller's, for the time of the call, as PKCS#11 has it.
    (!pin.is_null()).then(|| unsafe { std::slice::from_raw_parts(pin, length as usize) })
}

const PUK: &[u8] = b"87654321";
const PUK_TRIES: u32 = 3;
