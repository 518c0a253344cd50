//! Where certificates were seen last, so that a job needs no search through all objects.
//!
//! A place is a hint: token, certificate and `CKA_ID` are read there again before they are believed.

use std::cell::RefCell;
use std::collections::HashMap;

use cryptoki::object::ObjectHandle;
use cryptoki::slot::Slot;
use sha2::Digest as _;
use sha2::Sha256;

use super::objects::Found;
use crate::domain::certificate::CertId;

/// The places of one module.
#[derive(Default)]
pub(super) struct Places(RefCell<HashMap<(String, CertId), Place>>);

/// A certificate object in a slot.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) slot: Slot,
    pub(super) object: ObjectHandle,
}

impl Places {
    /// Where this certificate was on this token.
    pub(super) fn of(&self, serial: &str, certificate: CertId) -> Option<Place> {
        self.0.borrow().get(&(serial.to_owned(), certificate)).copied()
    }

    /// The slot in which a token with certificates was.
    pub(super) fn slot_of(&self, serial: &str) -> Option<Slot> {
        self.0.borrow().iter().find(|((known, _), _)| known == serial).map(|(_, place)| place.slot)
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Remembers a token's certificates.
    pub(super) fn remember(&self, serial: &str, slot: Slot, certificates: &[Found]) {
        let mut places = self.0.borrow_mut();
        for found in certificates {
            let certificate = CertId(Sha256::digest(&found.der).into());
            places.insert((serial.to_owned(), certificate), Place { slot, object: found.object });
        }
    }
}
