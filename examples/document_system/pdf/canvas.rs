//! Draws: a content stream (ISO 32000-1 §8, §9), built from what documents and seals need.

use std::fmt::Write as _;

use super::font::Style;

/// How text is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    pub(crate) style: Style,
    /// In points.
    pub(crate) size: f32,
    pub(crate) colour: Colour,
}

/// Red, green, blue, from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colour(pub(crate) f32, pub(crate) f32, pub(crate) f32);

impl Pen {
    /// Black.
    pub(crate) const fn new(style: Style, size: f32) -> Self {
        Self { style, size, colour: BLACK }
    }

    /// In another colour.
    pub(crate) const fn coloured(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// How wide some text is, in points.
    pub(crate) fn width(self, text: &str) -> f32 {
        self.style.width(text, self.size)
    }
}

/// A drawing; points, counted from the lower left corner.
#[derive(Debug, Default)]
pub(crate) struct Canvas(String);

impl Canvas {
    /// The content stream.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// One line of text that begins at `x`.
    pub(crate) fn text(&mut self, x: f32, y: f32, pen: Pen, text: &str) {
        self.spaced(x, y, pen, text, 0.0);
    }

    /// One line of text around `x`.
    pub(crate) fn centred(&mut self, x: f32, y: f32, pen: Pen, text: &str) {
        self.text(x - pen.width(text) / 2.0, y, pen, text);
    }

    /// A paragraph between `left` and `left + width`, its first line moved in, set justified from `y`
    /// downwards; where the next one begins.
    pub(crate) fn paragraph(&mut self, left: f32, mut y: f32, width: f32, pen: Pen, text: &str) -> f32 {
        let lines = broken(text, width, pen);
        for (at, line) in lines.iter().enumerate() {
            let indent = if at == 0 { INDENT } else { 0.0 };
            let gaps = f32::from(u16::try_from(line.matches(' ').count()).unwrap_or_default());
            let rest = width - indent - pen.width(line);
            let last = at + 1 == lines.len();
            self.spaced(left + indent, y, pen, line, if last || gaps == 0.0 { 0.0 } else { rest / gaps });
            y -= pen.size * LEADING;
        }
        y - PARAGRAPH_GAP
    }

    /// A straight line.
    pub(crate) fn rule(&mut self, from: f32, to: f32, y: f32) {
        self.put(format_args!("0.7 w 0 G {from:.2} {y:.2} m {to:.2} {y:.2} l S\n"));
    }

    /// A circle.
    pub(crate) fn circle(&mut self, x: f32, y: f32, radius: f32, line: f32, Colour(r, g, b): Colour) {
        let bend = radius * 0.5523;
        self.put(format_args!("{line:.2} w {r} {g} {b} RG {:.2} {y:.2} m\n", x + radius));
        for (dx, dy) in [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0_f32)] {
            // From (dx, dy) to the point a quarter turn on, which is (-dy, dx).
            let point = |along: f32, ahead: f32| (x + dx * along - dy * ahead, y + dy * along + dx * ahead);
            let ((ax, ay), (bx, by), (cx, cy)) =
                (point(radius, bend), point(bend, radius), point(0.0, radius));
            self.put(format_args!("{ax:.2} {ay:.2} {bx:.2} {by:.2} {cx:.2} {cy:.2} c\n"));
        }
        self.0.push_str("s\n");
    }

    /// A filled star of five points.
    pub(crate) fn star(&mut self, x: f32, y: f32, radius: f32, Colour(r, g, b): Colour) {
        self.put(format_args!("{r} {g} {b} rg\n"));
        for (at, step) in (0..10_u8).zip(["m", "l", "l", "l", "l", "l", "l", "l", "l", "l"]) {
            let angle = std::f32::consts::FRAC_PI_2 + f32::from(at) * std::f32::consts::PI / 5.0;
            let reach = if at % 2 == 0 { radius } else { radius * 0.382 };
            self.put(format_args!("{:.2} {:.2} {step}\n", x + reach * angle.cos(), y + reach * angle.sin()));
        }
        self.0.push_str("f\n");
    }

    /// A stroke through points, each with the two that bend the way to it.
    pub(crate) fn stroke(&mut self, from: (f32, f32), curves: &[[f32; 6]], line: f32, colour: Colour) {
        let Colour(r, g, b) = colour;
        self.put(format_args!("1 J {line:.2} w {r} {g} {b} RG {:.2} {:.2} m\n", from.0, from.1));
        for [ax, ay, bx, by, x, y] in curves {
            self.put(format_args!("{ax:.2} {ay:.2} {bx:.2} {by:.2} {x:.2} {y:.2} c\n"));
        }
        self.0.push_str("S\n");
    }

    /// Text on the upside of a circle, or, read the same way, on its underside.
    pub(crate) fn around(&mut self, x: f32, y: f32, radius: f32, pen: Pen, text: &str, above: bool) {
        let sign = if above { 1.0 } else { -1.0 };
        let mut angle = sign * (std::f32::consts::FRAC_PI_2 + pen.width(text) / radius / 2.0);
        for letter in text.chars() {
            let advance = sign * pen.style.width(letter.encode_utf8(&mut [0; 4]), pen.size) / radius;
            let (sin, cos) = (angle - advance / 2.0 - sign * std::f32::consts::FRAC_PI_2).sin_cos();
            let half = advance.abs() * radius / 2.0;
            let (px, py) = (x - sign * radius * sin - half * cos, y + sign * radius * cos - half * sin);
            self.glyphs(pen, [cos, sin, -sin, cos, px, py], letter.encode_utf8(&mut [0; 4]), 0.0);
            angle -= advance;
        }
    }

    fn spaced(&mut self, x: f32, y: f32, pen: Pen, text: &str, gap: f32) {
        self.glyphs(pen, [1.0, 0.0, pen.style.slant(), 1.0, x, y], text, gap);
    }

    /// Glyphs at a place and turn (a text matrix, §9.4.2), each space wider by `gap`.
    fn glyphs(&mut self, pen: Pen, [a, b, c, d, e, f]: [f32; 6], text: &str, gap: f32) {
        let (Colour(red, green, blue), size) = (pen.colour, pen.size);
        self.put(format_args!("BT /{} {size} Tf {red} {green} {blue} rg\n", pen.style.name()));
        self.put(format_args!("{a:.4} {b:.4} {c:.4} {d:.4} {e:.2} {f:.2} Tm ["));
        for part in text.split_inclusive(' ') {
            self.0.push('<');
            for letter in part.chars() {
                self.put(format_args!("{:04X}", pen.style.glyph(letter)));
            }
            self.0.push('>');
            if gap != 0.0 && part.ends_with(' ') {
                self.put(format_args!("{:.1}", -gap * 1000.0 / size));
            }
        }
        self.0.push_str("] TJ ET\n");
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing into a string can't fail.
        let _ = self.0.write_fmt(what);
    }
}

fn broken(text: &str, width: f32, pen: Pen) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let room = if lines.len() <= 1 { width - INDENT } else { width };
        match lines.last_mut() {
            Some(line) if pen.width(line) + pen.width(" ") + pen.width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

const BLACK: Colour = Colour(0.0, 0.0, 0.0);
/// In front of a paragraph, in points: one centimetre, as Decree 30/2020/NĐ-CP has it.
const INDENT: f32 = 28.35;
const LEADING: f32 = 1.45;
const PARAGRAPH_GAP: f32 = 5.0;
