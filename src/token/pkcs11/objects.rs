//! Certificates and keys on a token, and which of them belong together.

use cryptoki::error::Error;
use cryptoki::object::Attribute;
use cryptoki::object::AttributeType;
use cryptoki::object::ObjectClass;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use sha2::Digest as _;
use sha2::Sha256;

use crate::domain::job::Job;
use crate::domain::job::MAX_KEY;

/// An X.509 certificate object.
pub(super) struct Found<H = ObjectHandle> {
    pub(super) object: H,
    pub(super) der: Vec<u8>,
    pub(super) id: Vec<u8>,
    pub(super) label: Vec<u8>,
}

impl Found {
    /// Whether it is the very object that the job names.
    pub(super) fn is_approved(&self, job: &Job) -> bool {
        self.id == job.key && Sha256::digest(&self.der).as_slice() == job.certificate.0
    }
}

/// A key object, public or private.
pub(super) struct KeyObject<H = ObjectHandle> {
    handle: H,
    id: Vec<u8>,
    label: Vec<u8>,
    /// Modulus or EC point, if the token tells.
    public: Vec<u8>,
}

/// Everything of class certificate that has a value; what can't be read is left out.
///
/// # Errors
/// If the token can't be searched, or is gone.
pub(super) fn certificates(session: &Session) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for handle in session.find_objects(&[Attribute::Class(ObjectClass::CERTIFICATE)])? {
        let object = certificate(session, handle)?;
        if !object.der.is_empty() {
            found.push(object);
        }
    }
    Ok(found)
}

/// One certificate object; empty is what the token does not tell.
///
/// # Errors
/// If there is no such object, or the token is gone.
pub(super) fn certificate(session: &Session, object: ObjectHandle) -> Result<Found, Error> {
    let mut found = Found { object, der: Vec::new(), id: Vec::new(), label: Vec::new() };
    for attribute in session.get_attributes(object, &CERTIFICATE)? {
        #[allow(clippy::wildcard_enum_match_arm, reason = "only what was asked for comes back")]
        match attribute {
            Attribute::Value(value) => found.der = value,
            Attribute::Id(id) => found.id = id,
            Attribute::Label(label) => found.label = label,
            _ => {}
        }
    }
    found.id.truncate(MAX_KEY);
    Ok(found)
}

/// A private key.
#[derive(Clone, Copy)]
pub(super) struct PrivateKey {
    pub(super) handle: ObjectHandle,
    /// It wants a login for each signature (R42).
    pub(super) always: bool,
}

/// The private key of a certificate. SoftHSM and most cards show private keys after the login only.
///
/// `public` is the certificate's modulus without leading zeros, or its EC point.
///
/// # Errors
/// If the token can't be searched, or is gone.
pub(super) fn private_key(
    session: &Session,
    certificate: &Found,
    public: &[u8],
) -> Result<Option<PrivateKey>, Error> {
    if let Some(key) = named(session, certificate, public)? {
        return Ok(Some(key));
    }
    let publics = keys(session, &[Attribute::Class(ObjectClass::PUBLIC_KEY)])?;
    let privates = keys(session, &[Attribute::Class(ObjectClass::PRIVATE_KEY)])?;
    let handle = pair(certificate, public, &publics, &privates);
    Ok(handle.map(|handle| PrivateKey { handle, always: always_authenticates(session, handle) }))
}

/// The usual case: one search for one object instead of two for all, and one question for all of it.
fn named(session: &Session, certificate: &Found, public: &[u8]) -> Result<Option<PrivateKey>, Error> {
    if certificate.id.is_empty() {
        return Ok(None);
    }
    let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(certificate.id.clone())];
    let found = session.find_objects(&template)?;
    let [handle] = *found.as_slice() else { return Ok(None) };
    let (said, always) = match session.get_attributes(handle, &OWN) {
        Ok(said) => {
            let always = said.contains(&Attribute::AlwaysAuthenticate(true));
            (said, always)
        }
        // It does not know one of them, and says so in its own way.
        Err(_) => (session.get_attributes(handle, &PUBLIC)?, always_authenticates(session, handle)),
    };
    Ok(said.iter().all(|attribute| is_of(attribute, public)).then_some(PrivateKey { handle, always }))
}

/// Whether what a key says of its public half fits.
fn is_of(attribute: &Attribute, public: &[u8]) -> bool {
    #[allow(clippy::wildcard_enum_match_arm, reason = "only what was asked for comes back")]
    match attribute {
        Attribute::Modulus(modulus) => without_zeros(modulus) == public,
        Attribute::EcPoint(point) => bare_point(point) == public,
        _ => true,
    }
}

/// Whether the key wants a login for each signature.
fn always_authenticates(session: &Session, key: ObjectHandle) -> bool {
    // Older modules don't know the attribute, and not all say so with the answer meant for it.
    let said = session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]).unwrap_or_default();
    said.contains(&Attribute::AlwaysAuthenticate(true))
}

