//! The table of `kyso audit list`.

use std::io;
use std::io::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::domain::caller::COMMAND_LINE;
use crate::domain::subject::Subject;
use crate::store::body::{Body, POLICY};
use crate::store::read::Row;
use crate::text::Lang;
use crate::text::audit::{AuditWords, outcome};
use crate::ui;

/// The cells of one line, in the order of the columns.
pub(super) type Line = [String; 7];

/// One row in a person's words, at the time their clock shows.
pub(super) fn line(row: &Row, local_time: String, lang: Lang) -> Line {
    let words = AuditWords::of(lang);
    let body: Body = serde_json::from_str(&row.body).unwrap_or_default();
    let caller = match body.caller.as_deref() {
        Some(COMMAND_LINE) => words.command_line,
        Some(origin) => origin,
        None => "",
    };
    let what = if body.is_sign_in() {
        sign_in(&row.kind, words)
    } else if row.kind == "paired" && body.cause.as_deref() == Some(POLICY) {
        words.paired_by_policy.to_owned()
    } else {
        kind(&row.kind, words).to_owned()
    };
    let document = body.items.as_ref().and_then(|items| items.first()).map(|item| item.name.as_str());
    let named = if row.kind.starts_with("pin_") { body.token.as_deref() } else { document };
    let what = match named {
        Some(name) if !name.is_empty() => format!("{what}: {name}"),
        _ => what,
    };
    // An interrupted request ended with the agent: a code of its own says nothing more.
    let code = body.outcome.as_deref().filter(|_| row.kind != "interrupted");
    [
        row.sequence.to_string(),
        local_time,
        shown(caller),
        shown(&what),
        shown(&common_name(body.subject.as_deref().unwrap_or_default())),
        body.count.map(|count| count.to_string()).unwrap_or_default(),
        shown(code.map_or("", |code| outcome(code, lang))),
    ]
}

/// Writes the lines under their column names, as wide as they appear on a terminal.
pub(super) fn write(lines: &[Line], lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let words = AuditWords::of(lang);
    let head: Line = [
        words.column_sequence,
        words.column_time,
        words.column_caller,
        words.column_what,
        words.column_certificate,
        words.column_count,
        words.column_outcome,
    ]
    .map(str::to_owned);
    let mut widths = [0; 7];
    for line in std::iter::once(&head).chain(lines) {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.width().max(*width);
        }
    }
    for line in std::iter::once(&head).chain(lines) {
        let cells: Vec<String> = line
            .iter()
            .zip(widths)
            .zip(NUMBERS)
            .map(|((cell, width), number)| {
                let blanks = " ".repeat(width - cell.width());
                if number { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") }
            })
            .collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

fn kind<'a>(kind: &'a str, words: &AuditWords) -> &'a str {
    match kind {
        "asked" => words.asked,
        "signed" => words.signed,
        "refused" => words.refused,
        "failed" => words.failed,
        "cancelled" => words.cancelled,
        "interrupted" => words.interrupted,
        "replayed" => words.replayed,
        "paired" => words.paired,
        "pairing_refused" => words.pairing_refused,
        "unpaired" => words.unpaired,
        "allowed" => words.allowed,
        "revoked" => words.revoked,
        "blocked" => words.blocked,
        "paused" => words.paused,
        "resumed" => words.resumed,
        "pin_change_asked" => words.pin_change_asked,
        "pin_changed" => words.pin_changed,
        "pin_change_failed" => words.pin_change_failed,
        "pin_unblock_asked" => words.pin_unblock_asked,
        "pin_unblocked" => words.pin_unblocked,
        "pin_unblock_failed" => words.pin_unblock_failed,
        "checkpoint" => words.checkpoint,
        "rotated" => words.rotated,
        "removed" => words.removed,
        "recovery" => words.recovery,
        other => other,
    }
}

/// What became of a sign-in: no document is asked for or signed.
fn sign_in(of: &str, words: &AuditWords) -> String {
    match of {
        "asked" => words.sign_in_asked.to_owned(),
        "signed" => words.signed_in.to_owned(),
        "refused" => words.sign_in_refused.to_owned(),
        "failed" => words.sign_in_failed.to_owned(),
        other => format!("{}: {}", kind(other, words), words.sign_in),
    }
}

/// The CN of an RFC 4514 name; the whole if it has none.
fn common_name(subject: &str) -> String {
    Subject::parse(subject).part("CN").unwrap_or(subject).to_owned()
}

/// What callers and certificates claim can't move the cursor, turn the line around or fill it.
fn shown(text: &str) -> String {
    let clean = ui::clean::clean(text, usize::MAX);
    if clean.width() <= WIDEST {
        return clean;
    }
    let mut width = 0;
    let kept = clean.chars().take_while(|c| {
        width += c.width().unwrap_or(0);
        width < WIDEST
    });
    kept.chain(std::iter::once('…')).collect()
}

/// Which columns line up at the right.
const NUMBERS: [bool; 7] = [true, false, false, false, false, true, false];

