//! The fields of a document's form.

use lopdf::Dictionary;
use lopdf::Document;
use lopdf::Object;
use lopdf::ObjectId;

use super::Result;

/// A field that every draft has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The number, in front of its symbol.
    Number,
    /// The date.
    Date,
    /// The leader's signature.
    Leader,
    /// The organisation's.
    Seal,
}

impl Field {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Number, Self::Date, Self::Leader, Self::Seal];

    /// The name in the form.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Number => "so_hieu",
            Self::Date => "ngay_ban_hanh",
            Self::Leader => "chu_ky_lanh_dao",
            Self::Seal => "dau_co_quan",
        }
    }

    /// What screen readers and viewers call it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Number => "Số văn bản",
            Self::Date => "Ngày ban hành",
            Self::Leader => "Chữ ký của lãnh đạo",
            Self::Seal => "Chữ ký số của cơ quan",
        }
    }

    /// The field that a dictionary is, if it is one.
    pub(crate) fn of(dictionary: &Dictionary) -> Option<Self> {
        let name = dictionary.get(b"T").and_then(Object::as_str).ok()?;
        Self::ALL.into_iter().find(|field| field.name().as_bytes() == name)
    }

    /// Its object in a document.
    pub(crate) fn find(self, document: &Document) -> Result<ObjectId> {
        let form = document.get_dict_in_dict(document.catalog()?, b"AcroForm")?;
        let fields = form.get_deref(b"Fields", document)?.as_array()?;
        for field in fields {
            let id = field.as_reference()?;
            if Self::of(document.get_dictionary(id)?) == Some(self) {
                return Ok(id);
            }
        }
        Err(lopdf::Error::DictKey(self.name().to_owned()))
    }
}
