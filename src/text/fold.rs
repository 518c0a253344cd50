//! Text without case and marks, to be searched in.

/// The text in small letters, Vietnamese ones without tone and shape, so that `quyet dinh` is in what
/// `Quyết định` folds to; marks that stand on their own (Unicode NFD) are left out.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).filter(|letter| !is_mark(*letter)).map(plain).collect()
}

/// Whether each word of a query is in a folded text.
pub fn holds(folded: &str, query: &str) -> bool {
    fold(query).split_whitespace().all(|word| folded.contains(word))
}

/// Combining diacritical marks (Unicode block 0300–036F).
fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&letter)
}

fn plain(letter: char) -> char {
    if letter.is_ascii() {
        return letter;
    }
    PLAIN.iter().find(|(_, marked)| marked.contains(letter)).map_or(letter, |(plain, _)| *plain)
}

const PLAIN: [(char, &str); 7] = [
    ('a', "àáảãạăằắẳẵặâầấẩẫậ"),
    ('d', "đ"),
    ('e', "èéẻẽẹêềếểễệ"),
    ('i', "ìíỉĩị"),
    ('o', "òóỏõọôồốổỗộơờớởỡợ"),
    ('u', "ùúủũụưừứửữự"),
    ('y', "ỳýỷỹỵ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_without_marks_and_with() {
        let folded = fold("Quyết định số 12/QĐ-UBND của Ủy ban");
        assert_eq!(folded, "quyet dinh so 12/qd-ubnd cua uy ban");
        for query in ["quyet dinh", "Quyết", "QUYẾT ĐỊNH", "qd-ubnd", "ban quyet", "", "  uy  "] {
            assert!(holds(&folded, query), "{query}");
        }
        assert!(!holds(&folded, "quyet dinh 13"));
    }

    #[test]
    fn both_ways_of_writing_a_letter_fold_alike() {
        assert_eq!(fold("Quye\u{302}\u{301}t đi\u{323}nh"), fold("Quyết định"));
        assert_eq!(fold("ẶỰỢỆ"), "auoe");
        assert_eq!(fold("Яблоко"), "яблоко");
    }
}
