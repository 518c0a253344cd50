//! Takes out of a text what names somebody or something of theirs.

/// What is taken out, and the marks that stand in its place.
#[derive(Debug, Default)]
pub(super) struct Scrub {
    /// Long words first, so that none is left half.
    known: Vec<(String, &'static str)>,
}

impl Scrub {
    /// Takes this out too, wherever it stands. What is shorter than three letters would take whole words apart.
    pub(super) fn hide(&mut self, word: &str, mark: &'static str) {
        let word = word.trim();
        if word.chars().count() >= SHORTEST && self.known.iter().all(|(known, _)| known != word) {
            self.known.push((word.to_owned(), mark));
            self.known.sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
        }
    }

    /// The text without what is known, and without whatever looks like a digest, a fingerprint or a token.
    pub(super) fn clean(&self, text: &str) -> String {
        let named = self.known.iter().fold(text.to_owned(), |text, (word, mark)| text.replace(word, mark));
        let mut clean = String::with_capacity(named.len());
        let mut run = String::new();
        for letter in named.chars() {
            if is_code(letter) {
                run.push(letter);
            } else {
                clean.push_str(&without_code(&run));
                run.clear();
                clean.push(letter);
            }
        }
        clean + &without_code(&run)
    }
}

/// Hex of 16 digits or more anywhere in it, or anything else of 40 letters or more that is made as base64 is.
fn without_code(run: &str) -> String {
    let digits = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let is_path = run.starts_with('/') || run.matches('/').count() > 2;
    if run.len() >= LONG_CODE && digits(run) && !is_path {
        return MARK.to_owned();
    }
    let mut clean = String::new();
    let mut hex = String::new();
    for letter in run.chars().chain(['\0']) {
        if letter.is_ascii_hexdigit() {
            hex.push(letter);
            continue;
        }
        let is_code = hex.len() >= LONG_HEX && digits(&hex);
        clean.push_str(if is_code { MARK } else { &hex });
        hex.clear();
        if letter != '\0' {
            clean.push(letter);
        }
    }
    clean
}

fn is_code(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=' | '_' | '-')
}

const SHORTEST: usize = 3;
const LONG_HEX: usize = 16;
const LONG_CODE: usize = 40;
const MARK: &str = "‹code›";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_and_what_looks_like_a_code_goes() {
        let mut scrub = Scrub::default();
        scrub.hide("Nguyễn Văn An", "‹name›");
        scrub.hide("Nguyễn Văn An (ký)", "‹label›");
        scrub.hide("an", "‹user›");
        let text = "Nguyễn Văn An (ký), Nguyễn Văn An: an agent";
        assert_eq!(scrub.clean(text), "‹label›, ‹name›: an agent");
        for code in [
            "0123456789abcdef",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            "3q2-7wAAAABBBBBBCCCCCCDDDDDDEEEEEEFFFFFFGG1",
        ] {
            let text = format!("sha256:{code}, rest");
            let clean = scrub.clean(&text);
            assert!(!clean.contains(code) && clean.ends_with(", rest"), "{clean}");
        }
        for kept in ["/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "kyso 0.1.0", "2026-11-27T00:00:00Z"]
        {
            assert_eq!(scrub.clean(kept), kept);
        }
    }
}
