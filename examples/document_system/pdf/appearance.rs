//! What signatures and filled fields look like (Decree 30/2020/NĐ-CP, appendix I: the leader's signature is
//! blue, the organisation's seal is red, as large as the real one, over a third of the signature).
//!
//! A real system draws the picture of the person's own signature and of its own seal.

use lopdf::Document;
use lopdf::Object;
use lopdf::ObjectId;
use lopdf::dictionary;
use time::OffsetDateTime;
use time::macros::format_description;

use super::Result;
use super::canvas::Canvas;
use super::canvas::Colour;
use super::canvas::Pen;
use super::font::Style;
use super::font::numbers;
use super::font::packed;

/// Width and height of a leader's signature, in points.
pub(crate) const SIGNATURE: (f32, f32) = (220.0, 86.0);
/// Width and height of a seal: 36 mm.
pub(crate) const SEAL: (f32, f32) = (102.0, 102.0);

/// Something drawn, of this width and height.
#[derive(Debug)]
pub(crate) struct Appearance {
    pub(crate) size: (f32, f32),
    pub(crate) canvas: Canvas,
}

/// A leader's signature with their name under it.
pub(crate) fn signature(name: &str, time: OffsetDateTime) -> Appearance {
    let (width, height) = SIGNATURE;
    let middle = width / 2.0;
    let mut canvas = Canvas::default();
    let flourish = [
        [-40.0, 22.0, -22.0, 34.0, -26.0, 6.0],
        [-30.0, -16.0, -52.0, -12.0, -34.0, 6.0],
        [-14.0, 26.0, -2.0, 22.0, -6.0, 2.0],
        [2.0, 20.0, 12.0, 16.0, 8.0, 0.0],
        [22.0, 22.0, 26.0, 14.0, 26.0, -2.0],
        [40.0, 8.0, 58.0, 14.0, 84.0, 20.0],
    ];
    let up = height - 30.0;
    let moved = flourish
        .map(|[ax, ay, bx, by, x, y]| [middle + ax, up + ay, middle + bx, up + by, middle + x, up + y]);
    canvas.stroke((middle - 58.0, up - 4.0), &moved, 1.6, BLUE);
    let small = Pen::new(Style::Regular, 6.5).coloured(BLUE);
    canvas.centred(middle, 15.0, Pen::new(Style::Bold, 11.0), name);
    canvas.centred(middle, 4.0, small, &format!("Ký số lúc {}", moment(time)));
    Appearance { size: SIGNATURE, canvas }
}

/// An organisation's round seal, which calls itself a sample.
pub(crate) fn seal(organisation: &str, time: OffsetDateTime) -> Appearance {
    let (width, height) = SEAL;
    let (x, y) = (width / 2.0, height / 2.0);
    let outer = width / 2.0 - 2.0;
    let mut canvas = Canvas::default();
    canvas.circle(x, y, outer, 2.2, RED);
    canvas.circle(x, y, outer - 3.5, 0.7, RED);
    canvas.circle(x, y, outer - 18.0, 0.7, RED);
    let upper = organisation.to_uppercase();
    // As large as the way round allows.
    let way = 1.62 * std::f32::consts::PI * (outer - 15.0);
    let size = (way / Style::Bold.width(&upper, 1.0)).min(8.5);
    canvas.around(x, y, outer - 14.0, Pen::new(Style::Bold, size).coloured(RED), &upper, true);
    canvas.star(x, y + 9.0, 10.0, RED);
    canvas.star(x, y - outer + 10.5, 3.4, RED);
    let small = Pen::new(Style::Bold, 6.0).coloured(RED);
    canvas.centred(x, y - 10.0, small, "DẤU MẪU");
    let (day, hour) = (time.date(), time.time());
    let day = day.format(format_description!("[day]/[month]/[year]")).unwrap_or_default();
    let hour = hour.format(format_description!("[hour]:[minute]:[second] +07:00")).unwrap_or_default();
    let small = Pen::new(Style::Regular, 4.6).coloured(RED);
    canvas.centred(x, y - 17.0, small, &day);
    canvas.centred(x, y - 22.5, small, &hour);
    Appearance { size: SEAL, canvas }
}

/// The text of a filled field in this pen, from its left edge on.
pub(crate) fn text(size: (f32, f32), pen: Pen, text: &str) -> Appearance {
    let mut canvas = Canvas::default();
    canvas.text(0.0, BASELINE, pen, text);
    Appearance { size, canvas }
}

impl Appearance {
    /// Puts it into a document as a form XObject (ISO 32000-1 §8.10) that writes with these fonts.
    pub(crate) fn embed(self, document: &mut Document, fonts: ObjectId) -> Result<ObjectId> {
        let (width, height) = self.size;
        let dictionary = dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "BBox" => numbers([0.0, 0.0, width, height]),
            "Resources" => dictionary! { "Font" => Object::Reference(fonts) },
        };
        Ok(document.add_object(packed(dictionary, self.canvas.into_bytes())?))
    }
}

/// `26/11/2026 14:05:09 +07:00`.
fn moment(time: OffsetDateTime) -> String {
    let format = format_description!(
        "[day]/[month]/[year] [hour]:[minute]:[second] [offset_hour sign:mandatory]:[offset_minute]"
    );
    time.format(format).unwrap_or_default()
}

/// How far above a field's lower edge its letters stand, in points.
pub(crate) const BASELINE: f32 = 3.5;
const BLUE: Colour = Colour(0.05, 0.2, 0.62);
const RED: Colour = Colour(0.8, 0.05, 0.08);
