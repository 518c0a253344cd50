//! The parts of a distinguished name in RFC 4514 text, and for whom it speaks.

use super::certificate::Holder;

/// A subject's attributes, in the order of the text: the last RDN of the certificate first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject(Vec<(String, String)>);

impl Subject {
    /// Takes the text apart and undoes its escapes (§2.4). What has no `=` is left out.
    pub fn parse(text: &str) -> Self {
        let mut parts = vec![Vec::new()];
        let mut rest = text.as_bytes();
        while let [byte, after @ ..] = rest {
            rest = after;
            let mut literal = *byte;
            if matches!(byte, b',' | b'+') {
                parts.push(Vec::new());
                continue;
            }
            if *byte == b'\\' {
                let mut decoded = [0];
                if after.get(..2).is_some_and(|pair| hex::decode_to_slice(pair, &mut decoded).is_ok()) {
                    literal = decoded[0];
                    rest = &after[2..];
                } else if let [next, after @ ..] = after {
                    literal = *next;
                    rest = after;
                }
            }
            if let Some(part) = parts.last_mut() {
                part.push(literal);
            }
        }
        let attribute = |part: &Vec<u8>| {
            let text = String::from_utf8_lossy(part);
            let (name, value) = text.trim_start().split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        Self(parts.iter().filter_map(attribute).collect())
    }

    /// The value behind a descriptor of RFC 4519 (`CN`, `O`, …): of several the certificate's first.
    pub fn part(&self, descriptor: &str) -> Option<&str> {
        let found = self.0.iter().rfind(|(name, _)| name == descriptor);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    /// The number that tells this holder from others of the same name: a citizen's or an
    /// organisation's.
    pub fn number(&self) -> Option<&str> {
        NUMBERS.into_iter().find_map(|name| self.part(name))
    }

    /// For whom it speaks, by the tables below, in their order; never guessed from how a name sounds.
    pub fn holder(&self) -> Holder {
        let numbered = |prefixes: &[&str]| {
            self.0.iter().filter(|(name, _)| NUMBERS.contains(&name.as_str())).any(|(_, number)| {
                let number = number.to_uppercase();
                prefixes.iter().any(|prefix| number.starts_with(prefix))
            })
        };
        let has = |descriptor: &&str| self.0.iter().any(|(name, _)| name == descriptor);
        // A person's number decides before the organisation's that stands beside it.
        if numbered(&PERSONAL) || ["title", "SN", "givenName"].iter().any(has) {
            return Holder::Person;
        }
        let named_as_organisation = self.part("CN").is_some() && self.part("CN") == self.part("O");
        if numbered(&CORPORATE) || has(&"organizationIdentifier") || named_as_organisation {
            return Holder::Organisation;
        }
        Holder::Unknown
    }
}

/// Where a number may stand.
const NUMBERS: [&str; 3] = ["serialNumber", "UID", "organizationIdentifier"];

/// What stands before a person's number in serialNumber or UID: citizen's card, older identity
/// cards and passport as Vietnamese public authorities write them; ETSI EN 319 412-1 §5.1.3.
const PERSONAL: [&str; 9] =
    ["CCCD:", "CMND:", "CMTND:", "HC:", "HOCHIEU:", "DDCN:", "IDCVN-", "PASVN-", "PNOVN-"];

/// The same for an organisation: tax number, budget unit's code; ETSI EN 319 412-1 §5.1.4.
const CORPORATE: [&str; 5] = ["MST:", "MNS:", "MDVQHNS:", "VATVN-", "NTRVN-"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        let subject = Subject::parse("C=VN,O=Sở\\, ban,CN=a\\+b\\C4\\91+title=x");
        assert_eq!(subject.part("O"), Some("Sở, ban"));
        assert_eq!(subject.part("CN"), Some("a+bđ"));
        assert_eq!(subject.part("title"), Some("x"));
        assert_eq!(Subject::parse("no name").part("CN"), None);
        assert_eq!(Subject::parse("CN=a\\").part("CN"), Some("a\\"));
    }

    #[test]
    fn tells_a_persons_subject_from_a_seals() {
        for (text, holder) in [
            ("C=VN,O=UBND tỉnh,serialNumber=CCCD:008180000001,CN=Nguyễn Thị Minh Khai", Holder::Person),
            ("C=VN,O=UBND tỉnh,title=Chánh Văn phòng,CN=Nguyễn Thị Minh Khai", Holder::Person),
            ("UID=MST:5000246810,O=UBND,CN=Nguyễn Văn A,title=Giám đốc", Holder::Person),
            ("C=VN,serialNumber=MST:5000246810,O=UBND tỉnh,CN=UBND tỉnh", Holder::Organisation),
            ("C=VN,O=UBND tỉnh,CN=UBND tỉnh", Holder::Organisation),
            ("C=VN,O=UBND tỉnh,CN=Nguyễn Thị Minh Khai", Holder::Unknown),
            ("", Holder::Unknown),
        ] {
            assert_eq!(Subject::parse(text).holder(), holder, "{text}");
        }
    }
}
