//! Paints egui's triangles with the CPU: no GL, so it works in every virtual machine.

use std::collections::HashMap;
use std::ops::Range;

use egui::Color32;
use egui::ImageData;
use egui::Pos2;
use egui::Rect;
use egui::TextureId;
use egui::TexturesDelta;
use egui::epaint::ClippedPrimitive;
use egui::epaint::Primitive;
use egui::epaint::Vertex;

/// The textures that egui has handed out, and the painting with them.
#[derive(Default)]
pub(super) struct Raster {
    textures: HashMap<TextureId, Texture>,
}

/// Pixels to paint on, row by row, `0x00RRGGBB` each.
pub(super) struct Canvas<'a> {
    pub(super) pixels: &'a mut [u32],
    pub(super) width: usize,
}

impl Raster {
    /// Takes in new and changed textures: before painting.
    pub(super) fn take(&mut self, delta: &TexturesDelta) {
        for (id, changes) in &delta.set {
            for change in changes {
                let ImageData::Color(image) = &change.image;
                match change.pos {
                    None => {
                        let [width, height] = image.size;
                        let texture = Texture { width, height, texels: image.pixels.clone() };
                        self.textures.insert(*id, texture);
                    }
                    Some(at) => {
                        if let Some(texture) = self.textures.get_mut(id) {
                            texture.patch(at, image.size, &image.pixels);
                        }
                    }
                }
            }
        }
    }

    /// Lets go of textures that are no longer needed: after painting. The delta is spent then.
    pub(super) fn forget(&mut self, delta: &mut TexturesDelta) {
        for id in &delta.free {
            self.textures.remove(id);
        }
        delta.clear();
    }

    /// Paints what egui tessellated for this many pixels per point.
    pub(super) fn paint(&self, canvas: &mut Canvas<'_>, scale: f32, primitives: &[ClippedPrimitive]) {
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let Some(texture) = self.textures.get(&mesh.texture_id) else { continue };
            let clip = canvas.clip(*clip_rect, scale);
            for corners in mesh.indices.chunks_exact(3) {
                let corner = |at: usize| mesh.vertices.get(*corners.get(at)? as usize);
                if let (Some(a), Some(b), Some(c)) = (corner(0), corner(1), corner(2)) {
                    canvas.triangle(&clip, [a, b, c].map(|vertex| Corner::new(vertex, scale)), texture);
                }
            }
        }
    }
}

struct Texture {
    width: usize,
    height: usize,
    texels: Vec<Color32>,
}

impl Texture {
    fn patch(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2], texels: &[Color32]) {
        for row in 0..height.min(self.height.saturating_sub(y)) {
            let start = (y + row) * self.width + x;
            let to = self.texels.get_mut(start..start + width);
            if let (Some(to), Some(from)) = (to, texels.get(row * width..(row + 1) * width)) {
                to.copy_from_slice(from);
            }
        }
    }

    /// The nearest texel: egui lays glyphs on whole pixels.
    fn at(&self, u: f32, v: f32) -> [f32; 4] {
        let place = |part: f32, size: usize| ((part * size as f32) as usize).min(size.saturating_sub(1));
        let at = place(v, self.height) * self.width + place(u, self.width);
        channels(self.texels.get(at).copied().unwrap_or_default())
    }
}

/// Rows and columns that may be painted.
struct Clip {
    columns: Range<usize>,
    rows: Range<usize>,
}

/// A triangle's corner in pixels, with what varies between corners: colour, then texture place.
#[derive(Clone, Copy)]
struct Corner {
    at: Pos2,
    values: [f32; 6],
}

impl Corner {
    fn new(vertex: &Vertex, scale: f32) -> Self {
        let [r, g, b, a] = channels(vertex.color);
        let at = Pos2::new(vertex.pos.x * scale, vertex.pos.y * scale);
        Self { at, values: [r, g, b, a, vertex.uv.x, vertex.uv.y] }
    }
}