/// By `CKA_ID`, then by public key, then by the public key object's `CKA_ID`, then by label: some
/// vendors leave `CKA_ID` empty. A private key that says it is another one is never taken.
fn pair<H: Copy>(
    certificate: &Found<H>,
    public: &[u8],
    publics: &[KeyObject<H>],
    privates: &[KeyObject<H>],
) -> Option<H> {
    let same = |key: &KeyObject<H>| key.public == public;
    let own_ids: Vec<&[u8]> = publics.iter().filter(|key| same(key)).map(|key| key.id.as_slice()).collect();
    let is_named = |id: &[u8], of: &[u8]| !of.is_empty() && id == of;
    let able = || privates.iter().filter(|key| key.public.is_empty() || same(key));
    able()
        .find(|key| is_named(&key.id, &certificate.id))
        .or_else(|| able().find(|key| same(key)))
        .or_else(|| able().find(|key| own_ids.iter().any(|id| is_named(&key.id, id))))
        .or_else(|| able().find(|key| is_named(&key.label, &certificate.label)))
        .map(|key| key.handle)
}

fn keys(session: &Session, template: &[Attribute]) -> Result<Vec<KeyObject>, Error> {
    let mut found = Vec::new();
    for handle in session.find_objects(template)? {
        let mut key = KeyObject { handle, id: Vec::new(), label: Vec::new(), public: Vec::new() };
        for attribute in session.get_attributes(handle, &KEY)? {
            #[allow(clippy::wildcard_enum_match_arm, reason = "only what was asked for comes back")]
            match attribute {
                Attribute::Id(mut id) => {
                    id.truncate(MAX_KEY);
                    key.id = id;
                }
                Attribute::Label(label) => key.label = label,
                Attribute::Modulus(modulus) => key.public = without_zeros(&modulus).to_vec(),
                Attribute::EcPoint(point) => key.public = bare_point(&point).to_vec(),
                _ => {}
            }
        }
        found.push(key);
    }
    Ok(found)
}

/// A big-endian number without its leading zeros.
pub(super) fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    &number[start..]
}

/// `CKA_EC_POINT` is a DER OCTET STRING (PKCS#11 v2.40 mechanisms §2.3.3), but some modules give the
/// bare point.
fn bare_point(value: &[u8]) -> &[u8] {
    const OCTET_STRING: u8 = 4;
    match value {
        // An uncompressed point begins with 4 too, so the length must fit as well.
        [OCTET_STRING, length, point @ ..] if usize::from(*length) == point.len() => point,
        [OCTET_STRING, 0x81, length, point @ ..] if usize::from(*length) == point.len() => point,
        bare => bare,
    }
}

const CERTIFICATE: [AttributeType; 3] = [AttributeType::Value, AttributeType::Id, AttributeType::Label];
const OWN: [AttributeType; 3] =
    [AttributeType::Modulus, AttributeType::EcPoint, AttributeType::AlwaysAuthenticate];
const PUBLIC: [AttributeType; 2] = [AttributeType::Modulus, AttributeType::EcPoint];
const KEY: [AttributeType; 4] =
    [AttributeType::Id, AttributeType::Label, AttributeType::Modulus, AttributeType::EcPoint];

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(id: &[u8], label: &[u8]) -> Found<u8> {
        Found { object: 0, der: vec![1], id: id.to_vec(), label: label.to_vec() }
    }

    fn key(handle: u8, id: &[u8], label: &[u8], public: &[u8]) -> KeyObject<u8> {
        KeyObject { handle, id: id.to_vec(), label: label.to_vec(), public: public.to_vec() }
    }

    #[test]
    fn pairs_by_id_then_key_then_label() {
        let by_id = [key(1, b"a", b"", b""), key(2, b"b", b"", b"")];
        assert_eq!(pair(&certificate(b"b", b""), b"P", &[], &by_id), Some(2));
        let by_key = [key(1, b"", b"", b"Q"), key(2, b"", b"", b"P")];
        assert_eq!(pair(&certificate(b"", b""), b"P", &[], &by_key), Some(2));
        let by_public_object = [key(1, b"x", b"", b""), key(2, b"y", b"", b"")];
        let public = [key(9, b"y", b"", b"P")];
        assert_eq!(pair(&certificate(b"", b""), b"P", &public, &by_public_object), Some(2));
        let by_label = [key(1, b"", b"one", b""), key(2, b"", b"two", b"")];
        assert_eq!(pair(&certificate(b"", b"two"), b"P", &[], &by_label), Some(2));
    }

    #[test]
    fn an_id_is_no_proof_and_an_empty_one_is_none() {
        let liar = [key(1, b"a", b"", b"Q")];
        assert_eq!(pair(&certificate(b"a", b""), b"P", &[], &liar), None);
        let nameless = [key(1, b"", b"", b"")];
        assert_eq!(pair(&certificate(b"", b""), b"P", &[], &nameless), None);
    }

    #[test]
    fn points_come_wrapped_and_bare() {
        let point = [&[4_u8][..], &[7; 64]].concat();
        assert_eq!(bare_point(&[&[4, 65][..], &point].concat()), point);
        assert_eq!(bare_point(&point), point);
    }
}
