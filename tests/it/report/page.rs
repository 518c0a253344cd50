//! The page and the table: what they let in, and whether everybody can read them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{desk, signed, write};
use crate::support::desk::Desk;
use crate::support::logbook::Logbook;

/// The report as a page.
pub(super) fn page(desk: &Desk, arguments: &[&str]) -> String {
    let out = desk.folder().join("report.html");
    desk.kyso(&[&["report", "--out", out.to_str().unwrap()], arguments].concat());
    std::fs::read_to_string(out).unwrap()
}

/// Names that want out of where they stand.
const HOSTILE: [&str; 5] = [
    "</title><script>document.title='x'</script>",
    "\" onload=\"alert(1)",
    "<img src=https://evil.example/a.png>",
    "=HYPERLINK(\"https://evil.example\")",
    "@import 'https://evil.example'; \u{202e}fdp.exe",
];

fn hostile() -> Desk {
    let desk = desk();
    let rows: Vec<_> = HOSTILE
        .iter()
        .map(|name| {
            let mut body = signed(1);
            for field in ["caller", "token", "certificate", "outcome", "expires", "holder"] {
                body[field] = json!(name);
            }
            body["subject"] = json!(format!("O={0},CN={0}", name.replace(['"', ',', '+', ';'], "")));
            ("2026-02-03T04:05:06Z", "signed", body)
        })
        .collect();
    write(&desk.log(), &rows);
    desk
}

/// Elements and attributes of which a page that fetches nothing and runs nothing may consist.
#[test]
fn no_name_gets_out_of_its_place_and_nothing_is_fetched() {
    let page = page(&hostile(), &["--year", "2026", "--office", HOSTILE[0]]);
    let elements = [
        "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer",
        "div", "h1", "h2", "h3", "p", "ul", "li", "dl", "dt", "dd", "strong", "span", "bdi", "br", "table",
        "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "figure", "svg", "rect", "line", "text",
        "desc", "details", "summary",
    ];
    let forbidden = ["src", "href", "srcset", "action", "data", "poster", "background", "style", "ping"];
    for tag in tags(&page) {
        let (name, attributes) = parts(&tag);
        assert!(elements.contains(&name.trim_start_matches('/')), "<{tag}>");
        for attribute in attributes.keys() {
            assert!(!forbidden.contains(&attribute.as_str()) && !attribute.starts_with("on"), "<{tag}>");
        }
    }
    let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap();
    assert!(!style.contains("url(") && !style.contains("@import") && !style.contains("//"), "{style}");
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    assert!(page.contains("&lt;script&gt;") && !page.contains('\u{202e}'));
}