impl Canvas<'_> {
    fn clip(&self, rect: Rect, scale: f32) -> Clip {
        // `as` ends at 0 and at the largest number: a clip may be infinite.
        let pixel = |points: f32| (points * scale).round() as usize;
        let height = self.pixels.len() / self.width.max(1);
        Clip {
            columns: pixel(rect.min.x)..pixel(rect.max.x).min(self.width),
            rows: pixel(rect.min.y)..pixel(rect.max.y).min(height),
        }
    }

    /// Paints each pixel whose centre is inside, row by row. An edge that two triangles share gives both
    /// the same place in a row, so that no pixel between them is left out or painted twice.
    fn triangle(&mut self, clip: &Clip, mut corners: [Corner; 3], texture: &Texture) {
        corners.sort_by(|a, b| a.at.y.total_cmp(&b.at.y));
        let [top, middle, bottom] = corners;
        let Some(slopes) = Slopes::new(&corners) else { return };
        let flat = corners.iter().all(|corner| corner.values == top.values);
        let one = flat.then(|| shade(&top.values, texture));
        for row in centres(top.at.y, bottom.at.y, &clip.rows) {
            let y = row as f32 + 0.5;
            let long = cross(top.at, bottom.at, y);
            let short =
                if y < middle.at.y { cross(top.at, middle.at, y) } else { cross(middle.at, bottom.at, y) };
            let columns = centres(long.min(short), long.max(short), &clip.columns);
            let start = row * self.width;
            let Some(pixels) = self.pixels.get_mut(start + columns.start..start + columns.end) else {
                continue;
            };
            match one {
                Some(color) if color[3] >= OPAQUE => pixels.fill(pack(color)),
                Some(color) if color == [0.0; 4] => return,
                Some(color) => pixels.iter_mut().for_each(|pixel| blend(pixel, color)),
                None => {
                    for (pixel, column) in pixels.iter_mut().zip(columns) {
                        let values = slopes.at(column as f32 + 0.5, y);
                        blend(pixel, shade(&values, texture));
                    }
                }
            }
        }
    }
}

/// How a triangle's values change from pixel to pixel.
struct Slopes {
    origin: Corner,
    across: [f32; 6],
    down: [f32; 6],
}

impl Slopes {
    /// Nothing for a triangle without an area.
    fn new([a, b, c]: &[Corner; 3]) -> Option<Self> {
        let (ab, ac) = (b.at - a.at, c.at - a.at);
        let area = ab.x * ac.y - ab.y * ac.x;
        if area == 0.0 || !area.is_finite() {
            return None;
        }
        let change = |at: usize| (b.values[at] - a.values[at], c.values[at] - a.values[at]);
        Some(Self {
            origin: *a,
            across: std::array::from_fn(|at| {
                let (b, c) = change(at);
                (b * ac.y - c * ab.y) / area
            }),
            down: std::array::from_fn(|at| {
                let (b, c) = change(at);
                (c * ab.x - b * ac.x) / area
            }),
        })
    }

    fn at(&self, x: f32, y: f32) -> [f32; 6] {
        let from = Pos2::new(x, y) - self.origin.at;
        std::array::from_fn(|at| self.origin.values[at] + from.x * self.across[at] + from.y * self.down[at])
    }
}

/// The pixels whose centres are at or behind `from` and before `to`.
fn centres(from: f32, to: f32, within: &Range<usize>) -> Range<usize> {
    let first = |edge: f32| (edge - 0.5).ceil().max(0.0) as usize;
    let (start, end) = (first(from).max(within.start), first(to).min(within.end));
    start..end.max(start)
}

/// Where a line crosses a row. From its upper end, whichever triangle asks.
fn cross(a: Pos2, b: Pos2, y: f32) -> f32 {
    let (a, b) = if (a.y, a.x) <= (b.y, b.x) { (a, b) } else { (b, a) };
    if a.y == b.y { a.x } else { a.x + (y - a.y) * ((b.x - a.x) / (b.y - a.y)) }
}

fn channels(color: Color32) -> [f32; 4] {
    color.to_array().map(f32::from)
}

/// A corner's colour through the texture, alpha multiplied in.
fn shade([r, g, b, a, u, v]: &[f32; 6], texture: &Texture) -> [f32; 4] {
    let texel = texture.at(*u, *v);
    let color = [r, g, b, a];
    std::array::from_fn(|at| (color[at] * texel[at] / 255.0).clamp(0.0, 255.0))
}

fn pack([r, g, b, _]: [f32; 4]) -> u32 {
    let byte = |value: f32| value.round() as u32;
    byte(r) << 16 | byte(g) << 8 | byte(b)
}

fn blend(pixel: &mut u32, color: [f32; 4]) {
    if color[3] >= OPAQUE {
        *pixel = pack(color);
        return;
    }
    let rest = 1.0 - color[3] / 255.0;
    let under = [*pixel >> 16, *pixel >> 8, *pixel].map(|channel| (channel & 0xFF) as f32);
    let over = |at: usize| (color[at] + under[at] * rest).min(255.0);
    *pixel = pack([over(0), over(1), over(2), 0.0]);
}

