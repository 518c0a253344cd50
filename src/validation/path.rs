//! The path from a certificate to an anchor, found and validated by `certval` (RFC 5280 §6).

use certval::CertFile;
use certval::CertSource;
use certval::CertVector as _;
use certval::CertificationPath;
use certval::CertificationPathResults;
use certval::CertificationPathSettings;
use certval::PDVCertificate;
use certval::PkiEnvironment;
use certval::SubjectNameAndKey;
use certval::TaSource;
use certval::TimeOfInterest;
use certval::parse_cert;
use certval::validate_path_rfc5280;
use time::OffsetDateTime;

use super::signature;
use crate::domain::certificate::Certificate;

/// A valid path.
pub(super) struct Path {
    /// What it was judged with: no revocation data, and no way to fetch any.
    pub(super) environment: PkiEnvironment,
    found: CertificationPath,
}

impl Path {
    /// A path that is valid now, by the anchors and by the issuers that came with the certificate.
    pub(super) fn find(certificate: &Certificate, anchors: &[Vec<u8>], now: OffsetDateTime) -> Option<Self> {
        let settings = settings(now)?;
        let mut environment = PkiEnvironment::new();
        environment.add_validate_path_callback(validate_path_rfc5280);
        environment.add_verify_signature_message_callback(signature::verify);
        let mut trusted = TaSource::new();
        anchors.iter().for_each(|der| trusted.push(file(der)));
        trusted.initialize().ok()?;
        environment.add_trust_anchor_source(Box::new(trusted));
        let mut issuers = CertSource::new();
        certificate.chain.iter().for_each(|der| issuers.push(file(der)));
        issuers.initialize(&settings).ok()?;
        issuers.find_all_partial_paths(&environment, &settings);
        environment.add_certificate_source(Box::new(issuers));
        let target = parse_cert(&certificate.der, "").ok()?;
        let mut paths = Vec::new();
        environment.get_paths_for_target(&target, &mut paths, 0, settings.get_time_of_interest()).ok()?;
        let found = paths.into_iter().take(MOST).find(|path| {
            let mut results = CertificationPathResults::new();
            environment.validate_path(&environment, &settings, path, &mut results).is_ok()
        })?;
        Some(Self { environment, found })
    }

    /// How many certificates are below the anchor; the last is the one that signs.
    pub(super) fn length(&self) -> usize {
        self.found.intermediates.len() + 1
    }

    /// The certificate at this place, from the anchor down.
    pub(super) fn certificate(&self, at: usize) -> &PDVCertificate {
        self.found.intermediates.get(at).unwrap_or(&self.found.target)
    }

    /// Who issued it.
    pub(super) fn issuer(&self, at: usize) -> &dyn SubjectNameAndKey {
        match at.checked_sub(1) {
            None => self.found.trust_anchor.decoded(),
            Some(above) => self.certificate(above).decoded(),
        }
    }

    /// The path that ends with the certificate at this place.
    pub(super) fn down_to(&self, at: usize) -> CertificationPath {
        let above = self.found.intermediates.iter().take(at).cloned().collect();
        CertificationPath::new(self.found.trust_anchor.clone(), above, self.certificate(at).clone())
    }
}

/// RFC 5280's own, with RSA keys of at least 2,048 bits. Nothing but the moment differs from certval's defaults.
pub(super) fn settings(now: OffsetDateTime) -> Option<CertificationPathSettings> {
    let mut settings = CertificationPathSettings::new();
    let seconds = u64::try_from(now.unix_timestamp()).ok()?;
    settings.set_time_of_interest(TimeOfInterest::from_unix_secs(seconds).ok()?);
    Some(settings)
}

fn file(der: &[u8]) -> CertFile {
    CertFile { filename: String::new(), bytes: der.to_vec() }
}

/// Of several paths as many are tried: cross-certificates multiply them.
const MOST: usize = 16;
