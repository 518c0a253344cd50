//! The pages for the office wall: what they show is there, and what they tell people to type works.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::support::desk::Desk;

const HANDOUTS: [&str; 3] = ["leader", "clerk", "administrator"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/handouts")
}

fn text(name: &str) -> String {
    fs::read_to_string(folder().join(format!("{name}.md"))).unwrap()
}

/// What stands between backticks, and the lines of code blocks.
fn code(text: &str) -> Vec<String> {
    let mut in_block = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.push(line.to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_command_that_a_handout_names_is_there_with_its_options() {
    let desk = Desk::configured("modules = []");
    let mut tried = 0;
    for name in HANDOUTS {
        for line in code(&text(name)).iter().filter(|line| line.starts_with("kyso ")) {
            let is_command = |word: &&str| {
                !word.starts_with('-')
                    && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
            };
            let command: Vec<&str> = line.split(' ').skip(1).take_while(is_command).collect();
            let help = desk.kyso(&[command.as_slice(), &["--help"]].concat());
            let said = String::from_utf8_lossy(&help.stdout).into_owned();
            assert!(help.status.success() && !command.is_empty(), "{name}.md: {line}: {help:?}");
            for option in line.split(' ').filter(|word| word.starts_with("--")) {
                assert!(said.contains(option), "{name}.md: {line}: no {option}: {said}");
            }
            tried += 1;
        }
    }
    assert!(tried > 15, "{tried}");
}

/// Whoever changes a page, or a picture on it, prints it again.
#[test]
fn what_is_printed_is_what_is_written() {
    let list = fs::read_to_string(folder().join("printed.sha256")).unwrap();
    let mut known = BTreeMap::new();
    for line in list.lines() {
        let (hash, path) = line.split_once("  ").unwrap();
        known.insert(path, hash);
    }
    let stale: Vec<&str> = known
        .iter()
        .filter(|(path, hash)| {
            fs::read(folder().join(path)).map(|bytes| hex::encode(Sha256::digest(bytes))).ok().as_deref()
                != Some(**hash)
        })
        .map(|(path, _)| *path)
        .collect();
    assert!(stale.is_empty(), "{stale:?} changed since the pages were printed: packaging/handouts/build.sh");
    for name in HANDOUTS {
        let text = text(name);
        let pages =
            [format!("{name}.md"), format!("{name}.pdf"), "page.css".to_owned(), "build.sh".to_owned()];
        let all = pictures(&text).map(str::to_owned).chain(pages);
        let missing: Vec<String> = all.filter(|path| !known.contains_key(path.as_str())).collect();
        assert!(missing.is_empty(), "{name}: {missing:?} is not in printed.sha256");
    }
}

/// The pictures on a page.
fn pictures(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn every_picture_of_a_handout_is_there_and_each_is_one_page() {
    for name in HANDOUTS {
        let text = text(name);
        let pictures: Vec<&str> = pictures(&text).collect();
        assert!(!pictures.is_empty(), "{name}.md shows nothing");
        for picture in pictures {
            assert!(folder().join(picture).is_file(), "{name}.md: {picture}");
        }
        let pdf = fs::read(folder().join(format!("{name}.pdf"))).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 20_000, "{name}.pdf");
        let pages = pdf.windows(12).filter(|part| part.starts_with(b"/Type /Page\n")).count();
        assert_eq!(pages, 1, "{name}.pdf");
    }
}
