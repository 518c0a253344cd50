//! The form of the signatures, as it stands on the line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::attributes::SignedAttributes;
use crate::domain::form::Form;
use crate::domain::form::SigningTime;
use crate::domain::request::Items;

/// [`Form`] on the line; a raw one is left out.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum RawForm {
    #[default]
    Raw,
    /// With its signing time in Unix seconds, if it states one.
    Cms(Option<i64>),
    /// One DER set an item, base64.
    Attributes(Vec<String>),
}

impl RawForm {
    pub(super) fn is_raw(&self) -> bool {
        matches!(self, Self::Raw)
    }

    /// The form that these items are wanted in; the prompt reads the attributes itself, since it shows
    /// the digests that they have to hold.
    pub(super) fn parse(self, items: &Items) -> Result<Form, &'static str> {
        Ok(match self {
            Self::Raw => Form::Raw,
            Self::Cms(None) => Form::Cms(SigningTime::LeftOut),
            Self::Cms(Some(seconds)) => {
                let time = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| "no such time")?;
                Form::Cms(SigningTime::At(time))
            }
            Self::Attributes(sets) if sets.len() == items.count() => {
                let parse = |(set, digest)| {
                    let der = STANDARD.decode::<String>(set).map_err(|_| "attributes are not base64")?;
                    SignedAttributes::parse(der, digest).map_err(|_| "attributes that can't be signed")
                };
                Form::Attributes(sets.into_iter().zip(items.digests()).map(parse).collect::<Result<_, _>>()?)
            }
            Self::Attributes(_) => return Err("not one set of attributes an item"),
        })
    }
}

impl From<&Form> for RawForm {
    fn from(form: &Form) -> Self {
        match form {
            Form::Raw => Self::Raw,
            Form::Cms(SigningTime::At(time)) => Self::Cms(Some(time.unix_timestamp())),
            Form::Cms(SigningTime::LeftOut | SigningTime::WhenAsked) => Self::Cms(None),
            Form::Attributes(sets) => {
                Self::Attributes(sets.iter().map(|set| STANDARD.encode(set.der())).collect())
            }
        }
    }
}
