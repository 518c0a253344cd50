//! Answers that are none.

use std::hash::BuildHasher;
use std::hash::Hasher;
use std::hash::RandomState;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use cryptoki_sys::CK_RV;
use cryptoki_sys::CKR_OK;

static DUE: AtomicBool = AtomicBool::new(false);

/// Has the call under way answer with garbage: in what its caller reads, or, where that is nothing, as a
/// code that no standard knows.
pub(crate) fn begin(function: &str) -> Option<CK_RV> {
    if !READ_BY_THE_CALLER.contains(&function) {
        return Some(0xdead_beef);
    }
    DUE.store(true, Ordering::SeqCst);
    None
}

/// Random bytes over what the caller reads, if garbage is due; a length becomes an absurd one.
pub(crate) fn over<T>(answer: *mut T) -> CK_RV {
    if DUE.swap(false, Ordering::SeqCst) {
        for index in 0..size_of::<T>() {
            let byte = RandomState::new().build_hasher().finish() as u8;
            // SAFETY: the function has written a whole T there.
            unsafe { answer.cast::<u8>().add(index).write(byte) };
        }
    }
    CKR_OK
}

const READ_BY_THE_CALLER: [&str; 7] = [
    "C_GetFunctionList",
    "C_GetSlotList",
    "C_GetTokenInfo",
    "C_OpenSession",
    "C_FindObjects",
    "C_GetAttributeValue",
    "C_Sign",
];
