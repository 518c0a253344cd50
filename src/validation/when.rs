//! From when on a certificate is revoked, read in an answer that has been verified.

use certval::PDVCertificate;
use certval::SubjectNameAndKey;
use certval::cert_id_match;
use certval::ocsp::BasicOcspResponse;
use certval::ocsp::CertStatus;
use certval::ocsp::OcspResponse;
use der::Decode as _;
use time::OffsetDateTime;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

/// What a response says of a certificate.
pub(super) enum Said {
    /// It is revoked.
    Revoked(OffsetDateTime),
    /// It is not known.
    Unknown,
}

/// What an OCSP response says that is not good.
pub(super) fn in_response(
    response: &[u8],
    certificate: &PDVCertificate,
    issuer: &dyn SubjectNameAndKey,
) -> Option<Said> {
    let response = OcspResponse::from_der(response).ok()?;
    let basic = BasicOcspResponse::from_der(response.response_bytes?.response.as_bytes()).ok()?;
    let serial = certificate.decoded().tbs_certificate().serial_number();
    let mut single = basic.tbs_response_data.responses.into_iter();
    match single.find(|single| cert_id_match(&single.cert_id, serial, issuer))?.cert_status {
        CertStatus::Good(_) => None,
        CertStatus::Unknown(_) => Some(Said::Unknown),
        CertStatus::Revoked(revoked) => {
            let since = revoked.revocation_time.0.to_unix_duration().as_secs();
            let since = OffsetDateTime::from_unix_timestamp(i64::try_from(since).ok()?).ok()?;
            Some(Said::Revoked(since))
        }
    }
}

/// From when on a list has this certificate.
pub(super) fn in_list(list: &[u8], certificate: &PDVCertificate) -> Option<OffsetDateTime> {
    let (_, list) = CertificateRevocationList::from_der(list).ok()?;
    let serial = certificate.decoded().tbs_certificate().serial_number().as_bytes().to_vec();
    let plain = |bytes: &[u8]| bytes.iter().skip_while(|byte| **byte == 0).copied().collect::<Vec<_>>();
    let serial = plain(&serial);
    list.iter_revoked_certificates()
        .find(|revoked| plain(revoked.raw_serial()) == serial)
        .map(|revoked| revoked.revocation_date.to_datetime())
}
