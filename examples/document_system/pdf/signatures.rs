//! The signatures in a file, and what they cover.

use lopdf::Dictionary;
use lopdf::Document;
use lopdf::LoadOptions;
use lopdf::Object;
use lopdf::ObjectId;
use time::OffsetDateTime;
use time::macros::format_description;

use super::Result;
use super::field::Field;

/// One signature.
#[derive(Debug)]
pub(crate) struct Signature {
    field: Field,
    /// What the field names as its signature.
    value: Object,
    /// What it was made over, without the gap it stands in.
    pub(crate) covered: Vec<u8>,
    /// The signature and the zeros behind it.
    pub(crate) contents: Vec<u8>,
    /// Where the revision ends that it was made over.
    pub(crate) end: usize,
    /// When, as the file says.
    pub(crate) claimed: Option<OffsetDateTime>,
}

/// Why a signature does not stand for its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It leaves out more than itself.
    Coverage,
    /// Something else than a field that was still empty was changed afterwards.
    Changed,
}

/// The signatures in the order in which they were made, the unreadable as `None`.
///
/// # Errors
/// What the library says of the file.
pub(crate) fn all(file: &[u8]) -> Result<Vec<(Field, Option<Signature>)>> {
    let document = Document::load_mem(file)?;
    let mut found = Vec::new();
    for field in [Field::Leader, Field::Seal] {
        let widget = document.get_dictionary(field.find(&document)?)?;
        if widget.has(b"V") {
            found.push((field, read(file, &document, field, widget)));
        }
    }
    found.sort_by_key(|(_, signature)| signature.as_ref().map_or(usize::MAX, |signature| signature.end));
    Ok(found)
}

fn read(file: &[u8], document: &Document, field: Field, widget: &Dictionary) -> Option<Signature> {
    let signature = document.get_dict_in_dict(widget, b"V").ok()?;
    let range = signature.get(b"ByteRange").and_then(Object::as_array).ok()?;
    let range: Vec<usize> = range
        .iter()
        .map(|number| number.as_i64().ok().and_then(|number| usize::try_from(number).ok()))
        .collect::<Option<_>>()?;
    let [0, gap, behind, rest] = range[..] else { return None };
    let end = behind.checked_add(rest)?;
    // Between the two parts there is one hexadecimal string, and it is the signature.
    let hole = file.get(gap..behind)?.strip_prefix(b"<")?.strip_suffix(b">")?;
    let contents = hex::decode(hole).ok()?;
    if signature.get(b"Contents").and_then(Object::as_str).ok()? != contents {
        return None;
    }
    let claimed = signature.get(b"M").and_then(Object::as_str).ok().and_then(moment);
    let covered = [file.get(..gap)?, file.get(behind..end)?].concat();
    let value = widget.get(b"V").ok()?.clone();
    Some(Signature { field, value, covered, contents, end, claimed })
}

impl Signature {
    /// Whether the file is what was signed, but for fields that were empty and now are not.
    pub(crate) fn stands_for(&self, file: &[u8]) -> std::result::Result<(), Wrong> {
        let signed = file.get(..self.end).ok_or(Wrong::Coverage)?;
        let then = complete(signed).ok_or(Wrong::Coverage)?;
        let now = complete(file).ok_or(Wrong::Changed)?;
        // A signature that was put into another field afterwards is nobody's there.
        if self.field.find(&then).and_then(|id| then.get_dictionary(id)?.get(b"V")).ok() != Some(&self.value)
        {
            return Err(Wrong::Changed);
        }
        let same_root = then.trailer.get(b"Root").ok() == now.trailer.get(b"Root").ok();
        let kept = then.objects.iter().all(|(id, before)| may_become(*id, before, &now));
        if same_root && kept { Ok(()) } else { Err(Wrong::Changed) }
    }
}

/// The document in these bytes, if every reader finds the same one there: some take the last `startxref`,
/// some the one in front of the last `%%EOF`, some look for neither further than 1024 bytes from the end. So
/// the last of both stand together, at the very end.
fn complete(file: &[u8]) -> Option<Document> {
    let end = file.trim_ascii_end();
    let last = file.windows(STARTXREF.len()).rposition(|window| window == STARTXREF)?;
    let place = end.get(last + STARTXREF.len()..)?.strip_suffix(b"%%EOF")?;
    let (line, number) = (place.first()?, place.trim_ascii());
    let written = line.is_ascii_whitespace() && !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let short = file.len() - last <= LONGEST_END && file.len() - end.len() <= 2;
    // Strictly: what the library would mend, another reader may mend in another way.
    let strictly = LoadOptions { strict: true, ..LoadOptions::default() };
    if written && short { Document::load_mem_with_options(file, strictly).ok() } else { None }
}

/// An object stays as it is, or it is a field that was empty and has a value and a look now. What is new can
/// be reached through such fields alone.
fn may_become(id: ObjectId, before: &Object, now: &Document) -> bool {
    let Ok(after) = now.get_object(id) else { return false };
    if same(before, after) {
        return true;
    }
    let (Ok(before), Ok(after)) = (before.as_dict(), after.as_dict()) else { return false };
    let rest = |widget: &Dictionary| {
        let mut widget = widget.clone();
        widget.remove(b"V");
        widget.remove(b"AP");
        widget
    };
    Field::of(before).is_some() && !before.has(b"V") && rest(before) == rest(after)
}

/// Streams also carry where they were read from, which is no matter.
fn same(one: &Object, other: &Object) -> bool {
    match (one, other) {
        (Object::Stream(one), Object::Stream(other)) => {
            one.dict == other.dict && one.content == other.content
        }
        _ => one == other,
    }
}

/// ISO 32000-1 §7.9.4, as this system writes it.
fn moment(text: &[u8]) -> Option<OffsetDateTime> {
    let format = format_description!(
        "D:[year][month][day][hour][minute][second][offset_hour sign:mandatory]'[offset_minute]'"
    );
    OffsetDateTime::parse(std::str::from_utf8(text).ok()?, format).ok()
}

const STARTXREF: &[u8] = b"startxref";
/// `startxref`, the place, `%%EOF`, and line ends.
const LONGEST_END: usize = 40;
