//! Loading a module, and what it has plugged in.

use std::ffi::CString;
use std::path::Path;
use std::path::PathBuf;

use cryptoki::context::CInitializeFlags;
use cryptoki::context::Pkcs11;
use cryptoki::error::Error;
use cryptoki::error::RvError;
use cryptoki::slot::Slot;

use super::info::TokenInfo;
use super::kept::Kept;
use super::objects;
use super::objects::Found;
use super::places::Place;
use super::places::Places;
use super::raw;
use crate::domain::module::ModuleSettings;
use crate::token::trace::Step;
use crate::token::trace::Tracer;
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
    /// Tells of each step, where somebody listens.
    pub(super) tracer: Tracer,
}

impl Module {
    /// Loads the library and calls `C_Initialize`, with the system's locks (R52).
    ///
    /// # Errors
    /// [`Kind::Missing`] if it can't be loaded or is no PKCS#11 library.
    pub(in crate::token) fn load(path: &Path, setup: &Setup, tracer: Tracer) -> Result<Self, Failure> {
        let missing = |error: Error| Failure::new(Kind::Missing, format!("no PKCS#11 library: {error}"));
        let pkcs11 = tracer.step(Step::Load, || Pkcs11::new(path).map_err(missing))?;
        let reserved = setup.reserved.clone().map(CString::new).transpose();
        let reserved = reserved.map_err(|_| Failure::new(Kind::Missing, "a NUL in the reserved string"))?;
        let start = |flags| match raw::initialize(&pkcs11, flags, reserved.as_deref()) {
            Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
            outcome => outcome,
        };
        tracer.step(Step::Initialize, || match start(CInitializeFlags::OS_LOCKING_OK) {
            // One thread makes all calls, so a module without locks is as good.
            Err(Error::Pkcs11(RvError::CantLock, _)) => start(CInitializeFlags::empty()),
            outcome => outcome,
        })?;
        let parallel = usize::try_from(setup.parallel).unwrap_or(1).clamp(1, ModuleSettings::MOST_SESSIONS);
        let (path, places, kept) = (path.to_owned(), Places::default(), Kept::default());
        Ok(Self { pkcs11, path, parallel, places, kept, tracer })
    }

    /// Every token with its certificates. A slot that can't be read is left out.
    ///
    /// # Errors
    /// The first slot's failure if none can be read.
    pub(in crate::token) fn list(&self) -> Result<Vec<Token>, Failure> {
        self.places.clear();
        let mut tokens = Vec::new();
        let mut first = None;
        for slot in self.tracer.step(Step::Slots, || self.pkcs11.get_slots_with_token())? {
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
        let is_it = |info: &TokenInfo| info.serial == wanted;
        let known = self.places.slot_of(wanted);
        let info = |slot| self.info(slot).ok().filter(is_it);
        let found = known
            .and_then(info)
            .or_else(|| self.pkcs11.get_slots_with_token().unwrap_or_default().into_iter().find_map(info));
        found.map(|info| info.pin())
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
        let info = self.tracer.step(Step::Token, || self.info(slot))?;
        if !info.is_initialized() {
            return Ok(None);
        }
        let (session, certificates) = self.tracer.step(Step::Certificates, || {
            let session = self.pkcs11.open_ro_session(slot)?;
            let certificates = objects::certificates(&session)?;
            Ok::<_, Error>((session, certificates))
        })?;
        self.places.put(Place::new(slot, info.serial.clone(), session, &certificates));
        Ok(Some(Token {
            pin: info.pin(),
            serial: info.serial,
            label: info.label,
            model: info.model,
            manufacturer: info.manufacturer,
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
