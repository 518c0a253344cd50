//! Kyso's mark, a pen's nib that writes on a line: in the window's head, in the desktop's list of windows,
//! and in `packaging/icons/kyso.svg`. All three come from the figures below, in a box of 48.

use egui::Color32;
use egui::CornerRadius;
use egui::Painter;
use egui::Pos2;
use egui::Rect;
use egui::Shape;
use egui::Stroke;
use egui::pos2;
use egui::vec2;

/// Draws the mark.
pub(super) fn paint(painter: &Painter, rect: Rect, ground: Color32, ink: Color32) {
    let scale = rect.width() / BOX;
    let at = |[x, y]: [f32; 2]| rect.min + vec2(x, y) * scale;
    let square = |[x0, y0, x1, y1]: [f32; 4]| Rect::from_min_max(at([x0, y0]), at([x1, y1]));
    let round = |radius: f32| CornerRadius::same((radius * scale).round() as u8);
    painter.rect_filled(rect, round(RADIUS), ground);
    painter.add(Shape::convex_polygon(nib().into_iter().map(at).collect(), ink, Stroke::NONE));
    painter.rect_filled(square(SLIT), 0, ground);
    painter.circle_filled(at(HOLE), HOLE_RADIUS * scale, ground);
    painter.rect_filled(square(LINE), round(LINE_RADIUS), ink);
}

/// The mark as the desktop takes it: `size` × `size` pixels, four bytes each, RGBA without premultiplied alpha.
pub(super) fn pixels(size: u32, ground: Color32, ink: Color32) -> Vec<u8> {
    let (outline, unit) = (nib(), BOX / size as f32);
    let parts = SAMPLES * SAMPLES;
    let mut pixels = Vec::with_capacity((size * size * 4) as usize);
    for (y, x) in (0..size).flat_map(|y| (0..size).map(move |x| (y, x))) {
        let (mut covered, mut inked) = (0, 0);
        for part in 0..parts {
            let place = |whole: u32, part: u32| (whole as f32 + (part as f32 + 0.5) / SAMPLES as f32) * unit;
            let point = pos2(place(x, part % SAMPLES), place(y, part / SAMPLES));
            covered += u32::from(in_rounded([0.0, 0.0, BOX, BOX], RADIUS, point));
            inked += u32::from(is_ink(&outline, point));
        }
        let mix = |ground: u8, ink: u8| {
            let (ground, ink) = (u32::from(ground), u32::from(ink));
            ((ground * covered.saturating_sub(inked) + ink * inked) / covered.max(1)) as u8
        };
        pixels.extend([
            mix(ground.r(), ink.r()),
            mix(ground.g(), ink.g()),
            mix(ground.b(), ink.b()),
            (covered * 255 / parts) as u8,
        ]);
    }
    pixels
}

fn is_ink(outline: &[[f32; 2]], point: Pos2) -> bool {
    let in_hole = point.distance(pos2(HOLE[0], HOLE[1])) < HOLE_RADIUS || in_rounded(SLIT, 0.0, point);
    in_rounded(LINE, LINE_RADIUS, point) || !in_hole && in_convex(outline, point)
}

/// The nib's outline, clockwise: a flat head, two shoulders, and a curve on each side down to the tip.
fn nib() -> Vec<[f32; 2]> {
    let side = |at: u8| {
        // A quadratic Bézier curve.
        let t = f32::from(at) / f32::from(STEPS);
        let mix = |from: f32, over: f32, to: f32| {
            (1.0 - t) * (1.0 - t) * from + 2.0 * t * (1.0 - t) * over + t * t * to
        };
        [mix(SHOULDER[0], CURVE[0], TIP[0]), mix(SHOULDER[1], CURVE[1], TIP[1])]
    };
    let mirrored = |[x, y]: [f32; 2]| [BOX - x, y];
    let right: Vec<[f32; 2]> = std::iter::once(HEAD).chain((0..=STEPS).map(side)).collect();
    let left = right.iter().rev().skip(1).copied().map(mirrored);
    right.iter().copied().chain(left).collect()
}

