//! The configuration file: TOML, few settings, unknown keys refused.

mod fault;
mod shown;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::kept::KeepLimits;
use crate::domain::module::ModuleSettings;
use crate::text::Lang;

pub(crate) use self::fault::LEFT_OUT;
pub use self::fault::{Fault, Misread};
pub use self::shown::{RESERVED, shown};

/// What the agent was told, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Language of windows and messages.
    pub lang: Lang,
    /// The port to listen on; none takes the first free one.
    pub port: Option<u16>,
    /// Where the person is asked.
    pub prompt: Prompt,
    /// A folder with issuers' certificates (PEM or DER), to complete chains.
    pub chain_folder: Option<PathBuf>,
    /// PKCS#11 modules, the preferred first; none if they are to be found.
    pub modules: Option<Vec<Module>>,
    /// How long a login may be kept where the person wants it; none: never.
    pub keep_login: Option<KeepLimits>,
}

/// A PKCS#11 module and how it wants to be treated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Its library.
    pub path: PathBuf,
    /// How it wants to be treated.
    pub settings: ModuleSettings,
}

/// Where the person is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Prompt {
    /// A native window.
    #[default]
    Window,
    /// The agent's own terminal.
    Terminal,
}

/// The file can't be used.
#[derive(Debug)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    language: Option<Language>,
    port: Option<u16>,
    prompt: Prompt,
    chain_folder: Option<PathBuf>,
    modules: Option<Vec<ModuleEntry>>,
    keep_login: Option<KeepEntry>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct KeepEntry {
    idle: u64,
    most: u64,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Language {
    Vi,
    En,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ModuleEntry {
    path: PathBuf,
    reserved: Option<String>,
    parallel: Option<usize>,
    #[serde(default)]
    slow: bool,
    #[serde(default)]
    network: bool,
    #[serde(default)]
    writable: Vec<PathBuf>,
    #[serde(default)]
    environment: Vec<String>,
    landlock: Option<bool>,
}

/// What holds without a file.
impl Default for Config {
    fn default() -> Self {
        Self {
            lang: Lang::from_env(),
            port: None,
            prompt: Prompt::default(),
            chain_folder: None,
            modules: None,
            keep_login: None,
        }
    }
}

impl Config {
    /// Reads the file named on the command line, else the user's own if there is one, else takes the
    /// defaults. `KYSO_LANG` goes before the file's `language`, the locale after it.
    ///
    /// # Errors
    /// [`ConfigError`] if the file can't be read or understood.
    pub fn load(named: Option<&Path>, own: &Path) -> Result<Self, ConfigError> {
        let path = named.unwrap_or(own);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(ConfigError { path: path.to_owned(), fault: Fault::Unread(error) }),
        };
        Self::parse(&text).map_err(|fault| ConfigError { path: path.to_owned(), fault })
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let file: File = toml::from_str(text).map_err(|error| Fault::of(&error, text))?;
        if file.port.is_some_and(|port| port < 1024) {
            return Err(Fault::Port);
        }
        let read = |entries: Vec<ModuleEntry>| entries.into_iter().map(Module::try_from).collect();
        let modules = file.modules.map(read).transpose()?;
        let set = std::env::var("KYSO_LANG").ok().filter(|value| !value.is_empty());
        let lang = match (set, file.language) {
            (None, Some(Language::Vi)) => Lang::Vi,
            (None, Some(Language::En)) => Lang::En,
            _ => Lang::from_env(),
        };
        let File { port, prompt, chain_folder, .. } = file;
        let keep_login = file.keep_login.map(KeepLimits::try_from).transpose()?;
        Ok(Self { lang, port, prompt, chain_folder, modules, keep_login })
    }
}

/// The file's text with this language in it; everything else in it stays as it is.
///
/// # Errors
/// If the text can't be used as it is, or its language stands where no line of its own tells it.
pub fn speaking(text: &str, lang: Lang) -> Result<String, Fault> {
    Config::parse(text)?;
    let setting = format!("language = \"{}\"", lang.code());
    let is_setting = |line: &str| {
        line.trim_start().strip_prefix("language").is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let at = text.lines().take_while(|line| !line.trim_start().starts_with('[')).position(is_setting);
    let mut lines: Vec<&str> = text.lines().collect();
    match at {
        Some(at) => lines[at] = &setting,
        None => lines.insert(0, &setting),
    }
    let new = lines.join("\n") + "\n";
    let file: File = toml::from_str(&new).map_err(|error| Fault::of(&error, &new))?;
    let is_so =
        matches!((file.language, lang), (Some(Language::Vi), Lang::Vi) | (Some(Language::En), Lang::En));
    if is_so { Ok(new) } else { Err(Fault::Language) }
}

impl TryFrom<KeepEntry> for KeepLimits {
    type Error = Fault;

    fn try_from(entry: KeepEntry) -> Result<Self, Fault> {
        Self::new(entry.idle, entry.most).ok_or(Fault::Keep)
    }
}

impl TryFrom<ModuleEntry> for Module {
    type Error = Fault;

    fn try_from(entry: ModuleEntry) -> Result<Self, Fault> {
        let ModuleEntry { path, reserved, parallel, slow, network, writable, environment, landlock } = entry;
        if let Some(relative) = [&path].into_iter().chain(&writable).find(|path| !path.is_absolute()) {
            return Err(Fault::Relative(relative.clone()));
        }
        let parallel = parallel.unwrap_or(1);
        if !(1..=ModuleSettings::MOST_SESSIONS).contains(&parallel) {
            return Err(Fault::Parallel);
        }
        let landlock = landlock.unwrap_or(true);
        let settings = ModuleSettings { reserved, parallel, slow, network, writable, environment, landlock };
        Ok(Self { path, settings })
    }
}

impl ConfigError {
    /// In words: the file, where in it, and what.
    pub fn told(&self, lang: Lang) -> String {
        format!("{}: {}", self.path.display(), self.fault.told(lang))
    }

    /// The same for a stranger, without what stands in the file.
    pub fn told_to_others(&self, lang: Lang) -> String {
        format!("{}: {}", self.path.display(), self.fault.told_to_others(lang))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults() {
        let config = Config::parse("").expect("defaults");
        assert_eq!((config.port, config.prompt, &config.chain_folder), (None, Prompt::Window, &None));
        assert_eq!(config.keep_login, None, "no login is kept unless the file says so (R38)");
        assert_eq!(config.modules, None, "they are found");
        assert_eq!(config, Config::default());
        assert_eq!(Config::parse("modules = []").expect("none at all").modules, Some(Vec::new()));
    }

    #[test]
    fn takes_its_few_settings() {
        let text = "language = \"en\"\nport = 21500\nprompt = \"terminal\"\nchain_folder = \"/etc/ca\"\n\
                    [[modules]]\npath = \"/usr/lib/a.so\"\n[keep_login]\nidle = 60\nmost = 900\n";
        let config = Config::parse(text).expect("valid");
        assert_eq!(config.port, Some(21500));
        assert_eq!(config.prompt, Prompt::Terminal);
        assert_eq!(config.keep_login, KeepLimits::new(60, 900));
        let module = Module { path: PathBuf::from("/usr/lib/a.so"), ..Module::default() };
        assert_eq!(config.modules, Some(vec![module]));
    }

    #[test]
    fn a_language_is_put_in_and_nothing_else_is_touched() {
        let put = |text: &str| speaking(text, Lang::En).expect("usable");
        assert_eq!(put(""), "language = \"en\"\n");
        let rest = "# my own\nport = 21500\n\n[[modules]]\npath = \"/a.so\" # language = 1\n";
        assert_eq!(put(rest), format!("language = \"en\"\n{rest}"));
        assert_eq!(put("port = 21500\nlanguage=\"vi\" # x\n"), "port = 21500\nlanguage = \"en\"\n");
        assert!(speaking("prt = 1", Lang::En).is_err(), "a file that can't be used is left alone");
        assert!(speaking("\"language\" = \"vi\"", Lang::En).is_err(), "no second one");
    }

    #[test]
    fn says_what_it_does_not_understand() {
        for (text, part) in [
            ("prt = 1", "prt"),
            ("port = 80", "1024"),
            ("port = 70000", "70000"),
            ("prompt = \"web\"", "web"),
            ("[[modules]]\npath = \"a.so\"", "a.so"),
            ("[[modules]]\npath = \"/a.so\"\nwritable = [\"b\"]", ": b "),
            ("[[modules]]\npath = \"/a.so\"\nparallel = 0", "16"),
            ("[[modules]]\nname = \"x\"", "name"),
            ("[keep_login]\nidle = 301\nmost = 7200", "300"),
            ("[keep_login]\nidle = 300\nmost = 7201", "7200"),
            ("[keep_login]\nidle = 0\nmost = 60", "300"),
            ("[keep_login]\nidle = 60", "most"),
            ("[keep_login]\nidle = 60\nmost = 60\npin = 1", "pin"),
            ("language = \"fr\"", "fr"),
            ("x =", "x ="),
        ] {
            let fault = Config::parse(text).expect_err(text);
            for lang in Lang::ALL {
                let why = fault.told(lang);
                assert!(why.contains(part), "{text}: {why}");
            }
        }
    }

    /// Nothing of the parser's English is left but where it found no TOML at all.
    #[test]
    fn says_it_in_vietnamese() {
        for (text, said) in [
            (
                "port = 21500\nprompt = \"web\"",
                "dòng 2 («prompt = \"web\"»): giá trị «web» không dùng được; dùng được: window, terminal",
            ),
            ("port = 70000", "dòng 1 («port = 70000»): giá trị không đúng kiểu hoặc ngoài khoảng cho phép"),
            ("port = \"a\"", "dòng 1 («port = \"a\"»): giá trị không đúng kiểu hoặc ngoài khoảng cho phép"),
            ("[keep_login]\nidle = 60", "dòng 1 («[keep_login]»): thiếu mục «most»"),
            (
                "[keep_login]\nidle = 60\nmost = 60\npin = 1",
                "dòng 4 («pin = 1»): không có mục «pin»; dùng được: idle, most",
            ),
        ] {
            assert_eq!(Config::parse(text).expect_err(text).told(Lang::Vi), said);
        }
    }
}
