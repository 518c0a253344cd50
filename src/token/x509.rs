//! Reads certificates that tokens hold, without trusting them.

use sha2::Digest as _;
use sha2::Sha256;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::KeyUsage;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::AttributeTypeAndValue;
use x509_parser::x509::SubjectPublicKeyInfo;
use x509_parser::x509::X509Name;

use super::chain;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Certificate;
use crate::domain::certificate::Holder;
use crate::domain::certificate::Key;
use crate::domain::certificate::Name;
use crate::domain::certificate::Purpose;
use crate::domain::dn::DESCRIPTORS;
use crate::domain::subject::Subject;
use crate::domain::token::TokenSerial;

/// The end-entity certificate in `der`, with its issuers from `pool`. Nothing for what is no
/// certificate and for authorities' certificates (basicConstraints CA, RFC 5280 §4.2.1.9).
pub fn certificate(der: &[u8], token: &TokenSerial, pool: &[Vec<u8>]) -> Option<Certificate> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    if parsed.is_ca() {
        return None;
    }
    let bits = parsed.key_usage().ok()?.map(|extension| extension.value);
    Some(Certificate {
        id: CertId(Sha256::digest(der).into()),
        der: der.to_vec(),
        chain: chain::chain(der, pool),
        subject: name(parsed.subject()),
        issuer: name(parsed.issuer()),
        serial: hex::encode(parsed.raw_serial()),
        not_before: parsed.validity().not_before.to_datetime(),
        not_after: parsed.validity().not_after.to_datetime(),
        key: key(parsed.public_key()),
        public_key: parsed.public_key().subject_public_key.data.to_vec(),
        usage: usage(bits),
        purposes: purposes(bits, client_auth(&parsed)),
        holder: holder(&parsed),
        token: token.clone(),
        key_id: Vec::new(),
        module: 0,
    })
}

/// RFC 4514 text and the parts people look for. Of a part that stands there twice, the first counts.
fn name(name: &X509Name<'_>) -> Name {
    let part = |oid: &str| {
        name.iter_attributes()
            .find(|attribute| attribute.attr_type().to_id_string() == oid)
            .and_then(value)
            .filter(|text| !text.trim().is_empty())
    };
    Name {
        text: rfc4514(name),
        common_name: part(CN),
        organisation: part(O),
        unit: part(OU),
        title: part(TITLE),
        serial_number: part(SERIAL_NUMBER).or_else(|| part(UID)),
        email: part(EMAIL),
    }
}

/// RFC 4514: last RDN first, descriptors of RFC 4519 where there is one.
fn rfc4514(name: &X509Name<'_>) -> String {
    let rdns: Vec<String> =
        name.iter_rdn().map(|rdn| rdn.iter().map(attribute).collect::<Vec<_>>().join("+")).collect();
    rdns.into_iter().rev().collect::<Vec<_>>().join(",")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let descriptor = DESCRIPTORS.iter().find(|(known, _)| *known == oid).map(|(_, descriptor)| descriptor);
    match (descriptor, value(attribute)) {
        (Some(descriptor), Some(text)) => format!("{descriptor}={}", escape(&text)),
        // §2.4: what has no descriptor or no string form is written as the hex of its encoding.
        _ => format!("{oid}=#{}", hex::encode(attribute.as_slice())),
    }
}

fn value(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    if let Ok(text) = attribute.as_str() {
        return Some(text.to_owned());
    }
    // BMPString, as older Vietnamese authorities write names: UTF-16, big endian.
    let any = attribute.attr_value();
    (any.tag().0 == BMP_STRING).then(|| {
        let units = any.data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    })
}

/// RFC 4514 §2.4.
fn escape(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut escaped = String::with_capacity(text.len());
    for (place, letter) in text.chars().enumerate() {
        let special = matches!(letter, '"' | '+' | ',' | ';' | '<' | '>' | '\\')
            || (place == 0 && matches!(letter, ' ' | '#'))
            || (place == last && letter == ' ');
        match letter {
            '\0' => escaped.push_str("\\00"),
            _ if special => escaped.extend(['\\', letter]),
            _ => escaped.push(letter),
        }
    }
    escaped
}

fn key(info: &SubjectPublicKeyInfo<'_>) -> Key {
    let algorithm = info.algorithm.algorithm.to_id_string();
    let curve = || {
        let parameters = info.algorithm.parameters.as_ref()?;
        parameters.as_oid().ok().map(|oid| oid.to_id_string())
    };
    match (algorithm.as_str(), info.parsed()) {
        (RSA, Ok(PublicKey::RSA(key))) => {
            let start = key.modulus.iter().position(|byte| *byte != 0).unwrap_or(key.modulus.len());
            let bits = key.modulus[start..].len() * 8;
            let unused = key.modulus.get(start).map_or(0, |byte| byte.leading_zeros());
            Key::Rsa { bits: u32::try_from(bits).unwrap_or(u32::MAX).saturating_sub(unused) }
        }
        (EC, _) => match curve() {
            Some(curve) if curve == P256 => Key::P256,
            Some(curve) if curve == P384 => Key::P384,
            other => Key::Other(other.unwrap_or(algorithm)),
        },
        (ED25519, _) => Key::Ed25519,
        _ => Key::Other(algorithm),
    }
}

/// The names of RFC 5280 §4.2.1.3, in its order.
fn usage(bits: Option<&KeyUsage>) -> Vec<&'static str> {
    let Some(bits) = bits else {
        return Vec::new();
    };
    [
        (bits.digital_signature(), "digitalSignature"),
        (bits.non_repudiation(), "nonRepudiation"),
        (bits.key_encipherment(), "keyEncipherment"),
        (bits.data_encipherment(), "dataEncipherment"),
        (bits.key_agreement(), "keyAgreement"),
        (bits.key_cert_sign(), "keyCertSign"),
        (bits.crl_sign(), "cRLSign"),
        (bits.encipher_only(), "encipherOnly"),
        (bits.decipher_only(), "decipherOnly"),
    ]
    .into_iter()
    .filter_map(|(set, name)| set.then_some(name))
    .collect()
}

