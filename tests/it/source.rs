//! What the source promises about itself: sizes, layers, systems, sentences, dependencies.

mod pages;
mod supply;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use kyso::api::status;
use kyso::domain::error::ErrorCode;

/// Who may use whom, by the first folder or file under `src`.
const LAYERS: &[(&str, &[&str])] = &[
    ("main", &["cli", "app", "ui", "text", "domain", "sys"]),
    ("bin", &["token", "cli"]),
    (SIMULATOR, &["app", "cli", "paths", "api", "token", "text", "domain", "sys"]),
    (
        "cli",
        &[
            "status",
            "app",
            "config",
            "policy",
            "paths",
            "log",
            "api",
            "store",
            "report",
            "setup",
            "tls",
            "token",
            "ui",
            "sign",
            "validation",
            "text",
            "domain",
            "sys",
        ],
    ),
    ("forward", &["log", "domain", "sys"]),
    ("report", &["text", "domain"]),
    ("setup", &["token", "text", "domain", "sys"]),
    (
        "app",
        &[
            "status",
            "config",
            "policy",
            "paths",
            "log",
            "api",
            "store",
            "forward",
            "tls",
            "token",
            "ui",
            "sign",
            "validation",
            "text",
            "domain",
            "sys",
        ],
    ),
    ("config", &["paths", "text", "domain", "sys"]),
    ("policy", &["config", "text", "domain", "sys"]),
    ("paths", &["text", "domain", "sys"]),
    ("log", &["text", "domain", "sys"]),
    ("api", &["log", "sign", "status", "tls", "text", "domain", "sys"]),
    ("ui", &["status", "text", "domain", "sys"]),
    ("sign", &["log", "text", "domain", "sys"]),
    ("token", &["log", "text", "domain", "sys"]),
    ("store", &["text", "domain", "sys"]),
    ("validation", &["log", "domain", "sys"]),
    ("status", &[]),
    ("tls", &["sys"]),
    ("text", &["status", "domain"]),
    ("domain", &[]),
    ("sys", &[]),
];

/// A program with code of its own, which is no part of the library.
const SIMULATOR: &str = "src/bin/kyso-simulator";

/// The crate's only `unsafe`: raw C calls that the PKCS#11 crate does not offer.
const UNSAFE_FILES: &[&str] = &["src/token/pkcs11/raw.rs"];

/// Where whatever is quoted is shown …
const SHOWN: &[&str] = &["src/cli/", "src/config.rs", "src/policy/", "src/setup/", "src/ui/"];
/// … but for what agent and prompt write into the log if one of them breaks the line between them.
const NOT_SHOWN: &[&str] = &["src/ui/message/"];

const LONGEST_FILE: usize = 400;

#[test]
fn no_file_is_longer_than_a_few_screens() {
    for source in sources(&["src", "tests", "examples"]) {
        let lines = source.text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines", source.path);
    }
}

/// One is not many: a number stands behind its noun, or its sentence is there twice.
#[test]
fn no_sentence_evades_a_plural() {
    for source in sources(&["src/text"]) {
        assert!(!source.text.contains("(s)"), "{}", source.path);
    }
}

#[test]
fn layers_use_only_what_is_below_them() {
    for source in sources(&["src"]) {
        if source.path == "src/lib.rs" {
            continue;
        }
        let layer = source.layer();
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            panic!("{}: `{layer}` has no place among the layers", source.path);
        };
        for used in used_modules(&source.code()) {
            let known = LAYERS.iter().any(|(name, _)| *name == used);
            let below = used == layer || allowed.contains(&used.as_str());
            assert!(!known || below, "{} uses `{used}`, which `{layer}` must not", source.path);
        }
    }
}

/// What answers in the person's place is the windows' own side, and the simulator, which is no part of the library.
#[test]
fn nothing_shipped_approves_by_itself() {
    for source in sources(&["src"]) {
        let answers = source.shipped_code().contains("Prompter for ");
        let may = source.path.starts_with("src/ui/") || source.path.starts_with(SIMULATOR);
        assert!(!answers || may, "{} answers in the person's place", source.path);
    }
}

/// What is shipped says the version that it has.
#[test]
fn only_the_simulator_plays_another_version() {
    for source in sources(&["src"]) {
        let plays = source.shipped_code().contains(".of_version(");
        assert_eq!(plays, source.path == format!("{SIMULATOR}/run.rs"), "{}", source.path);
    }
}

#[test]
fn systems_differ_only_in_sys() {
    for source in sources(&["src", "tests", "examples"]) {
        if source.path.starts_with("src/sys/") || source.path == THIS_FILE {
            continue;
        }
        for system in
            ["cfg(unix", "cfg(windows", "target_os", "target_family", "std::os::unix::", "std::os::linux::"]
        {
            let in_tests_too = system.starts_with("cfg(") || system.starts_with("target");
            let looked_at = if in_tests_too { source.text.clone() } else { source.shipped_code() };
            assert!(!looked_at.contains(system), "{} says `{system}`", source.path);
        }
    }
}

#[test]
fn r64_unsafe_stands_in_one_file() {
    for source in sources(&["src"]) {
        let has = source.code().contains("unsafe ") || source.text.contains("allow(unsafe_code");
        assert!(!has || UNSAFE_FILES.contains(&source.path.as_str()), "{} has unsafe code", source.path);
    }
}

#[test]
fn nothing_is_left_for_later() {
    for source in sources(&["src", "tests", "examples"]) {
        if source.path == THIS_FILE {
            continue;
        }
        for mark in ["todo!(", "unimplemented!(", "#[ignore", "FIXME", "TODO"] {
            assert!(!source.text.contains(mark), "{} has {mark}", source.path);
        }
    }
}

