//! The embedded letters: the same on every machine, fonts installed or not.

use std::sync::Arc;

use egui::FontData;
use egui::FontDefinitions;
use egui::FontFamily;

/// Regular and bold Noto Sans, cut down to Latin with all Vietnamese letters.
pub(super) fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let font = |bytes: &'static [u8]| Arc::new(FontData::from_static(bytes));
    fonts.font_data.insert(REGULAR.to_owned(), font(include_bytes!("../fonts/NotoSansVN-Regular.ttf")));
    fonts.font_data.insert(BOLD.to_owned(), font(include_bytes!("../fonts/NotoSansVN-Bold.ttf")));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec![REGULAR.to_owned()]);
    }
    fonts.families.insert(bold(), vec![BOLD.to_owned()]);
    fonts
}

pub(super) fn bold() -> FontFamily {
    FontFamily::Name(BOLD.into())
}

/// The text with every letter that the fonts lack as its number, such as `[U+043E]` for the Cyrillic
/// letter that looks like an o: never a gap, never another letter.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            char::REPLACEMENT_CHARACTER => shown.push_str("[?]"),
            _ if in_fonts(letter) => shown.push(letter),
            _ => shown.push_str(&format!("[U+{:04X}]", u32::from(letter))),
        }
    }
    shown
}

fn in_fonts(letter: char) -> bool {
    matches!(letter,
        ' '..='~' | '\u{A0}'..='\u{17F}' | '\u{1A0}' | '\u{1A1}' | '\u{1AF}' | '\u{1B0}'
        | '\u{300}'..='\u{309}' | '\u{323}' | '\u{1EA0}'..='\u{1EF9}' | '\u{2010}'..='\u{2026}' | '\u{20AB}')
}

const REGULAR: &str = "regular";
const BOLD: &str = "bold";

#[cfg(test)]
mod tests {
    use egui::Context;
    use egui::FontId;
    use egui::RawInput;

    use super::*;

    #[test]
    fn what_is_taken_for_a_letter_is_one() {
        let context = Context::default();
        context.set_fonts(fonts());
        context.run_ui(RawInput::default(), |_| {}).drop_without_applying_deltas();
        for family in [FontFamily::Proportional, bold()] {
            let font = FontId::new(14.0, family);
            // A no-break space and a soft hyphen have no shape.
            for letter in ('\u{A1}'..'\u{3000}').chain('!'..'~').filter(|c| in_fonts(*c) && *c != '\u{AD}') {
                assert!(context.fonts_mut(|fonts| fonts.has_glyph(&font, letter)), "{letter:?}");
            }
        }
    }

    #[test]
    fn other_letters_are_numbers() {
        assert_eq!(shown("Ủy ban “số 1” – 5.000 ₫…"), "Ủy ban “số 1” – 5.000 ₫…");
        assert_eq!(shown("g\u{43E}ogle"), "g[U+043E]ogle");
        assert_eq!(shown("a\u{FFFD}b\u{1F600}"), "a[?]b[U+1F600]");
    }
}
