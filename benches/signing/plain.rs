//! The same work in the plainest way.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::support::softhsm::SoftHsm;
use crate::token::{Token, digest};

pub(crate) struct Plain {
    pkcs11: Pkcs11,
    slot: Slot,
}

impl Plain {
    pub(crate) fn open() -> Self {
        let pkcs11 = Pkcs11::new(SoftHsm::module()).unwrap();
        pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
        Self { pkcs11, slot }
    }

    /// Login, find, sign and verify `count` times, logout.
    pub(crate) fn sign(&self, token: &Token, count: usize) {
        self.sign_in(token, count, 1);
    }

    /// Login and find.
    pub(crate) fn log_in(&self, token: &Token) -> LoggedIn {
        let session = self.pkcs11.open_ro_session(self.slot).unwrap();
        session.login(UserType::User, Some(&AuthPin::from(SoftHsm::PIN.to_owned()))).unwrap();
        let label = token.kind.label().as_bytes().to_vec();
        let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(label)];
        let key = session.find_objects(&wanted).unwrap()[0];
        LoggedIn { session, key }
    }

    /// The same over several sessions, a thread each.
    pub(crate) fn sign_in(&self, token: &Token, count: usize, sessions: usize) {
        let LoggedIn { session, key } = self.log_in(token);
        std::thread::scope(|scope| {
            for _ in 1..sessions {
                let session = self.pkcs11.open_ro_session(self.slot).unwrap();
                scope.spawn(move || make(&session, token, key, count / sessions));
            }
            make(&session, token, key, count / sessions);
        });
        session.logout().unwrap();
    }
}

/// A session that stays logged in.
pub(crate) struct LoggedIn {
    session: Session,
    key: ObjectHandle,
}

impl LoggedIn {
    /// Signs and verifies once.
    pub(crate) fn sign(&self, token: &Token) {
        make(&self.session, token, self.key, 1);
    }
}

fn make(session: &Session, token: &Token, key: ObjectHandle, count: usize) {
    let digest = digest();
    for _ in 0..count {
        let (mechanism, input) = token.kind.input(&digest);
        token.verify(&digest, &session.sign(&mechanism, key, &input).unwrap());
    }
}
