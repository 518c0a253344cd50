//! The icons, drawn from a few shapes: each state has a silhouette of its own, so that colour only helps, and
//! a white rim that holds on dark panels as the colours do on light ones.

use crate::status::State;

/// A square picture: four bytes a pixel, red, green, blue, alpha, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its side in pixels.
    pub size: u32,
    /// The bytes.
    pub rgba: Vec<u8>,
}

/// The drawing of a state. States that look alike have equal drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// A ring with a cross in it.
    Away,
    /// A speech bubble with an exclamation mark.
    Waiting,
    /// A dial, filled in so many twelfths.
    Signing(u8),
    /// A disc with two bars.
    Paused,
    /// A padlock.
    Padlock,
    /// A triangle with an exclamation mark.
    Triangle,
    /// The outline of a token, struck out.
    NoToken,
    /// A token with a tick.
    Ready,
}

impl Drawing {
    /// Of a state.
    pub fn of(state: State) -> Self {
        match state {
            State::Away => Self::Away,
            State::Waiting => Self::Waiting,
            State::Signing(progress) => {
                let twelfths =
                    progress.done.saturating_mul(12).checked_div(progress.total).unwrap_or_default();
                Self::Signing(u8::try_from(twelfths.min(12)).unwrap_or_default())
            }
            State::SigningIn => Self::Signing(6),
            State::Paused => Self::Paused,
            State::Locked => Self::Padlock,
            State::Low => Self::Triangle,
            State::NoToken => Self::NoToken,
            State::Ready => Self::Ready,
        }
    }

    /// The picture, `size` pixels wide and high.
    pub fn picture(self, size: u32) -> Picture {
        let layers = self.layers();
        let mut rgba = Vec::with_capacity((size * size * 4) as usize);
        let scale = SIDE / size as f32;
        for row in 0..size {
            for column in 0..size {
                let mut sum = [0.0_f32; 4];
                for sample in 0..SAMPLES * SAMPLES {
                    let inside =
                        |at: u32, part: u32| (at as f32 + (part as f32 + 0.5) / SAMPLES as f32) * scale;
                    let at = (inside(column, sample % SAMPLES), inside(row, sample / SAMPLES));
                    if let Some(color) = color(&layers, at) {
                        for (sum, part) in sum.iter_mut().zip(color) {
                            *sum += f32::from(part);
                        }
                        sum[3] += 255.0;
                    }
                }
                let covered = (sum[3] / 255.0).max(1.0);
                rgba.extend([0, 1, 2].map(|at| (sum[at] / covered).round() as u8));
                rgba.push((sum[3] / (SAMPLES * SAMPLES) as f32).round() as u8);
            }
        }
        Picture { size, rgba }
    }

    /// From the bottom to the top.
    fn layers(self) -> Vec<Layer> {
        let paint = |color, shapes: &[Shape]| Layer { color, shapes: shapes.to_vec() };
        let token = [Shape::Box((22.0, 27.5), (12.0, 13.5), 4.0), Shape::Box((22.0, 9.0), (7.5, 7.0), 1.5)];
        let mark = |x: f32, top: f32, foot: f32| {
            [Shape::Line((x, top), (x, foot - 8.0), 2.7), Shape::Disc((x, foot), 2.9)]
        };
        match self {
            Self::Ready => {
                let tick = [
                    Shape::Line((15.5, 28.0), (20.5, 33.0), 2.3),
                    Shape::Line((20.5, 33.0), (28.5, 22.5), 2.3),
                ];
                let pins =
                    [Shape::Box((19.0, 8.5), (1.4, 2.4), 0.2), Shape::Box((25.0, 8.5), (1.4, 2.4), 0.2)];
                vec![paint(GREEN, &token), paint(WHITE, &tick), paint(WHITE, &pins)]
            }
            Self::NoToken => {
                let inside =
                    [Shape::Box((22.0, 27.5), (8.6, 10.1), 2.0), Shape::Box((22.0, 8.6), (4.1, 3.6), 0.5)];
                let strike = Shape::Line((6.0, 38.0), (38.0, 6.0), 2.2);
                let gap = Shape::Line((6.0, 38.0), (38.0, 6.0), 4.6);
                vec![paint(GREY, &token), paint(WHITE, &inside), paint(WHITE, &[gap]), paint(GREY, &[strike])]
            }
            Self::Waiting => {
                let tail = Shape::Triangle([(8.0, 28.0), (24.0, 30.0), (9.0, 42.0)]);
                let bubble = [Shape::Box((22.0, 18.5), (19.5, 15.5), 7.0), tail];
                vec![paint(AMBER, &bubble), paint(WHITE, &mark(22.0, 9.5, 27.5))]
            }
            Self::Signing(twelfths) => {
                let dial = Shape::Disc((22.0, 22.0), 19.5);
                let face = Shape::Disc((22.0, 22.0), 15.0);
                vec![
                    paint(BLUE, &[dial]),
                    paint(WHITE, &[face]),
                    paint(BLUE, &[Shape::Slice((22.0, 22.0), 12.0, f32::from(twelfths) / 12.0)]),
                ]
            }
            Self::Paused => {
                let bars =
                    [Shape::Box((16.5, 22.0), (2.7, 9.0), 0.8), Shape::Box((27.5, 22.0), (2.7, 9.0), 0.8)];
                vec![paint(SLATE, &[Shape::Disc((22.0, 22.0), 19.5)]), paint(WHITE, &bars)]
            }
            Self::Padlock => {
                let bow = [Shape::Disc((22.0, 14.0), 11.5), Shape::Box((22.0, 18.0), (11.5, 5.0), 0.0)];
                let hole = [Shape::Disc((22.0, 14.5), 6.5), Shape::Box((22.0, 18.0), (6.5, 4.0), 0.0)];
                let body = Shape::Box((22.0, 30.5), (16.5, 11.5), 3.0);
                let key = [Shape::Disc((22.0, 28.5), 3.2), Shape::Line((22.0, 29.0), (22.0, 35.0), 1.7)];
                vec![paint(RED, &bow), paint(WHITE, &hole), paint(RED, &[body]), paint(WHITE, &key)]
            }
            Self::Triangle => {
                let sign = Shape::Triangle([(22.0, 2.0), (43.0, 40.0), (1.0, 40.0)]);
                vec![paint(RED, &[sign]), paint(WHITE, &mark(22.0, 15.5, 34.5))]
            }
            Self::Away => {
                let cross = [
                    Shape::Line((15.0, 15.0), (29.0, 29.0), 2.5),
                    Shape::Line((29.0, 15.0), (15.0, 29.0), 2.5),
                ];
                let (ring, face) = (Shape::Disc((22.0, 22.0), 19.5), Shape::Disc((22.0, 22.0), 15.5));
                vec![paint(GREY, &[ring]), paint(WHITE, &[face]), paint(GREY, &cross)]
            }
        }
    }
}