fn in_convex(outline: &[[f32; 2]], point: Pos2) -> bool {
    outline
        .iter()
        .zip(outline.iter().cycle().skip(1))
        .all(|([ax, ay], [bx, by])| (bx - ax) * (point.y - ay) - (by - ay) * (point.x - ax) >= 0.0)
}

fn in_rounded([x0, y0, x1, y1]: [f32; 4], radius: f32, point: Pos2) -> bool {
    let inside = Rect::from_min_max(pos2(x0, y0), pos2(x1, y1));
    inside.contains(point) && inside.shrink(radius).distance_to_pos(point) <= radius
}

const BOX: f32 = 48.0;
const RADIUS: f32 = 11.0;
const HEAD: [f32; 2] = [29.0, 8.0];
const SHOULDER: [f32; 2] = [33.5, 19.0];
const CURVE: [f32; 2] = [31.0, 28.0];
const TIP: [f32; 2] = [24.0, 36.0];
const HOLE: [f32; 2] = [24.0, 20.0];
const HOLE_RADIUS: f32 = 2.8;
const SLIT: [f32; 4] = [23.0, 21.0, 25.0, 32.0];
const LINE: [f32; 4] = [11.0, 38.5, 37.0, 41.5];
const LINE_RADIUS: f32 = 1.5;
const STEPS: u8 = 8;
const SAMPLES: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::window::theme;

    fn svg(ground: Color32) -> String {
        let color = format!("#{:02x}{:02x}{:02x}", ground.r(), ground.g(), ground.b());
        let mirrored = |x: f32| BOX - x;
        let [line_x, line_y, line_end, line_foot] = LINE;
        let [slit_x, slit_y, slit_end, slit_foot] = SLIT;
        let width = slit_end - slit_x;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {BOX} {BOX}\">\n\
             \x20 <title>Kyso</title>\n\
             \x20 <rect width=\"{BOX}\" height=\"{BOX}\" rx=\"{RADIUS}\" fill=\"{color}\"/>\n\
             \x20 <path fill=\"#fff\" d=\"M{} {}H{}L{} {}Q{} {} {} {}Q{} {} {} {}Z\"/>\n\
             \x20 <path fill=\"{color}\" d=\"M{slit_x} {slit_y}h{width}V{slit_foot}h-{width}Z\"/>\n\
             \x20 <circle cx=\"{}\" cy=\"{}\" r=\"{HOLE_RADIUS}\" fill=\"{color}\"/>\n\
             \x20 <rect x=\"{line_x}\" y=\"{line_y}\" width=\"{}\" height=\"{}\" rx=\"{LINE_RADIUS}\" fill=\"#fff\"/>\n\
             </svg>\n",
            mirrored(HEAD[0]),
            HEAD[1],
            HEAD[0],
            SHOULDER[0],
            SHOULDER[1],
            CURVE[0],
            CURVE[1],
            TIP[0],
            TIP[1],
            mirrored(CURVE[0]),
            CURVE[1],
            mirrored(SHOULDER[0]),
            SHOULDER[1],
            HOLE[0],
            HOLE[1],
            line_end - line_x,
            line_foot - line_y,
        )
    }

    #[test]
    fn the_packages_picture_is_the_windows() {
        let file = std::fs::read_to_string("packaging/icons/kyso.svg").unwrap();
        assert_eq!(file, svg(theme::BRAND));
    }

    #[test]
    fn the_pixels_are_a_nib_on_a_square_with_round_corners() {
        let pixels = pixels(48, theme::BRAND, Color32::WHITE);
        let at = |x: usize, y: usize| &pixels[(y * 48 + x) * 4..][..4];
        let (ground, ink) = ([theme::BRAND.r(), theme::BRAND.g(), theme::BRAND.b(), 255], [255; 4]);
        assert_eq!(at(0, 0)[3], 0, "nothing in the corner");
        assert_eq!((at(4, 24), at(20, 15), at(24, 40)), (&ground[..], &ink[..], &ink[..]));
        assert_eq!((at(24, 20), at(24, 28)), (&ground[..], &ground[..]), "hole and slit");
    }
}