const OPAQUE: f32 = 254.5;

#[cfg(test)]
mod tests {
    use egui::Mesh;
    use egui::epaint::WHITE_UV;
    use egui::pos2;

    use super::*;

    const SIZE: usize = 8;

    fn paint(clip: Rect, scale: f32, mesh: Mesh) -> Vec<u32> {
        let mut raster = Raster::default();
        let white = Texture { width: 1, height: 1, texels: vec![Color32::WHITE] };
        raster.textures.insert(TextureId::default(), white);
        let mut pixels = vec![0; SIZE * SIZE];
        let primitive = ClippedPrimitive { clip_rect: clip, primitive: Primitive::Mesh(mesh) };
        raster.paint(&mut Canvas { pixels: &mut pixels, width: SIZE }, scale, &[primitive]);
        pixels
    }

    fn mesh(color: Color32, corners: &[[f32; 2]]) -> Mesh {
        let mut mesh = Mesh::default();
        for [x, y] in corners {
            mesh.vertices.push(Vertex { pos: pos2(*x, *y), uv: WHITE_UV, color });
        }
        mesh.indices = (0..corners.len() as u32).collect();
        mesh
    }

    #[test]
    fn a_triangle_covers_the_centres_inside_it() {
        let triangle = mesh(Color32::from_rgb(1, 2, 3), &[[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]);
        let pixels = paint(Rect::EVERYTHING, 1.0, triangle);
        for y in 0..SIZE {
            for x in 0..SIZE {
                let inside = x + y + 1 < 4;
                assert_eq!(pixels[y * SIZE + x], if inside { 0x01_0203 } else { 0 }, "{x},{y}");
            }
        }
    }

    #[test]
    fn nothing_is_painted_outside_the_clip() {
        let square = [[0.0, 0.0], [8.0, 0.0], [0.0, 8.0], [8.0, 0.0], [8.0, 8.0], [0.0, 8.0]];
        let clip = Rect::from_min_max(pos2(1.0, 2.0), pos2(3.0, 4.0));
        for (scale, pixels_inside) in [(1.0, 4), (2.0, 16)] {
            let pixels = paint(clip, scale, mesh(Color32::WHITE, &square));
            assert_eq!(pixels.iter().filter(|pixel| **pixel != 0).count(), pixels_inside);
            let first = (2.0 * scale) as usize * SIZE + scale as usize;
            assert_eq!(pixels[first], 0xFF_FFFF);
        }
    }

    /// Half a white over black, twice over, would be lighter along the shared edge.
    #[test]
    fn two_triangles_share_an_edge_without_seam() {
        let square = [[0.3, 0.1], [7.7, 0.6], [1.2, 7.9], [7.7, 0.6], [7.9, 7.2], [1.2, 7.9]];
        let pixels = paint(Rect::EVERYTHING, 1.0, mesh(Color32::from_white_alpha(128), &square));
        assert!(pixels.iter().all(|pixel| [0, 0x80_8080].contains(pixel)), "{pixels:x?}");
        assert_eq!(pixels[3 * SIZE + 3], 0x80_8080);
    }

    #[test]
    fn colours_run_from_corner_to_corner() {
        let mut triangle = mesh(Color32::BLACK, &[[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]]);
        triangle.vertices[1].color = Color32::from_rgb(255, 0, 0);
        let pixels = paint(Rect::EVERYTHING, 1.0, triangle);
        let reds: Vec<u32> = pixels[..SIZE - 1].iter().map(|pixel| pixel >> 16).collect();
        assert!(reds.is_sorted() && reds[0] < 32 && reds[6] > 200, "{reds:?}");
    }

    #[test]
    fn odd_shapes_are_nothing() {
        let all = Rect::EVERYTHING;
        assert!(paint(all, 1.0, mesh(Color32::WHITE, &[[1.0, 1.0]; 3])).iter().all(|pixel| *pixel == 0));
        let wild = [[f32::NAN, 0.0], [f32::INFINITY, 3.0], [-9.0, 1e30]];
        let _ = paint(all, 1.0, mesh(Color32::WHITE, &wild));
        let nowhere = Rect::from_min_max(pos2(90.0, 90.0), pos2(1.0, 1.0));
        let big = mesh(Color32::WHITE, &[[-99.0, -99.0], [99.0, -99.0], [0.0, 99.0]]);
        assert!(paint(nowhere, 1.0, big).iter().all(|pixel| *pixel == 0));
    }
}
