//! The one-use nonces a host gave out.

use std::collections::VecDeque;

/// At most [`Nonces::MAX`] are out; a further one strikes the oldest.
#[derive(Debug, Default)]
pub(super) struct Nonces(VecDeque<[u8; 32]>);

impl Nonces {
    pub(super) const MAX: usize = 16;

    /// 256 fresh random bits; nothing if the system has none to give.
    pub(super) fn issue(&mut self) -> Option<[u8; 32]> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).ok()?;
        if self.0.len() == Self::MAX {
            self.0.pop_front();
        }
        self.0.push_back(nonce);
        Some(nonce)
    }

    /// Takes a nonce out of use; false if it was not in use.
    pub(super) fn strike(&mut self, nonce: &[u8; 32]) -> bool {
        let place = self.0.iter().position(|known| known == nonce);
        place.and_then(|place| self.0.remove(place)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_for_one_use() {
        let mut nonces = Nonces::default();
        let nonce = nonces.issue().expect("random");
        assert!(!nonces.strike(&[0; 32]), "never given out");
        assert!(nonces.strike(&nonce));
        assert!(!nonces.strike(&nonce), "used");
    }

    #[test]
    fn oldest_goes_when_too_many_are_out() {
        let mut nonces = Nonces::default();
        let first = nonces.issue().expect("random");
        let second = nonces.issue().expect("random");
        for _ in 2..=Nonces::MAX {
            nonces.issue();
        }
        assert!(!nonces.strike(&first));
        assert!(nonces.strike(&second));
    }
}
