//! A PKCS#11 module that misbehaves on demand, for the tests of the token host.
//!
//! One slot with one token: PIN 123456 and PUK 87654321, three tries each, one RSA-2048 certificate and its private key, whose
//! signatures verify nowhere. It is steered by its environment:
//!
//! | variable | meaning |
//! |---|---|
//! | `KYSO_HOSTILE` | `FUNCTION[@CALL]=ACTION`, separated by commas; `CALL` counts from 1 in each process |
//! | `KYSO_HOSTILE_ONCE` | a file: only the process that can create it misbehaves, and once |
//! | `KYSO_HOSTILE_LOG` | a file that gets a line for each call, `C_Login` with the user type, and one for the reserved string |
//! | `KYSO_HOSTILE_CERTIFICATE` | the certificate's DER file |
//! | `KYSO_HOSTILE_GONE` | a file: while it is there, the token is not |
//! | `KYSO_HOSTILE_FINAL` | a file: while it is there, the flags say that one try is left |
//! | `KYSO_HOSTILE_SERIAL` | the token's serial number |
//! | `KYSO_HOSTILE_PROBE` | a folder that is none of its business, with `secret` and `socket` in it, for `probe` |
//! | `KYSO_HOSTILE_PORT` | a port that somebody listens on, for `probe` |
//! | `KYSO_HOSTILE_TOKEN` | any of `logged-in`, `always-authenticate`, `pad`, `must-change`, `final`, `puk-final`, `spy` (prints the PIN on standard error), separated by commas |
//!
//! `FUNCTION` is also `load`, the library's constructor.
//!
//! Actions: `hang`, `spin`, `garbage` (random bytes in what the caller reads), `crash`, `abort`, `exit`, `slow`
//! (20 ms), `print` (on standard output), `long` (a signature of 4,096 bytes), `compat` (a 32-bit system call),
//! `probe` (tries what it must not and writes each answer into the log), `command` (calls the agent on the
//! control socket `KYSO_HOSTILE_PROBE` and logs whether it answers), `inspect` (writes into the log what
//! protects the process), `scan` (writes
//! into the log how often the reverse of `KYSO_HOSTILE_TOKEN` stands in its memory), or the number of the
//! answer in hex.
#![allow(unsafe_code, reason = "a PKCS#11 module is a set of C functions over raw pointers")]
#![allow(clippy::unwrap_used, reason = "a panic here is one more crash for the host to survive")]

#[path = "hostile_module/garbage.rs"]
mod garbage;
#[path = "hostile_module/inspect.rs"]
mod inspect;
#[path = "hostile_module/pin.rs"]
mod pin;
#[path = "hostile_module/probe.rs"]
mod probe;

use std::collections::HashMap;
use std::ffi::c_void;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Write;
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
    answer(enter("C_GetFunctionList"), || {
        unsafe { *list = ptr::from_ref(LazyLock::force(&FUNCTIONS)).cast_mut() };
        garbage::over(list)
    })
}

static FUNCTIONS: LazyLock<CK_FUNCTION_LIST> = LazyLock::new(|| CK_FUNCTION_LIST {
    version: CK_VERSION { major: 2, minor: 40 },
    C_Initialize: Some(initialize),
    C_Finalize: Some(finalize),
    C_GetSlotList: Some(slot_list),
    C_GetTokenInfo: Some(token_info),
    C_OpenSession: Some(open_session),
    C_CloseSession: Some(close_session),
    C_Login: Some(login),
    C_Logout: Some(logout),
    C_SetPIN: Some(pin::set_pin),
    C_InitPIN: Some(pin::init_pin),
    C_FindObjectsInit: Some(find_init),
    C_FindObjects: Some(find),
    C_FindObjectsFinal: Some(find_final),
    C_GetAttributeValue: Some(attributes),
    C_SignInit: Some(sign_init),
    C_Sign: Some(sign),
    ..CK_FUNCTION_LIST::default()
});

