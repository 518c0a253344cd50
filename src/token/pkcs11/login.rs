//! From login to logout.

use cryptoki::error::Error;
use cryptoki::error::RvError;
use cryptoki::session::Session;
use cryptoki::session::UserType;
use cryptoki::types::RawAuthPin;
use secrecy::ExposeSecret;

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

    /// The PIN; none is typed on the reader.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Pin { pin, .. } => Some(pin.expose_secret()),
            Self::Reader => None,
        }
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
        Self::as_user(session, secret, UserType::User)
    }

    /// The same as the user or as the SO.
    ///
    /// # Errors
    /// The token's answer.
    pub(super) fn as_user(session: &'a Session, secret: &Secret, user: UserType) -> Result<Self, Error> {
        match secret.login(session, user) {
            Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                session.logout()?;
                secret.login(session, user)?;
            }
            outcome => outcome?,
        }
        Ok(Self(session))
    }

    /// Leaves the token logged in.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }

    /// Logs out.
    ///
    /// # Errors
    /// The token's answer, if it did not say so.
    pub(super) fn end(self) -> Result<(), Error> {
        let session = self.0;
        std::mem::forget(self);
        log_out(session)
    }
}

impl Drop for Login<'_> {
    fn drop(&mut self) {
        let _ = log_out(self.0);
    }
}

fn log_out(session: &Session) -> Result<(), Error> {
    let said = session.logout();
    if let Err(error) = &said {
        eprintln!("logout: {error:?}");
    }
    said
}
