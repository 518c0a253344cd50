//! The same work in the plainest way, with the same PKCS#11 calls.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::support::softhsm::SoftHsm;
use crate::token::{Token, digest};

pub(crate) struct Plain {
    pkcs11: Pkcs11,
    slot: Slot,
    /// Keeps the handles of public objects alive, as Kyso's session does.
    _session: Session,
}

impl Plain {
    pub(crate) fn open() -> Self {
        let pkcs11 = Pkcs11::new(SoftHsm::module()).unwrap();
        pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
        let session = pkcs11.open_ro_session(slot).unwrap();
        Self { pkcs11, slot, _session: session }
    }

    /// Look, login, find, sign and verify `count` times, logout.
    pub(crate) fn sign(&self, token: &Token, count: usize) {
        self.sign_in(token, count, 1);
    }

    /// Look, login and find.
    pub(crate) fn log_in(&self, token: &Token) -> LoggedIn<'_> {
        let session = self.pkcs11.open_ro_session(self.slot).unwrap();
        let id = self.look(&session, token);
        session.login(UserType::User, Some(&AuthPin::from(SoftHsm::PIN.to_owned()))).unwrap();
        let key = session
            .find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(id)])
            .unwrap()[0];
        let asked = [AttributeType::Modulus, AttributeType::EcPoint, AttributeType::AlwaysAuthenticate];
        session.get_attributes(key, &asked).unwrap();
        LoggedIn { plain: self, session, key }
    }

    /// Reads again what must be true right before a signature (R50): the token and the certificate. Its
    /// `CKA_ID`.
    fn look(&self, session: &Session, token: &Token) -> Vec<u8> {
        self.pkcs11.get_token_info(self.slot).unwrap();
        let certificate = token.object.get_or_init(|| {
            let label = token.kind.label().as_bytes().to_vec();
            let wanted = [Attribute::Class(ObjectClass::CERTIFICATE), Attribute::Label(label)];
            session.find_objects(&wanted).unwrap()[0]
        });
        let asked = [AttributeType::Value, AttributeType::Id, AttributeType::Label];
        let said = session.get_attributes(*certificate, &asked).unwrap();
        let id = said
            .into_iter()
            .find_map(|attribute| if let Attribute::Id(id) = attribute { Some(id) } else { None });
        id.unwrap()
    }

    /// The same over several sessions, a thread each.
    pub(crate) fn sign_in(&self, token: &Token, count: usize, sessions: usize) {
        let LoggedIn { session, key, .. } = self.log_in(token);
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
pub(crate) struct LoggedIn<'a> {
    plain: &'a Plain,
    session: Session,
    key: ObjectHandle,
}

impl LoggedIn<'_> {
    /// Looks, signs and verifies once.
    pub(crate) fn sign(&self, token: &Token) {
        self.plain.look(&self.session, token);
        make(&self.session, token, self.key, 1);
    }

    /// Logs out: a login is the whole process's (PKCS#11 v2.40 §5.6).
    pub(crate) fn end(self) {
        self.session.logout().unwrap();
    }
}

fn make(session: &Session, token: &Token, key: ObjectHandle, count: usize) {
    let digest = digest();
    for _ in 0..count {
        let (mechanism, input) = token.kind.input(&digest);
        token.verify(&digest, &session.sign(&mechanism, key, &input).unwrap());
    }
}
