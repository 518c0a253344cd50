//! Which tokens and readers are known by their USB ids (`usb.toml`), and what drives them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// Vendor and product, as a device tells them (USB 2.0 §9.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct UsbId {
    /// `idVendor`.
    pub vendor: u16,
    /// `idProduct`.
    pub product: u16,
}

/// The list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Devices {
    device: Vec<Device>,
}

/// One kind of device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    ids: Vec<UsbId>,
    /// What people call it.
    pub name: String,
    /// Whether it is the token itself.
    pub kind: Kind,
    /// How it is reached.
    pub driver: Driver,
    /// Whose PKCS#11 library drives it, by the vendor's name in `modules.toml`, the preferred first.
    #[serde(default)]
    pub libraries: Vec<String>,
    /// The vendor's product that brings the library.
    pub software: Option<String>,
    /// A Debian package that brings one.
    pub package: Option<String>,
    /// Where all this comes from.
    pub source: String,
    /// How far it can be relied on.
    pub sure: Sure,
}

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The token itself.
    Token,
    /// A reader, with any issuer's card in it or none.
    Reader,
}

/// How a device is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Driver {
    /// By the PC/SC daemon and its CCID driver.
    Ccid,
    /// By what the vendor installs alone.
    Vendor,
}

/// How far a row can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// Id and driver stand in the source.
    Listed,
    /// The id does; which library drives it is concluded.
    Inferred,
    /// The id does; nothing is known of a library for Linux.
    IdOnly,
}

impl Devices {
    /// The shipped list.
    ///
    /// # Panics
    /// If it can't be read; a test reads it.
    #[allow(clippy::expect_used, reason = "part of the program; a test reads it")]
    pub fn shipped() -> Self {
        // The text is the program's own, fixed when it was built; a test of every build reads it by this line.
        toml::from_str(include_str!("usb.toml")).expect("usb.toml")
    }

    /// What is known of this id.
    pub fn find(&self, id: UsbId) -> Option<&Device> {
        self.device.iter().find(|device| device.ids.contains(&id))
    }
}

impl FromStr for UsbId {
    type Err = String;

    /// Takes `0529:0620`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| match (part.len(), u16::from_str_radix(part, 16)) {
            (4, Ok(number)) => Some(number),
            _ => None,
        };
        let both = text
            .split_once(':')
            .and_then(|(vendor, product)| Some(Self { vendor: number(vendor)?, product: number(product)? }));
        both.ok_or_else(|| format!("{text} is no USB id"))
    }
}

impl TryFrom<String> for UsbId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for UsbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_shipped_list_names_each_id_once_and_only_libraries_that_are_known() {
        let vendors: toml::Table = toml::from_str(include_str!("modules.toml")).expect("modules.toml");
        let known: Vec<&str> = vendors["vendor"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|vendor| vendor["name"].as_str())
            .collect();
        let (mut seen, devices) = (HashSet::new(), Devices::shipped());
        for device in &devices.device {
            assert!(device.source.len() > 20, "{}: says where it comes from", device.name);
            for id in &device.ids {
                assert!(seen.insert(*id), "{id} stands twice");
            }
            for library in &device.libraries {
                assert!(known.contains(&library.as_str()), "{}: {library}", device.name);
            }
        }
        assert!(seen.len() > 40, "{}", seen.len());
    }

    #[test]
    fn a_device_is_found_by_its_id() {
        let devices = Devices::shipped();
        let of = |text: &str| devices.find(text.parse().expect("an id"));
        let token = of("0529:0620").expect("known");
        assert_eq!((token.kind, token.driver), (Kind::Token, Driver::Ccid));
        assert_eq!(token.libraries, ["SafeNet eToken"]);
        assert_eq!(of("25DD:1101").map(|device| device.kind), Some(Kind::Reader));
        assert!(of("046d:c31c").is_none(), "a keyboard");
        for text in ["0529", "0529:62", "x529:0620", "05290:0620", ""] {
            assert!(text.parse::<UsbId>().is_err(), "{text}");
        }
    }
}
