//! Lays a draft out after Decree 30/2020/NĐ-CP, appendix I, on one page of A4, with the empty fields that
//! number, date, signature and seal go into later.

use lopdf::Document;
use lopdf::Object;
use lopdf::ObjectId;
use lopdf::StringFormat;
use lopdf::dictionary;
use lopdf::text_string;
use lopdf::xref::XrefType;
use sha2::Digest as _;
use sha2::Sha256;

use super::Result;
use super::appearance;
use super::appearance::SEAL;
use super::appearance::SIGNATURE;
use super::canvas::Canvas;
use super::canvas::Pen;
use super::field::Field;
use super::font;
use super::font::Style;
use super::font::numbers;
use crate::samples::Draft;
use crate::samples::Kind;

/// The draft as a PDF without any number, date or signature.
///
/// # Errors
/// What the library says.
pub(crate) fn write(draft: &Draft) -> Result<Vec<u8>> {
    let mut document = Document::with_version("1.7");
    document.reference_table.cross_reference_type = XrefType::CrossReferenceTable;
    let fonts = font::embed(&mut document)?;
    let tree = document.new_object_id();
    let page = document.new_object_id();

    let mut canvas = Canvas::default();
    let places = lay_out(&mut canvas, draft);
    let mut fields: Vec<Object> = Vec::new();
    for (field, place) in Field::ALL.into_iter().zip(places) {
        fields.push(widget(&mut document, field, place, page, fonts)?.into());
    }
    let content = document.add_object(font::packed(dictionary! {}, canvas.into_bytes())?);
    document.set_object(
        page,
        dictionary! {
            "Type" => "Page",
            "Parent" => tree,
            "MediaBox" => numbers([0.0, 0.0, WIDTH, HEIGHT]),
            "Resources" => dictionary! { "Font" => fonts },
            "Contents" => content,
            "Annots" => fields.clone(),
        },
    );
    document.set_object(tree, dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 });
    let form = document.add_object(dictionary! {
        "Fields" => fields,
        // Signatures are to come, and nothing is ever to be written but behind the end (§12.7.2).
        "SigFlags" => 3,
        "DR" => dictionary! { "Font" => fonts },
        "DA" => Object::string_literal("/Regular 11 Tf 0 g"),
    });
    let title = document.add_object(dictionary! { "Title" => text_string(&draft.title()) });
    let catalog = document.add_object(dictionary! {
        "Type" => "Catalog",
        "Pages" => tree,
        "AcroForm" => form,
        "Lang" => Object::string_literal("vi-VN"),
        "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
    });
    let name = Object::String(Sha256::digest(draft.title())[..16].to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("Root", catalog);
    document.trailer.set("Info", title);
    document.trailer.set("ID", vec![name.clone(), name]);
    let mut file = Vec::new();
    document.save_to(&mut file)?;
    Ok(file)
}

/// Where a field is: left, bottom, width, height.
type Place = [f32; 4];

/// A field that is its own widget. Nobody types into it: the server fills it.
fn widget(
    document: &mut Document,
    field: Field,
    [left, bottom, width, height]: Place,
    page: ObjectId,
    fonts: ObjectId,
) -> Result<ObjectId> {
    let mut widget = dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "T" => Object::string_literal(field.name()),
        "TU" => text_string(field.label()),
        "Rect" => numbers([left, bottom, left + width, bottom + height]),
        "P" => page,
        "F" => PRINT,
    };
    match field {
        Field::Leader | Field::Seal => widget.set("FT", "Sig"),
        Field::Number | Field::Date => {
            let shown = if field == Field::Date { NO_DATE } else { "" };
            let appearance = appearance::text((width, height), pen(field), shown);
            let appearance = appearance.embed(document, fonts)?;
            widget.set("FT", "Tx");
            widget.set("Ff", READ_ONLY);
            widget.set("DA", Object::string_literal("/Regular 11 Tf 0 g"));
            widget.set("AP", dictionary! { "N" => appearance });
        }
    }
    Ok(document.add_object(widget))
}

/// How a field's text is written.
pub(crate) const fn pen(field: Field) -> Pen {
    match field {
        Field::Number | Field::Leader | Field::Seal => Pen::new(Style::Regular, 11.0),
        Field::Date => Pen::new(Style::Italic, 11.0),
    }
}

