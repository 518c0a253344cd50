//! The same card seen through two modules is shown once, by the preferred one.

use std::collections::HashSet;

use sha2::Digest as _;
use sha2::Sha256;

use super::wire::Token;

/// What the modules so far have shown.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    /// SHA-256 of each certificate.
    certificates: HashSet<[u8; 32]>,
    /// Serial number and label of each token.
    names: HashSet<(String, String)>,
}

impl Distinct {
    /// Those of a module's tokens that no earlier module has shown: it has shown a token if it has shown all
    /// its certificates, or, where there are none, a token of its serial number and label. Of one module,
    /// all count: slots may be blank alike, or be those of a card with several PINs.
    pub(super) fn new_ones<'a>(&mut self, tokens: Vec<&'a Token>) -> Vec<&'a Token> {
        let known = |token: &Token| match token.certificates.as_slice() {
            [] => self.names.contains(&name(token)),
            all => all.iter().all(|object| self.certificates.contains(&hash(&object.der))),
        };
        let fresh: Vec<&Token> = tokens.iter().copied().filter(|token| !known(token)).collect();
        self.certificates
            .extend(tokens.iter().flat_map(|token| &token.certificates).map(|object| hash(&object.der)));
        self.names.extend(tokens.iter().map(|token| name(token)));
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
    use crate::token::wire::Object;

    fn token(serial: &str, certificates: &[&str]) -> Token {
        Token {
            serial: serial.to_owned(),
            label: "x".to_owned(),
            model: String::new(),
            manufacturer: String::new(),
            pin: Flags::Ok,
            reader: String::new(),
            certificates: certificates
                .iter()
                .map(|text| Object { der: text.as_bytes().to_vec(), id: Vec::new() })
                .collect(),
        }
    }

    #[test]
    fn a_card_is_known_by_its_certificates_whatever_a_module_calls_it() {
        let mut distinct = Distinct::default();
        let mut new = |tokens: &[Token]| distinct.new_ones(tokens.iter().collect()).len();
        assert_eq!(new(&[token("1", &["a", "b"]), token("1", &["a", "b"]), token("", &[])]), 3);
        assert_eq!(new(&[token("other", &["b"]), token("", &[])]), 0);
        assert_eq!(new(&[token("1", &["b", "c"]), token("1", &["d"]), token("2", &[])]), 3);
    }
}