/// nonRepudiation, or no key usage at all: sign. digitalSignature with clientAuth and without
/// nonRepudiation: authenticate. So no sign-in can pass for a document (R28).
fn purposes(bits: Option<&KeyUsage>, client_auth: bool) -> Vec<Purpose> {
    match bits {
        None => vec![Purpose::Sign],
        Some(bits) if bits.non_repudiation() => vec![Purpose::Sign],
        Some(bits) if bits.digital_signature() && client_auth => vec![Purpose::Authenticate],
        Some(_) => Vec::new(),
    }
}

/// Whether its issuer meant it for signing in as well as for signing documents: both usages, and clientAuth. It signs in
/// only where the machine's policy says so.
pub fn is_for_both(der: &[u8]) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(der) else { return false };
    let bits = parsed.key_usage().ok().flatten().map(|extension| extension.value);
    bits.is_some_and(|bits| bits.non_repudiation() && bits.digital_signature()) && client_auth(&parsed)
}

fn client_auth(certificate: &X509Certificate<'_>) -> bool {
    certificate.extended_key_usage().ok().flatten().is_some_and(|extension| extension.value.client_auth)
}

/// By policy, else by subject.
fn holder(certificate: &X509Certificate<'_>) -> Holder {
    let policies: Vec<String> = certificate
        .extensions()
        .iter()
        .filter_map(|extension| {
            let parsed = extension.parsed_extension();
            if let ParsedExtension::CertificatePolicies(policies) = parsed { Some(policies) } else { None }
        })
        .flat_map(|policies| policies.iter().map(|policy| policy.policy_id.to_id_string()))
        .collect();
    let by_policy =
        POLICIES.iter().find(|(oid, _)| policies.iter().any(|known| known == oid)).map(|(_, holder)| *holder);
    by_policy.unwrap_or_else(|| Subject::parse(&rfc4514(certificate.subject())).holder())
}

/// Certificate policies that say for whom: ETSI EN 319 411-2 §5.3, QCP-n, QCP-l and both with QSCD.
const POLICIES: [(&str, Holder); 4] = [
    ("0.4.0.194112.1.0", Holder::Person),
    ("0.4.0.194112.1.2", Holder::Person),
    ("0.4.0.194112.1.1", Holder::Organisation),
    ("0.4.0.194112.1.3", Holder::Organisation),
];

const CN: &str = "2.5.4.3";
const SERIAL_NUMBER: &str = "2.5.4.5";
const O: &str = "2.5.4.10";
const OU: &str = "2.5.4.11";
const TITLE: &str = "2.5.4.12";
const UID: &str = "0.9.2342.19200300.100.1.1";
const EMAIL: &str = "1.2.840.113549.1.9.1";

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";
const ED25519: &str = "1.3.101.112";
const BMP_STRING: u32 = 30;

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};

    use super::*;

    /// What `certificates.sign_in_with_both` decides about: both usages and clientAuth, and nothing less.
    #[test]
    fn both_usages_are_told_from_one() {
        let (sign, sign_in) = (KeyUsagePurpose::ContentCommitment, KeyUsagePurpose::DigitalSignature);
        let client = ExtendedKeyUsagePurpose::ClientAuth;
        for (usages, client_auth, both) in [
            (vec![sign, sign_in], true, true),
            (vec![sign, sign_in], false, false),
            (vec![sign], true, false),
            (vec![sign_in], true, false),
        ] {
            let mut parameters = CertificateParams::default();
            parameters.key_usages = usages;
            parameters.extended_key_usages = if client_auth { vec![client.clone()] } else { Vec::new() };
            let key = KeyPair::generate().expect("a key");
            let der = parameters.self_signed(&key).expect("a certificate").der().to_vec();
            assert_eq!(is_for_both(&der), both, "{:?} {client_auth}", parameters.key_usages);
            let found = certificate(&der, &TokenSerial(String::new()), &[]).expect("an end entity's");
            assert!(!both || found.purposes == [Purpose::Sign], "alone it signs documents");
        }
    }

    /// RFC 5280 §4.2.1.3.
    const DIGITAL_SIGNATURE: u16 = 1;
    const NON_REPUDIATION: u16 = 1 << 1;
    const KEY_ENCIPHERMENT: u16 = 1 << 2;

    #[test]
    fn r28_twelve_usages_each_for_one_thing_at_most() {
        let (sign, sign_in, nothing) = (Some(Purpose::Sign), Some(Purpose::Authenticate), None);
        for (usage, without_client_auth, with_client_auth) in [
            (None, sign, sign),
            (Some(DIGITAL_SIGNATURE), nothing, sign_in),
            (Some(NON_REPUDIATION), sign, sign),
            (Some(DIGITAL_SIGNATURE | NON_REPUDIATION), sign, sign),
            (Some(KEY_ENCIPHERMENT), nothing, nothing),
            (Some(DIGITAL_SIGNATURE | KEY_ENCIPHERMENT), nothing, sign_in),
        ] {
            let bits = usage.map(|flags| KeyUsage { flags });
            for (client_auth, wanted) in [(false, without_client_auth), (true, with_client_auth)] {
                let found = purposes(bits.as_ref(), client_auth);
                assert_eq!(found, Vec::from_iter(wanted), "{usage:?}, clientAuth {client_auth}");
            }
        }
    }
}
