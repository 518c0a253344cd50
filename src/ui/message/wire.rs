//! How the domain's values are written in JSON: names as on the API's wire, bytes as hex or base64.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::certificate::Holder;
use crate::domain::certificate::Unfit;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::kept::KeepLimits;
use crate::domain::kept::Keeping;
use crate::domain::scheme::Scheme;
use crate::domain::seal::SealTarget;
use crate::domain::token::PinState;
use crate::text::Lang;

#[derive(Serialize, Deserialize)]
#[serde(remote = "PinState", rename_all = "snake_case")]
pub(super) enum Pin {
    Ok,
    Low,
    Doubted,
    FinalTry,
    Locked,
    MustChange,
    Reader,
    ReaderDoubted,
    ReaderFinal,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Lang", rename_all = "snake_case")]
pub(super) enum Language {
    Vi,
    En,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Holder", rename_all = "snake_case")]
pub(super) enum HolderKind {
    Person,
    Organisation,
    Unknown,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Scheme", rename_all = "snake_case")]
pub(super) enum SchemeName {
    RsaPkcs1,
    RsaPss,
    Ecdsa,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DigestAlgorithm", rename_all = "snake_case")]
pub(super) enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Unfit", rename_all = "snake_case")]
pub(super) enum Reason {
    Expired,
    NotYetValid,
    NotForSigning,
    NotForSignIn,
    Scheme,
    Barred,
    Issuer,
    KeySize,
    Site,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SealTarget", deny_unknown_fields)]
pub(super) struct Seal {
    #[serde(with = "hex32")]
    key: [u8; 32],
    #[serde(with = "hex32")]
    nonce: [u8; 32],
}

/// [`Keeping`], in whole seconds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum KeepingName {
    Never,
    Offered { idle: u64, most: u64 },
    Kept { left: u64 },
}

impl KeepingName {
    pub(super) fn serialize<S: serde::Serializer>(value: &Keeping, to: S) -> Result<S::Ok, S::Error> {
        let named = match value {
            Keeping::Never => Self::Never,
            Keeping::Offered(limits) => {
                Self::Offered { idle: limits.idle().as_secs(), most: limits.most().as_secs() }
            }
            Keeping::Kept { left } => Self::Kept { left: left.as_secs() },
        };
        Serialize::serialize(&named, to)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Keeping, D::Error> {
        Ok(match Deserialize::deserialize(from)? {
            Self::Never => Keeping::Never,
            Self::Offered { idle, most } => {
                let limits = KeepLimits::new(idle, most);
                Keeping::Offered(limits.ok_or_else(|| serde::de::Error::custom("kept for too long"))?)
            }
            Self::Kept { left } => Keeping::Kept { left: Duration::from_secs(left) },
        })
    }
}

/// `Option` of a value with a remote definition.
macro_rules! optional {
    ($name:ident, $inner:ty, $remote:literal) => {
        pub(super) mod $name {
            use super::*;

            #[derive(Serialize, Deserialize)]
            #[serde(transparent)]
            struct Wrapped(#[serde(with = $remote)] $inner);

            pub(in crate::ui::message) fn serialize<S: serde::Serializer>(
                value: &Option<$inner>,
                to: S,
            ) -> Result<S::Ok, S::Error> {
                value.map(Wrapped).serialize(to)
            }

            pub(in crate::ui::message) fn deserialize<'de, D: serde::Deserializer<'de>>(
                from: D,
            ) -> Result<Option<$inner>, D::Error> {
                Ok(Option::<Wrapped>::deserialize(from)?.map(|wrapped| wrapped.0))
            }
        }
    };
}

optional!(unfit, Unfit, "Reason");
optional!(seal, SealTarget, "Seal");

/// Values that are text both ways.
pub(super) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error;

    pub(in crate::ui::message) fn serialize<S: Serializer>(
        value: &impl Display,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(in crate::ui::message) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        String::deserialize(from)?.parse().map_err(|_| D::Error::custom("malformed text"))
    }
}

pub(super) mod code {
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error;

    use crate::domain::error::ErrorCode;

    pub(in crate::ui::message) fn serialize<S: Serializer>(
        code: &ErrorCode,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(code.as_str())
    }

    pub(in crate::ui::message) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<ErrorCode, D::Error> {
        ErrorCode::parse(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("unknown code"))
    }
}

pub(super) mod hex32 {
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error;

    pub(in crate::ui::message) fn serialize<S: Serializer>(
        bytes: &[u8; 32],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(in crate::ui::message) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<[u8; 32], D::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(String::deserialize(from)?, &mut bytes).map_err(D::Error::custom)?;
        Ok(bytes)
    }
}

pub(super) mod bytes {
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error;

    pub(in crate::ui::message) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(in crate::ui::message) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Unix seconds.
pub(super) mod moment {
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error;
    use time::OffsetDateTime;

    pub(in crate::ui::message) fn serialize<S: Serializer>(
        moment: &OffsetDateTime,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_i64(moment.unix_timestamp())
    }

    pub(in crate::ui::message) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<OffsetDateTime, D::Error> {
        OffsetDateTime::from_unix_timestamp(i64::deserialize(from)?).map_err(D::Error::custom)
    }
}

pub(super) mod sealed {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serialize;
    use serde::Serializer;
    use serde::de::Error;

    use crate::domain::seal::SealedPin;

    pub(in crate::ui::message) fn serialize<S: Serializer>(
        pin: &Option<SealedPin>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        pin.as_ref().map(|pin| STANDARD.encode(&pin.0)).serialize(to)
    }

    pub(in crate::ui::message) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SealedPin>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| STANDARD.decode(text).map(SealedPin).map_err(D::Error::custom))
            .transpose()
    }
}

pub(super) mod sealed_pair {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serialize;
    use serde::Serializer;
    use serde::de::Error;

    use crate::domain::seal::SealedPair;

    pub(in crate::ui::message) fn serialize<S: Serializer>(
        pair: &Option<SealedPair>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        pair.as_ref().map(|pair| STANDARD.encode(&pair.0)).serialize(to)
    }

    pub(in crate::ui::message) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SealedPair>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| STANDARD.decode(text).map(SealedPair).map_err(D::Error::custom))
            .transpose()
    }
}
