//! Signed attributes (RFC 5652 §5.3, §11; RFC 5035 §3): what is signed in place of a document's digest,
//! with the digest inside.

use der::Decode;
use der::Encode;
use der::Sequence;
use der::SliceReader;
use der::Tag;
use der::ValueOrd;
use der::asn1::Any;
use der::asn1::AnyRef;
use der::asn1::GeneralizedTime;
use der::asn1::ObjectIdentifier;
use der::asn1::OctetString;
use der::asn1::OctetStringRef;
use der::asn1::SetOfVec;
use der::asn1::UtcTime;
use time::OffsetDateTime;

use super::certificate::CertId;
use super::digest::Digest;
use super::digest::DigestAlgorithm;

/// A DER SET of attributes that a server built, found to be one: it holds the content type `id-data`, the
/// document's digest, and the certificate that may sign, and nothing that is not in [`KNOWN`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAttributes {
    der: Vec<u8>,
    /// The hash function and hash of the certificate that may sign.
    signer: Digest,
}

/// Why bytes are not attributes that can be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAttributes {
    /// They are no DER SET OF Attribute.
    Malformed(String),
    /// One that is not in [`KNOWN`], there twice, or without exactly one value.
    Unexpected(String),
    /// One that has to be there is not.
    Missing(&'static str),
    /// The content type is another than `id-data`.
    ContentType,
    /// The message digest is another than the document's.
    MessageDigest,
    /// The certificate is named by a hash function that is none of SHA-256, SHA-384, SHA-512.
    CertificateHash,
}

/// `Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }`.
#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
struct Attribute {
    kind: ObjectIdentifier,
    values: SetOfVec<Any>,
}

/// `SigningCertificateV2` (RFC 5035 §3); policies are allowed and not read.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<EssCertId>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

/// `ESSCertIDv2` (RFC 5035 §4): without a hash function it is SHA-256.
#[derive(Sequence)]
struct EssCertId {
    #[asn1(optional = "true")]
    algorithm: Option<HashFunction>,
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

#[derive(Sequence)]
struct HashFunction {
    algorithm: ObjectIdentifier,
    #[asn1(optional = "true")]
    parameters: Option<Any>,
}

/// The attributes of a CAdES-B or PAdES-B signature over a document with this digest.
pub(super) fn build(digest: &Digest, signer: CertId, time: Option<OffsetDateTime>) -> Vec<u8> {
    let signer = EssCertId { algorithm: None, hash: octets(&signer.0), issuer: None };
    let signer = SigningCertificateV2 { certificates: vec![signer], policies: None };
    let mut all = vec![
        attribute(CONTENT_TYPE, &ID_DATA),
        attribute(MESSAGE_DIGEST, &octets(digest.value())),
        attribute(SIGNING_CERTIFICATE_V2, &signer),
    ];
    all.extend(time.map(signing_time));
    SetOfVec::try_from(all).and_then(|set| set.to_der()).expect(FITS)
}

fn signing_time(time: OffsetDateTime) -> Attribute {
    let since = std::time::Duration::from_secs(u64::try_from(time.unix_timestamp()).unwrap_or_default());
    // RFC 5652 §11.3: UTCTime up to 2049; both later times end with the year 9999.
    match UtcTime::from_unix_duration(since) {
        Ok(time) => attribute(SIGNING_TIME, &time),
        Err(_) => attribute(SIGNING_TIME, &GeneralizedTime::from_unix_duration(since).expect(FITS)),
    }
}

fn attribute(kind: ObjectIdentifier, value: &(impl der::EncodeValue + der::Tagged)) -> Attribute {
    let value = Any::encode_from(value).expect(FITS);
    Attribute { kind, values: SetOfVec::try_from([value]).expect(FITS) }
}

fn octets(bytes: &[u8]) -> OctetString {
    OctetString::new(bytes).expect(FITS)
}

impl SignedAttributes {
    /// The longest set that is taken, in bytes: revocation data can be in one.
    pub const MAX: usize = 64 * 1024;

