//! Two secrets in one seal: what a token is to check, and the PIN it is to have from then on. One seal, so
//! that neither can be put beside another.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use super::{PADDED, Pin, SealTarget, SealingKey, Unsealable, seal, wipe_stack};

/// A PIN or PUK, and a new PIN, in clear: wiped when dropped, and they print nothing.
#[derive(Debug)]
pub struct PinPair {
    /// What the token checks.
    pub present: Pin,
    /// What it is to take.
    pub new: Pin,
}

/// A sealed pair. The agent carries it and can't open it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPair(pub Vec<u8>);

impl PinPair {
    /// Seals both to a host's key, for one nonce and one task.
    ///
    /// # Errors
    /// [`Unsealable`] if the key is no X25519 key.
    pub fn seal(&self, target: &SealTarget, binding: &[u8; 32]) -> Result<SealedPair, Unsealable> {
        let sealed = self.seal_in_place(target, binding);
        wipe_stack();
        sealed
    }

    #[inline(never)]
    fn seal_in_place(&self, target: &SealTarget, binding: &[u8; 32]) -> Result<SealedPair, Unsealable> {
        let mut padded = Zeroizing::new([[0_u8; PADDED]; 2]);
        self.present.pad(&mut padded[0]);
        self.new.pad(&mut padded[1]);
        seal(padded.as_flattened(), INFO, target, binding).map(SealedPair)
    }
}

impl SealingKey {
    /// Opens a pair that was sealed for this nonce and this task.
    ///
    /// # Errors
    /// [`Unsealable`] for everything else, a single PIN too. The nonce is the caller's to strike out first.
    pub fn open_pair(
        &self,
        pair: &SealedPair,
        nonce: &[u8; 32],
        binding: &[u8; 32],
    ) -> Result<PinPair, Unsealable> {
        let padded = self.unseal(&pair.0, INFO, nonce, binding)?;
        let (present, new) = padded.split_at_checked(PADDED).ok_or(Unsealable)?;
        Ok(PinPair { present: Pin::unpad(present)?, new: Pin::unpad(new)? })
    }
}

impl Drop for SealedPair {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SealedPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedPair(…)")
    }
}

/// Not a single PIN's, so that neither seal is ever taken for the other.
const INFO: &[u8] = b"kyso pin pair v1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::seal::SealedPin;

    fn pin(text: &str) -> Pin {
        Pin::new(Zeroizing::new(text.as_bytes().to_vec())).expect("1 to 255 bytes")
    }

    fn pair(present: &str, new: &str) -> PinPair {
        PinPair { present: pin(present), new: pin(new) }
    }

    #[test]
    fn opens_only_where_it_was_sealed_for() {
        let host = SealingKey::generate();
        let target = SealTarget { key: host.public(), nonce: [1; 32] };
        let sealed = pair("123456", "654321").seal(&target, &[2; 32]).expect("seals");
        let opened = host.open_pair(&sealed, &[1; 32], &[2; 32]).expect("opens");
        assert_eq!((opened.present.bytes(), opened.new.bytes()), (&b"123456"[..], &b"654321"[..]));
        assert!(host.open_pair(&sealed, &[9; 32], &[2; 32]).is_err(), "another nonce");
        assert!(host.open_pair(&sealed, &[1; 32], &[9; 32]).is_err(), "another task");
        assert!(SealingKey::generate().open_pair(&sealed, &[1; 32], &[2; 32]).is_err(), "another host");
        let mut changed = sealed.clone();
        changed.0[40] ^= 1;
        assert!(host.open_pair(&changed, &[1; 32], &[2; 32]).is_err(), "another byte");
    }

    #[test]
    fn a_pair_is_no_pin_and_a_pin_no_pair() {
        let host = SealingKey::generate();
        let target = SealTarget { key: host.public(), nonce: [1; 32] };
        let pair = pair("123456", "654321").seal(&target, &[2; 32]).expect("seals");
        assert!(host.open(&SealedPin(pair.0.clone()), &[1; 32], &[2; 32]).is_err());
        let pin = pin("123456").seal(&target, &[2; 32]).expect("seals");
        assert!(host.open_pair(&SealedPair(pin.0.clone()), &[1; 32], &[2; 32]).is_err());
    }

    #[test]
    fn neither_length_shows() {
        let target = SealTarget { key: SealingKey::generate().public(), nonce: [0; 32] };
        let length =
            |present: &str, new: &str| pair(present, new).seal(&target, &[0; 32]).expect("seals").0.len();
        assert_eq!(length("1", "2"), length(&"9".repeat(255), &"8".repeat(200)));
    }
}
