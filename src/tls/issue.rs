//! Makes an authority and the one leaf that it ever signs.
//!
//! The authority can't be turned against other names: its critical name constraints leave 127.0.0.1, ::1 and
//! `localhost`. A type of name that constraints don't list is unconstrained (RFC 5280 §4.2.1.10), so e-mail
//! and URI are listed with a host that nobody has. Directory names are not: rustls' verifier refuses every
//! chain that constrains them, and no TLS client takes one for a host. What is left needs another use
//! than a TLS server's, which the authority's `extendedKeyUsage` does not have.
//!
//! Its key exists in AWS-LC's memory alone. It is never serialised, and AWS-LC wipes what it frees.

use std::net::{IpAddr, Ipv4Addr};

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use der::asn1::AnyRef;
use der::{Encode as _, Tag, TagNumber};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SerialNumber, SignatureAlgorithm,
    SigningKey,
};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::{Authority, Credentials, LIFE};

/// Makes what https needs, from this moment on.
///
/// # Errors
/// What the cryptographic library says.
pub fn issue(now: OffsetDateTime) -> Result<Credentials, rcgen::Error> {
    let authority = Signer::new(now)?;
    let key = Key::new()?;
    let leaf = authority.sign(&key, &[SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST))], now)?;
    let pkcs8 = key.0.to_pkcs8v1().map_err(unspecified)?;
    let (not_before, not_after) = life(now);
    Ok(Credentials {
        key: Zeroizing::new(pkcs8.as_ref().to_vec()),
        leaf,
        authority: Authority { der: authority.certificate },
        not_before,
        not_after,
    })
}

/// An authority that can still sign.
struct Signer {
    certificate: Vec<u8>,
    issuer: Issuer<'static, Key>,
}

impl Signer {
    fn new(now: OffsetDateTime) -> Result<Self, rcgen::Error> {
        let key = Key::new()?;
        let mut params = params(now)?;
        // Chosen anew each time: browsers must not take one authority for another of the same name.
        let number = hex::encode(random::<4>()?);
        params.distinguished_name.push(DnType::OrganizationName, "Kyso");
        params.distinguished_name.push(DnType::CommonName, format!("Kyso TLS 127.0.0.1 {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.custom_extensions = vec![constraints().map_err(|_| rcgen::Error::CouldNotParseCertificate)?];
        let certificate = params.self_signed(&key)?.der().to_vec();
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    fn sign(&self, key: &Key, names: &[SanType], now: OffsetDateTime) -> Result<Vec<u8>, rcgen::Error> {
        let mut params = params(now)?;
        params.distinguished_name.push(DnType::OrganizationName, "Kyso");
        // No name of a host: where no DNS name is listed, OpenSSL takes what looks like one for one.
        params.distinguished_name.push(DnType::CommonName, "Kyso 127.0.0.1");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.subject_alt_names = names.to_vec();
        params.use_authority_key_identifier_extension = true;
        Ok(params.signed_by(key, &self.issuer)?.der().to_vec())
    }
}

/// A P-256 key.
struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Result<Self, rcgen::Error> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map(Self).map_err(unspecified)
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(unspecified)?;
        Ok(signature.as_ref().to_vec())
    }
}

fn params(now: OffsetDateTime) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) = life(now);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let mut serial = random::<16>()?;
    // Positive, and of a length that does not vary (RFC 5280 §4.1.2.2).
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

/// From a day ago, since clocks differ, for less than [`LIFE`]; certificates know whole seconds.
fn life(now: OffsetDateTime) -> (OffsetDateTime, OffsetDateTime) {
    let begin = now.replace_nanosecond(0).unwrap_or(now) - Duration::DAY;
    (begin, begin + LIFE - Duration::SECOND)
}

/// `NameConstraints` (RFC 5280 §4.2.1.10), critical. rcgen's own has no URI.
fn constraints() -> der::Result<CustomExtension> {
    let mut v6 = [0xff_u8; 32];
    v6[..16].copy_from_slice(&std::net::Ipv6Addr::LOCALHOST.octets());
    let permitted: &[(u8, &[u8])] = &[
        (DNS, b"localhost"),
        (IP, &[127, 0, 0, 1, 255, 255, 255, 255]),
        (IP, &v6),
        (EMAIL, NOBODYS),
        (URI, NOBODYS),
    ];
    // What begins with a dot is what stands below a name, in every verifier that browsers have.
    let excluded: &[(u8, &[u8])] = &[(DNS, b".localhost")];
    let subtrees = |number, names: &[(u8, &[u8])]| {
        let bases: der::Result<Vec<Vec<u8>>> =
            names.iter().map(|(kind, name)| value(Tag::Sequence, &context(*kind, false, name)?)).collect();
        context(number, true, &bases?.concat())
    };
    let content = value(Tag::Sequence, &[subtrees(0, permitted)?, subtrees(1, excluded)?].concat())?;
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 30], content);
    extension.set_criticality(true);
    Ok(extension)
}

fn context(number: u8, constructed: bool, content: &[u8]) -> der::Result<Vec<u8>> {
    value(Tag::ContextSpecific { constructed, number: TagNumber(u32::from(number)) }, content)
}

fn value(tag: Tag, content: &[u8]) -> der::Result<Vec<u8>> {
    AnyRef::new(tag, content)?.to_der()
}

fn random<const N: usize>() -> Result<[u8; N], rcgen::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| rcgen::Error::RingUnspecified)?;
    Ok(bytes)
}

fn unspecified(_: Unspecified) -> rcgen::Error {
    rcgen::Error::RingUnspecified
}

/// Choices of `GeneralName`.
const EMAIL: u8 = 1;
const DNS: u8 = 2;
const URI: u8 = 6;
const IP: u8 = 7;
/// RFC 6761 §6.4: no host has such a name.
const NOBODYS: &[u8] = b"kyso.invalid";

#[cfg(test)]
mod tests;
