//! The form of the signatures, as it stands on the line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::attributes::SignedAttributes;
use crate::domain::caller::Caller;
use crate::domain::form::Form;
use crate::domain::form::SignIn;
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
    /// The page's nonce, base64.
    SignIn(String),
    /// One DER set an item, base64.
    Attributes(Vec<String>),
}

impl RawForm {
    pub(super) fn is_raw(&self) -> bool {
        matches!(self, Self::Raw)
    }

    /// The form that these items are wanted in; the prompt reads the attributes itself, since it shows
    /// the digests that they have to hold.
    pub(super) fn parse(self, caller: &Caller, items: &Items) -> Result<Form, &'static str> {
        Ok(match self {
            Self::Raw => Form::Raw,
            Self::Cms(None) => Form::Cms(SigningTime::LeftOut),
            Self::Cms(Some(seconds)) => {
                let time = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| "no such time")?;
                Form::Cms(SigningTime::At(time))
            }
            Self::SignIn(nonce) => {
                let Caller::Web(origin) = caller else { return Err("a sign-in of no page") };
                let nonce = STANDARD.decode(nonce).map_err(|_| "nonce is not base64")?;
                let sign_in = SignIn { origin: origin.clone(), nonce };
                if !items.digests().eq([&sign_in.digest()]) {
                    return Err("not one item, the sign-in");
                }
                Form::SignIn(sign_in)
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
            Form::SignIn(sign_in) => Self::SignIn(STANDARD.encode(&sign_in.nonce)),
            Form::Attributes(sets) => {
                Self::Attributes(sets.iter().map(|set| STANDARD.encode(set.der())).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Digest;
    use crate::domain::digest::DigestAlgorithm;
    use crate::domain::request::Item;

    fn items(digest: Digest) -> Items {
        Items::new(vec![Item { name: String::new(), digest }]).unwrap()
    }

    /// R28: whatever an agent claims, the prompt takes for a sign-in only what it works out itself.
    #[test]
    fn r28_a_sign_in_is_of_the_page_that_is_shown() {
        let origin = "https://vanban.example.gov.vn".parse().unwrap();
        let sign_in = SignIn { origin, nonce: vec![7; 32] };
        let page = |text: &str| Caller::Web(text.parse().unwrap());
        let line = || RawForm::from(&Form::SignIn(sign_in.clone()));
        let good = items(sign_in.digest());
        assert_eq!(
            line().parse(&page("https://vanban.example.gov.vn"), &good),
            Ok(Form::SignIn(sign_in.clone()))
        );
        assert!(line().parse(&page("https://khac.example.vn"), &good).is_err());
        assert!(line().parse(&Caller::CommandLine, &good).is_err());
        let document = items(DigestAlgorithm::Sha256.hash(b"a document"));
        assert!(line().parse(&page("https://vanban.example.gov.vn"), &document).is_err());
    }
}
