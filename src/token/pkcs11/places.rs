//! Where certificates were seen last, so that a job needs no search through all objects.
//!
//! A place is a hint: token, certificate and `CKA_ID` are read there again before they are believed. Its
//! session is kept open, because object handles end with a token's last session (SoftHSM, measured).

use std::cell::RefCell;

use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki::slot::Slot;
use sha2::Digest as _;
use sha2::Sha256;

use super::objects::Found;
use crate::domain::certificate::CertId;

/// The places of one module.
#[derive(Default)]
pub(super) struct Places(RefCell<Vec<Place>>);

/// A token in a slot, with a session that is not logged in.
pub(super) struct Place {
    pub(super) slot: Slot,
    pub(super) serial: String,
    pub(super) session: Session,
    certificates: Vec<(CertId, ObjectHandle)>,
}

impl Places {
    /// The place of this certificate on this token, taken out: whoever puts it back vouches that it is
    /// logged out.
    pub(super) fn take(&self, serial: &str, certificate: CertId) -> Option<Place> {
        let mut places = self.0.borrow_mut();
        let holds = |place: &Place| place.serial == serial && place.object(certificate).is_some();
        let index = places.iter().position(holds)?;
        Some(places.swap_remove(index))
    }

    pub(super) fn put(&self, place: Place) {
        self.0.borrow_mut().push(place);
    }

    /// The slot in which a token was.
    pub(super) fn slot_of(&self, serial: &str) -> Option<Slot> {
        self.0.borrow().iter().find(|place| place.serial == serial).map(|place| place.slot)
    }

    /// Closes all sessions.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

impl Place {
    pub(super) fn new(slot: Slot, serial: String, session: Session, certificates: &[Found]) -> Self {
        let named = |found: &Found| (CertId(Sha256::digest(&found.der).into()), found.object);
        Self { slot, serial, session, certificates: certificates.iter().map(named).collect() }
    }

    /// Where in it this certificate was.
    pub(super) fn object(&self, certificate: CertId) -> Option<ObjectHandle> {
        self.certificates.iter().find(|(known, _)| *known == certificate).map(|(_, object)| *object)
    }
}
