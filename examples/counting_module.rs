//! A PKCS#11 module that hands every call on to another one and counts the sessions that are open, for the soak: SoftHSM
//! tells nobody (`ulSessionCount` is `CK_UNAVAILABLE_INFORMATION`). It can take as long for a signature as a slow token.
//!
//! `KYSO_COUNTED` is the other module; the count stands in the file `KYSO_SESSIONS` with the process's number behind a dot,
//! as decimal digits in ten places. `KYSO_SLOW_MS` is how long a signature takes beside what the other module takes.
#![allow(unsafe_code, reason = "a PKCS#11 module is a set of C functions over raw pointers")]
#![allow(clippy::unwrap_used, reason = "without the other module there is nothing to count")]

use std::fs::File;
use std::io::Seek as _;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::time::Duration;

use cryptoki_sys::*;

/// The one function that a host looks up by name.
///
/// # Safety
/// `list` is valid for a write, as PKCS#11 v2.40 §5.4 demands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    unsafe { *list = ptr::from_ref(LazyLock::force(&COUNTING)).cast_mut() };
    CKR_OK
}

static COUNTING: LazyLock<CK_FUNCTION_LIST> = LazyLock::new(|| CK_FUNCTION_LIST {
    C_Finalize: Some(finalize),
    C_OpenSession: Some(open_session),
    C_CloseSession: Some(close_session),
    C_CloseAllSessions: Some(close_all),
    C_Sign: Some(sign),
    ..*COUNTED
});

/// The other module's functions; it stays loaded.
static COUNTED: LazyLock<CK_FUNCTION_LIST> = LazyLock::new(|| unsafe {
    let other = ManuallyDrop::new(Pkcs11::new(std::env::var_os("KYSO_COUNTED").unwrap()).unwrap());
    let mut list = ptr::null_mut();
    assert_eq!(other.C_GetFunctionList(&mut list), CKR_OK);
    *list
});

/// The open sessions, by slot, and where their number is told.
struct Open {
    sessions: Vec<(CK_SESSION_HANDLE, CK_SLOT_ID)>,
    told: File,
}

static OPEN: LazyLock<Mutex<Open>> = LazyLock::new(|| {
    let file = std::env::var("KYSO_SESSIONS").unwrap();
    let told = File::create(format!("{file}.{}", std::process::id())).unwrap();
    Mutex::new(Open { sessions: Vec::new(), told })
});

fn change(change: impl FnOnce(&mut Vec<(CK_SESSION_HANDLE, CK_SLOT_ID)>)) {
    let mut open = OPEN.lock().unwrap();
    change(&mut open.sessions);
    let count = format!("{:010}", open.sessions.len());
    open.told.rewind().unwrap();
    open.told.write_all(count.as_bytes()).unwrap();
}

unsafe extern "C" fn open_session(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    application: CK_VOID_PTR,
    notify: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    let answer = unsafe { COUNTED.C_OpenSession.unwrap()(slot, flags, application, notify, session) };
    if answer == CKR_OK {
        change(|sessions| sessions.push((unsafe { *session }, slot)));
    }
    answer
}

unsafe extern "C" fn close_session(session: CK_SESSION_HANDLE) -> CK_RV {
    let answer = unsafe { COUNTED.C_CloseSession.unwrap()(session) };
    // One that is gone with its token is not open, either.
    if matches!(answer, CKR_OK | CKR_SESSION_HANDLE_INVALID | CKR_SESSION_CLOSED | CKR_TOKEN_NOT_PRESENT) {
        change(|sessions| sessions.retain(|(open, _)| *open != session));
    }
    answer
}

unsafe extern "C" fn close_all(slot: CK_SLOT_ID) -> CK_RV {
    let answer = unsafe { COUNTED.C_CloseAllSessions.unwrap()(slot) };
    if answer == CKR_OK {
        change(|sessions| sessions.retain(|(_, of)| *of != slot));
    }
    answer
}

unsafe extern "C" fn finalize(reserved: CK_VOID_PTR) -> CK_RV {
    let answer = unsafe { COUNTED.C_Finalize.unwrap()(reserved) };
    if answer == CKR_OK {
        change(Vec::clear);
    }
    answer
}

static SLOW: LazyLock<Option<Duration>> = LazyLock::new(|| {
    let given = std::env::var("KYSO_SLOW_MS").ok()?;
    Some(Duration::from_millis(given.parse().unwrap()))
});

unsafe extern "C" fn sign(
    session: CK_SESSION_HANDLE,
    data: CK_BYTE_PTR,
    length: CK_ULONG,
    signature: CK_BYTE_PTR,
    signature_length: CK_ULONG_PTR,
) -> CK_RV {
    // Without room for one only its length is asked for.
    if let Some(slow) = SLOW.filter(|_| !signature.is_null()) {
        std::thread::sleep(slow);
    }
    unsafe { COUNTED.C_Sign.unwrap()(session, data, length, signature, signature_length) }
}
