//! Writes the manual pages and the shells' completions that the package ships, from the command line's own
//! definition: `cargo run --example manual -- FOLDER`.
//!
//! FOLDER/man/man1 and FOLDER/man/vi/man1 get `kyso.1` and a page for each subcommand, man5 beside them `kyso-policy.5`, FOLDER/completions the files
//! `kyso.bash`, `_kyso` and `kyso.fish`.
#![allow(clippy::unwrap_used, reason = "a tool of the build: it may stop")]

use std::fs;
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use kyso::cli::definition;
use kyso::text::Lang;

fn main() {
    let folder = std::env::args_os().nth(1).expect("usage: manual FOLDER");
    let folder = Path::new(&folder);
    for (lang, place) in [(Lang::En, "man/man1"), (Lang::Vi, "man/vi/man1")] {
        let pages = folder.join(place);
        fs::create_dir_all(&pages).unwrap();
        let mut command = definition::command(lang);
        command.build();
        write(&command, "kyso", lang, &pages);
        let policy = folder.join(place.replace("man1", "man5"));
        fs::create_dir_all(&policy).unwrap();
        fs::write(policy.join("kyso-policy.5"), kyso::policy::manual::page(lang)).unwrap();
    }
    let completions = folder.join("completions");
    fs::create_dir_all(&completions).unwrap();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut definition::command(Lang::En), "kyso", &completions).unwrap();
    }
}

/// The page of a command and those of all below it that people see.
fn write(command: &Command, name: &str, lang: Lang, folder: &Path) {
    let below: Vec<&Command> = command.get_subcommands().filter(|below| !below.is_hide_set()).collect();
    let mut text = Vec::new();
    let man = Man::new(command.clone().name(&*name.to_owned().leak()).bin_name(name.replace('-', " ")))
        .title(name.to_uppercase())
        .source(format!("Kyso {}", env!("CARGO_PKG_VERSION")))
        .manual("Kyso");
    man.render_title(&mut text).unwrap();
    man.render_name_section(&mut text).unwrap();
    man.render_synopsis_section(&mut text).unwrap();
    man.render_description_section(&mut text).unwrap();
    man.render_options_section(&mut text).unwrap();
    if !below.is_empty() {
        man.render_subcommands_section(&mut text).unwrap();
    }
    let mut text = String::from_utf8(text).unwrap();
    if name == "kyso" {
        text.push_str(if lang == Lang::Vi { MORE_VI } else { MORE_EN });
    }
    let lines = text.lines().map(|line| match line.strip_prefix(".SH ") {
        Some(heading) => format!(".SH \"{}\"\n", in_language(heading.trim_matches('"'), lang)),
        None => format!("{line}\n"),
    });
    fs::write(folder.join(format!("{name}.1")), lines.collect::<String>()).unwrap();
    for command in below {
        write(command, &format!("{name}-{}", command.get_name()), lang, folder);
    }
}

/// The library's own headings are English; all are in capitals, as in every manual.
fn in_language(heading: &str, lang: Lang) -> String {
    let known = HEADINGS.iter().find(|(english, _)| lang == Lang::Vi && *english == heading);
    known.map_or(heading, |(_, vietnamese)| vietnamese).to_uppercase()
}

/// What the definition does not know.
const MORE_EN: &str = include_str!("../packaging/man/kyso.en.roff");
const MORE_VI: &str = include_str!("../packaging/man/kyso.vi.roff");
const HEADINGS: [(&str, &str); 3] = [("NAME", "TÊN"), ("SYNOPSIS", "CÚ PHÁP"), ("DESCRIPTION", "MÔ TẢ")];
