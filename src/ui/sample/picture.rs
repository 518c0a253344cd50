//! Pictures as files: small, and read back as they were meant.

use std::collections::HashMap;
use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::io::BufWriter;
use std::path::Path;

use png::BitDepth;
use png::ColorType;
use png::DeflateCompression;
use png::Filter;
use png::Transformations;

/// Pixels row by row, `0x00RRGGBB` each.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) pixels: Vec<u32>,
}

impl Picture {
    pub(crate) fn height(&self) -> usize {
        self.pixels.len() / self.width.max(1)
    }

    /// Nothing if there is no such file, or none that is a picture.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let mut decoder = png::Decoder::new(BufReader::new(File::open(path).ok()?));
        decoder.set_transformations(Transformations::EXPAND);
        let mut reader = decoder.read_info().ok()?;
        let mut bytes = vec![0; reader.output_buffer_size()?];
        let frame = reader.next_frame(&mut bytes).ok()?;
        if frame.color_type != ColorType::Rgb || frame.bit_depth != BitDepth::Eight {
            return None;
        }
        let mut pixels = Vec::with_capacity(bytes.len() / 3);
        for rgb in bytes[..frame.buffer_size()].chunks_exact(3) {
            pixels.push(u32::from(rgb[0]) << 16 | u32::from(rgb[1]) << 8 | u32::from(rgb[2]));
        }
        Some(Self { width: frame.width as usize, pixels })
    }

    /// With a palette: the edges of letters in steps of [`SNAP`], everything else as it is.
    pub(crate) fn write(&self, path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = BufWriter::new(File::create(path).unwrap());
        let size = [self.width, self.height()].map(|size| u32::try_from(size).unwrap());
        let mut encoder = png::Encoder::new(file, size[0], size[1]);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_deflate_compression(DeflateCompression::Level(9));
        let bytes = match self.palette() {
            Some((palette, places)) => {
                encoder.set_color(ColorType::Indexed);
                encoder.set_filter(Filter::NoFilter);
                encoder.set_palette(palette.into_iter().flat_map(channels).collect::<Vec<_>>());
                places
            }
            None => {
                encoder.set_color(ColorType::Rgb);
                encoder.set_filter(Filter::Adaptive);
                self.pixels.iter().copied().flat_map(channels).collect()
            }
        };
        encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    }

    /// The colours, the most frequent first, and each pixel's place among them.
    fn palette(&self) -> Option<(Vec<u32>, Vec<u8>)> {
        let mut colors: Vec<(u32, usize)> = self.counts().into_iter().collect();
        colors.sort_by_key(|(color, count)| (std::cmp::Reverse(*count), *color));
        let mut palette: Vec<u32> = Vec::new();
        let mut places = HashMap::new();
        for (color, count) in colors {
            let near = palette.iter().enumerate().min_by_key(|(_, kept)| apart(**kept, color));
            let near = near.filter(|(_, kept)| !self.is_even(count) && apart(**kept, color) <= SNAP);
            let place = near.map_or(palette.len(), |(place, _)| place);
            if place == palette.len() {
                palette.push(color);
            }
            places.insert(color, u8::try_from(place).ok()?);
        }
        let mut bytes = Vec::with_capacity(self.pixels.len());
        for (color, length) in self.runs() {
            bytes.resize(bytes.len() + length, places[&color]);
        }
        Some((palette, bytes))
    }

    /// The pixels that differ in the other, if any: further than the palette or another processor's rounding.
    pub(crate) fn difference(&self, other: &Self) -> Option<HashSet<usize>> {
        if self.width != other.width || self.pixels.len() != other.pixels.len() {
            return Some((0..other.pixels.len()).collect());
        }
        let counts = other.counts();
        let mut differ = HashSet::new();
        for (at, (old, new)) in self.pixels.iter().zip(&other.pixels).enumerate() {
            if old != new {
                let most = if other.is_even(counts[new]) { ROUNDING } else { SNAP + ROUNDING };
                if apart(*old, *new) > most {
                    differ.insert(at);
                }
            }
        }
        (!differ.is_empty()).then_some(differ)
    }

    fn counts(&self) -> HashMap<u32, usize> {
        let mut counts = HashMap::new();
        self.runs().into_iter().for_each(|(color, length)| *counts.entry(color).or_default() += length);
        counts
    }

    /// Each colour and how many pixels have it until the next. A loop, since tests are not optimised.
    fn runs(&self) -> Vec<(u32, usize)> {
        let mut runs = Vec::new();
        let (mut color, mut length) = (0, 0);
        for pixel in &self.pixels {
            if *pixel != color {
                runs.push((color, length));
                (color, length) = (*pixel, 0);
            }
            length += 1;
        }
        runs.push((color, length));
        runs
    }

    /// A colour that so many pixels have is one of the theme's, not one of a letter's edge.
    fn is_even(&self, count: usize) -> bool {
        count > self.pixels.len() / 2_000
    }

    /// Pale, with what differs in red.
    pub(crate) fn marked(&self, differ: &HashSet<usize>) -> Self {
        let mark = |(at, pixel): (usize, &u32)| {
            let pale = |channel: u8| u32::from(channel / 4 + 190);
            let [r, g, b] = channels(*pixel).map(pale);
            if differ.contains(&at) { 0x00E0_0000 } else { r << 16 | g << 8 | b }
        };
        Self { width: self.width, pixels: self.pixels.iter().enumerate().map(mark).collect() }
    }
}

/// The largest distance of a channel.
fn apart(a: u32, b: u32) -> u8 {
    let pairs = channels(a).into_iter().zip(channels(b));
    pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap_or_default()
}

pub(crate) fn channels(pixel: u32) -> [u8; 3] {
    [pixel >> 16, pixel >> 8, pixel].map(|channel| (channel & 0xFF) as u8)
}

const SNAP: u8 = 15;
/// Letters are drawn with whatever vector instructions the processor has.
const ROUNDING: u8 = 3;