struct Token {
    calls: HashMap<&'static str, u32>,
    logged_in: bool,
    /// Whether a context-specific login came since the last `C_SignInit`.
    context: bool,
    tries: u32,
    sessions: CK_SESSION_HANDLE,
    found: Vec<CK_OBJECT_HANDLE>,
}

static TOKEN: LazyLock<Mutex<Token>> = LazyLock::new(|| {
    Mutex::new(Token {
        calls: HashMap::new(),
        logged_in: has("logged-in"),
        context: false,
        tries: if has("final") { 1 } else { TRIES },
        sessions: 0,
        found: Vec::new(),
    })
});

unsafe extern "C" fn initialize(arguments: *mut c_void) -> CK_RV {
    unsafe { inspect::reserved(arguments.cast()) };
    answer(enter("C_Initialize"), || CKR_OK)
}

unsafe extern "C" fn finalize(_: *mut c_void) -> CK_RV {
    answer(enter("C_Finalize"), || CKR_OK)
}

unsafe extern "C" fn slot_list(_: CK_BBOOL, list: *mut CK_SLOT_ID, count: *mut CK_ULONG) -> CK_RV {
    answer(enter("C_GetSlotList"), || unsafe {
        let gone = std::env::var("KYSO_HOSTILE_GONE").is_ok_and(|path| std::fs::exists(path).unwrap());
        if !list.is_null() && !gone {
            *list = SLOT;
        }
        *count = CK_ULONG::from(!gone);
        garbage::over(count)
    })
}

unsafe extern "C" fn token_info(_: CK_SLOT_ID, info: CK_TOKEN_INFO_PTR) -> CK_RV {
    answer(enter("C_GetTokenInfo"), || {
        let last = std::env::var("KYSO_HOSTILE_FINAL").is_ok_and(|path| std::fs::exists(path).unwrap());
        let tries = TOKEN.lock().unwrap().tries.min(if last { 1 } else { TRIES });
        let mut flags = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED;
        flags |= match tries {
            0 => CKF_USER_PIN_LOCKED,
            1 => CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW,
            2 => CKF_USER_PIN_COUNT_LOW,
            _ => 0,
        };
        flags |= pin::flags();
        if has("pad") {
            flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
        }
        let said = CK_TOKEN_INFO {
            label: padded("hostile"),
            manufacturerID: padded("nobody"),
            model: padded("hostile"),
            serialNumber: padded(&std::env::var("KYSO_HOSTILE_SERIAL").unwrap_or_else(|_| "0001".to_owned())),
            flags,
            ulMaxPinLen: 8,
            ulMinPinLen: 4,
            utcTime: padded(""),
            ..CK_TOKEN_INFO::default()
        };
        unsafe { *info = said };
        garbage::over(info)
    })
}

unsafe extern "C" fn open_session(
    _: CK_SLOT_ID,
    _: CK_FLAGS,
    _: *mut c_void,
    _: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    answer(enter("C_OpenSession"), || {
        let mut token = TOKEN.lock().unwrap();
        token.sessions += 1;
        unsafe { *session = token.sessions };
        garbage::over(session)
    })
}

unsafe extern "C" fn close_session(_: CK_SESSION_HANDLE) -> CK_RV {
    answer(enter("C_CloseSession"), || CKR_OK)
}

unsafe extern "C" fn login(
    _: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    if has("spy") {
        let pin = unsafe { std::slice::from_raw_parts(pin, length as usize) };
        eprintln!("C_Login {}", String::from_utf8_lossy(pin));
    }
    answer(enter_as("C_Login", &format!("C_Login {user}")), || {
        if user == CKU_SO {
            return pin::so_login(pin, length);
        }
        let mut token = TOKEN.lock().unwrap();
        if user == CKU_USER && token.logged_in {
            return CKR_USER_ALREADY_LOGGED_IN;
        }
        if token.tries == 0 {
            return CKR_PIN_LOCKED;
        }
        if !pin::is_right(pin, length) {
            token.tries -= 1;
            return if token.tries == 0 { CKR_PIN_LOCKED } else { CKR_PIN_INCORRECT };
        }
        token.tries = TRIES;
        token.logged_in = true;
        token.context = user == CKU_CONTEXT_SPECIFIC;
        CKR_OK
    })
}

