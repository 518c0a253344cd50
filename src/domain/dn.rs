//! Distinguished names as what they say, whoever encoded them how: RFC 4514 text on one side, a certificate's DER on
//! the other.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// A name, the certificate's first RDN first. Two are the same as RFC 5280 §7.1 compares them: attribute by attribute,
/// whatever string type holds a value, without regard to letter case and to how many spaces stand in a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DistinguishedName {
    rdns: Vec<BTreeSet<(String, Value)>>,
    text: String,
}

/// The text is no name by RFC 4514.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAName;

/// What an attribute says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    /// Letters, prepared for comparison.
    Text(String),
    /// The encoding of anything else.
    Der(Vec<u8>),
}

impl DistinguishedName {
    /// Whether this is the issuer that the certificate names. What can't be read names none.
    pub fn issued(&self, certificate: &[u8]) -> bool {
        X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| self.rdns == rdns(parsed.issuer()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for DistinguishedName {
    type Err = NotAName;

    /// RFC 4514 §3, with spaces around separators, as RFC 2253 lets them be and people write them.
    fn from_str(text: &str) -> Result<Self, NotAName> {
        let mut rdns = vec![BTreeSet::new()];
        let mut rest = text.trim();
        loop {
            let (oid, after) = attribute_type(rest)?;
            let (value, after) = attribute_value(after)?;
            if let Some(rdn) = rdns.last_mut() {
                rdn.insert((oid, value));
            }
            match after.chars().next() {
                None => break,
                Some('+') => {}
                Some(_) => rdns.push(BTreeSet::new()),
            }
            rest = &after[1..];
        }
        rdns.reverse();
        Ok(Self { rdns, text: text.to_owned() })
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DistinguishedName({})", self.text)
    }
}

/// A descriptor or a dotted OID, and what stands behind its `=`.
fn attribute_type(text: &str) -> Result<(String, &str), NotAName> {
    let (name, after) = text.split_once('=').ok_or(NotAName)?;
    let name = name.trim();
    let known = DESCRIPTORS.iter().find(|(_, descriptor)| descriptor.eq_ignore_ascii_case(name));
    let dotted = name.contains('.')
        && name.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()));
    match known {
        Some((oid, _)) => Ok(((*oid).to_owned(), after)),
        None if dotted => Ok((name.to_owned(), after)),
        None => Err(NotAName),
    }
}

/// A value without its escapes, and the text from the separator behind it on.
fn attribute_value(text: &str) -> Result<(Value, &str), NotAName> {
    let text = text.trim_start();
    if let Some(hex) = text.strip_prefix('#') {
        let end = hex.find(['+', ',']).unwrap_or(hex.len());
        let der = hex::decode(hex[..end].trim_end()).map_err(|_| NotAName)?;
        return Ok((encoded(&der).ok_or(NotAName)?, &hex[end..]));
    }
    let (mut bytes, mut at, mut kept) = (Vec::new(), 0, 0);
    while let Some(letter) = text[at..].chars().next() {
        let mut buffer = [0; 4];
        match letter {
            '+' | ',' => break,
            '"' | ';' | '<' | '>' | '\0' => return Err(NotAName),
            '\\' => {
                let after = &text[at + 1..];
                let mut byte = [0];
                if after.get(..2).is_some_and(|pair| hex::decode_to_slice(pair, &mut byte).is_ok()) {
                    bytes.push(byte[0]);
                    at += 3;
                } else {
                    let escaped = after.chars().next().filter(|next| ESCAPED.contains(next));
                    bytes.push(escaped.ok_or(NotAName)? as u8);
                    at += 2;
                }
                kept = bytes.len();
                continue;
            }
            _ => bytes.extend(letter.encode_utf8(&mut buffer).bytes()),
        }
        at += letter.len_utf8();
    }
    // Spaces before a separator are none of the value's, unless they are escaped.
    while bytes.len() > kept && bytes.last() == Some(&b' ') {
        bytes.pop();
    }
    let value = String::from_utf8(bytes).map_err(|_| NotAName)?;
    if value.trim().is_empty() { Err(NotAName) } else { Ok((Value::of(&value), &text[at..])) }
}

/// A value given by its encoding (§2.4).
fn encoded(der: &[u8]) -> Option<Value> {
    let (rest, any) = x509_parser::der_parser::asn1_rs::Any::from_der(der).ok()?;
    rest.is_empty().then(|| {
        string(any.tag().0, any.data).map_or_else(|| Value::Der(der.to_vec()), |text| Value::of(&text))
    })
}

fn rdns(name: &X509Name<'_>) -> Vec<BTreeSet<(String, Value)>> {
    let attribute = |attribute: &AttributeTypeAndValue<'_>| {
        let any = attribute.attr_value();
        let text = string(any.tag().0, any.data);
        let value = text.map_or_else(|| Value::Der(attribute.as_slice().to_vec()), |text| Value::of(&text));
        (attribute.attr_type().to_id_string(), value)
    };
    name.iter_rdn().map(|rdn| rdn.iter().map(attribute).collect()).collect()
}

