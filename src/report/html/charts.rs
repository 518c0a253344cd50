//! The charts: columns by month, bars in tables, the week's heat map.

use std::fmt::Write as _;

use super::write::escape;
use crate::domain::record::End;
use crate::report::counts::Counts;

/// One column a month, stacked by how requests ended. `number` writes a number in the page's language.
pub(super) fn columns(
    title: &str,
    description: &str,
    months: &[(String, Counts)],
    number: impl Fn(u64) -> String,
) -> String {
    let most = months.iter().map(|(_, counts)| counts.requests()).max().unwrap_or_default();
    let top = nice(most);
    let height = |value: u64| value as f64 / top as f64 * HEIGHT;
    let step = (WIDTH - LEFT) / months.len().max(1) as f64;
    let width = (step * 0.62).min(72.0);
    let mut drawn = String::new();
    for part in 0..=4 {
        let value = top * part / 4;
        let y = BASE - height(value);
        let class = if part == 0 { "axis" } else { "grid" };
        let _ = writeln!(
            drawn,
            "<line class=\"{class}\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{WIDTH}\" y2=\"{y:.1}\"/>"
        );
        let (x, below) = (LEFT - 8.0, y + 4.0);
        let value = escape(&number(value));
        let _ = writeln!(
            drawn,
            "<text class=\"faint\" text-anchor=\"end\" x=\"{x}\" y=\"{below:.1}\">{value}</text>"
        );
    }
    for (place, (month, counts)) in months.iter().enumerate() {
        let middle = LEFT + step * (place as f64 + 0.5);
        let x = middle - width / 2.0;
        let mut y = BASE;
        for end in End::ALL.into_iter().filter(|end| counts.of(*end) > 0) {
            // A gap tells the parts apart for who can't tell the colours.
            let tall = height(counts.of(end));
            y -= tall;
            let (class, drawn_tall) = (end.name(), (tall - 1.5).max(0.75));
            let _ = writeln!(
                drawn,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{drawn_tall:.1}\"/>"
            );
        }
        if counts.requests() > 0 {
            let sum = escape(&number(counts.requests()));
            let above = y - 6.0;
            let _ = writeln!(
                drawn,
                "<text text-anchor=\"middle\" x=\"{middle:.1}\" y=\"{above:.1}\">{sum}</text>"
            );
        }
        let (month, below) = (escape(month), BASE + 18.0);
        let _ = writeln!(
            drawn,
            "<text class=\"faint\" text-anchor=\"middle\" x=\"{middle:.1}\" y=\"{below}\">{month}</text>"
        );
    }
    image("months", title, description, (WIDTH, BASE + 26.0), &drawn)
}

/// A share of the whole below its number, which the table's cell says already.
pub(super) fn bar(part: u64, all: u64) -> String {
    let width = if all == 0 { 0.0 } else { part as f64 / all as f64 * 100.0 };
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">\
         <rect class=\"track\" width=\"100\" height=\"8\"/><rect class=\"signed\" width=\"{width:.2}\" height=\"8\"/></svg>"
    )
}

/// Seven rows of 24 hours, the darker the more.
pub(super) fn week(
    title: &str,
    description: &str,
    days: &[&str],
    hours: &[[u64; 24]; 7],
    ends_of_scale: (&str, &str),
    number: impl Fn(u64) -> String,
) -> String {
    let most = hours.iter().flatten().copied().max().unwrap_or_default();
    let side = (WIDTH - DAYS) / 24.0;
    let mut drawn = String::new();
    for hour in (0..24_u8).step_by(2) {
        let x = DAYS + side * (f64::from(hour) + 0.5);
        let _ = writeln!(
            drawn,
            "<text class=\"faint\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"14\">{hour}</text>"
        );
    }
    for (row, (day, hours)) in days.iter().zip(hours).enumerate() {
        let y = 22.0 + side * row as f64;
        let (below, day) = (y + side / 2.0 + 4.0, escape(day));
        let _ = writeln!(drawn, "<text x=\"0\" y=\"{below:.1}\">{day}</text>");
        for (hour, count) in hours.iter().enumerate() {
            let x = DAYS + side * hour as f64;
            let title = format!("<title>{day}, {hour}: {}</title>", escape(&number(*count)));
            drawn += &cell(x, y, side, *count, most, &title);
        }
    }
    let y = 22.0 + side * 7.0 + 10.0;
    let mut x = DAYS;
    let (few, many) = (escape(ends_of_scale.0), escape(ends_of_scale.1));
    let _ = writeln!(
        drawn,
        "<text class=\"faint\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{few}</text>",
        x - 8.0,
        y + 13.0
    );
    for part in 1..=5 {
        drawn += &cell(x, y, 18.0, part, 5, "");
        x += 18.0;
    }
    let _ = writeln!(drawn, "<text class=\"faint\" x=\"{:.1}\" y=\"{:.1}\">{many}</text>", x + 8.0, y + 13.0);
    image("week", title, description, (WIDTH, y + 22.0), &drawn)
}

/// The sign of one kind of end, for the legend.
pub(super) fn sign(end: End) -> String {
    let class = end.name();
    format!(
        "<svg viewBox=\"0 0 10 10\" aria-hidden=\"true\" focusable=\"false\"><rect class=\"{class}\" width=\"10\" height=\"10\"/></svg>"
    )
}

fn cell(x: f64, y: f64, side: f64, count: u64, most: u64, title: &str) -> String {
    if count == 0 {
        let (x, y, side) = (x + 1.5, y + 1.5, side - 3.0);
        return format!(
            "<rect class=\"none\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{side:.1}\" height=\"{side:.1}\">{title}</rect>\n"
        );
    }
    let dark = 0.15 + 0.85 * count as f64 / most as f64;
    format!(
        "<rect class=\"cell\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{side:.1}\" height=\"{side:.1}\" \
         fill-opacity=\"{dark:.2}\">{title}</rect>\n"
    )
}

fn image(id: &str, title: &str, description: &str, (width, height): (f64, f64), drawn: &str) -> String {
    format!(
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{title}\">\n\
         <svg class=\"chart\" viewBox=\"0 0 {width} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{}</desc>\n{drawn}</svg>\n</div>\n",
        escape(description),
        title = escape(title),
    )
}

/// The next number that four equal parts of an axis look good with.
fn nice(most: u64) -> u64 {
    let mut scale = 1;
    loop {
        if let Some(found) = [4, 8, 12, 20, 32].map(|step| step * scale).into_iter().find(|top| *top >= most)
        {
            return found;
        }
        scale *= 10;
        if scale > u64::MAX / 100 {
            return most;
        }
    }
}

const WIDTH: f64 = 860.0;
const LEFT: f64 = 64.0;
const HEIGHT: f64 = 200.0;
/// The y of the axis: room for a number above the highest column.
const BASE: f64 = 226.0;
/// Room for the names of days.
const DAYS: f64 = 88.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_above_the_most() {
        let tops = [0, 1, 4, 5, 13, 33, 81, 999, 123_456].map(nice);
        assert_eq!(tops, [4, 4, 4, 8, 20, 40, 120, 1_200, 200_000]);
    }
}
