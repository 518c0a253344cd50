//! What a module says of itself, in the order in which it is asked. Whatever one function refuses, the others
//! are asked all the same.

use cryptoki::context::Info;
use cryptoki::error::Error;
use cryptoki::mechanism::MechanismType;
use cryptoki::object::Attribute;
use cryptoki::object::ObjectClass;
use cryptoki::slot::Slot;
use cryptoki_sys::CK_FLAGS;
use cryptoki_sys::CK_TOKEN_INFO;
use cryptoki_sys::CK_VERSION;
use cryptoki_sys::CKF_CLOCK_ON_TOKEN;
use cryptoki_sys::CKF_ERROR_STATE;
use cryptoki_sys::CKF_LOGIN_REQUIRED;
use cryptoki_sys::CKF_PROTECTED_AUTHENTICATION_PATH;
use cryptoki_sys::CKF_RNG;
use cryptoki_sys::CKF_SO_PIN_COUNT_LOW;
use cryptoki_sys::CKF_SO_PIN_FINAL_TRY;
use cryptoki_sys::CKF_SO_PIN_LOCKED;
use cryptoki_sys::CKF_TOKEN_INITIALIZED;
use cryptoki_sys::CKF_USER_PIN_COUNT_LOW;
use cryptoki_sys::CKF_USER_PIN_FINAL_TRY;
use cryptoki_sys::CKF_USER_PIN_INITIALIZED;
use cryptoki_sys::CKF_USER_PIN_LOCKED;
use cryptoki_sys::CKF_USER_PIN_TO_BE_CHANGED;
use cryptoki_sys::CKF_WRITE_PROTECTED;

use super::info::text;
use super::load::Module;
use super::raw;
use crate::token::description;
use crate::token::description::Ability;
use crate::token::description::Description;
use crate::token::description::Library;
use crate::token::description::Mechanism;
use crate::token::description::Objects;
use crate::token::trace::Step;
use crate::token::wire::Failure;

impl Module {
    /// Everything but the certificates.
    ///
    /// # Errors
    /// If not even the slots are told.
    pub(in crate::token) fn describe(&self) -> Result<Description, Failure> {
        let library = self.tracer.step(Step::Info, || self.pkcs11.get_library_info()).ok();
        let all = self.tracer.step(Step::Slots, || self.pkcs11.get_all_slots())?;
        let slots = all.iter().take(Description::MOST_SLOTS).map(|slot| self.slot(*slot)).collect();
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        Ok(Description { library: library.map(Library::from), slots, count })
    }

    fn slot(&self, slot: Slot) -> description::Slot {
        let mut shown = description::Slot::default();
        let info = self.tracer.step(Step::Slot, || self.pkcs11.get_slot_info(slot));
        if let Ok(info) = &info {
            shown.description = Some(info.slot_description().trim_matches([' ', '\0']).to_owned());
            let flags = [
                (info.token_present(), "TOKEN_PRESENT"),
                (info.removable_device(), "REMOVABLE_DEVICE"),
                (info.hardware_slot(), "HW_SLOT"),
            ];
            shown.flags = flags.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned()).collect();
        }
        // A module that does not tell of the slot may tell of its token.
        shown.has_token = info.map_or(true, |info| info.token_present());
        if shown.has_token {
            let token = self.tracer.step(Step::Token, || raw::token_info(&self.path, slot));
            shown.token = token.as_ref().ok().map(description::Token::from);
            shown.mechanisms = self.tracer.step(Step::Mechanisms, || self.mechanisms(slot)).ok();
            // There are no sessions with a token that is not initialised.
            if token.map_or(true, |token| token.flags & CKF_TOKEN_INITIALIZED != 0) {
                shown.objects = self.tracer.step(Step::Objects, || self.objects(slot)).ok();
            }
        }
        shown
    }

    fn mechanisms(&self, slot: Slot) -> Result<Vec<Mechanism>, Error> {
        let all = self.pkcs11.get_mechanism_list(slot)?;
        let there = MECHANISMS.iter().filter(|kind| all.contains(kind));
        let mechanism = |kind: &MechanismType| {
            let ability = self.pkcs11.get_mechanism_info(slot, *kind).ok().map(|info| Ability {
                least: info.min_key_size() as u64,
                most: info.max_key_size() as u64,
                signs: info.sign(),
                hardware: info.hardware(),
            });
            Mechanism { name: kind.to_string(), ability }
        };
        Ok(there.map(mechanism).collect())
    }

    fn objects(&self, slot: Slot) -> Result<Objects, Error> {
        let session = self.pkcs11.open_ro_session(slot)?;
        let count = |class| -> Result<u32, Error> {
            let found = session.find_objects(&[Attribute::Class(class)])?;
            Ok(u32::try_from(found.len()).unwrap_or(u32::MAX))
        };
        Ok(Objects {
            certificates: count(ObjectClass::CERTIFICATE)?,
            public_keys: count(ObjectClass::PUBLIC_KEY)?,
            private_keys: count(ObjectClass::PRIVATE_KEY)?,
        })
    }
}

