//! The PIN on its way from the prompt to the token host: HPKE (RFC 9180), base mode,
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
//!
//! What passes through the agent is padded to one length, opens only with the key of the host that
//! will use it, only with a nonce that host gave out and has not seen used, and only for the job
//! whose frame was hashed into it. It guards against leaks and replay, not against an agent that
//! was taken over: that one could put its own key into the question.

use std::fmt;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::{Zeroize, Zeroizing};

mod pair;

pub use pair::{PinPair, SealedPair};

/// Where a PIN may be sealed to: a host's public key and one of its one-use nonces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealTarget {
    /// X25519 public key of the token host, made anew by each host process.
    pub key: [u8; 32],
    /// 256 random bits, good for one opening.
    pub nonce: [u8; 32],
}

/// A sealed PIN. The agent carries it and can't open it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPin(pub Vec<u8>);

/// A PIN in clear: wiped when dropped, and it prints nothing.
pub struct Pin(Zeroizing<Vec<u8>>);

/// A token host's private half.
pub struct SealingKey {
    private: <X25519HkdfSha256 as Kem>::PrivateKey,
    public: [u8; 32],
}

/// The seal does not open here: another key, nonce or job, or a changed byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsealable;

impl Pin {
    /// The longest PIN in bytes of UTF-8.
    pub const MAX: usize = 255;

    /// Nothing if it is empty (an empty PIN burns a try on some tokens, and is not how a PIN pad is
    /// asked for) or longer than [`Pin::MAX`].
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        (1..=Self::MAX).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes for `C_Login`.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Seals it to a host's key, for one nonce and one job.
    ///
    /// # Errors
    /// [`Unsealable`] if the key is no X25519 key.
    pub fn seal(&self, target: &SealTarget, binding: &[u8; 32]) -> Result<SealedPin, Unsealable> {
        let sealed = self.seal_in_place(target, binding);
        wipe_stack();
        sealed
    }

    #[inline(never)]
    fn seal_in_place(&self, target: &SealTarget, binding: &[u8; 32]) -> Result<SealedPin, Unsealable> {
        let mut padded = Zeroizing::new([0_u8; PADDED]);
        self.pad(&mut padded);
        seal(padded.as_slice(), INFO, target, binding).map(SealedPin)
    }

    /// Its length, itself, and zeros.
    fn pad(&self, padded: &mut [u8; PADDED]) {
        // At most Pin::MAX, as `new` saw to.
        padded[0] = self.0.len() as u8;
        padded[1..=self.0.len()].copy_from_slice(&self.0);
    }

    fn unpad(padded: &[u8]) -> Result<Self, Unsealable> {
        let (length, rest) = padded.split_first().ok_or(Unsealable)?;
        let bytes = rest.get(..usize::from(*length)).ok_or(Unsealable)?;
        Self::new(Zeroizing::new(bytes.to_vec())).ok_or(Unsealable)
    }
}

fn seal(padded: &[u8], info: &[u8], target: &SealTarget, binding: &[u8; 32]) -> Result<Vec<u8>, Unsealable> {
    let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&target.key).map_err(|_| Unsealable)?;
    let (encapped, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &key,
        info,
        padded,
        &[target.nonce.as_slice(), binding].concat(),
    )
    .map_err(|_| Unsealable)?;
    Ok([encapped.to_bytes().as_slice(), &ciphertext].concat())
}

/// Overwrites what the frames below the caller's left behind: ChaCha20 works on copies of its blocks.
#[inline(never)]
pub fn wipe_stack() {
    let blank = [0_u8; 64 * 1024];
    std::hint::black_box(&blank);
}

impl SealingKey {
    /// A fresh key pair.
    pub fn generate() -> Self {
        let (private, public) = X25519HkdfSha256::gen_keypair();
        Self { private, public: public.to_bytes().into() }
    }

    /// The half to hand out.
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// Opens a PIN that was sealed for this nonce and this job.
    ///
    /// # Errors
    /// [`Unsealable`] for everything else. The nonce is the caller's to strike out first.
    pub fn open(&self, pin: &SealedPin, nonce: &[u8; 32], binding: &[u8; 32]) -> Result<Pin, Unsealable> {
        Pin::unpad(&self.unseal(&pin.0, INFO, nonce, binding)?)
    }

    fn unseal(
        &self,
        sealed: &[u8],
        info: &[u8],
        nonce: &[u8; 32],
        binding: &[u8; 32],
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (encapped, ciphertext) = sealed.split_at_checked(32).ok_or(Unsealable)?;
        let encapped =
            <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapped).map_err(|_| Unsealable)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &encapped,
            info,
            ciphertext,
            &[nonce.as_slice(), binding].concat(),
        )
        .map(Zeroizing::new)
        .map_err(|_| Unsealable)
    }
}

impl Drop for SealedPin {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SealedPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedPin(…)")
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

const INFO: &[u8] = b"kyso pin v1";
const PADDED: usize = 1 + Pin::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> Pin {
        Pin::new(Zeroizing::new(text.as_bytes().to_vec())).expect("1 to 255 bytes")
    }

    #[test]
    fn opens_only_where_it_was_sealed_for() {
        let host = SealingKey::generate();
        let target = SealTarget { key: host.public(), nonce: [1; 32] };
        let sealed = pin("123456").seal(&target, &[2; 32]).expect("seals");
        let opened = host.open(&sealed, &[1; 32], &[2; 32]).expect("opens");
        assert_eq!(opened.bytes(), b"123456");
        assert!(host.open(&sealed, &[9; 32], &[2; 32]).is_err(), "another nonce");
        assert!(host.open(&sealed, &[1; 32], &[9; 32]).is_err(), "another job");
        assert!(SealingKey::generate().open(&sealed, &[1; 32], &[2; 32]).is_err(), "another host");
        for i in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[i] ^= 1;
            assert!(host.open(&changed, &[1; 32], &[2; 32]).is_err(), "byte {i}");
        }
    }

    #[test]
    fn length_of_the_pin_does_not_show() {
        let target = SealTarget { key: SealingKey::generate().public(), nonce: [0; 32] };
        let length = |text: &str| pin(text).seal(&target, &[0; 32]).expect("seals").0.len();
        assert_eq!(length("1"), length(&"9".repeat(255)));
    }

    #[test]
    fn nothing_prints_a_pin() {
        assert_eq!(format!("{:?}", pin("123456")), "Pin(…)");
    }

    #[test]
    fn no_empty_and_no_endless_pin() {
        assert!(Pin::new(Zeroizing::new(vec![])).is_none());
        assert!(Pin::new(Zeroizing::new(vec![b'1'; 256])).is_none());
    }
}