    /// Reads a set for a document with this digest. Its order is not looked at: sets that are not sorted are
    /// in use, and the bytes are signed as they came.
    ///
    /// # Errors
    /// [`NotAttributes`].
    pub fn parse(der: Vec<u8>, document: &Digest) -> Result<Self, NotAttributes> {
        let malformed = |error: der::Error| NotAttributes::Malformed(error.to_string());
        if der.len() > Self::MAX {
            return Err(NotAttributes::Malformed("longer than 64 KiB".to_owned()));
        }
        let set = AnyRef::from_der(&der).map_err(malformed)?;
        if set.header().tag() != Tag::Set {
            return Err(NotAttributes::Malformed("not a SET".to_owned()));
        }
        let mut found: Vec<(ObjectIdentifier, AnyRef<'_>)> = Vec::new();
        let mut reader = SliceReader::new(set.value()).map_err(malformed)?;
        while !der::Reader::is_finished(&reader) {
            let (kind, value) = one(&mut reader)?;
            if !KNOWN.contains(&kind) || found.iter().any(|(other, _)| *other == kind) {
                return Err(NotAttributes::Unexpected(kind.to_string()));
            }
            found.push((kind, value));
        }
        let value = |kind, name| {
            let named = found.iter().find(|(other, _)| *other == kind);
            named.map(|(_, value)| *value).ok_or(NotAttributes::Missing(name))
        };
        let content: ObjectIdentifier =
            value(CONTENT_TYPE, "content-type")?.decode_as().map_err(malformed)?;
        if content != ID_DATA {
            return Err(NotAttributes::ContentType);
        }
        let digest: &OctetStringRef =
            value(MESSAGE_DIGEST, "message-digest")?.decode_as().map_err(malformed)?;
        if digest.as_bytes() != document.value() {
            return Err(NotAttributes::MessageDigest);
        }
        let signer: SigningCertificateV2 =
            value(SIGNING_CERTIFICATE_V2, "signing-certificate-v2")?.decode_as().map_err(malformed)?;
        let signer = signer.certificates.first().ok_or(NotAttributes::Missing("certificate"))?.hash()?;
        Ok(Self { der, signer })
    }

    /// The bytes as they came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether this certificate, DER, is the one that may sign.
    pub fn names(&self, certificate: &[u8]) -> bool {
        self.signer.algorithm().hash(certificate) == self.signer
    }
}

/// The next attribute, with its one value.
fn one<'a>(reader: &mut SliceReader<'a>) -> Result<(ObjectIdentifier, AnyRef<'a>), NotAttributes> {
    let malformed = |error: der::Error| NotAttributes::Malformed(error.to_string());
    let attribute = AnyRef::decode(reader).map_err(malformed)?;
    if attribute.header().tag() != Tag::Sequence {
        return Err(NotAttributes::Malformed("an attribute that is not a SEQUENCE".to_owned()));
    }
    let mut parts = SliceReader::new(attribute.value()).map_err(malformed)?;
    let kind = ObjectIdentifier::decode(&mut parts).map_err(malformed)?;
    let values = AnyRef::decode(&mut parts).map_err(malformed)?;
    if values.header().tag() != Tag::Set || !der::Reader::is_finished(&parts) {
        return Err(NotAttributes::Malformed(format!("{kind} has no SET of values")));
    }
    let value = AnyRef::from_der(values.value()).map_err(|_| NotAttributes::Unexpected(kind.to_string()))?;
    Ok((kind, value))
}

impl EssCertId {
    fn hash(&self) -> Result<Digest, NotAttributes> {
        let algorithm = match &self.algorithm {
            None => DigestAlgorithm::Sha256,
            Some(function) => DigestAlgorithm::ALL
                .into_iter()
                .find(|known| hash(*known) == function.algorithm)
                .ok_or(NotAttributes::CertificateHash)?,
        };
        Digest::new(algorithm, self.hash.as_bytes().to_vec()).map_err(|_| NotAttributes::CertificateHash)
    }
}

impl std::fmt::Display for NotAttributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "signed attributes: {why}"),
            Self::Unexpected(oid) => write!(f, "signed attributes: {oid} is unknown, doubled or not single"),
            Self::Missing(name) => write!(f, "signed attributes: no {name}"),
            Self::ContentType => f.write_str("signed attributes: content-type is not id-data"),
            Self::MessageDigest => f.write_str("signed attributes: message-digest is not the item's digest"),
            Self::CertificateHash => f.write_str("signed attributes: the certificate's hash is not readable"),
        }
    }
}

/// An object identifier from its dotted text, for those that stand in the source.
pub(crate) const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// The name of a hash function (RFC 5754 §2).
pub(crate) const fn hash(algorithm: DigestAlgorithm) -> ObjectIdentifier {
    match algorithm {
        DigestAlgorithm::Sha256 => oid("2.16.840.1.101.3.4.2.1"),
        DigestAlgorithm::Sha384 => oid("2.16.840.1.101.3.4.2.2"),
        DigestAlgorithm::Sha512 => oid("2.16.840.1.101.3.4.2.3"),
    }
}

