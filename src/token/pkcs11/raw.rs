//! The three things that cryptoki has no safe way for.
//!
//! A key that wants the PIN for each signature (`CKA_ALWAYS_AUTHENTICATE`, R42): the login stands between
//! `C_SignInit` and `C_Sign` (PKCS#11 v2.40 §4.9). cryptoki's `sign` makes both calls in one go, and its
//! multi-part signing is refused where `CKM_RSA_PKCS` and `CKM_ECDSA` are single-part, as the standard has
//! them. So `C_Sign` is called by hand.
//!
//! A token whose clock cryptoki can't read: it refuses all of such a token's `CK_TOKEN_INFO` (opencryptoki
//! fills `utcTime` with what is no time, measured).
//!
//! And the reserved argument of `C_Initialize`, in which NSS takes its parameters as a string.
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
    _library: Library,
}

type CSign = unsafe extern "C" fn(CK_SESSION_HANDLE, *mut u8, CK_ULONG, *mut u8, *mut CK_ULONG) -> CK_RV;

impl EachTime {
    /// `path` is the one that [`Module::load`](super::Module::load) loaded: loading it again gives the same
    /// instance (dlopen(3)).
    ///
    /// # Errors
    /// If the module has no `C_Sign`.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let library = Library::of(path)?;
        let sign = library.functions()?.C_Sign.ok_or(Error::NullFunctionPointer)?;
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

/// `C_GetTokenInfo` of a module that is loaded already.
///
/// # Errors
/// The module's answer.
pub(super) fn token_info(path: &Path, slot: Slot) -> Result<CK_TOKEN_INFO, Error> {
    let library = Library::of(path)?;
    let ask = library.functions()?.C_GetTokenInfo.ok_or(Error::NullFunctionPointer)?;
    let mut info = CK_TOKEN_INFO::default();
    // SAFETY: `info` is valid for a write.
    Rv::from(unsafe { ask(slot.into(), &mut info) }).into_result(Function::GetTokenInfo)?;
    Ok(info)
}

/// A module once more.
struct Library(cryptoki_sys::Pkcs11);

impl Library {
    fn of(path: &Path) -> Result<Self, Error> {
        // SAFETY: the constructors of the library have run, since it is loaded.
        unsafe { cryptoki_sys::Pkcs11::new(path) }.map(Self).map_err(Error::LibraryLoading)
    }

    fn functions(&self) -> Result<&CK_FUNCTION_LIST, Error> {
        let Ok(function_list) = &self.0.C_GetFunctionList else {
            return Err(Error::MissingSymbol("C_GetFunctionList"));
        };
        let mut list: *mut CK_FUNCTION_LIST = ptr::null_mut();
        // SAFETY: the symbol has the signature of PKCS#11 v2.40 §5.4, and `list` is valid for a write.
        Rv::from(unsafe { function_list(&mut list) }).into_result(Function::GetFunctionList)?;
        // SAFETY: after CKR_OK it is null or points to a list that lives as long as the library.
        unsafe { list.as_ref() }.ok_or(Error::NullFunctionPointer)
    }
}

/// RSA-8192.
const LONGEST: usize = 1024;
