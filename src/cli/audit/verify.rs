//! `kyso audit verify`: how far a log is proven, and by whose key.

use std::fs::File;
use std::io;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Failure, identity};
use crate::api::identity::Identity;
use crate::cli::definition::Said;
use crate::domain::audit::Receipt;
use crate::domain::ports::Notary as _;
use crate::store::verify::{Broken, Expected, Verified, VerifyError, Why};
use crate::store::{export, verify};
use crate::text::audit::AuditWords;
use crate::text::{Lang, fill};

/// The arguments, explained in the person's language.
pub(super) fn command(lang: Lang) -> Command {
    let words = AuditWords::of(lang);
    Command::new("verify").about(words.about_verify).args([
        Arg::new("receipt")
            .long("receipt")
            .visible_alias("head")
            .value_name("SEQUENCE:HEAD")
            .action(ArgAction::Append)
            .value_parser(move |text: &str| parse_receipt(text, lang).map_err(Said))
            .help(words.help_receipt),
        Arg::new("export")
            .long("export")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help(words.help_export_file),
        Arg::new("key")
            .long("key")
            .value_name("KEY")
            .value_parser(move |text: &str| parse_key(text, lang))
            .help(words.help_key),
    ])
}

pub(super) fn run(matches: &ArgMatches, database: &Path, lang: Lang) -> Result<ExitCode, Failure> {
    let receipts = matches.get_many::<Receipt>("receipt").into_iter().flatten().cloned().collect();
    let pinned = matches.get_one::<[u8; 32]>("key").copied();
    let file = matches.get_one::<PathBuf>("export");
    let path = file.map_or(database, PathBuf::as_path);
    // This machine's own key, for its own log; of another's only the person can know it.
    let own = || Identity::load(&identity(database)).ok().map(|identity| identity.key());
    let key = pinned.or_else(|| own().filter(|_| file.is_none()));
    let expected = Expected { receipts, key, signed: pinned.is_some() };
    let verified = match file {
        Some(file) => verify::verify_export_against(exported(file)?, &expected),
        None => verify::verify_against(database, &expected),
    };
    let (report, code) = match verified {
        Ok(verified) => (intact(&verified, key.is_some(), lang), ExitCode::SUCCESS),
        Err(VerifyError::Broken(broken)) => {
            let todo = AuditWords::of(lang).broken_do;
            (format!("{}\n{todo}", changed(&broken, lang)), ExitCode::from(BROKEN))
        }
        Err(VerifyError::Read(error)) => return Err(Failure::Log(path.to_owned(), error)),
    };
    // A closed pipe must not turn a changed log into success.
    match writeln!(io::stdout().lock(), "{report}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(code),
    }
}

/// An export's lines. A whole log in their place was not changed by anybody.
fn exported(file: &Path) -> Result<BufReader<File>, Failure> {
    let failed = |error| Failure::Export(file.to_owned(), error);
    let mut input = BufReader::new(File::open(file).map_err(failed)?);
    if export::is_whole_log(input.fill_buf().map_err(failed)?) {
        return Err(Failure::IsLog(file.to_owned()));
    }
    Ok(input)
}

fn intact(verified: &Verified, is_key_known: bool, lang: Lang) -> String {
    let words = AuditWords::of(lang);
    if verified.rows == 0 {
        return words.intact_empty.to_owned();
    }
    let first = verified.first.to_string();
    let last = verified.head.sequence.to_string();
    let receipt = format!("{last}:{}", hex::encode(verified.head.head));
    let values = [("rows", &*verified.rows.to_string()), ("first", &*first), ("last", &*last)];
    let whole = if verified.rows == 1 { words.intact_one } else { words.intact };
    let mut lines = vec![fill(whole, &values)];
    match &verified.signed {
        Some(signed) => {
            let values = [("sequence", &*signed.sequence.to_string()), ("key", &*named(&signed.key))];
            lines.push(fill(words.signed_to, &values));
            let tail = verified.head.sequence - signed.sequence;
            if tail > 0 {
                lines.push(fill(words.unsigned_tail, &[("rows", &tail.to_string())]));
            }
            if !is_key_known {
                lines.push(words.unknown_key.into());
            }
        }
        None => lines.push(words.unsigned.into()),
    }
    lines.push(fill(words.intact_head, &[("receipt", &receipt)]));
    match verified.removed {
        Some(removed) => lines.push(fill(words.removed_before, &[("last", &removed.to_string())])),
        None if verified.first > 1 => lines.push(fill(words.not_from_start, &[("first", &first)])),
        None => {}
    }
    for recovered in &verified.recovered {
        let sequence = recovered.sequence.to_string();
        let (from, to) = recovered.lost.unwrap_or_default();
        let (from, to) = (from.to_string(), to.to_string());
        let sentence = if recovered.lost.is_some() { words.recovered_lost } else { words.recovered };
        let values = [("sequence", &*sequence), ("from", &from), ("to", &to), ("file", &*recovered.file)];
        lines.push(fill(sentence, &values));
    }
    lines.join("\n")
}

