//! Loading a module, and what it has plugged in.

use std::ffi::CString;
use std::path::Path;
use std::path::PathBuf;

use cryptoki::context::CInitializeFlags;
use cryptoki::context::Pkcs11;
use cryptoki::error::Error;
use cryptoki::error::RvError;
use cryptoki::slot::Slot;
use cryptoki::slot::TokenInfo;

use super::kept::Kept;
use super::objects;
use super::objects::Found;
use super::places::Places;
use super::raw;
use crate::domain::module::ModuleSettings;
use crate::token::wire::Failure;
use crate::token::wire::Flags;
use crate::token::wire::Kind;
use crate::token::wire::Object;
use crate::token::wire::Setup;
use crate::token::wire::Token;

/// A loaded and initialised module.
pub(in crate::token) struct Module {
    pub(super) pkcs11: Pkcs11,
    pub(super) path: PathBuf,
    /// Sessions that a batch is split over.
    pub(super) parallel: usize,
    pub(super) places: Places,
    /// A login that outlives its job.
    pub(super) kept: Kept,
}

impl Module {
    /// Loads the library and calls `C_Initialize`, with the system's locks (R52).
    ///
    /// # Errors
    /// [`Kind::Missing`] if it can't be loaded or is no PKCS#11 library.
    pub(in crate::token) fn load(path: &Path, setup: &Setup) -> Result<Self, Failure> {
        let missing = |error: Error| Failure::new(Kind::Missing, format!("no PKCS#11 library: {error}"));
        let pkcs11 = Pkcs11::new(path).map_err(missing)?;
        let reserved = setup.reserved.clone().map(CString::new).transpose();
        let reserved = reserved.map_err(|_| Failure::new(Kind::Missing, "a NUL in the reserved string"))?;
        let start = |flags| match raw::initialize(&pkcs11, flags, reserved.as_deref()) {
            Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
            outcome => outcome,
        };
        match start(CInitializeFlags::OS_LOCKING_OK) {
            // One thread makes all calls, so a module without locks is as good.
            Err(Error::Pkcs11(RvError::CantLock, _)) => start(CInitializeFlags::empty())?,
            outcome => outcome?,
        }
        let parallel = usize::try_from(setup.parallel).unwrap_or(1).clamp(1, ModuleSettings::MOST_SESSIONS);
        Ok(Self { pkcs11, path: path.to_owned(), parallel, places: Places::default(), kept: Kept::default() })
    }

    /// Every token with its certificates. A slot that can't be read is left out.
    ///
    /// # Errors
    /// The first slot's failure if none can be read.
    pub(in crate::token) fn list(&self) -> Result<Vec<Token>, Failure> {
        self.places.clear();
        let mut tokens = Vec::new();
        let mut first = None;
        for slot in self.pkcs11.get_slots_with_token()? {
            match self.look(slot) {
                Ok(token) => tokens.extend(token),
                Err(failure) => {
                    eprintln!("slot {}: {}", slot.id(), failure.cause);
                    first.get_or_insert(failure);
                }
            }
        }
        self.end_kept_unless_on(tokens.iter().map(|token: &Token| token.serial.as_str()));
        match first {
            Some(failure) if tokens.is_empty() => Err(failure),
            _ => Ok(tokens),
        }
    }

    /// `C_Finalize`; its answer changes nothing any more.
    pub(in crate::token) fn finalize(self) {
        self.end_kept();
        let _ = self.pkcs11.finalize();
    }

    /// What the flags of the token with this serial number say of its PIN now; none if it is not there.
    pub(in crate::token) fn pin(&self, wanted: &str) -> Option<Flags> {
        let is_it = |info: &TokenInfo| serial(info) == wanted;
        let known = self.places.slot_of(wanted);
        let info = |slot| self.pkcs11.get_token_info(slot).ok().filter(is_it);
        let found = known
            .and_then(info)
            .or_else(|| self.pkcs11.get_slots_with_token().unwrap_or_default().into_iter().find_map(info));
        found.map(|info| flags(&info))
    }

    /// The slot's description, which is the reader's name in OpenSC and most others.
    fn reader(&self, slot: Slot) -> String {
        let info = self.pkcs11.get_slot_info(slot);
        info.map_or_else(
            |_| String::new(),
            |info| info.slot_description().trim_matches([' ', '\0']).to_owned(),
        )
    }

    fn look(&self, slot: Slot) -> Result<Option<Token>, Failure> {
        let info = self.pkcs11.get_token_info(slot)?;
        if !info.token_initialized() {
            return Ok(None);
        }
        let session = self.pkcs11.open_ro_session(slot)?;
        let certificates = objects::certificates(&session)?;
        self.places.remember(&serial(&info), slot, &certificates);
        Ok(Some(Token {
            serial: serial(&info),
            label: info.label().to_owned(),
            model: info.model().to_owned(),
            manufacturer: info.manufacturer_id().to_owned(),
            pin: flags(&info),
            reader: self.reader(slot),
            certificates: certificates.into_iter().map(Object::from).collect(),
        }))
    }
}

impl From<Found> for Object {
    fn from(found: Found) -> Self {
        Self { der: found.der, id: found.id }
    }
}

/// A token's serial number, blanks and NULs trimmed.
pub(super) fn serial(info: &TokenInfo) -> String {
    info.serial_number().trim_matches([' ', '\0']).to_owned()
}

/// The most pressing thing a token's flags say of its user PIN.
pub(super) fn flags(info: &TokenInfo) -> Flags {
    let said = [
        (info.user_pin_locked(), Flags::Locked),
        (info.user_pin_to_be_changed(), Flags::MustChange),
        (info.protected_authentication_path(), Flags::Reader),
        (info.user_pin_final_try(), Flags::FinalTry),
        (info.user_pin_count_low(), Flags::Low),
    ];
    said.into_iter().find_map(|(set, flag)| set.then_some(flag)).unwrap_or(Flags::Ok)
}