#[test]
fn no_cell_is_a_formula() {
    let desk = hostile();
    let out = desk.folder().join("report.csv");
    desk.kyso(&["report", "--year", "2026", "--out", out.to_str().unwrap()]);
    let bytes = std::fs::read(&out).unwrap();
    assert!(bytes.starts_with("\u{feff}".as_bytes()), "a spreadsheet needs the mark");
    let mut reader = csv::Reader::from_path(&out).unwrap();
    assert_eq!(&reader.headers().unwrap()[0], "period");
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    for record in &records {
        assert!(record.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{record:?}");
    }
    assert!(records.iter().any(|record| record[2].starts_with("'=HYPERLINK")));
    let month = records.iter().find(|record| &record[2] == "2026-02").unwrap();
    assert_eq!((&month[7], &month[13]), ("5", "5"));
}

/// WCAG 2.2: 1.1.1, 1.3.1, 2.4.2, 2.4.6, 3.1.1, 4.1.2.
#[test]
fn tables_charts_and_headings_tell_what_they_are() {
    let desk = desk();
    Logbook::of_2026(1, 300).write(&desk.log());
    for (language, title) in [("vi", "Báo cáo thống kê"), ("en", "Report on the use")] {
        let page = page(&desk, &["--year", "2026", "--language", language]);
        assert!(page.contains(&format!("<html lang=\"{language}\">")));
        assert!(page.contains(&format!("<title>{title}")));
        assert_eq!(page.matches("<h1>").count(), 1);
        let tags: Vec<String> = tags(&page);
        let mut level = 0;
        let mut ids = BTreeSet::new();
        for tag in &tags {
            let (name, attributes) = parts(tag);
            if let Some(next) = name.strip_prefix('h').and_then(|level| level.parse::<u32>().ok()) {
                assert!(next <= level + 1, "h{next} after h{level}");
                level = next;
            }
            if let Some(id) = attributes.get("id") {
                assert!(ids.insert(id.clone()), "{id} stands twice");
            }
            match name {
                "th" => assert!(["col", "row"].contains(&attributes["scope"].as_str()), "<{tag}>"),
                "svg" => assert!(
                    attributes.get("aria-hidden").is_some_and(|hidden| hidden == "true")
                        || attributes.get("role").is_some_and(|role| role == "img"),
                    "<{tag}>"
                ),
                _ => {}
            }
        }
        for tag in &tags {
            for id in parts(tag).1.get("aria-labelledby").into_iter().flat_map(|ids| ids.split(' ')) {
                assert!(ids.contains(id), "{id} names nothing");
            }
        }
        for table in page.split("<table>").skip(1) {
            assert!(table.trim_start().starts_with("<caption>"), "{table}");
        }
        assert!(page.matches("<table>").count() >= 9, "all sections");
    }
}

/// WCAG 2.2: 1.4.3 for text, 1.4.11 for charts, in light, dark and print.
#[test]
fn colours_stand_out_enough() {
    let page = page(&hostile(), &[]);
    let themes: Vec<BTreeMap<String, [f64; 3]>> = page
        .split(":root {")
        .skip(1)
        .map(|block| {
            let block = block.split('}').next().unwrap();
            let colour = |line: &str| {
                let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
                let part = |at: usize| f64::from(u8::from_str_radix(&value[at..at + 2], 16).unwrap()) / 255.0;
                Some((name.to_owned(), [part(0), part(2), part(4)]))
            };
            block.split(';').filter_map(colour).collect()
        })
        .collect();
    assert_eq!(themes.len(), 3, "light, dark, print");
    for theme in themes {
        for (ink, ground, least) in [
            ("ink", "paper", 7.0),
            ("muted", "paper", 4.5),
            ("accent", "paper", 4.5),
            ("warn-ink", "warn-ground", 4.5),
            ("warn-ink", "paper", 4.5),
            ("signed", "paper", 3.0),
            ("refused", "paper", 3.0),
            ("failed", "paper", 3.0),
            ("cancelled", "paper", 3.0),
            ("interrupted", "paper", 3.0),
            ("rule", "paper", 3.0),
        ] {
            let found = contrast(theme[ink], theme[ground]);
            assert!(found >= least, "{ink} on {ground}: {found:.2}");
        }
    }
}

/// The real browser on the report of this desk: it has nothing to complain of.
fn chromium(desk: &Desk, arguments: &[&str]) -> String {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", desk.folder().join("chromium").display()))
        .args(arguments)
        .arg(format!("file://{}", desk.folder().join("report.html").display()))
        .env("HOME", desk.folder())
        .output()
        .expect("apt-get install chromium");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("CONSOLE"), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Every name is text, and the picture is kept for whoever wants to look.
#[test]
fn chromium_shows_it_without_a_complaint() {
    let desk = hostile();
    page(&desk, &["--year", "2026", "--office", HOSTILE[2]]);
    let page = chromium(&desk, &["--dump-dom"]);
    assert!(page.contains("<bdi>&lt;img src=https://evil.example/a.png&gt;</bdi>"), "{page}");
    assert!(!page.contains("<img") && !page.contains("<script"));
    let picture = root().join("target/pictures/report.png");
    std::fs::create_dir_all(picture.parent().unwrap()).unwrap();
    chromium(&desk, &["--window-size=1100,1600", &format!("--screenshot={}", picture.display())]);
    assert!(picture.is_file());
}

/// What the picture in the READMEs shows is what the page has, from its top to the chart by month.
/// `KYSO_PICTURES=renew cargo test --test it the_readmes_show_the_page` renews it.
#[test]
fn the_readmes_show_the_page_as_it_is() {
    let desk = desk();
    // In the past on any clock, so that nothing on the page tells the day.
    Logbook::signing_in(3_000).write(&desk.log());
    let page = page(&desk, &["--year", "2025", "--office", "Ủy ban nhân dân tỉnh Tuyên Quang"]);
    let top = page.split_once("</svg>").unwrap().0;
    let stamp = top.find("Lập lúc").map(|at| at..at + top[at..].find('<').unwrap()).unwrap();
    let shown = hex::encode(Sha256::digest(top.replace(&top[stamp], "")));
    let (picture, of) = (folder().join("report.png"), folder().join("report.sha256"));
    if std::env::var_os("KYSO_PICTURES").is_some_and(|wish| wish == "renew") {
        chromium(&desk, &["--window-size=1000,1065", &format!("--screenshot={}", picture.display())]);
        std::fs::write(&of, format!("{shown}\n")).unwrap();
    }
    let known = std::fs::read_to_string(&of).unwrap_or_default();
    assert_eq!(known.trim(), shown, "the page has changed since {} was made", picture.display());
}

fn folder() -> PathBuf {
    root().join("packaging/pictures")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What stands between `<` and `>`, the style left out.
fn tags(page: &str) -> Vec<String> {
    let start = page.find("<style>").unwrap();
    let end = page.find("</style>").unwrap();
    let text = format!("{}{}", &page[..start], &page[end + "</style>".len()..]);
    text.split('<').skip(1).map(|rest| rest.split('>').next().unwrap().to_owned()).collect()
}

fn parts(tag: &str) -> (&str, BTreeMap<String, String>) {
    let (name, mut rest) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
    let mut attributes = BTreeMap::new();
    while let Some((key, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap();
        attributes.insert(key.trim().to_owned(), value.to_owned());
        rest = after;
    }
    (name.trim_end_matches('/'), attributes)
}

/// WCAG 2.2, "contrast ratio".
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| {
        let linear =
            |part: f64| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}