#[test]
fn sentences_stand_in_text_alone() {
    for source in sources(&["src"]) {
        if source.path.starts_with("src/text/") {
            continue;
        }
        for (index, line) in source.shipped_code().lines().enumerate() {
            let vietnamese = line.chars().find(|letter| is_vietnamese(*letter));
            assert!(vietnamese.is_none(), "{}: a sentence outside src/text: {index}: {line}", source.path);
        }
    }
}

/// English has no letters of its own: where only people's words belong, no two words stand in quotes.
#[test]
fn what_is_shown_comes_from_text() {
    for source in sources(&["src"]) {
        let is_in = |places: &[&str]| places.iter().any(|place| source.path.starts_with(place));
        if !is_in(SHOWN) || is_in(NOT_SHOWN) {
            continue;
        }
        for line in source.shipped_code().lines() {
            let attribute = line.trim_start().starts_with("#[");
            let sentence = line.split('"').skip(1).step_by(2).find(|quoted| has_two_words(quoted));
            assert!(attribute || sentence.is_none(), "{}: a sentence outside src/text: {line}", source.path);
        }
    }
}

/// Nothing hides from the checks by calling itself a test.
#[test]
fn tests_are_tests() {
    for source in sources(&["src"]) {
        if let Some((before, tests)) = source.text.split_once("\nmod tests {") {
            let item = |line: &&str| {
                ["fn ", "pub", "impl", "use ", "const ", "static ", "struct ", "enum ", "mod ", "macro"]
                    .iter()
                    .any(|start| line.starts_with(start))
            };
            let behind: Vec<&str> = tests.lines().filter(item).collect();
            assert!(before.ends_with("#[cfg(test)]"), "{}: tests are built into the program", source.path);
            assert!(behind.is_empty(), "{}: code behind its tests: {behind:?}", source.path);
        }
        let declared = ["mod tests;", "mod sample;"].iter().filter_map(|name| source.text.split_once(name));
        for (before, _) in declared {
            assert!(before.ends_with("#[cfg(test)]\n"), "{}: tests are built into the program", source.path);
        }
    }
}

/// Each set of sentences is looked at by the test that compares the languages.
#[test]
fn every_set_of_sentences_is_compared() {
    let compared = read("src/text/mod.rs");
    let mut sets = 0;
    for source in sources(&["src/text"]) {
        for (at, _) in source.text.match_indices("\nwords! {") {
            let inside = source.text[at..].lines().skip(2).find(|line| !line.trim().starts_with("///"));
            let name = inside.unwrap_or_default().trim().trim_end_matches(" {");
            assert!(compared.contains(&format!("::{name}::ALL")), "{} has {name}", source.path);
            sets += 1;
        }
    }
    assert!(sets > 5, "only {sets} sets were found");
}

#[test]
fn every_dependency_says_why() {
    let mut in_dependencies = false;
    for line in [read("Cargo.toml"), read("fuzz/Cargo.toml")].concat().lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies && line.contains('=') && !line.starts_with('#') {
            let reason = line.split_once('#').map(|(_, reason)| reason.trim()).unwrap_or_default();
            assert!(reason.len() >= 10, "no reason beside {line}");
        }
    }
}

#[test]
fn every_error_code_has_its_row_in_both_readmes() {
    for readme in ["README.md", "README.vi.md"] {
        let text = read(readme);
        for code in ErrorCode::ALL {
            let row = format!("| `{code}` | {} |", status(code).as_u16());
            assert_eq!(text.matches(&row).count(), 1, "{readme} needs one row {row}");
        }
    }
}

const THIS_FILE: &str = "tests/it/source.rs";

struct Source {
    path: String,
    text: String,
}

impl Source {
    fn layer(&self) -> &str {
        if self.path.starts_with(SIMULATOR) {
            return SIMULATOR;
        }
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Without comments, line by line.
    fn code(&self) -> String {
        self.text.lines().map(without_comment).collect::<Vec<_>>().join("\n")
    }

    /// Without comments and without the tests at the bottom.
    fn shipped_code(&self) -> String {
        let test_file = self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/sample/")
            || self.path.ends_with("/sample.rs");
        let code = if test_file { String::new() } else { self.code() };
        code.split("\nmod tests {").next().unwrap_or_default().to_owned()
    }
}

/// Up to `//` outside a string; good enough for code that rustfmt wrote.
fn without_comment(line: &str) -> &str {
    let mut in_string = false;
    let mut escaped = false;
    for (at, letter) in line.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '/' if !in_string && line[at..].starts_with("//") => return &line[..at],
            _ => {}
        }
    }
    line
}

/// First names behind `crate::` and `kyso::`, braces included.
fn used_modules(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for root in ["crate::", "kyso::"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$') {
                continue;
            }
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                Some(group) => {
                    let group = group.split('}').next().unwrap_or_default();
                    used.extend(group.split(',').filter_map(|part| first_name(part.trim())));
                }
                None => used.extend(first_name(rest)),
            }
        }
    }
    used
}

fn first_name(path: &str) -> Option<String> {
    let name: String = path.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    (!name.is_empty()).then_some(name)
}

fn is_vietnamese(letter: char) -> bool {
    matches!(letter, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ỹ') && letter.is_alphabetic()
}

/// Commands are no sentences: people type them.
fn has_two_words(text: &str) -> bool {
    if text.starts_with("kyso ") {
        return false;
    }
    let is_word = |word: &str| word.len() > 1 && word.chars().all(char::is_alphabetic);
    let words: Vec<&str> = text.split(' ').map(|word| word.trim_matches([',', '.', ':', '!', '?'])).collect();
    words.windows(2).any(|pair| pair.iter().all(|word| is_word(word)))
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), &mut found);
    }
    assert!(!found.is_empty(), "no source was found");
    found
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
