//! From login to logout.

use cryptoki::error::Error;
use cryptoki::error::RvError;
use cryptoki::session::Session;
use cryptoki::session::UserType;
use cryptoki::types::RawAuthPin;

use crate::domain::seal::Pin;
use crate::token::wire::Failure;

/// What logs in. A PIN's memory is locked while this lives and wiped after (R35).
pub(in crate::token) enum Secret {
    Pin {
        pin: RawAuthPin,
        _locked: region::LockGuard,
    },
    /// The reader's pad: `C_Login` with no PIN (PKCS#11 v2.40 §5.6, `C_Login`).
    Reader,
}

impl Secret {
    /// # Errors
    /// If its memory can't be locked: better no signature than a PIN in the swap file.
    pub(in crate::token) fn pin(pin: &Pin) -> Result<Self, Failure> {
        let bytes = Box::new(pin.bytes().to_vec());
        let locked = region::lock(bytes.as_ptr(), bytes.len());
        // Moving the box does not move the bytes.
        let pin = RawAuthPin::new(bytes);
        let locked = locked.map_err(|error| Failure::other(format!("memory can't be locked: {error}")))?;
        Ok(Self::Pin { pin, _locked: locked })
    }

    /// One `C_Login`.
    ///
    /// # Errors
    /// The token's answer.
    pub(super) fn login(&self, session: &Session, user: UserType) -> Result<(), Error> {
        match self {
            Self::Pin { pin, .. } => session.login_with_raw(user, pin),
            Self::Reader => session.login(user, None),
        }
    }
}

/// A login. Dropping it logs the token out, whatever happened in between.
pub(super) struct Login<'a>(&'a Session);

impl<'a> Login<'a> {
    /// One `C_Login` that checks the secret (R39). `CKR_USER_ALREADY_LOGGED_IN` has checked nothing
    /// (R36), so the token is logged out and asked again.
    ///
    /// # Errors
    /// The token's answer. A wrong secret is not tried again.
    pub(super) fn with(session: &'a Session, secret: &Secret) -> Result<Self, Error> {
        match secret.login(session, UserType::User) {
            Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                session.logout()?;
                secret.login(session, UserType::User)?;
            }
            outcome => outcome?,
        }
        Ok(Self(session))
    }

    /// Leaves the token logged in.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Login<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.logout() {
            eprintln!("logout: {error:?}");
        }
    }
}
