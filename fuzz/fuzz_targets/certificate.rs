//! What a token holds, or a server sends to be signed: certificates, and CMS attributes.

#![no_main]

use kyso::domain::attributes::SignedAttributes;
use kyso::domain::certificate::Purpose;
use kyso::domain::digest::DigestAlgorithm;
use kyso::domain::subject::Subject;
use kyso::domain::token::TokenSerial;
use kyso::token::x509;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    if kind % 2 == 1 {
        attributes(bytes);
        return;
    }
    let pool = [bytes.to_vec()];
    let Some(read) = x509::certificate(bytes, &TokenSerial("1".to_owned()), &pool) else { return };
    assert_eq!(read.der, bytes);
    let both = [Purpose::Sign, Purpose::Authenticate].iter().all(|purpose| read.purposes.contains(purpose));
    assert!(!both, "a sign-in could pass for a document");
    let _ = Subject::parse(&read.subject.text).holder();
    let _ = Subject::parse(&read.issuer.text).holder();
});

/// Those of the one document whose digest is 32 zeros.
fn attributes(bytes: &[u8]) {
    let digest = kyso::domain::digest::Digest::new(DigestAlgorithm::Sha256, vec![0; 32]).expect("32 bytes");
    if let Ok(set) = SignedAttributes::parse(bytes.to_vec(), &digest) {
        assert_eq!(set.der(), bytes);
        assert!(bytes.windows(32).any(|window| window == [0; 32]), "another document's");
    }
}