impl From<Info> for Library {
    fn from(info: Info) -> Self {
        let trimmed = |text: &str| text.trim_matches([' ', '\0']).to_owned();
        Self {
            manufacturer: trimmed(info.manufacturer_id()),
            description: trimmed(info.library_description()),
            version: info.library_version().to_string(),
            interface: info.cryptoki_version().to_string(),
        }
    }
}

impl From<&CK_TOKEN_INFO> for description::Token {
    #[allow(clippy::useless_conversion, reason = "CK_ULONG has 32 bits on Windows")]
    fn from(info: &CK_TOKEN_INFO) -> Self {
        let version = |version: CK_VERSION| format!("{}.{}", version.major, version.minor);
        let flags = FLAGS.iter().filter(|(flag, _)| info.flags & flag != 0);
        Self {
            serial: text(&info.serialNumber),
            label: text(&info.label),
            manufacturer: text(&info.manufacturerID),
            model: text(&info.model),
            hardware: version(info.hardwareVersion),
            firmware: version(info.firmwareVersion),
            flags: flags.map(|(_, name)| (*name).to_owned()).collect(),
            lengths: (u64::from(info.ulMinPinLen), u64::from(info.ulMaxPinLen)),
        }
    }
}

/// Those that Kyso signs with, then those that hash by themselves: a module that has only these is no use yet.
const MECHANISMS: [MechanismType; 10] = [
    MechanismType::RSA_PKCS,
    MechanismType::RSA_PKCS_PSS,
    MechanismType::ECDSA,
    MechanismType::RSA_X_509,
    MechanismType::SHA256_RSA_PKCS,
    MechanismType::SHA512_RSA_PKCS,
    MechanismType::SHA256_RSA_PKCS_PSS,
    MechanismType::ECDSA_SHA256,
    MechanismType::ECDSA_SHA384,
    MechanismType::EDDSA,
];

/// PKCS#11 v2.40 §3.2, table 5.
const FLAGS: [(CK_FLAGS, &str); 15] = [
    (CKF_RNG, "RNG"),
    (CKF_WRITE_PROTECTED, "WRITE_PROTECTED"),
    (CKF_LOGIN_REQUIRED, "LOGIN_REQUIRED"),
    (CKF_USER_PIN_INITIALIZED, "USER_PIN_INITIALIZED"),
    (CKF_CLOCK_ON_TOKEN, "CLOCK_ON_TOKEN"),
    (CKF_PROTECTED_AUTHENTICATION_PATH, "PROTECTED_AUTHENTICATION_PATH"),
    (CKF_TOKEN_INITIALIZED, "TOKEN_INITIALIZED"),
    (CKF_USER_PIN_COUNT_LOW, "USER_PIN_COUNT_LOW"),
    (CKF_USER_PIN_FINAL_TRY, "USER_PIN_FINAL_TRY"),
    (CKF_USER_PIN_LOCKED, "USER_PIN_LOCKED"),
    (CKF_USER_PIN_TO_BE_CHANGED, "USER_PIN_TO_BE_CHANGED"),
    (CKF_SO_PIN_COUNT_LOW, "SO_PIN_COUNT_LOW"),
    (CKF_SO_PIN_FINAL_TRY, "SO_PIN_FINAL_TRY"),
    (CKF_SO_PIN_LOCKED, "SO_PIN_LOCKED"),
    (CKF_ERROR_STATE, "ERROR_STATE"),
];
