//! Text without case and marks, to be searched in.

/// The text in small letters, Vietnamese ones without tone and shape, so that `quyet dinh` is in what
/// `Quyết định` folds to; marks that stand on their own (Unicode NFD) are left out.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).filter(|letter| !is_mark(*letter)).map(plain).collect()
}

/// Whether each word of a query is in a folded name or, if it looks like a part of one, in a folded code. What
/// begins with a figure is found where a number begins: `3` in `3` and `30`, not in `13`.
pub fn holds(name: &str, code: &str, query: &str) -> bool {
    fold(query)
        .split_whitespace()
        .all(|word| is_in(name, word) || (is_of_a_code(word) && code.contains(word)))
}

fn is_in(name: &str, word: &str) -> bool {
    let is_figure = |letter: char| letter.is_ascii_digit();
    let whole = |at: usize| !word.starts_with(is_figure) || !name[..at].ends_with(is_figure);
    name.match_indices(word).any(|(at, _)| whole(at))
}

/// One group of a code as it is shown, or more. A shorter word is in nearly every code.
fn is_of_a_code(word: &str) -> bool {
    word.len() >= GROUP && word.chars().all(|letter| letter.is_ascii_hexdigit())
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

/// Hex digits that stand together in a code.
const GROUP: usize = 4;

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
            assert!(holds(&folded, "", query), "{query}");
        }
        assert!(!holds(&folded, "", "quyet dinh 13"));
    }

    #[test]
    fn a_number_is_found_where_it_begins() {
        let found = |query: &str| -> Vec<u32> {
            let holds =
                |n: &u32| holds(&fold(&format!("“Công văn {n}.pdf”")), "0331 3abc 1303 … 0003", query);
            (1..=40).filter(holds).collect()
        };
        assert_eq!(found("cong van 3"), [3, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
        assert_eq!(found("van 3.pdf"), [3]);
        assert_eq!(found("13"), [13]);
        assert!(holds("cv13-qd7", "", "qd7") && holds("cv13-qd7", "", "13") && !holds("cv13-qd7", "", "3"));
        // The same figures are matched at a later place, where a number begins.
        assert!(holds("13 3", "", "3"));
    }

    #[test]
    fn only_what_looks_like_a_code_is_looked_for_in_it() {
        let code = "0331 3abc 1303 … 0003";
        for (query, is_there) in
            [("3ABC", true), ("0331 0003", true), ("abc", false), ("33", false), ("cong 3abc", true)]
        {
            assert_eq!(holds("cong van", code, query), is_there, "{query}");
        }
    }

    #[test]
    fn both_ways_of_writing_a_letter_fold_alike() {
        assert_eq!(fold("Quye\u{302}\u{301}t đi\u{323}nh"), fold("Quyết định"));
        assert_eq!(fold("ẶỰỢỆ"), "auoe");
        assert_eq!(fold("Яблоко"), "яблоко");
    }
}