unsafe extern "C" fn logout(_: CK_SESSION_HANDLE) -> CK_RV {
    answer(enter("C_Logout"), || {
        let was = std::mem::take(&mut TOKEN.lock().unwrap().logged_in) | pin::so_logout();
        if was { CKR_OK } else { CKR_USER_NOT_LOGGED_IN }
    })
}

unsafe extern "C" fn find_init(_: CK_SESSION_HANDLE, template: CK_ATTRIBUTE_PTR, _: CK_ULONG) -> CK_RV {
    answer(enter("C_FindObjectsInit"), || {
        // The host searches by class and by nothing else.
        let class = unsafe { *(*template).pValue.cast::<CK_OBJECT_CLASS>() };
        let mut token = TOKEN.lock().unwrap();
        token.found = match class {
            CKO_CERTIFICATE => vec![CERTIFICATE],
            CKO_PRIVATE_KEY if token.logged_in => vec![PRIVATE_KEY],
            _ => Vec::new(),
        };
        CKR_OK
    })
}

unsafe extern "C" fn find(
    _: CK_SESSION_HANDLE,
    objects: *mut CK_OBJECT_HANDLE,
    _: CK_ULONG,
    count: *mut CK_ULONG,
) -> CK_RV {
    answer(enter("C_FindObjects"), || {
        let found = TOKEN.lock().unwrap().found.pop();
        unsafe {
            *count = CK_ULONG::from(found.is_some());
            if let Some(found) = found {
                *objects = found;
            }
        }
        garbage::over(count)
    })
}

unsafe extern "C" fn find_final(_: CK_SESSION_HANDLE) -> CK_RV {
    answer(enter("C_FindObjectsFinal"), || CKR_OK)
}

unsafe extern "C" fn attributes(
    _: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: CK_ATTRIBUTE_PTR,
    count: CK_ULONG,
) -> CK_RV {
    answer(enter("C_GetAttributeValue"), || {
        let mut said = CKR_OK;
        for wanted in unsafe { std::slice::from_raw_parts_mut(template, count as usize) } {
            let value = match (wanted.type_, object) {
                (CKA_VALUE, CERTIFICATE) => {
                    std::fs::read(std::env::var("KYSO_HOSTILE_CERTIFICATE").unwrap()).unwrap()
                }
                (CKA_ID, _) => vec![1],
                (CKA_LABEL, _) => b"hostile".to_vec(),
                (CKA_ALWAYS_AUTHENTICATE, PRIVATE_KEY) => vec![u8::from(has("always-authenticate"))],
                _ => {
                    wanted.ulValueLen = CK_UNAVAILABLE_INFORMATION;
                    said = CKR_ATTRIBUTE_TYPE_INVALID;
                    continue;
                }
            };
            if !wanted.pValue.is_null() {
                assert!(wanted.ulValueLen as usize >= value.len(), "the host asks for the length first");
                unsafe { ptr::copy_nonoverlapping(value.as_ptr(), wanted.pValue.cast(), value.len()) };
            }
            wanted.ulValueLen = value.len() as CK_ULONG;
            garbage::over(&mut wanted.ulValueLen);
        }
        said
    })
}

unsafe extern "C" fn sign_init(_: CK_SESSION_HANDLE, _: CK_MECHANISM_PTR, _: CK_OBJECT_HANDLE) -> CK_RV {
    answer(enter("C_SignInit"), || {
        let mut token = TOKEN.lock().unwrap();
        token.context = false;
        if token.logged_in { CKR_OK } else { CKR_USER_NOT_LOGGED_IN }
    })
}