struct Layer {
    color: [u8; 3],
    shapes: Vec<Shape>,
}

/// A shape on a square of [`SIDE`]; places count from the upper left corner.
#[derive(Clone, Copy)]
enum Shape {
    /// Middle and radius.
    Disc((f32, f32), f32),
    /// Middle, half of width and height, radius of the corners.
    Box((f32, f32), (f32, f32), f32),
    /// Two ends and half of the width; the ends are round.
    Line((f32, f32), (f32, f32), f32),
    /// Corners, clockwise.
    Triangle([(f32, f32); 3]),
    /// Middle, radius, and which part of the turn from the top.
    Slice((f32, f32), f32, f32),
}

impl Shape {
    /// Whether the shape, made so much larger all around, covers this place.
    fn covers(self, (x, y): (f32, f32), larger: f32) -> bool {
        match self {
            Self::Disc(middle, radius) => (x - middle.0).hypot(y - middle.1) <= radius + larger,
            Self::Box(middle, half, radius) => {
                let out = |distance: f32, half: f32| (distance.abs() - half + radius).max(0.0);
                out(x - middle.0, half.0).hypot(out(y - middle.1, half.1)) <= radius + larger
            }
            Self::Line(a, b, width) => {
                let (along, to) = ((b.0 - a.0, b.1 - a.1), (x - a.0, y - a.1));
                let length = along.0 * along.0 + along.1 * along.1;
                let part = ((to.0 * along.0 + to.1 * along.1) / length).clamp(0.0, 1.0);
                (to.0 - along.0 * part).hypot(to.1 - along.1 * part) <= width + larger
            }
            Self::Triangle(corners) => (0..3).all(|at| {
                let (a, b) = (corners[at], corners[(at + 1) % 3]);
                let along = (b.0 - a.0, b.1 - a.1);
                let across = along.0 * (y - a.1) - along.1 * (x - a.0);
                across >= -larger * along.0.hypot(along.1)
            }),
            Self::Slice(middle, radius, part) => {
                let (right, up) = (x - middle.0, middle.1 - y);
                let turn = right.atan2(up).rem_euclid(std::f32::consts::TAU) / std::f32::consts::TAU;
                right.hypot(up) <= radius + larger && turn < part
            }
        }
    }
}

/// What is on top at a place: a shape, else the rim around the lowest layer.
fn color(layers: &[Layer], at: (f32, f32)) -> Option<[u8; 3]> {
    let covers = |layer: &&Layer, larger| layer.shapes.iter().any(|shape| shape.covers(at, larger));
    let rim = || layers.iter().any(|layer| covers(&layer, RIM)).then_some(WHITE);
    layers.iter().rev().find(|layer| covers(layer, 0.0)).map(|layer| layer.color).or_else(rim)
}

/// The side of the square that the shapes are given on.
const SIDE: f32 = 44.0;
const RIM: f32 = 1.5;
/// Samples of a pixel each way.
const SAMPLES: u32 = 4;
const WHITE: [u8; 3] = [255, 255, 255];
const GREEN: [u8; 3] = [20, 112, 60];
const BLUE: [u8; 3] = [28, 84, 178];
const AMBER: [u8; 3] = [176, 86, 0];
const RED: [u8; 3] = [190, 30, 40];
const SLATE: [u8; 3] = [84, 92, 112];
const GREY: [u8; 3] = [104, 104, 104];

#[cfg(test)]
mod tests;