/// The widest cell, in columns of the terminal.
const WIDEST: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sequence: i64, kind: &str, body: &str) -> Row {
        Row {
            sequence,
            time: "2026-03-01T03:00:00.000Z".to_owned(),
            kind: kind.to_owned(),
            body: body.to_owned(),
            previous: vec![],
            hash: vec![],
        }
    }

    fn table(lang: Lang) -> String {
        let rows = [
            row(9, "paired", r#"{"asked":true,"caller":"https://vanban.example.vn"}"#),
            row(
                10,
                "asked",
                r#"{"caller":"https://vanban.example.vn","count":2,"items":[{"digest":"sha-256:00","name":"Công văn 123.pdf"}]}"#,
            ),
            row(
                11,
                "signed",
                r#"{"caller":"https://vanban.example.vn","count":2,"outcome":"ok","subject":"CN=Nguyễn Thị Ánh\\, ThS,O=UBND,C=VN"}"#,
            ),
            row(12, "failed", r#"{"caller":"command line","count":1,"outcome":"pin_locked"}"#),
        ];
        let lines: Vec<Line> =
            rows.iter().map(|row| line(row, "2026-03-01 10:00:00".to_owned(), lang)).collect();
        let mut out = Vec::new();
        write(&lines, lang, &mut out).expect("memory takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn lines_up_in_both_languages() {
        assert_eq!(table(Lang::Vi), VI);
        assert_eq!(table(Lang::En), EN);
    }

    #[test]
    fn a_pins_rows_name_the_token() {
        let row = row(
            1,
            "pin_unblock_failed",
            r#"{"caller":"command line","outcome":"puk_locked","token":"a1\u001b"}"#,
        );
        let cells = |lang| line(&row, String::new(), lang);
        assert_eq!(cells(Lang::Vi)[3], "mở khóa mã PIN không thành công: a1\u{fffd}");
        assert_eq!(
            (&*cells(Lang::En)[3], &*cells(Lang::En)[6]),
            ("PIN not unblocked: a1\u{fffd}", "PUK locked")
        );
    }

    #[test]
    fn a_sign_in_is_no_document() {
        let said = |kind: &str, lang| {
            let body = r#"{"caller":"https://a.vn","count":1,"form":"sign-in","items":[{"digest":"sha-256:00","name":""}]}"#;
            line(&row(1, kind, body), String::new(), lang)[3].clone()
        };
        for (kind, vi, en) in [
            ("asked", "xin đăng nhập", "asked to sign in"),
            ("signed", "đã đăng nhập", "signed in"),
            ("refused", "từ chối đăng nhập", "sign-in refused"),
            ("failed", "đăng nhập không thành công", "sign-in failed"),
            ("cancelled", "đã hủy yêu cầu: đăng nhập", "cancelled: sign-in"),
            ("interrupted", "bị gián đoạn: đăng nhập", "interrupted: sign-in"),
        ] {
            assert_eq!((&*said(kind, Lang::Vi), &*said(kind, Lang::En)), (vi, en));
        }
    }

    #[test]
    fn finds_the_common_name() {
        assert_eq!(common_name("C=VN,O=A\\, B,CN=X \\+ Y"), "X + Y");
        assert_eq!(common_name("CN=Nguy\\E1\\BB\\85n,C=VN"), "Nguyễn");
        assert_eq!(common_name("O=UBND"), "O=UBND");
        assert_eq!(common_name("CN=\\"), "\\");
    }

    #[test]
    fn claims_stay_in_their_cell() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}b\nc"), "a\u{fffd}[2J\u{fffd}b\u{fffd}c");
        assert_eq!(shown(&"ệ".repeat(100)).width(), WIDEST);
        assert!(shown(&"文".repeat(100)).width() <= WIDEST);
    }

    const VI: &str = "\
Số  Thời gian            Bên yêu cầu                Sự việc                       Chứng thư số         Số lượng  Kết quả
 9  2026-03-01 10:00:00  https://vanban.example.vn  đã kết nối
10  2026-03-01 10:00:00  https://vanban.example.vn  yêu cầu ký: Công văn 123.pdf                              2
11  2026-03-01 10:00:00  https://vanban.example.vn  đã ký                         Nguyễn Thị Ánh, ThS         2  thành công
12  2026-03-01 10:00:00  dòng lệnh                  ký không thành công                                       1  mã PIN bị khóa hoặc cần đổi
";
    const EN: &str = "\
No.  Time                 Caller                     What                             Certificate          Count  Outcome
  9  2026-03-01 10:00:00  https://vanban.example.vn  paired
 10  2026-03-01 10:00:00  https://vanban.example.vn  asked to sign: Công văn 123.pdf                           2
 11  2026-03-01 10:00:00  https://vanban.example.vn  signed                           Nguyễn Thị Ánh, ThS      2  success
 12  2026-03-01 10:00:00  command line               failed                                                    1  PIN locked or to be changed
";
}
