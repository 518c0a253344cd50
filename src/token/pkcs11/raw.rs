//! The four things that cryptoki has no safe way for.
//!
//! A key that wants the PIN for each signature (`CKA_ALWAYS_AUTHENTICATE`, R42): the login stands between
//! `C_SignInit` and `C_Sign` (PKCS#11 v2.40 §4.9). cryptoki's `sign` makes both calls in one go, and its
//! multi-part signing is refused where `CKM_RSA_PKCS` and `CKM_ECDSA` are single-part, as the standard has
//! them. So `C_Sign` is called by hand.
//!
//! A token whose clock cryptoki can't read: it refuses all of such a token's `CK_TOKEN_INFO` (opencryptoki
//! fills `utcTime` with what is no time, measured).
//!
//! The reserved argument of `C_Initialize`, in which NSS takes its parameters as a string.
//!
//! And `C_SetPIN` and `C_InitPIN` with no PIN at all, for a reader's own pad: cryptoki wants text there.
#![allow(unsafe_code, reason = "raw pointers into a module")]

use std::ffi::CStr;
use std::path::Path;
use std::ptr;
use std::ptr::NonNull;

use cryptoki::context::CInitializeArgs;
use cryptoki::context::CInitializeFlags;
use cryptoki::context::Function;
use cryptoki::context::Pkcs11;
use cryptoki::error::Error;
use cryptoki::error::Rv;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki::session::UserType;
use cryptoki::slot::Slot;
use cryptoki_sys::CK_FUNCTION_LIST;
use cryptoki_sys::CK_RV;
use cryptoki_sys::CK_SESSION_HANDLE;
use cryptoki_sys::CK_SLOT_ID;
use cryptoki_sys::CK_TOKEN_INFO;
use cryptoki_sys::CK_ULONG;

use super::login::Secret;

/// `C_Initialize` with these flags and a reserved string.
///
/// # Errors
/// The module's answer.
pub(super) fn initialize(
    pkcs11: &Pkcs11,
    flags: CInitializeFlags,
    reserved: Option<&CStr>,
) -> Result<(), Error> {
    let arguments = match reserved {
        // SAFETY: the string outlives the call; modules that take one copy it (NSS, and p11-kit's
        // x-init-reserved, which passes it the same way).
        Some(text) => unsafe { CInitializeArgs::new_with_reserved(flags, NonNull::from(text).cast()) },
        None => CInitializeArgs::new(flags),
    };
    pkcs11.initialize(arguments)
}

/// `C_Sign` of a module that is loaded already.
pub(super) struct EachTime {
    sign: CSign,
    /// Keeps `sign` valid.
    _library: cryptoki_sys::Pkcs11,
}

type CSign = unsafe extern "C" fn(CK_SESSION_HANDLE, *mut u8, CK_ULONG, *mut u8, *mut CK_ULONG) -> CK_RV;

impl EachTime {
    /// `path` is the one that [`Module::load`](super::Module::load) loaded: loading it again gives the same
    /// instance (dlopen(3)).
    ///
    /// # Errors
    /// If the module has no `C_Sign`.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let (library, list) = functions(path)?;
        let sign = list.C_Sign.ok_or(Error::NullFunctionPointer)?;
        Ok(Self { sign, _library: library })
    }

    /// One signature, after a login of its own.
    ///
    /// # Errors
    /// The token's answer; then the secret must not be used again in this job (R39).
    pub(super) fn sign(
        &self,
        session: &Session,
        secret: &Secret,
        mechanism: &Mechanism<'_>,
        key: ObjectHandle,
        input: &[u8],
    ) -> Result<Vec<u8>, Error> {
        session.sign_init(mechanism, key)?;
        secret.login(session, UserType::ContextSpecific)?;
        let mut input = input.to_vec();
        let mut signature = vec![0; LONGEST];
        let mut length = CK_ULONG::try_from(signature.len())?;
        // SAFETY: the session is open, and each pointer is valid for the length beside it.
        let answer = unsafe {
            (self.sign)(
                session.handle(),
                input.as_mut_ptr(),
                CK_ULONG::try_from(input.len())?,
                signature.as_mut_ptr(),
                &mut length,
            )
        };
        Rv::from(answer).into_result(Function::Sign)?;
        signature.truncate(usize::try_from(length)?);
        Ok(signature)
    }
}

/// `C_SetPIN` and `C_InitPIN` of a module that is loaded already.
pub(super) struct PinCalls {
    set: CSetPin,
    init: CInitPin,
    close_all: Option<CCloseAll>,
    /// Keeps them valid.
    _library: cryptoki_sys::Pkcs11,
}

