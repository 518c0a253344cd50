//! Which certificates a caller wants to see or sign with.

use time::OffsetDateTime;

use super::certificate::{CertId, Certificate, Purpose};

/// All conditions must hold; an empty filter lets every certificate through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Usable for this.
    pub purpose: Option<Purpose>,
    /// Valid at this moment.
    pub valid_now: bool,
    /// Issuer's RFC 4514 text, CN or O contains this, letter case ignored.
    pub issuer: Option<String>,
    /// Kind of key, as on the wire.
    pub key: Option<String>,
    /// Subject's RFC 4514 text or CN contains this, letter case ignored.
    pub subject: Option<String>,
    /// Exactly this certificate.
    pub fingerprint: Option<CertId>,
}

impl Filter {
    /// Whether the certificate meets every condition.
    pub fn admits(&self, certificate: &Certificate, now: OffsetDateTime) -> bool {
        let valid = certificate.not_before <= now && now <= certificate.not_after;
        self.purpose.is_none_or(|purpose| certificate.purposes.contains(&purpose))
            && (valid || !self.valid_now)
            && self.issuer.as_deref().is_none_or(|text| names(&certificate.issuer, text))
            && self.key.as_deref().is_none_or(|kind| certificate.key.kind() == kind)
            && self.subject.as_deref().is_none_or(|text| names(&certificate.subject, text))
            && self.fingerprint.is_none_or(|id| certificate.id == id)
    }
}

fn names(name: &super::certificate::Name, part: &str) -> bool {
    let part = part.to_lowercase();
    [Some(&name.text), name.common_name.as_ref(), name.organisation.as_ref()]
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(&part))
}
