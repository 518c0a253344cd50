//! The manual page `kyso-policy(5)`, from the settings' own sentences.

use std::fmt::Write as _;

use super::settings::ALL;
use crate::text::Lang;
use crate::text::policy::PolicyWords;
use crate::text::settings::SettingWords;

/// The page, in roff.
pub fn page(lang: Lang) -> String {
    let (words, settings) = (PolicyWords::of(lang), SettingWords::of(lang));
    let mut page = format!(".TH KYSO-POLICY 5 \"\" \"Kyso {}\" Kyso\n", env!("CARGO_PKG_VERSION"));
    let mut section = |heading: &str, text: &str| {
        let _ = write!(page, ".SH \"{heading}\"\n{}\n", escaped(text));
    };
    section(words.man_name, words.man_named);
    section(words.man_description, words.man_described);
    section(words.man_settings, words.man_settings_are);
    for (name, about) in ALL {
        let _ = write!(page, ".TP\n.B {name}\n{}\n", escaped(about(settings)));
    }
    page
}

/// A line of text as roff takes it.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}
