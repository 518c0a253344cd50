//! The same card seen through two modules is shown once, by the preferred one.

use std::collections::HashSet;

use sha2::Digest as _;
use sha2::Sha256;

use super::wire::Token;

/// What the modules so far have shown.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// SHA-256 of each certificate.
    certificates: HashSet<[u8; 32]>,
    /// Serial number and label of each token.
    names: HashSet<(String, String)>,
}

impl Shown {
    /// Those of a module's tokens that no earlier module has shown: it has shown a token if it has shown all
    /// its certificates, or, where there are none, a token of its serial number and label. Of one module,
    /// all count: slots may be blank alike, or be those of a card with several PINs.
    pub(super) fn new_ones<'a>(&mut self, tokens: &'a [Token]) -> Vec<&'a Token> {
        let known = |token: &Token| match token.certificates.as_slice() {
            [] => self.names.contains(&name(token)),
            all => all.iter().all(|der| self.certificates.contains(&hash(der))),
        };
        let fresh: Vec<&Token> = tokens.iter().filter(|token| !known(token)).collect();
        self.certificates.extend(tokens.iter().flat_map(|token| &token.certificates).map(|der| hash(der)));
        self.names.extend(tokens.iter().map(name));
        fresh
    }
}

fn name(token: &Token) -> (String, String) {
    (token.serial.clone(), token.label.clone())
}

fn hash(der: &[u8]) -> [u8; 32] {
    Sha256::digest(der).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::wire::Flags;

    fn token(serial: &str, certificates: &[&str]) -> Token {
        Token {
            serial: serial.to_owned(),
            label: "x".to_owned(),
            model: String::new(),
            manufacturer: String::new(),
            pin: Flags::Ok,
            certificates: certificates.iter().map(|text| text.as_bytes().to_vec()).collect(),
        }
    }

    #[test]
    fn a_card_is_known_by_its_certificates_whatever_a_module_calls_it() {
        let mut shown = Shown::default();
        assert_eq!(
            shown.new_ones(&[token("1", &["a", "b"]), token("1", &["a", "b"]), token("", &[])]).len(),
            3
        );
        assert!(shown.new_ones(&[token("other", &["b"]), token("", &[])]).is_empty());
        assert_eq!(shown.new_ones(&[token("1", &["b", "c"]), token("1", &["d"]), token("2", &[])]).len(), 3);
    }
}