unsafe extern "C" fn sign(
    _: CK_SESSION_HANDLE,
    _: *mut CK_BYTE,
    _: CK_ULONG,
    signature: *mut CK_BYTE,
    length: *mut CK_ULONG,
) -> CK_RV {
    let size = if action("C_Sign").as_deref() == Some("long") { 4096 } else { SIGNATURE };
    if signature.is_null() {
        unsafe { *length = size };
        return CKR_OK;
    }
    answer(enter("C_Sign"), || {
        if has("always-authenticate") && !TOKEN.lock().unwrap().context {
            return CKR_USER_NOT_LOGGED_IN;
        }
        unsafe {
            let room = *length;
            *length = size;
            if room < size {
                return CKR_BUFFER_TOO_SMALL;
            }
            ptr::write_bytes(signature, 0x5a, size as usize);
        }
        garbage::over(length)
    })
}

/// The answer that `enter` chose, or what the function does.
fn answer(chosen: Option<CK_RV>, function: impl FnOnce() -> CK_RV) -> CK_RV {
    chosen.unwrap_or_else(function)
}

fn enter(function: &'static str) -> Option<CK_RV> {
    enter_as(function, function)
}

/// Counts a call, and misbehaves in it if that is what the environment wants.
fn enter_as(function: &'static str, line: &str) -> Option<CK_RV> {
    note(line);
    *TOKEN.lock().unwrap().calls.entry(function).or_default() += 1;
    let action = action(function)?;
    if let Ok(once) = std::env::var("KYSO_HOSTILE_ONCE") {
        File::create_new(once).ok()?;
    }
    match action.as_str() {
        "hang" => loop {
            std::thread::park();
        },
        "spin" => loop {
            std::hint::spin_loop();
        },
        "garbage" => return garbage::begin(function),
        // Not null: the compiler would turn a write to null into an orderly panic.
        "crash" => unsafe { ptr::without_provenance_mut::<u8>(8).write_volatile(1) },
        "abort" => std::process::abort(),
        "exit" => std::process::exit(7),
        "slow" => std::thread::sleep(Duration::from_millis(20)),
        "print" => {
            let mut out = std::io::stdout().lock();
            out.write_all(b"\x05\0\0\0garbage\n").unwrap();
            out.flush().unwrap();
        }
        "inspect" => inspect::protection(),
        "probe" => probe::everything(function),
        "command" => probe::command(),
        "compat" => probe::compat(),
        "scan" => inspect::scan(function),
        "long" => {}
        code => return Some(CK_RV::from_str_radix(code.trim_start_matches("0x"), 16).unwrap()),
    }
    None
}

/// What the environment wants of the call under way.
fn action(function: &str) -> Option<String> {
    let wanted = std::env::var("KYSO_HOSTILE").unwrap_or_default();
    let calls = TOKEN.lock().unwrap().calls.get(function).copied();
    wanted.split(',').filter_map(|part| part.split_once('=')).find_map(|(place, action)| {
        let (name, call) = place.split_once('@').map_or((place, None), |(name, call)| (name, Some(call)));
        let now = call.is_none_or(|call| call.parse().ok() == calls);
        (name == function && now).then(|| action.to_owned())
    })
}

fn has(property: &str) -> bool {
    std::env::var("KYSO_HOSTILE_TOKEN").is_ok_and(|all| all.split(',').any(|one| one == property))
}

fn note(line: &str) {
    if let Ok(path) = std::env::var("KYSO_HOSTILE_LOG") {
        let mut log = OpenOptions::new().append(true).create(true).open(path).unwrap();
        log.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    field[..text.len()].copy_from_slice(text.as_bytes());
    field
}

const SLOT: CK_SLOT_ID = 5;
const CERTIFICATE: CK_OBJECT_HANDLE = 1;
const PRIVATE_KEY: CK_OBJECT_HANDLE = 2;
const TRIES: u32 = 3;
const SIGNATURE: CK_ULONG = 256;