/// That the log was changed, where and how.
pub(crate) fn changed(broken: &Broken, lang: Lang) -> String {
    let words = AuditWords::of(lang);
    let why = match broken.why {
        Why::Sequence => words.why_sequence,
        Why::Previous => words.why_previous,
        Why::Hash => words.why_hash,
        Why::Line => words.why_line,
        Why::Truncated => words.why_truncated,
        Why::Receipt => words.why_receipt,
        Why::Lost => words.why_lost,
        Why::Removed => words.why_removed,
        Why::Checkpoint => words.why_checkpoint,
        Why::Key => words.why_key,
        Why::Unsigned => words.why_unsigned,
        Why::File => words.why_file,
    };
    // Nobody changed what the log itself says is gone.
    let is_told = matches!(broken.why, Why::Lost | Why::Removed | Why::Unsigned);
    let sentence = if is_told { words.unproven } else { words.broken };
    let sequence = broken.sequence.to_string();
    fill(sentence, &[("sequence", &sequence), ("why", why)]).into_owned()
}

/// As `kyso audit key` prints a key.
pub(in crate::cli) fn named(key: &[u8; 32]) -> String {
    format!("{KEY}{}", hex::encode(key))
}

fn parse_key(text: &str, lang: Lang) -> Result<[u8; 32], String> {
    let mut key = [0; 32];
    hex::decode_to_slice(text.strip_prefix(KEY).unwrap_or(text), &mut key)
        .map(|()| key)
        .map_err(|_| AuditWords::of(lang).bad_key.to_owned())
}

/// Takes the head as replies write it (`sha256:…`) and as `verify` prints it.
fn parse_receipt(text: &str, lang: Lang) -> Result<Receipt, String> {
    let parse = || {
        let (sequence, head) = text.split_once(':')?;
        let mut receipt = Receipt { sequence: sequence.parse().ok()?, head: [0; 32] };
        let digits = head.strip_prefix("sha256:").unwrap_or(head);
        hex::decode_to_slice(digits, &mut receipt.head).ok()?;
        (receipt.sequence > 0).then_some(receipt)
    };
    parse().ok_or_else(|| AuditWords::of(lang).bad_receipt.to_owned())
}

const KEY: &str = "ed25519:";
const BROKEN: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::verify::{Recovered, Signed};

    #[test]
    fn says_what_verify_found() {
        let head = Receipt { sequence: 6, head: [0xab; 32] };
        let verified = Verified { rows: 4, first: 3, head, ..Verified::default() };
        let receipt = "ab".repeat(32);
        assert_eq!(
            intact(&verified, false, Lang::En),
            format!(
                "The log is intact: 4 rows, from number 3 to number 6.\n\
                 No checkpoint signs these rows: whoever wrote all of them anew would leave no trace but in receipts.\n\
                 Receipt of the last row: 6:{receipt}\n\
                 Rows before number 3 are not in the file and were not verified."
            )
        );
        assert_eq!(
            changed(&Broken { sequence: 5, why: Why::Hash }, Lang::Vi),
            "NHẬT KÝ ĐÃ BỊ SỬA ĐỔI tại dòng số 5: nội dung dòng này đã bị sửa."
        );
    }

    #[test]
    fn says_how_far_it_is_proven_and_by_whom() {
        let lost = Recovered { sequence: 5, lost: Some((3, 4)), file: "x.sqlite".to_owned() };
        let verified = Verified {
            rows: 4,
            first: 2,
            head: Receipt { sequence: 9, head: [0xab; 32] },
            signed: Some(Signed { sequence: 7, key: [1; 32] }),
            removed: Some(1),
            recovered: vec![lost],
        };
        let said = intact(&verified, false, Lang::En);
        for part in [
            &*format!("signed up to number 7, by the key ed25519:{}.", "01".repeat(32)),
            "2 rows after that are chained and not yet signed",
            "`kyso audit key`",
            "Rows up to number 1 were removed after their time",
            "row number 5: rows 3 to 4 are lost. What was found then is in x.sqlite.",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        assert!(!intact(&verified, true, Lang::En).contains("kyso audit key"));
    }

    #[test]
    fn takes_a_receipt_as_replies_write_it() {
        let digits = "0f".repeat(32);
        let receipt = Receipt { sequence: 42, head: [0x0f; 32] };
        for text in [format!("42:sha256:{digits}"), format!("42:{digits}")] {
            assert_eq!(parse_receipt(&text, Lang::En), Ok(receipt.clone()));
        }
        for wrong in ["", "42", "42:", "0:", ":x", &format!("0:{digits}"), &format!("x:{digits}")] {
            assert!(parse_receipt(wrong, Lang::En).is_err(), "{wrong}");
        }
        assert_eq!(parse_key(&format!("ed25519:{digits}"), Lang::En), Ok([0x0f; 32]));
        assert!(parse_key("ed25519:0f", Lang::En).is_err());
    }
}
