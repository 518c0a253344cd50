//! Text and tables of the page.

use std::fmt::Write as _;

use crate::text::clean::clean;

/// Text as HTML, in elements and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// What somebody else chose: cut visibly, without what could deceive, and kept from turning its
/// surroundings around.
pub(super) fn name(text: &str) -> String {
    format!("<bdi>{}</bdi>", escape(&clean(text, LONGEST_NAME)))
}

/// A table under a caption, in a frame that scrolls on narrow screens.
pub(super) struct Table<'a> {
    caption: &'a str,
    columns: &'a [(&'a str, &'a str)],
    body: String,
    foot: String,
}

impl<'a> Table<'a> {
    /// Columns by name and class: `n` for numbers, `d` for days, or none.
    pub(super) fn new(caption: &'a str, columns: &'a [(&'a str, &'a str)]) -> Self {
        Self { caption, columns, body: String::new(), foot: String::new() }
    }

    /// Adds a row; cells are HTML, the first is the row's heading.
    pub(super) fn row(&mut self, cells: &[String]) {
        self.body += &self.cells(cells);
    }

    /// Adds the row of sums.
    pub(super) fn total(&mut self, cells: &[String]) {
        self.foot += &self.cells(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    pub(super) fn html(&self) -> String {
        let mut head = String::new();
        for (column, class) in self.columns {
            let _ = write!(head, "<th scope=\"col\" class=\"{class}\">{}</th>", escape(column));
        }
        let foot =
            if self.foot.is_empty() { String::new() } else { format!("<tfoot>\n{}</tfoot>\n", self.foot) };
        format!(
            "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n<table>\n\
             <caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{}</tbody>\n{foot}</table>\n</div>\n",
            self.body,
            caption = escape(self.caption),
        )
    }

    fn cells(&self, cells: &[String]) -> String {
        let mut row = "<tr>".to_owned();
        for (place, (cell, (_, class))) in cells.iter().zip(self.columns).enumerate() {
            let _ = match place {
                0 => write!(row, "<th scope=\"row\" class=\"{class}\">{cell}</th>"),
                _ => write!(row, "<td class=\"{class}\">{cell}</td>"),
            };
        }
        row + "</tr>\n"
    }
}

const LONGEST_NAME: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_whatever_they_say() {
        assert_eq!(
            name("<script>alert('1')</script>&\u{202e}\"\n"),
            "<bdi>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;\u{fffd}&quot;</bdi>"
        );
    }
}
