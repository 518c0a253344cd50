//! What was found as one page, which loads nothing but itself: for a desktop without a terminal.

use std::fmt::Write as _;

use super::show::{Said, title};
use crate::report::html::escape;
use crate::setup::{Mark, Topic};
use crate::text::setup::SetupWords;
use crate::text::{Lang, fill};

/// The steps in their order, a section for each topic; then what it comes to. Without that the page loads itself anew
/// until it is there.
pub(super) fn page(steps: &[(Topic, Said)], end: Option<&[String]>, lang: Lang) -> String {
    let words = SetupWords::of(lang);
    let (code, name) = (lang.code(), escape(words.title));
    let again = if end.is_none() { AGAIN } else { "" };
    let mut page = format!("<!DOCTYPE html>\n<html lang=\"{code}\">\n{HEAD}{again}<title>{name}</title>\n");
    let _ = write!(page, "<style>\n{STYLE}</style>\n<main>\n<h1>{name}</h1>\n");
    for topic in steps.chunk_by(|(one, _), (other, _)| one == other) {
        let about = topic[0].0;
        let _ = writeln!(page, "<h2>{}. {}</h2>", about as usize + 1, escape(title(about, words)));
        topic.iter().for_each(|(_, said)| step(&mut page, said, words));
    }
    page.push_str("<footer>\n");
    match end {
        None => {
            let _ = writeln!(page, "<p role=\"status\">{}</p>", escape(words.page_grows));
        }
        Some(end) => end.iter().for_each(|sentence| {
            let _ = writeln!(page, "<p>{}</p>", escape(sentence));
        }),
    }
    page + "</footer>\n</main>\n</html>\n"
}

fn step(page: &mut String, said: &Said, words: &SetupWords) {
    let class = if said.mark == Mark::Wrong { " class=\"wrong\"" } else { "" };
    let _ = writeln!(page, "<div{class}><p><b>{}</b> {}</p>", said.sign(), escape(&said.what));
    for detail in &said.details {
        let _ = writeln!(page, "<p class=\"detail\">{}</p>", escape(detail));
    }
    for (at, todo) in said.todo.iter().enumerate() {
        let todo = if at == 0 { fill(words.todo, &[("what", todo)]) } else { todo.as_str().into() };
        let _ = writeln!(page, "<p class=\"todo\">→ {}</p>", escape(&todo));
    }
    page.push_str("</div>\n");
}

const HEAD: &str = "<meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
const AGAIN: &str = "<meta http-equiv=\"refresh\" content=\"1\">\n";
const STYLE: &str = include_str!("page.css");
