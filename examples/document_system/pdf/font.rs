//! The typeface, embedded whole: a field may be filled later with any letter of the language.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use lopdf::Document;
use lopdf::Object;
use lopdf::ObjectId;
use lopdf::Stream;
use lopdf::dictionary;
use skrifa::FontRef;
use skrifa::MetadataProvider as _;
use skrifa::instance::LocationRef;
use skrifa::instance::Size;

use super::Result;

/// How letters stand. The slanted ones are upright ones, pushed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Regular,
    Bold,
    Italic,
    BoldItalic,
}

impl Style {
    /// Its name among a page's resources.
    pub(crate) const fn name(self) -> &'static str {
        if self.bold() { "Bold" } else { "Regular" }
    }

    /// How far letters lean, as the tangent of the angle.
    pub(crate) const fn slant(self) -> f32 {
        match self {
            Self::Regular | Self::Bold => 0.0,
            Self::Italic | Self::BoldItalic => 0.2,
        }
    }

    const fn bold(self) -> bool {
        matches!(self, Self::Bold | Self::BoldItalic)
    }

    fn face(self) -> &'static Face {
        if self.bold() { &BOLD } else { &REGULAR }
    }

    /// A letter's glyph; the font's own box for a letter that it lacks.
    pub(crate) fn glyph(self, letter: char) -> u16 {
        self.face().glyphs.get(&letter).copied().unwrap_or_default()
    }

    /// How wide some text is at this size, in points.
    pub(crate) fn width(self, text: &str, size: f32) -> f32 {
        let advance = |letter| self.face().advances.get(usize::from(self.glyph(letter)));
        text.chars().filter_map(advance).sum::<f32>() * size / 1000.0
    }
}

struct Face {
    file: &'static [u8],
    name: &'static str,
    glyphs: BTreeMap<char, u16>,
    /// In thousandths of the size, by glyph.
    advances: Vec<f32>,
    bounds: [f32; 4],
    ascent: f32,
    descent: f32,
}

static REGULAR: LazyLock<Face> = LazyLock::new(|| {
    Face::read("NotoSans-Regular", include_bytes!("../../../src/ui/fonts/NotoSansVN-Regular.ttf"))
});
static BOLD: LazyLock<Face> = LazyLock::new(|| {
    Face::read("NotoSans-Bold", include_bytes!("../../../src/ui/fonts/NotoSansVN-Bold.ttf"))
});

impl Face {
    fn read(name: &'static str, file: &'static [u8]) -> Self {
        let font = FontRef::new(file).expect("the font in the source tree");
        let metrics = font.metrics(Size::unscaled(), LocationRef::default());
        let thousandth = 1000.0 / f32::from(metrics.units_per_em);
        let widths = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let advance =
            |glyph: u32| widths.advance_width(skrifa::GlyphId::new(glyph)).unwrap_or_default() * thousandth;
        let mappings = font.charmap().mappings();
        let bounds = metrics.bounds.unwrap_or_default();
        Self {
            file,
            name,
            glyphs: mappings
                .filter_map(|(letter, glyph)| {
                    Some((char::from_u32(letter)?, u16::try_from(glyph.to_u32()).ok()?))
                })
                .collect(),
            advances: (0..u32::from(metrics.glyph_count)).map(advance).collect(),
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|at| at * thousandth),
            ascent: metrics.ascent * thousandth,
            descent: metrics.descent * thousandth,
        }
    }

    /// ISO 32000-1 §9.7: a composite font whose codes are glyphs.
    fn embed(&self, document: &mut Document) -> Result<ObjectId> {
        let length = i64::try_from(self.file.len()).unwrap_or_default();
        let file = packed(dictionary! { "Length1" => length }, self.file.to_vec())?;
        let file = document.add_object(file);
        let descriptor = document.add_object(dictionary! {
            "Type" => "FontDescriptor",
            "FontName" => self.name,
            "Flags" => 4,
            "FontBBox" => numbers(self.bounds),
            "ItalicAngle" => 0,
            "Ascent" => self.ascent,
            "Descent" => self.descent,
            "CapHeight" => 714,
            "StemV" => 80,
            "FontFile2" => file,
        });
        let widths: Vec<Object> = self.advances.iter().map(|width| Object::Real(*width)).collect();
        let glyphs = document.add_object(dictionary! {
            "Type" => "Font",
            "Subtype" => "CIDFontType2",
            "BaseFont" => self.name,
            "CIDSystemInfo" => dictionary! {
                "Registry" => Object::string_literal("Adobe"),
                "Ordering" => Object::string_literal("Identity"),
                "Supplement" => 0,
            },
            "FontDescriptor" => descriptor,
            "W" => vec![0.into(), widths.into()],
            "CIDToGIDMap" => "Identity",
        });
        let letters = document.add_object(packed(dictionary! {}, self.letters().into_bytes())?);
        Ok(document.add_object(dictionary! {
            "Type" => "Font",
            "Subtype" => "Type0",
            "BaseFont" => self.name,
            "Encoding" => "Identity-H",
            "DescendantFonts" => vec![glyphs.into()],
            "ToUnicode" => letters,
        }))
    }

    /// From glyphs back to letters, so that text can be searched and read aloud (§9.10.3).
    fn letters(&self) -> String {
        let mut map = String::from(CMAP_START);
        // A glyph that stands for several letters is read as the last; no block takes more than 100.
        let letters: BTreeMap<u16, char> =
            self.glyphs.iter().map(|(letter, glyph)| (*glyph, *letter)).collect();
        let letters: Vec<_> = letters.into_iter().collect();
        for block in letters.chunks(100) {
            let _ = writeln!(map, "{} beginbfchar", block.len());
            for (glyph, letter) in block {
                let _ = writeln!(map, "<{glyph:04X}> <{:04X}>", u32::from(*letter));
            }
            map.push_str("endbfchar\n");
        }
        map + CMAP_END
    }
}

/// Puts both faces into a document; the dictionary that resources name as `Font`.
pub(crate) fn embed(document: &mut Document) -> Result<ObjectId> {
    let (regular, bold) = (REGULAR.embed(document)?, BOLD.embed(document)?);
    Ok(document.add_object(dictionary! { "Regular" => regular, "Bold" => bold }))
}

/// A compressed stream.
pub(crate) fn packed(dictionary: lopdf::Dictionary, content: Vec<u8>) -> Result<Stream> {
    let mut stream = Stream::new(dictionary, content);
    stream.compress()?;
    Ok(stream)
}

/// An array of numbers.
pub(crate) fn numbers<const N: usize>(values: [f32; N]) -> Object {
    Object::Array(values.map(Object::Real).into())
}

const CMAP_START: &str = "/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
";
const CMAP_END: &str = "endcmap
CMapName currentdict /CMap defineresource pop
end
end
";
