//! CMS signatures that are right as RFC 5652 has it, and fall short of CAdES: each is by the certificate's own key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cms::signed_data::SignerInfo;
use der::asn1::{Any, OctetString};
use kyso::domain::digest::DigestAlgorithm;
use kyso::domain::scheme::Scheme;

use super::cases::{Cases, DOCUMENT, World};
use crate::support::anew::{self, ECDSA_SHA1, MESSAGE_DIGEST, SHA1, SIGNING_CERTIFICATE, sha1, sha256};
use crate::support::softhsm::der;

const NAME: &str = "person-p256";

impl Cases {
    pub(super) fn attributes(&mut self, world: &World) {
        let good = world.sign("cms", NAME, Scheme::Ecdsa, DigestAlgorithm::Sha256, &[DOCUMENT]);
        let mut none = good.clone();
        none["signatures"][0]["value"] = STANDARD.encode("no signature").into();
        self.add("cms: none", ["cms", &world.roots], &none, &[DOCUMENT], Some("attributes"));
        let cms = STANDARD.decode(good["signatures"][0]["value"].as_str().unwrap()).unwrap();
        let certificate = |name: &str| der(&world.token.certificate(name));
        let (own, another) = (sha256(&certificate(NAME)), sha256(&certificate("person-p384")));
        let mut case = |what: &str, refused, change: &dyn Fn(&mut SignerInfo)| {
            let mut answer = good.clone();
            let made = anew::signed(&world.token, NAME, &cms, DOCUMENT.as_bytes(), change);
            answer["signatures"][0]["value"] = STANDARD.encode(made).into();
            self.add(&format!("cms: {what}"), ["cms", &world.roots], &answer, &[DOCUMENT], refused);
        };
        let named = |function, hashes: &[&Vec<u8>]| {
            let value = anew::signing_certificate(function, hashes);
            move |signer: &mut SignerInfo| anew::set(signer, SIGNING_CERTIFICATE, Some(value.clone()))
        };

        case("signed anew", None, &|_| ());
        case("names the signer, then another certificate", None, &named(None, &[&own, &another]));
        case("names another certificate", Some("signer"), &named(None, &[&another]));
        case("names the signer second", Some("signer"), &named(None, &[&another, &own]));
        let weak = sha1(&certificate(NAME));
        case("names the signer by SHA-1", Some("algorithm"), &named(Some(SHA1), &[&weak]));
        case("names no certificate", Some("attributes"), &|signer| {
            anew::set(signer, SIGNING_CERTIFICATE, None);
        });
        case("no signed attributes", Some("attributes"), &|signer| signer.signed_attrs = None);
        case("SHA-1", Some("algorithm"), &|signer| {
            let digest = OctetString::new(sha1(DOCUMENT.as_bytes())).unwrap();
            anew::set(signer, MESSAGE_DIGEST, Some(Any::encode_from(&digest).unwrap()));
            signer.digest_alg.oid = SHA1;
            signer.signature_algorithm.oid = ECDSA_SHA1;
        });
        case("SHA-1 of the attributes alone", Some("algorithm"), &|signer| {
            signer.signature_algorithm.oid = ECDSA_SHA1;
        });
    }
}
