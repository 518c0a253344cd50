//! CMS signatures that Kyso never makes: one of its own is changed and signed anew by its key, without Kyso.

use std::process::Command;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfo};
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode as _, Encode as _, Sequence};
use sha2::Digest as _;
use spki::AlgorithmIdentifierOwned;
use tempfile::TempDir;

use super::softhsm::SoftHsm;

/// `SigningCertificateV2` (RFC 5035 §3).
#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<EssCertId>,
}

/// `ESSCertIDv2` (RFC 5035 §4).
#[derive(Sequence)]
struct EssCertId {
    #[asn1(optional = "true")]
    function: Option<AlgorithmIdentifierOwned>,
    hash: OctetString,
}

/// A CMS by a P-256 key of the token, after this change to its only signer; over its signed attributes or,
/// without any, over the document.
pub(crate) fn signed(
    token: &SoftHsm,
    name: &str,
    cms: &[u8],
    document: &[u8],
    change: impl FnOnce(&mut SignerInfo),
) -> Vec<u8> {
    let outer = ContentInfo::from_der(cms).unwrap();
    let mut data: SignedData = outer.content.decode_as().unwrap();
    let mut signer = data.signer_infos.0.as_slice()[0].clone();
    change(&mut signer);
    let text = signer.signed_attrs.as_ref().map_or_else(|| document.to_vec(), |set| set.to_der().unwrap());
    let digest = if signer.signature_algorithm.oid == ECDSA_SHA1 { sha1(&text) } else { sha256(&text) };
    signer.signature = OctetString::new(ecdsa(token, name, &digest)).unwrap();
    data.digest_algorithms = SetOfVec::try_from([signer.digest_alg.clone()]).unwrap();
    data.signer_infos.0 = SetOfVec::try_from([signer]).unwrap();
    let content = Any::encode_from(&data).unwrap();
    ContentInfo { content_type: outer.content_type, content }.to_der().unwrap()
}

/// Puts this value in an attribute's place, or takes the attribute away.
pub(crate) fn set(signer: &mut SignerInfo, kind: ObjectIdentifier, value: Option<Any>) {
    let mut attributes = signer.signed_attrs.take().unwrap().into_vec();
    let at = attributes.iter().position(|attribute| attribute.oid == kind).unwrap();
    match value {
        Some(value) => attributes[at].values = SetOfVec::try_from([value]).unwrap(),
        None => drop(attributes.remove(at)),
    }
    signer.signed_attrs = Some(SetOfVec::try_from(attributes).unwrap());
}

/// Names certificates by these hashes; without a function they are SHA-256.
pub(crate) fn signing_certificate(function: Option<ObjectIdentifier>, hashes: &[&Vec<u8>]) -> Any {
    let function = function.map(|oid| AlgorithmIdentifierOwned { oid, parameters: None });
    let one = |hash: &&Vec<u8>| EssCertId {
        function: function.clone(),
        hash: OctetString::new(hash.as_slice()).unwrap(),
    };
    Any::encode_from(&SigningCertificateV2 { certificates: hashes.iter().map(one).collect() }).unwrap()
}

/// What a P-256 key of the token makes of this digest for whoever has the PIN; DER.
pub(crate) fn ecdsa(token: &SoftHsm, name: &str, digest: &[u8]) -> Vec<u8> {
    let scratch = TempDir::new().unwrap();
    let (from, to) = (scratch.path().join("digest"), scratch.path().join("signature"));
    std::fs::write(&from, digest).unwrap();
    let ids = [("person-p256", "02"), ("sign-in", "05"), ("expired", "06")];
    let (_, id) = ids.iter().find(|(known, _)| *known == name).unwrap();
    let mut tool = Command::new("pkcs11-tool");
    tool.env("SOFTHSM2_CONF", token.conf()).arg("--module").arg(SoftHsm::module());
    tool.args(["--token-label", "kyso-demo", "--login", "--pin", SoftHsm::PIN, "--sign", "--id", id]);
    tool.args(["--mechanism", "ECDSA", "--signature-format", "openssl"]);
    let said = tool.arg("--input-file").arg(&from).arg("--output-file").arg(&to).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    std::fs::read(&to).unwrap()
}

pub(crate) fn sha1(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    sha2::Sha256::digest(bytes).to_vec()
}

pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
pub(crate) const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
pub(crate) const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
pub(crate) const ECDSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