/// The letters in a string type of X.680 §8.6; nothing for another type, or for bytes that are none of its letters.
fn string(tag: u32, data: &[u8]) -> Option<String> {
    match tag {
        UTF8 | NUMERIC | PRINTABLE | IA5 | VISIBLE => std::str::from_utf8(data).ok().map(str::to_owned),
        // What authorities write into it is Latin 1.
        TELETEX => Some(data.iter().map(|byte| char::from(*byte)).collect()),
        BMP if data.len().is_multiple_of(2) => {
            let units = data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

impl Value {
    fn of(text: &str) -> Self {
        Self::Text(text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" "))
    }
}

const UTF8: u32 = 12;
const NUMERIC: u32 = 18;
const PRINTABLE: u32 = 19;
const TELETEX: u32 = 20;
const IA5: u32 = 22;
const VISIBLE: u32 = 26;
const BMP: u32 = 30;

/// What a backslash may stand before (RFC 4514 §3).
const ESCAPED: [char; 10] = ['\\', '"', '+', ',', ';', '<', '>', ' ', '#', '='];

/// OIDs and their descriptors: RFC 4519 §2 and X.520; `emailAddress` as RFC 2985 §5.2.1 calls it.
pub const DESCRIPTORS: [(&str, &str); 16] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "givenName"),
    ("2.5.4.20", "telephoneNumber"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Vec<BTreeSet<(String, Value)>> {
        text.parse::<DistinguishedName>().unwrap_or_else(|_| panic!("{text}")).rdns
    }

    #[test]
    fn the_same_name_written_otherwise() {
        let plain = name("C=VN,O=Ban Cơ yếu, Ban".replace(", Ban", "\\, Ban").as_str());
        for text in [
            "C=VN,O=Ban Cơ yếu\\2C Ban",
            "c=vn, o=BAN  CƠ YẾU\\, ban",
            "2.5.4.6=VN,2.5.4.10=Ban Cơ yếu\\, Ban ",
            "C=#1302564e,O=Ban C\\C6\\A1 yếu\\, Ban",
        ] {
            assert_eq!(name(text), plain, "{text}");
        }
        assert_eq!(name("OU=b+CN=a,O=x"), name("CN=a+OU=b,O=x"), "an RDN is a set");
        assert_eq!(name("CN=#1e0400410042"), name("CN=ab"), "BMPString");
    }

    #[test]
    fn other_names_are_other_names() {
        for (one, other) in [
            ("CN=a,O=b", "O=b,CN=a"),
            ("CN=a+O=b", "CN=a,O=b"),
            ("CN=a", "O=a"),
            ("CN=a", "CN=ab"),
            ("CN=a\\,O=b", "CN=a,O=b"),
            ("CN=a", "CN=a,O=b"),
            ("CN=#020101", "CN=1"),
        ] {
            assert_ne!(name(one), name(other), "{one} and {other}");
        }
    }

    #[test]
    fn takes_no_text_that_is_no_name() {
        for text in [
            "", "CN", "CN=", "CN= ", "XY=a", "CN=a,", "CN=a;O=b", "CN=\"a\"", "CN=a\\x", "CN=#zz", "1.=a",
            "=a",
        ] {
            assert_eq!(text.parse::<DistinguishedName>(), Err(NotAName), "{text}");
        }
    }
}
