//! Who issued whom, by what certificates say of it: a name, and the key behind it where both say which (RFC 5280
//! §4.2.1.1, §4.2.1.2). An authority that renews its key keeps its name.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::x509::X509Name;

/// How well an issuer fits a certificate: not at all, by its name, or by name and key.
pub fn fit(issuer: &X509Certificate<'_>, certificate: &X509Certificate<'_>) -> Option<Fit> {
    if !same(issuer.subject(), certificate.issuer()) {
        return None;
    }
    match (signing_key(certificate), own_key(issuer)) {
        (Some(wanted), Some(own)) => (wanted == own).then_some(Fit::Key),
        _ => Some(Fit::Name),
    }
}

/// The better, the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Nothing is said of keys.
    Name,
    /// By its key, too.
    Key,
}

/// Whether it was issued by its own key; one that an authority's earlier key issued to its next is no root.
pub fn is_root(certificate: &X509Certificate<'_>) -> bool {
    fit(certificate, certificate).is_some()
}

fn same(one: &X509Name<'_>, other: &X509Name<'_>) -> bool {
    one.as_raw() == other.as_raw()
}

fn signing_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.iter_extensions().find_map(|extension| {
        let ParsedExtension::AuthorityKeyIdentifier(key) = extension.parsed_extension() else { return None };
        key.key_identifier.as_ref().map(|key| key.0)
    })
}

fn own_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.iter_extensions().find_map(|extension| {
        let ParsedExtension::SubjectKeyIdentifier(key) = extension.parsed_extension() else { return None };
        Some(key.0)
    })
}