/// Draws the page; the places of [`Field::ALL`].
fn lay_out(canvas: &mut Canvas, draft: &Draft) -> [Place; 4] {
    let place_name = format!("{}, ", draft.place);
    heading(canvas, draft);
    let mut y = HEIGHT - 116.0;

    let plain = Pen::new(Style::Regular, 11.0);
    let (before, behind) = ("Số: ", format!("/{}", draft.symbol));
    let left = OFFICE - (plain.width(before) + NUMBER_WIDTH + plain.width(&behind)) / 2.0;
    canvas.text(left, y, plain, before);
    let number = [left + plain.width(before), y - appearance::BASELINE, NUMBER_WIDTH, FIELD_HEIGHT];
    canvas.text(number[0] + NUMBER_WIDTH, y, plain, &behind);

    let italic = Pen::new(Style::Italic, 11.0);
    let left = STATE - (italic.width(&place_name) + DATE_WIDTH) / 2.0;
    canvas.text(left, y, italic, &place_name);
    let date = [left + italic.width(&place_name), y - appearance::BASELINE, DATE_WIDTH, FIELD_HEIGHT];

    y = subject(canvas, draft, y);
    for paragraph in &draft.body {
        y = canvas.paragraph(LEFT, y, RIGHT - LEFT, plain, paragraph);
    }
    y -= 16.0;
    recipients(canvas, draft, y);
    for line in draft.signatory {
        canvas.centred(STATE, y, Pen::new(Style::Bold, 11.0), line);
        y -= 15.0;
    }
    let left = STATE - SIGNATURE.0 / 2.0;
    let leader = [left, y + 6.0 - SIGNATURE.1, SIGNATURE.0, SIGNATURE.1];
    // Over the left third of the signature, which is drawn in the middle of its field.
    let seal = [left - 14.0, y + 22.0 - SEAL.1, SEAL.0, SEAL.1];
    [number, date, leader, seal]
}

fn heading(canvas: &mut Canvas, draft: &Draft) {
    let bold = Pen::new(Style::Bold, 10.5);
    let top = HEIGHT - 68.0;
    let [upper, lower] = draft.organisation;
    canvas.centred(OFFICE, top, Pen::new(Style::Bold, 10.5), upper);
    canvas.centred(OFFICE, top - 15.0, bold, lower);
    let half = bold.width(lower) / 5.0;
    canvas.rule(OFFICE - half, OFFICE + half, top - 20.0);
    canvas.centred(STATE, top, Pen::new(Style::Bold, 9.8), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    let motto = "Độc lập - Tự do - Hạnh phúc";
    canvas.centred(STATE, top - 15.0, bold, motto);
    let half = bold.width(motto) / 2.0;
    canvas.rule(STATE - half, STATE + half, top - 20.0);
}

/// What the document is about, and whom it is for; where the body begins.
fn subject(canvas: &mut Canvas, draft: &Draft, mut y: f32) -> f32 {
    let plain = Pen::new(Style::Regular, 11.0);
    if draft.kind == Kind::Letter {
        y -= 3.0;
        for line in draft.subject.lines() {
            y -= 14.0;
            canvas.centred(OFFICE, y, Pen::new(Style::Regular, 10.0), line);
        }
    } else {
        y -= 44.0;
        canvas.centred(MIDDLE, y, Pen::new(Style::Bold, 13.0), &draft.kind.name().to_uppercase());
        let bold = Pen::new(Style::Bold, 11.5);
        for line in draft.subject.lines() {
            y -= 17.0;
            canvas.centred(MIDDLE, y, bold, line);
        }
        canvas.rule(MIDDLE - 45.0, MIDDLE + 45.0, y - 7.0);
    }
    y -= 38.0;
    if let Some(to) = &draft.to {
        canvas.centred(MIDDLE, y, plain, &format!("Kính gửi: {to}"));
        y -= 28.0;
    }
    y
}

fn recipients(canvas: &mut Canvas, draft: &Draft, mut y: f32) {
    canvas.text(LEFT, y, Pen::new(Style::BoldItalic, 10.0), "Nơi nhận:");
    for recipient in draft.recipients {
        y -= 12.5;
        canvas.text(LEFT, y, Pen::new(Style::Regular, 9.0), &format!("- {recipient}"));
    }
}

/// A4, in points.
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
/// 30 mm and 18 mm of margin.
const LEFT: f32 = 85.0;
const RIGHT: f32 = 544.0;
const MIDDLE: f32 = (LEFT + RIGHT) / 2.0;
/// The middles of the heading's two halves.
const OFFICE: f32 = 165.0;
const STATE: f32 = 416.0;
const NUMBER_WIDTH: f32 = 29.0;
const DATE_WIDTH: f32 = 150.0;
const FIELD_HEIGHT: f32 = 15.0;
const NO_DATE: &str = "ngày      tháng      năm";
/// ISO 32000-1 §12.5.3.
const PRINT: i64 = 4;
/// ISO 32000-1 §12.7.3.1.
const READ_ONLY: i64 = 1;
