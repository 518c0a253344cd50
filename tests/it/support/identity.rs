//! The agent's key, as a page that stored it checks it.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Whether the key in this answer signed that text, as openssl finds.
pub(crate) fn signed_by_its_key(reply: &Value, name: &str, nonce: &[u8], origin: &str, port: u16) -> bool {
    let bytes = |name: &str| STANDARD.decode(reply[name].as_str().unwrap()).unwrap();
    let mut text = [name.as_bytes(), b"\0"].concat();
    text.extend_from_slice(&Sha256::digest(nonce));
    text.extend_from_slice(&Sha256::digest(origin));
    text.extend_from_slice(&port.to_be_bytes());
    // The key as SubjectPublicKeyInfo (RFC 8410 §4), so that openssl can check the signature.
    let key = [hex::decode("302a300506032b6570032100").unwrap(), bytes("agent_key")].concat();
    let scratch = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = scratch.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let said = Command::new("openssl")
        .args(["pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey"])
        .arg(file("key", &key))
        .arg("-in")
        .arg(file("text", &text))
        .arg("-sigfile")
        .arg(file("signature", &bytes("signature")))
        .output();
    said.unwrap().status.success()
}
