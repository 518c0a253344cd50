//! Names that others chose, made safe to show in a window and a terminal.

/// The name with control characters, line breaks and everything that turns the direction of writing
/// or takes no room replaced by `�`, and cut to `most` characters with a visible `…`.
///
/// An empty or blank name comes back empty.
pub fn clean(name: &str, most: usize) -> String {
    let mut shown: String =
        name.trim().chars().map(|c| if deceives(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if let Some((end, _)) = shown.char_indices().nth(most) {
        let kept = shown.char_indices().take(most.saturating_sub(1)).last();
        shown.truncate(kept.map_or(0, |(at, c)| at + c.len_utf8()).min(end));
        shown.push('…');
    }
    shown
}

/// Unicode bidi controls (UAX #9 §2), format characters without width, and line separators.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{2800}' | '\u{13430}'..='\u{1345F}' | '\u{1BCA0}'..='\u{1BCAF}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_replaced() {
        assert_eq!(clean("a\u{1b}[2Jb", 99), "a\u{FFFD}[2Jb");
        assert_eq!(clean("hop\u{202e}fdp.exe", 99), "hop\u{FFFD}fdp.exe");
        assert_eq!(clean("a\nb\u{200b}c\u{9b}31m", 99), "a\u{FFFD}b\u{FFFD}c\u{FFFD}31m");
        assert_eq!(clean("Quyết định số 1 – điều chỉnh", 99), "Quyết định số 1 – điều chỉnh");
    }

    #[test]
    fn a_cut_shows() {
        assert_eq!(clean("ngắn", 4), "ngắn");
        assert_eq!(clean("ngắn gọn", 5), "ngắn…");
        assert_eq!(clean(&"đ".repeat(1_000), 300).chars().count(), 300);
    }

    #[test]
    fn blank_is_empty() {
        assert_eq!(clean(" \t ", 9), "");
    }
}
