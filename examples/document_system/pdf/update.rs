//! Updates that are appended to a file: filled fields, and signatures, which are made elsewhere.

use std::ops::Range;

use lopdf::Dictionary;
use lopdf::Document;
use lopdf::IncrementalDocument;
use lopdf::Object;
use lopdf::ObjectId;
use lopdf::StringFormat;
use lopdf::dictionary;
use lopdf::text_string;
use sha2::Digest as _;
use sha2::Sha256;
use time::OffsetDateTime;
use time::macros::format_description;

use super::Result;
use super::appearance;
use super::appearance::Appearance;
use super::draft;
use super::field::Field;

/// A file that lacks nothing but its newest signature.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    file: Vec<u8>,
    /// Where the signature goes, its angle brackets included.
    gap: Range<usize>,
}

/// The file with these fields filled. A signature that is there stays good: filling fields is what signers
/// let others do (ISO 32000-1 §12.8.2.2.2, table 254).
///
/// # Errors
/// What the library says.
pub(crate) fn fill(file: &[u8], values: &[(Field, &str)]) -> Result<Vec<u8>> {
    let mut update = begin(file)?;
    for (field, value) in values {
        let (widget, fonts) = open(&mut update, *field)?;
        let appearance = appearance::text(size(&widget)?, draft::pen(*field), value);
        let appearance = appearance.embed(&mut update.new_document, fonts)?;
        let widget = widget_mut(&mut update, *field)?;
        widget.set("V", text_string(value));
        widget.set("AP", dictionary! { "N" => appearance });
    }
    finish(update)
}

/// The file with room for a signature in this field.
///
/// # Errors
/// What the library says.
pub(crate) fn prepare(
    file: &[u8],
    field: Field,
    appearance: Appearance,
    signer: &str,
    time: OffsetDateTime,
) -> Result<Prepared> {
    let mut update = begin(file)?;
    let (_, fonts) = open(&mut update, field)?;
    let appearance = appearance.embed(&mut update.new_document, fonts)?;
    let far = Object::Integer(FAR);
    let signature = update.new_document.add_object(dictionary! {
        "Type" => "Sig",
        "Filter" => "Adobe.PPKLite",
        // PAdES (ETSI EN 319 142-1 §6.3); Kyso makes such a signature with `"profile": "pades"`.
        "SubFilter" => "ETSI.CAdES.detached",
        "ByteRange" => vec![0.into(), far.clone(), far.clone(), far],
        "Contents" => Object::String(vec![0; ROOM], StringFormat::Hexadecimal),
        "Name" => text_string(signer),
        "M" => text_string(&moment(time)),
    });
    let widget = widget_mut(&mut update, field)?;
    widget.set("V", signature);
    widget.set("AP", dictionary! { "N" => appearance });
    Prepared::new(finish(update)?, file.len())
}

impl Prepared {
    /// Now that the places are known, says what the signature covers: all but itself.
    fn new(mut file: Vec<u8>, before: usize) -> Result<Self> {
        let hole = format!("<{}>", "00".repeat(ROOM));
        let gap = find(&file, hole.as_bytes(), before)?;
        let dots = format!("0 {FAR} {FAR} {FAR}");
        let range = find(&file, dots.as_bytes(), before)?;
        let covered = format!("0 {} {} {}", gap.start, gap.end, file.len() - gap.end);
        file[range].copy_from_slice(format!("{covered:<width$}", width = dots.len()).as_bytes());
        Ok(Self { file, gap })
    }

    /// SHA-256 of what the signature covers: all that leaves the server.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let covered = Sha256::new().chain_update(&self.file[..self.gap.start]);
        covered.chain_update(&self.file[self.gap.end..]).finalize().into()
    }

    /// The file with this signature, a CMS `SignedData` in DER; nothing if it is too large.
    pub(crate) fn embed(&self, signature: &[u8]) -> Option<Vec<u8>> {
        let mut file = self.file.clone();
        let text = hex::encode(signature);
        let inside = file.get_mut(self.gap.start + 1..self.gap.end - 1)?;
        inside.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(file)
    }
}

fn begin(file: &[u8]) -> Result<IncrementalDocument> {
    Ok(IncrementalDocument::create_from(file.to_vec(), Document::load_mem(file)?))
}

/// Takes a field into the update; the field as it is, and the fonts it may be drawn with.
fn open(update: &mut IncrementalDocument, field: Field) -> Result<(Dictionary, ObjectId)> {
    let before = update.get_prev_documents();
    let id = field.find(before)?;
    let form = before.get_dict_in_dict(before.catalog()?, b"AcroForm")?;
    let fonts = before.get_dict_in_dict(form, b"DR")?.get(b"Font")?.as_reference()?;
    let widget = before.get_dictionary(id)?.clone();
    update.opt_clone_object_to_new_document(id)?;
    Ok((widget, fonts))
}

fn widget_mut(update: &mut IncrementalDocument, field: Field) -> Result<&mut Dictionary> {
    let id = field.find(update.get_prev_documents())?;
    update.new_document.get_dictionary_mut(id)
}

fn finish(mut update: IncrementalDocument) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    update.save_to(&mut file)?;
    Ok(file)
}

fn size(widget: &Dictionary) -> Result<(f32, f32)> {
    let edges = widget.get(b"Rect")?.as_array()?;
    let edges = edges.iter().map(Object::as_float).collect::<Result<Vec<_>>>()?;
    match edges[..] {
        [left, bottom, right, top] => Ok((right - left, top - bottom)),
        _ => Err(lopdf::Error::DictKey("Rect".to_owned())),
    }
}

fn find(file: &[u8], what: &[u8], from: usize) -> Result<Range<usize>> {
    let at = file[from..].windows(what.len()).position(|window| window == what);
    let start = from + at.ok_or_else(|| lopdf::Error::DictKey("Contents".to_owned()))?;
    Ok(start..start + what.len())
}

/// ISO 32000-1 §7.9.4.
fn moment(time: OffsetDateTime) -> String {
    let format = format_description!(
        "D:[year][month][day][hour][minute][second][offset_hour sign:mandatory]'[offset_minute]'"
    );
    time.format(format).unwrap_or_default()
}

/// Bytes kept for a signature: with its chain, and to spare.
const ROOM: usize = 12 * 1024;
/// As long as any place in a file of under ten gigabytes.
const FAR: i64 = 9_999_999_999;