type CSetPin = unsafe extern "C" fn(CK_SESSION_HANDLE, *mut u8, CK_ULONG, *mut u8, CK_ULONG) -> CK_RV;
type CCloseAll = unsafe extern "C" fn(CK_SLOT_ID) -> CK_RV;
type CInitPin = unsafe extern "C" fn(CK_SESSION_HANDLE, *mut u8, CK_ULONG) -> CK_RV;

impl PinCalls {
    /// As [`EachTime::of`].
    ///
    /// # Errors
    /// If the module lacks one of them.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let (library, list) = functions(path)?;
        let set = list.C_SetPIN.ok_or(Error::NullFunctionPointer)?;
        let init = list.C_InitPIN.ok_or(Error::NullFunctionPointer)?;
        Ok(Self { set, init, close_all: list.C_CloseAllSessions, _library: library })
    }

    /// `C_CloseAllSessions`: the SO can't log in beside a session that only reads
    /// (`CKR_SESSION_READ_ONLY_EXISTS`, PKCS#11 v2.40 §5.6). A module that lacks it has none of ours open.
    ///
    /// # Errors
    /// The module's answer.
    pub(super) fn close_sessions(&self, slot: Slot) -> Result<(), Error> {
        let Some(close_all) = self.close_all else { return Ok(()) };
        // SAFETY: the module is initialised, and no session of ours is used after this.
        Rv::from(unsafe { close_all(CK_SLOT_ID::try_from(slot.id())?) })
            .into_result(Function::CloseAllSessions)
    }

    /// One `C_SetPIN`.
    ///
    /// # Errors
    /// The token's answer.
    pub(super) fn set(&self, session: &Session, old: &Secret, new: &Secret) -> Result<(), Error> {
        let ((old, old_length), (new, new_length)) = (parts(old)?, parts(new)?);
        // SAFETY: the session is open; each pointer is valid for the length beside it, or null where the
        // reader's pad is meant (PKCS#11 v2.40 §5.5), and the module only reads there.
        let answer = unsafe { (self.set)(session.handle(), old, old_length, new, new_length) };
        Rv::from(answer).into_result(Function::SetPIN)
    }

    /// One `C_InitPIN`.
    ///
    /// # Errors
    /// The token's answer.
    pub(super) fn init(&self, session: &Session, new: &Secret) -> Result<(), Error> {
        let (new, length) = parts(new)?;
        // SAFETY: as in `set`.
        let answer = unsafe { (self.init)(session.handle(), new, length) };
        Rv::from(answer).into_result(Function::InitPIN)
    }
}

/// A secret as PKCS#11 takes it; null is the reader's pad.
fn parts(secret: &Secret) -> Result<(*mut u8, CK_ULONG), Error> {
    match secret.bytes() {
        Some(bytes) => Ok((bytes.as_ptr().cast_mut(), CK_ULONG::try_from(bytes.len())?)),
        None => Ok((ptr::null_mut(), 0)),
    }
}

/// The functions of a module that is loaded already; they are there as long as the library is kept.
fn functions(path: &Path) -> Result<(cryptoki_sys::Pkcs11, CK_FUNCTION_LIST), Error> {
    // SAFETY: the constructors of the library have run, since it is loaded.
    let library = unsafe { cryptoki_sys::Pkcs11::new(path) }.map_err(Error::LibraryLoading)?;
    let Ok(function_list) = &library.C_GetFunctionList else {
        return Err(Error::MissingSymbol("C_GetFunctionList"));
    };
    let mut list: *mut CK_FUNCTION_LIST = ptr::null_mut();
    // SAFETY: the symbol has the signature of PKCS#11 v2.40 §5.4, and `list` is valid for a write.
    Rv::from(unsafe { function_list(&mut list) }).into_result(Function::GetFunctionList)?;
    // SAFETY: after CKR_OK it is null or points to a list that lives as long as the library.
    let list = unsafe { list.as_ref() }.ok_or(Error::NullFunctionPointer)?;
    Ok((library, *list))
}

/// `C_GetTokenInfo` of a module that is loaded already.
///
/// # Errors
/// The module's answer.
pub(super) fn token_info(path: &Path, slot: Slot) -> Result<CK_TOKEN_INFO, Error> {
    let (_library, list) = functions(path)?;
    let ask = list.C_GetTokenInfo.ok_or(Error::NullFunctionPointer)?;
    let mut info = CK_TOKEN_INFO::default();
    // SAFETY: `info` is valid for a write.
    Rv::from(unsafe { ask(slot.into(), &mut info) }).into_result(Function::GetTokenInfo)?;
    Ok(info)
}

/// RSA-8192.
const LONGEST: usize = 1024;
