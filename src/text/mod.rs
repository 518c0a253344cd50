//! Every sentence a person reads, in Vietnamese and English side by side.
//!
//! One file a matter. A sentence is one line `key: "Vietnamese", "English";`, so none can lack a
//! language. `{name}` in a sentence is filled in by [`fill`].

use std::borrow::Cow;

/// A language of the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// The language of the desktop: `KYSO_LANG`, else the first of `LC_ALL`, `LC_MESSAGES`, `LANG`
    /// that is set (POSIX.1-2017 §8.2). Vietnamese unless one of them names another language.
    pub fn from_env() -> Self {
        Self::choose(|name| std::env::var(name).ok())
    }

    fn choose(variable: impl Fn(&str) -> Option<String>) -> Self {
        ["KYSO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(variable)
            .find(|value| !value.is_empty())
            .map_or_else(Self::default, |value| Self::of_locale(&value))
    }

    /// `vi_VN.UTF-8`, `C` and `POSIX` are Vietnamese, every other language is English.
    fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        match language {
            "vi" | "C" | "POSIX" => Self::Vi,
            _ => Self::En,
        }
    }

    /// The first of vi and en that an `Accept-Language` header (RFC 9110 §12.5.4) likes best;
    /// Vietnamese where it names neither.
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (0.0_f32, Self::default());
        for part in header.split(',') {
            let mut pieces = part.trim().split(';');
            let lang = match pieces.next().unwrap_or_default().get(..2) {
                Some("vi") => Self::Vi,
                Some("en") => Self::En,
                _ => continue,
            };
            let weight = pieces
                .find_map(|piece| piece.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.parse().unwrap_or(0.0));
            if weight > best.0 {
                best = (weight, lang);
            }
        }
        best.1
    }

    /// `vi` or `en`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }
}

/// Puts values where a sentence says `{name}`.
pub fn fill<'a>(sentence: &'a str, values: &[(&str, &str)]) -> Cow<'a, str> {
    values.iter().fold(Cow::Borrowed(sentence), |text, (name, value)| {
        let mark = format!("{{{name}}}");
        if text.contains(&mark) { Cow::Owned(text.replace(&mark, value)) } else { text }
    })
}

/// Declares a set of sentences: a struct whose fields are the keys, one constant a language, and
/// `of(lang)`.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($key:ident: $vi:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name { $(#[doc = concat!("`", $en, "`")] pub $key: &'static str,)+ }

        impl $name {
            const VI: Self = Self { $($key: $vi,)+ };
            const EN: Self = Self { $($key: $en,)+ };

            /// The sentences in one language.
            pub fn of(lang: $crate::text::Lang) -> &'static Self {
                match lang {
                    $crate::text::Lang::Vi => &Self::VI,
                    $crate::text::Lang::En => &Self::EN,
                }
            }

            /// Key, Vietnamese, English of each sentence.
            #[cfg(test)]
            pub(crate) const ALL: &'static [(&'static str, &'static str, &'static str)] =
                &[$((stringify!($key), $vi, $en),)+];
        }
    };
}

pub mod audit;
pub mod cause;
pub mod cell;
pub mod clean;
pub mod cli;
pub mod config;
pub mod conformance;
pub mod doctor;
pub mod error;
pub mod fold;
pub mod keep;
pub mod modules;
pub mod neighbours;
pub mod number;
pub mod operations;
pub mod pin;
pub mod policy;
pub mod prompt;
pub mod report;
pub mod settings;
pub mod setup;
pub mod simulator;
pub mod support;
pub mod tls;
pub mod tray;
pub mod validation;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_follows_the_locale() {
        let of = |pairs: &'static [(&'static str, &'static str)]| {
            Lang::choose(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(of(&[]), Lang::Vi);
        assert_eq!(of(&[("LANG", "en_GB.UTF-8")]), Lang::En);
        assert_eq!(of(&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "vi_VN")]), Lang::Vi);
        assert_eq!(of(&[("LANG", "vi_VN"), ("KYSO_LANG", "en")]), Lang::En);
    }

    #[test]
    fn accept_language_weighs() {
        assert_eq!(Lang::from_accept_language("en-GB,en;q=0.9,vi;q=0.8"), Lang::En);
        assert_eq!(Lang::from_accept_language("fr, vi;q=0.5, en;q=0.4"), Lang::Vi);
        assert_eq!(Lang::from_accept_language("fr"), Lang::Vi);
        assert_eq!(Lang::from_accept_language("é;q=x,,;"), Lang::Vi);
    }

    /// A sentence that takes a value takes it in both languages.
    #[test]
    fn both_languages_take_the_same_values() {
        let marks = |text: &str| {
            let mut found: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split('}').next())
                .map(str::to_owned)
                .collect();
            found.sort();
            found.dedup();
            found
        };
        let all = [
            audit::AuditWords::ALL,
            cause::CauseWords::ALL,
            cli::CliWords::ALL,
            config::ConfigWords::ALL,
            conformance::ConformanceWords::ALL,
            doctor::DoctorWords::ALL,
            error::ErrorWords::ALL,
            keep::KeepWords::ALL,
            modules::ModuleWords::ALL,
            neighbours::NeighbourWords::ALL,
            operations::OperationWords::ALL,
            pin::PinWords::ALL,
            policy::PolicyWords::ALL,
            prompt::PromptWords::ALL,
            report::ReportWords::ALL,
            settings::SettingWords::ALL,
            setup::SetupWords::ALL,
            simulator::SimulatorWords::ALL,
            support::SupportWords::ALL,
            tls::TlsWords::ALL,
            tray::TrayWords::ALL,
            validation::ValidationWords::ALL,
        ];
        for (key, vi, en) in all.into_iter().flatten() {
            assert!(!vi.trim().is_empty() && !en.trim().is_empty(), "{key} is empty");
            assert_eq!(marks(vi), marks(en), "{key}");
            // A sentence that was only copied is no translation.
            let is_vietnamese = |letter: char| matches!(letter, 'À'..='ỹ') && letter.is_alphabetic();
            let words = vi.split(' ').filter(|word| !word.contains(['{', '<', '/'])).count();
            // The menu of languages is for those who can't read the other one.
            assert!(!en.contains(is_vietnamese) || matches!(*key, "language" | "vietnamese"), "{key}: {en}");
            assert!(vi.contains(is_vietnamese) || words < 4, "{key}: {vi}");
        }
    }
}
