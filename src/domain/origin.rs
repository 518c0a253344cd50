//! A web origin as browsers serialise it (RFC 6454 §6.2, HTML "serialization of an origin").

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An ASCII `scheme://host[:port]` with nothing left to normalise: lower case, no path, no default
/// port, no trailing dot, no user name. Two origins are the same if their bytes are.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    text: String,
    scheme: Scheme,
    host_end: usize,
}

/// The text is not an origin that a browser could have sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnOrigin;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Scheme {
    Http,
    Https,
}

impl Origin {
    /// The bytes the browser sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, an IPv6 one in its brackets.
    pub fn host(&self) -> &str {
        &self.text[self.scheme.prefix().len()..self.host_end]
    }

    /// The host in its readable script, where that differs from the punycode (RFC 5890) sent.
    pub fn unicode_host(&self) -> Option<String> {
        if !self.host().split('.').any(|label| label.starts_with("xn--")) {
            return None;
        }
        let (text, valid) = idna::domain_to_unicode(self.host());
        (valid.is_ok() && text != self.host()).then_some(text)
    }

    /// May this origin pair without the machine's policy naming it: https anywhere, http only on
    /// the machine itself (`127.0.0.1`, `localhost`), for development.
    pub fn may_pair(&self) -> bool {
        self.scheme == Scheme::Https || matches!(self.host(), "127.0.0.1" | "localhost")
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        if text.len() > MAX_LEN {
            return Err(NotAnOrigin);
        }
        let scheme = [Scheme::Https, Scheme::Http]
            .into_iter()
            .find(|scheme| text.starts_with(scheme.prefix()))
            .ok_or(NotAnOrigin)?;
        let authority = &text[scheme.prefix().len()..];
        let host_len = match authority.strip_prefix('[') {
            Some(rest) => rest.find(']').ok_or(NotAnOrigin)? + 2,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, port) = authority.split_at(host_len);
        if !is_host(host) || !is_port(port, scheme) {
            return Err(NotAnOrigin);
        }
        Ok(Self { text: text.to_owned(), scheme, host_end: scheme.prefix().len() + host_len })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({})", self.text)
    }
}

impl Scheme {
    fn prefix(self) -> &'static str {
        match self {
            Self::Http => "http://",
            Self::Https => "https://",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok_and(|address| address.to_string() == inner);
    }
    let last_is_number = host
        .rsplit('.')
        .next()
        .is_some_and(|label| label.starts_with(|c: char| c.is_ascii_digit()) && is_number(label));
    if last_is_number {
        return host.parse::<Ipv4Addr>().is_ok_and(|address| address.to_string() == host);
    }
    host.len() <= 253 && host.split('.').all(is_label)
}

/// The URL standard reads a last label such as `0x7f` or `017` as a number, so as an IPv4 address.
fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    hex || label.bytes().all(|b| b.is_ascii_digit())
}

/// Underscores are no host names, but intranet machines carry them and browsers allow them.
fn is_label(label: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=63).contains(&label.len())
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_port(port: &str, scheme: Scheme) -> bool {
    let Some(digits) = port.strip_prefix(':') else {
        return port.is_empty();
    };
    digits
        .parse::<u16>()
        .is_ok_and(|number| number != 0 && number != scheme.default_port() && number.to_string() == digits)
}

/// `https://` + 253 + `:65535`, and a little for brackets.
const MAX_LEN: usize = 270;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_browsers_send() {
        for text in [
            "https://vanban.example.gov.vn",
            "https://vanban.example.gov.vn:8443",
            "http://127.0.0.1:8080",
            "http://localhost",
            "https://[2001:db8::1]:8443",
            "https://xn--qun-i6a.vn",
            "https://may_chu.local",
        ] {
            assert_eq!(text.parse::<Origin>().map(|origin| origin.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn shows_the_readable_host_beside_punycode() {
        let origin: Origin = "https://xn--vnbn-0sa0266b.vn".parse().expect("an origin");
        assert_eq!(origin.unicode_host().as_deref(), Some("v\u{103}nb\u{1ea3}n.vn"));
        let plain: Origin = "https://example.vn".parse().expect("an origin");
        assert_eq!(plain.unicode_host(), None);
    }

    #[test]
    fn http_pairs_only_on_this_machine() {
        let may = |text: &str| text.parse::<Origin>().expect("an origin").may_pair();
        assert!(may("https://a.vn") && may("http://127.0.0.1:9") && may("http://localhost:9"));
        assert!(!may("http://a.vn") && !may("http://evil.localhost") && !may("http://127.0.0.2"));
    }
}
