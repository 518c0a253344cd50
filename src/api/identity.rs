//! The agent's identity: an Ed25519 key of this user's installation. A page stores the public half at
//! pairing, and can tell this agent from whatever else may listen on the port one day.

use std::io;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::signature::ED25519;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::signature::UnparsedPublicKey;
use sha2::Digest as _;
use sha2::Sha256;

use crate::domain::origin::Origin;
use crate::domain::ports::Notary;
use crate::sys;

/// The key. Clones share it.
#[derive(Clone, Debug)]
pub struct Identity(Arc<Ed25519KeyPair>);

impl Identity {
    /// Reads the key, or makes one where there is no file yet (PKCS#8, mode 0600).
    ///
    /// # Errors
    /// The system's; `InvalidData` if the file is not such a key. It is never overwritten: pages
    /// remember it.
    pub fn load_or_create(path: &Path) -> io::Result<Self> {
        match Self::load(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::parse(create(path)?),
            loaded => loaded,
        }
    }

    /// Reads the key.
    ///
    /// # Errors
    /// The system's, `NotFound` where there is none; `InvalidData` if the file is not such a key.
    pub fn load(path: &Path) -> io::Result<Self> {
        match sys::files::read_private(path)? {
            Some(pkcs8) => Self::parse(pkcs8),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn parse(mut pkcs8: Vec<u8>) -> io::Result<Self> {
        let key = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| io::Error::from(io::ErrorKind::InvalidData));
        pkcs8.fill(0);
        Ok(Self(Arc::new(key?)))
    }

    /// The public key, 32 bytes (RFC 8032 §5.1.5).
    pub fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// Signs, with Ed25519 (RFC 8032), that this agent on this port paired this page: over
    /// `kyso pairing v1` ‖ 0x00 ‖ SHA-256(nonce) ‖ SHA-256(origin) ‖ port as two bytes, high first.
    pub fn sign_pairing(&self, nonce: &[u8], origin: &Origin, port: u16) -> Vec<u8> {
        self.sign(PAIRING, nonce, origin, port)
    }

    /// Signs in the same way, under `kyso hello v1` ‖ 0x00, that this agent on this port answers this page: the
    /// version in the name is the API's.
    pub fn sign_hello(&self, nonce: &[u8], origin: &Origin, port: u16) -> Vec<u8> {
        self.sign(HELLO, nonce, origin, port)
    }

    /// Signs that this agent answers at this port, to itself: over `kyso self v1` ‖ 0x00 ‖ SHA-256(nonce) ‖ port as two
    /// bytes, high first.
    pub(super) fn sign_self(&self, nonce: &[u8], port: u16) -> Vec<u8> {
        self.0.sign(&own_call(nonce, port)).as_ref().to_vec()
    }

    /// Whether this is such a signature of this very key.
    pub(super) fn has_signed_self(&self, nonce: &[u8], port: u16, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.public());
        key.verify(&own_call(nonce, port), signature).is_ok()
    }

    fn sign(&self, name: &[u8], nonce: &[u8], origin: &Origin, port: u16) -> Vec<u8> {
        let mut text = name.to_vec();
        text.extend_from_slice(&Sha256::digest(nonce));
        text.extend_from_slice(&Sha256::digest(origin.as_str()));
        text.extend_from_slice(&port.to_be_bytes());
        self.0.sign(&text).as_ref().to_vec()
    }
}

fn own_call(nonce: &[u8], port: u16) -> Vec<u8> {
    [SELF, &Sha256::digest(nonce), &port.to_be_bytes()].concat()
}

/// Checkpoints of the log: under a name of their own, so that no page can have one signed.
impl Notary for Identity {
    fn key(&self) -> [u8; 32] {
        self.public().try_into().unwrap_or_default()
    }

    fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.0.sign(&[CHECKPOINT, text].concat()).as_ref().try_into().unwrap_or([0; 64])
    }
}

/// Under its name it is whole or not there, whenever the power fails.
fn create(path: &Path) -> io::Result<Vec<u8>> {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let made = Ed25519KeyPair::generate_pkcs8(&random).map_err(io::Error::other)?;
    let draft = path.with_extension("new");
    let mut file = sys::files::private_file(&draft)?;
    file.set_len(0)?;
    file.write_all(made.as_ref())?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    Ok(made.as_ref().to_vec())
}

const PAIRING: &[u8] = b"kyso pairing v1\0";
const HELLO: &[u8] = b"kyso hello v1\0";
const SELF: &[u8] = b"kyso self v1\0";
const CHECKPOINT: &[u8] = b"kyso checkpoint v1\0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_made_once_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("identity.key");
        let first = Identity::load_or_create(&path).expect("made").public().to_vec();
        assert_eq!(Identity::load_or_create(&path).expect("read").public(), first);
        std::fs::write(&path, "not a key").expect("written");
        let error = Identity::load_or_create(&path).expect_err("no key");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(std::fs::read(&path).expect("read"), b"not a key");
    }
}
