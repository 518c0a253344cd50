//! What can be seen, measured on what is painted (WCAG 2.2): letters, the focus, targets.

use egui::Rect;
use egui::accesskit::Action;
use egui::accesskit::Node;
use egui::accesskit::Role;
use egui::epaint::ClippedShape;
use egui::epaint::Shape;

use super::keyboard::tour;
use super::pictures::Picture;
use super::pictures::channels;
use super::states::STATES;
use super::states::Screen;
use crate::text::Lang;

/// 1.4.3: 4.5:1, whatever stands on whatever; only a button that does nothing yet is exempt.
#[test]
fn every_letter_stands_out_from_what_is_behind_it() {
    let mut seen = 0;
    for state in STATES {
        for screen in themes(2.0) {
            let stage = (state.on)(screen);
            let all = stage.picture();
            let (letters, rest) = apart(&stage.shapes);
            let ground = stage.painted(rest);
            let idle: Vec<Rect> =
                stage.role(Role::Button).into_iter().filter(|node| node.is_disabled()).map(bounds).collect();
            for (row, text) in letters {
                if text.trim().is_empty() || idle.iter().any(|button| button.contains(row.center())) {
                    continue;
                }
                let Some(found) = contrast_in(row * screen.scale, &all, &ground) else { continue };
                assert!(found >= 4.5, "{} {screen:?}: {found:.2} for {text:?}", state.name);
                seen += 1;
            }
        }
    }
    assert!(seen > 20 * STATES.len(), "only {seen} lines of text were found");
}

/// 2.4.7, 2.4.11, 1.4.11: what has the focus lies open, and its mark stands out at 3:1.
#[test]
fn the_focus_is_seen_wherever_it_goes() {
    for state in STATES {
        for screen in themes(1.0) {
            let mut stage = (state.on)(screen);
            let tour = tour(&mut stage);
            if tour.len() < 2 {
                continue;
            }
            let mut pictures: Vec<(Rect, Picture)> = Vec::new();
            for id in &tour {
                super::keyboard::tab_until(&mut stage, |stage| stage.tree.focus == *id);
                // A list that is scrolled to what has the focus.
                stage.frame(Vec::new());
                let node = stage.focused().unwrap();
                let what = format!("{} {screen:?}: {:?} {:?}", state.name, node.role(), node.label());
                let bounds = bounds(node);
                let open = Rect::from_min_max(egui::Pos2::ZERO, stage.size.into());
                assert!(open.expand(1.0).contains_rect(bounds), "{what} at {bounds:?} in {open:?}");
                pictures.push((bounds, stage.picture()));
            }
            for (at, (bounds, with)) in pictures.iter().enumerate() {
                let (_, without) = &pictures[(at + 1) % pictures.len()];
                let marked = marked(*bounds, with, without);
                assert!(marked >= 40, "{} {screen:?}: focus {at} at {bounds:?}: {marked} pixels", state.name);
            }
        }
    }
}

/// 2.5.8: 24 by 24. What a scroll bar does, wheel and keys do as well.
#[test]
fn whatever_is_clicked_is_large_enough() {
    for state in STATES {
        for screen in Screen::all(1.0) {
            let stage = (state.on)(screen);
            let clicked = stage.tree.nodes.iter().map(|(_, node)| node);
            let clicked = clicked.filter(|node| node.role() != Role::ScrollBar);
            for node in clicked.filter(|node| node.supports_action(Action::Click)) {
                let size = bounds(node).size();
                assert!(size.min_elem() >= 24.0, "{}: {:?} is {size:?}", state.name, node.label());
            }
        }
    }
}

fn themes(scale: f32) -> [Screen; 2] {
    [false, true].map(|dark| Screen { lang: Lang::Vi, dark, scale })
}

pub(super) fn bounds(node: &Node) -> Rect {
    let bounds = node.bounds().unwrap();
    let point = |x: f64, y: f64| egui::pos2(x as f32, y as f32);
    Rect::from_min_max(point(bounds.x0, bounds.y0), point(bounds.x1, bounds.y1))
}

/// The lines of text with the places where they are seen, and everything else.
#[allow(clippy::wildcard_enum_match_arm, reason = "all but letters are one here")]
fn apart(shapes: &[ClippedShape]) -> (Vec<(Rect, String)>, Vec<ClippedShape>) {
    let (mut letters, mut rest) = (Vec::new(), Vec::new());
    for clipped in shapes {
        let mut open = vec![clipped.shape.clone()];
        let mut kept = Vec::new();
        while let Some(shape) = open.pop() {
            match shape {
                Shape::Vec(several) => open.extend(several.into_iter().rev()),
                Shape::Text(text) => letters.extend(text.galley.rows.iter().map(|row| {
                    let whole = row.rect().translate(text.pos.to_vec2());
                    let place = whole.intersect(clipped.clip_rect);
                    // Nothing is measured on the half of a line.
                    (if place.height() < whole.height() { Rect::NOTHING } else { place }, row.text())
                })),
                other => kept.push(other),
            }
        }
        rest.push(ClippedShape { shape: Shape::Vec(kept), ..clipped.clone() });
    }
    (letters, rest)
}

/// The largest contrast of a letter's pixel with the ground that it stands on; nothing if none is seen.
fn contrast_in(place: Rect, all: &Picture, ground: &Picture) -> Option<f32> {
    let inked = within(place, all).filter(|at| all.pixels[*at] != ground.pixels[*at]);
    inked.map(|at| contrast(all.pixels[at], ground.pixels[at])).max_by(f32::total_cmp)
}

/// How many pixels at a control's edge change with the focus to what stands out from around it.
fn marked(bounds: Rect, with: &Picture, without: &Picture) -> usize {
    let around = bounds.expand(5.0);
    let corner = without.pixels[within(around, without).next().unwrap()];
    within(around, with)
        .filter(|at| with.pixels[*at] != without.pixels[*at] && contrast(with.pixels[*at], corner) >= 3.0)
        .count()
}

/// The places of the pixels in a rectangle.
fn within(rect: Rect, picture: &Picture) -> impl Iterator<Item = usize> {
    let (width, height) = (picture.width, picture.height());
    let end = |edge: f32, size: usize| (edge.max(0.0).round() as usize).min(size);
    let (left, right) = (end(rect.min.x, width), end(rect.max.x, width));
    (end(rect.min.y, height)..end(rect.max.y, height))
        .flat_map(move |y| (left..right).map(move |x| y * width + x))
}

/// WCAG 2.2, contrast ratio.
fn contrast(a: u32, b: u32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(pixel: u32) -> f32 {
    let linear = |channel: u8| {
        let part = f32::from(channel) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let [r, g, b] = channels(pixel).map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}
