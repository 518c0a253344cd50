//! The command line.

use std::path::PathBuf;

use clap::Arg;
use clap::ArgAction;
use clap::Command;
use clap::value_parser;

/// What this process is to be.
pub(crate) enum Mode {
    /// The document system.
    Serve {
        /// 0 lets the system choose.
        port: u16,
        /// PEM file of the roots that are trusted.
        anchors: PathBuf,
        /// Play the page, then end.
        play: Option<Play>,
    },
    /// The one who looks at a signed file.
    Check {
        /// PEM file of the roots that are trusted.
        anchors: PathBuf,
        /// The file.
        file: PathBuf,
    },
    /// The one who answers prompts in a pseudo-terminal.
    Answer {
        /// What to type.
        pin: String,
        /// What to run there.
        command: Vec<String>,
    },
}

/// How to play the page.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    /// `http://127.0.0.1:PORT` of the agent.
    pub(crate) agent: String,
    /// A folder for the signed files, if they are to be kept.
    pub(crate) save: Option<PathBuf>,
}

/// Reads the command line; ends the process on `--help` and on a mistake.
pub(crate) fn parse() -> Mode {
    let mut given = command().get_matches();
    if let Some(pin) = given.remove_one("answer") {
        let command = given.remove_many("command").into_iter().flatten().collect();
        return Mode::Answer { pin, command };
    }
    let anchors = given.remove_one("anchors").unwrap_or_default();
    if let Some(file) = given.remove_one("check") {
        return Mode::Check { anchors, file };
    }
    let play = given.get_flag("play").then(|| Play {
        agent: given.remove_one("agent").unwrap_or_else(|| AGENT.to_owned()),
        save: given.remove_one("save"),
    });
    Mode::Serve { port: given.remove_one("port").unwrap_or(PORT), anchors, play }
}

fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let path = || value_parser!(PathBuf);
    Command::new("document_system")
        .about("A small document system that asks Kyso for signatures and verifies them")
        .arg(
            option("anchors", "PEM", "root certificates to trust")
                .value_parser(path())
                .required_unless_present("answer"),
        )
        .arg(
            option("port", "N", "port on 127.0.0.1; 0 takes a free one [default: 8480]")
                .value_parser(value_parser!(u16)),
        )
        .arg(
            Arg::new("play")
                .long("play")
                .action(ArgAction::SetTrue)
                .help("play the page: sign in, sign, number, seal, a batch; exit code 0 if all went well"),
        )
        .arg(option("agent", "URL", "with --play: where Kyso is [default: http://127.0.0.1:21480]"))
        .arg(option("save", "FOLDER", "with --play: keep the signed files there").value_parser(path()))
        .arg(
            option("check", "FILE", "verify a signed file and print the verdict; exit code 0 if valid")
                .value_parser(path()),
        )
        .arg(option("answer", "PIN", "run COMMAND in a pseudo-terminal and answer Kyso's prompts there"))
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .num_args(1..)
                .last(true)
                .requires("answer")
                .required_unless_present("anchors"),
        )
}

const PORT: u16 = 8480;
const AGENT: &str = "http://127.0.0.1:21480";
