//! A test authority that is made at the start, issues a few certificates, and is gone: root, issuing authority, and
//! three certificates for each kind of key. All say TEST.

use std::sync::Arc;

use kyso::domain::certificate::Certificate;
use kyso::domain::token::TokenSerial;
use kyso::text::simulator::{AUTHORITY, ORGANISATION, PERSON, TITLE};
use kyso::token::x509;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use time::{Duration, OffsetDateTime};

use crate::keys::{Key, Kind};

/// What the authority leaves behind.
pub(crate) struct Issued {
    /// The root to trust, PEM.
    pub(crate) root: String,
    /// Certificates and their keys, in the order they are offered.
    pub(crate) holdings: Vec<Holding>,
}

/// A certificate with its key.
pub(crate) struct Holding {
    /// As found on a token.
    pub(crate) certificate: Arc<Certificate>,
    /// Its key.
    pub(crate) key: Key,
}

/// What a certificate is for.
#[derive(Clone, Copy)]
enum Role {
    /// A person signs documents.
    Person,
    /// The same person signs in.
    SignIn,
    /// An organisation's seal.
    Seal,
}

impl Issued {
    /// New keys, new certificates, on a token of this serial number.
    ///
    /// # Errors
    /// The generator's.
    pub(crate) fn new(token: &TokenSerial) -> Result<Self, Box<dyn std::error::Error>> {
        let root = CertifiedIssuer::self_signed(authority("Root CA"), authority_key()?)?;
        let issuing = CertifiedIssuer::signed_by(authority("Issuing CA"), authority_key()?, &root)?;
        let pool = [issuing.der().to_vec(), root.der().to_vec()];
        let mut holdings = Vec::new();
        for role in [Role::Person, Role::SignIn, Role::Seal] {
            for kind in [Kind::Rsa, Kind::P256] {
                let pair = kind.generate()?;
                let der = role.certificate()?.signed_by(&pair, &issuing)?.der().to_vec();
                let found = x509::certificate(&der, token, &pool).ok_or("no end-entity certificate")?;
                let key_id = vec![u8::try_from(holdings.len())?];
                let certificate = Arc::new(Certificate { key_id, ..found });
                holdings.push(Holding { certificate, key: kind.key(&pair)? });
            }
        }
        Ok(Self { root: root.pem(), holdings })
    }
}

impl Role {
    fn certificate(self) -> Result<CertificateParams, rcgen::Error> {
        let mut subject = country();
        subject.push(DnType::OrganizationName, ORGANISATION);
        match self {
            Self::Person | Self::SignIn => {
                subject.push(DnType::CustomDnType(TITLE_OID.to_vec()), TITLE);
                subject
                    .push(DnType::CustomDnType(SERIAL_NUMBER_OID.to_vec()), printable("CCCD:000000000000")?);
                subject.push(DnType::CommonName, PERSON);
            }
            Self::Seal => {
                subject.push(DnType::CustomDnType(SERIAL_NUMBER_OID.to_vec()), printable("MST:0000000000")?);
                subject.push(DnType::CommonName, ORGANISATION);
            }
        }
        let mut params = valid(subject);
        (params.key_usages, params.extended_key_usages) = match self {
            Self::Person | Self::Seal => {
                (vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment], Vec::new())
            }
            Self::SignIn => {
                (vec![KeyUsagePurpose::DigitalSignature], vec![ExtendedKeyUsagePurpose::ClientAuth])
            }
        };
        Ok(params)
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut subject = country();
    subject.push(DnType::OrganizationName, AUTHORITY);
    subject.push(DnType::CommonName, format!("TEST Kyso {name}"));
    let mut params = valid(subject);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn authority_key() -> Result<KeyPair, rcgen::Error> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
}

/// From an hour ago, since clocks differ.
fn valid(subject: DistinguishedName) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    params.not_before = now - Duration::HOUR;
    params.not_after = now + LIFE;
    params.use_authority_key_identifier_extension = true;
    params
}

fn country() -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if let Ok(country) = printable("VN") {
        name.push(DnType::CountryName, country);
    }
    name
}

/// RFC 5280 appendix A.1 has country and serial number as PrintableString.
fn printable(text: &str) -> Result<DnValue, rcgen::Error> {
    Ok(DnValue::PrintableString(text.try_into()?))
}

const LIFE: Duration = Duration::days(365);
const SERIAL_NUMBER_OID: [u64; 4] = [2, 5, 4, 5];
const TITLE_OID: [u64; 4] = [2, 5, 4, 12];