/// `id-data` (RFC 5652 §4).
pub(crate) const ID_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
const CONTENT_TYPE: ObjectIdentifier = oid("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = oid("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = oid("1.2.840.113549.1.9.5");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.47");

/// The attributes that a server may have signed: those of CAdES-B and PAdES-B, and what the usual
/// libraries add.
pub const KNOWN: [ObjectIdentifier; 14] = [
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_TIME,
    SIGNING_CERTIFICATE_V2,
    oid("1.2.840.113549.1.9.52"),      // CMS algorithm protection, RFC 6211
    oid("1.2.840.113549.1.9.16.2.4"),  // content hints, RFC 2634 §2.9
    oid("1.2.840.113549.1.9.16.2.15"), // signature policy identifier, RFC 5126 §5.8.1
    oid("1.2.840.113549.1.9.16.2.16"), // commitment type indication, RFC 5126 §5.11.1
    oid("1.2.840.113549.1.9.16.2.17"), // signer location, RFC 5126 §5.11.2
    oid("1.2.840.113549.1.9.16.2.18"), // signer attributes, RFC 5126 §5.11.3
    oid("1.2.840.113549.1.9.16.2.20"), // content time-stamp, RFC 5126 §5.11.4
    oid("0.4.0.1733.2.1"),             // MIME type, ETSI EN 319 122-1 §5.2.5
    oid("0.4.0.19122.1.1"),            // signer attributes v2, ETSI EN 319 122-1 §5.2.6
    oid("1.2.840.113583.1.1.8"),       // Adobe's revocation information, ISO 32000-1 §12.8.3.3
];

/// What is built here is far below the lengths that DER can state.
const FITS: &str = "a few hundred bytes of DER";

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Digest {
        DigestAlgorithm::Sha256.hash(b"a document")
    }

    fn certificate() -> (&'static [u8], CertId) {
        (b"a certificate", CertId(DigestAlgorithm::Sha256.hash(b"a certificate").value().try_into().unwrap()))
    }

    fn built() -> Vec<Attribute> {
        let set = build(&document(), certificate().1, Some(OffsetDateTime::UNIX_EPOCH));
        SetOfVec::<Attribute>::from_der(&set).unwrap().into_vec()
    }

    fn set(attributes: &[Attribute]) -> Vec<u8> {
        let content: Vec<u8> = attributes.iter().flat_map(|one| one.to_der().unwrap()).collect();
        Any::new(Tag::Set, content).unwrap().to_der().unwrap()
    }

    #[test]
    fn what_is_built_is_taken_and_names_its_signer() {
        let der = build(&document(), certificate().1, None);
        let set = SignedAttributes::parse(der.clone(), &document()).unwrap();
        assert_eq!(set.der(), der);
        assert!(set.names(certificate().0));
        assert!(!set.names(b"another certificate"));
    }

    #[test]
    fn the_order_is_as_it_came() {
        let mut attributes = built();
        attributes.reverse();
        let der = set(&attributes);
        assert_eq!(SignedAttributes::parse(der.clone(), &document()).unwrap().der(), der);
    }

    #[test]
    fn a_certificate_may_be_named_by_a_longer_hash() {
        let hash = DigestAlgorithm::Sha512.hash(certificate().0);
        let function = HashFunction { algorithm: super::hash(DigestAlgorithm::Sha512), parameters: None };
        let id = EssCertId { algorithm: Some(function), hash: octets(hash.value()), issuer: None };
        let signer = SigningCertificateV2 { certificates: vec![id], policies: None };
        let mut attributes = built();
        attributes.retain(|one| one.kind != SIGNING_CERTIFICATE_V2);
        attributes.push(attribute(SIGNING_CERTIFICATE_V2, &signer));
        let parsed = SignedAttributes::parse(set(&attributes), &document()).unwrap();
        assert!(parsed.names(certificate().0));
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        let without = |kind| {
            let mut attributes = built();
            attributes.retain(|one: &Attribute| one.kind != kind);
            attributes
        };
        let with = |other: Attribute| [without(other.kind), vec![other]].concat();
        let unknown = attribute(oid("1.2.3.4"), &ID_DATA);
        let doubled = [built(), built()[..1].to_vec()].concat();
        let parse = |attributes: &[Attribute]| SignedAttributes::parse(set(attributes), &document()).err();
        assert!(parse(&built()).is_none());
        for kind in [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2] {
            assert!(matches!(parse(&without(kind)), Some(NotAttributes::Missing(_))), "{kind}");
        }
        assert_eq!(
            parse(&[built(), vec![unknown]].concat()),
            Some(NotAttributes::Unexpected("1.2.3.4".into()))
        );
        assert!(matches!(parse(&doubled), Some(NotAttributes::Unexpected(_))));
        assert_eq!(parse(&with(attribute(CONTENT_TYPE, &SIGNING_TIME))), Some(NotAttributes::ContentType));
        let other = octets(DigestAlgorithm::Sha256.hash(b"another").value());
        assert_eq!(parse(&with(attribute(MESSAGE_DIGEST, &other))), Some(NotAttributes::MessageDigest));
    }

    /// R20: whatever bytes come, they are refused, not stumbled over.
    #[test]
    fn r20_no_bytes_break_it() {
        let good = set(&built());
        for at in 0..good.len() {
            let _ = SignedAttributes::parse(good[..at].to_vec(), &document());
            for bit in 0..8 {
                let mut bytes = good.clone();
                bytes[at] ^= 1 << bit;
                let _ = SignedAttributes::parse(bytes, &document());
            }
        }
    }
}
