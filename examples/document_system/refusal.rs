//! Why the document system does not do what it was asked: a code for programs, a reason for people.

use hyper::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::verify::Problem;
use crate::verify::Verdict;

/// A request that ends without what it asked for.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Not a request that this system understands, and why.
    Bad(&'static str),
    /// Asked for under another name than this system's own.
    Host,
    /// Not from this system's own page.
    Origin,
    NotFound,
    Method,
    TooLarge,
    /// The seal, or the number, before the leader's signature.
    LeaderFirst,
    /// The seal before number and date.
    NumberFirst,
    AlreadyDone,
    /// An organisation's certificate where a person signs.
    PersonWanted,
    /// A person's certificate where the organisation seals.
    OrganisationWanted,
    /// The document moved on while it was being signed.
    Changed,
    /// The signature is not by the certificate that the document was prepared for.
    OtherCertificate,
    /// A document's new signature does not verify.
    NotValid(usize, Verdict),
    /// The sign-in's nonce is not one that this server gave, or it is old or used.
    Nonce,
    /// The sign-in's signature is not over this site and nonce, or not by that certificate.
    SignIn,
    /// The sign-in's certificate is not one to sign in with.
    Certificate(Vec<Problem>),
    /// The PDF library's words.
    Pdf(String),
}

impl Refusal {
    /// A fault in a file.
    pub(crate) fn pdf(error: lopdf::Error) -> Self {
        Self::Pdf(error.to_string())
    }

    /// The status and the body: `{"error": {code, vi, en, …}}`.
    pub(crate) fn reply(&self) -> (StatusCode, Value) {
        let (status, code, vi, en) = self.words();
        let mut error = json!({ "code": code, "vi": vi, "en": en });
        match self {
            Self::Bad(why) => error["why"] = (*why).into(),
            Self::Pdf(why) => error["why"] = why.as_str().into(),
            Self::NotValid(document, verdict) => {
                error["document"] = (*document).into();
                error["verdict"] = json!(verdict);
            }
            Self::Certificate(problems) => error["problems"] = json!(problems),
            Self::Host
            | Self::Origin
            | Self::NotFound
            | Self::Method
            | Self::TooLarge
            | Self::LeaderFirst
            | Self::NumberFirst
            | Self::AlreadyDone
            | Self::PersonWanted
            | Self::OrganisationWanted
            | Self::Changed
            | Self::OtherCertificate
            | Self::Nonce
            | Self::SignIn => {}
        }
        (status, json!({ "error": error }))
    }

    fn words(&self) -> (StatusCode, &'static str, &'static str, &'static str) {
        match self {
            Self::Bad(_) => (
                StatusCode::BAD_REQUEST,
                "bad_request",
                "Máy chủ không hiểu yêu cầu.",
                "The server does not understand the request.",
            ),
            Self::Host => (
                StatusCode::FORBIDDEN,
                "host",
                "Hệ thống này chỉ trả lời ở đúng địa chỉ của mình.",
                "This system answers at its own address alone.",
            ),
            Self::Origin => (
                StatusCode::FORBIDDEN,
                "origin",
                "Chỉ trang của hệ thống này được gửi yêu cầu.",
                "Only this system's own page may post.",
            ),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "not_found", "Không có văn bản này.", "There is nothing here.")
            }
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method",
                "Chỉ nhận GET và POST.",
                "Only GET and POST are taken.",
            ),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Yêu cầu quá lớn.", "The request is too large.")
            }
            Self::LeaderFirst => (
                StatusCode::CONFLICT,
                "leader_first",
                "Chưa có chữ ký của lãnh đạo: lãnh đạo ký trước, sau đó mới cấp số và đóng dấu.",
                "The leader has not signed yet: the leader signs first, then come number and seal.",
            ),
            Self::NumberFirst => (
                StatusCode::CONFLICT,
                "number_first",
                "Chưa có số và ngày: hãy cấp số trước khi đóng dấu.",
                "There is no number and date yet: give them before the seal.",
            ),
            Self::AlreadyDone => (
                StatusCode::CONFLICT,
                "already_done",
                "Bước này đã xong với văn bản.",
                "This step is done already.",
            ),
            Self::PersonWanted => (
                StatusCode::CONFLICT,
                "person_wanted",
                "Lãnh đạo ký bằng chứng thư số của cá nhân, không phải của cơ quan.",
                "A leader signs with a person's certificate, not with the organisation's.",
            ),
            Self::OrganisationWanted => (
                StatusCode::CONFLICT,
                "organisation_wanted",
                "Dấu là chữ ký số của cơ quan: hãy chọn chứng thư số của cơ quan.",
                "The seal is the organisation's signature: choose the organisation's certificate.",
            ),
            Self::Changed => (
                StatusCode::CONFLICT,
                "changed",
                "Văn bản đã thay đổi trong lúc ký. Hãy mở lại và ký lại.",
                "The document changed while it was being signed. Open it again and sign again.",
            ),
            Self::OtherCertificate => (
                StatusCode::CONFLICT,
                "other_certificate",
                "Văn bản đã chuẩn bị cho một chứng thư số khác. Hãy ký lại bằng chứng thư số đã chọn.",
                "The document was prepared for another certificate. Sign again with the one that was chosen.",
            ),
            Self::NotValid(..) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "not_valid",
                "Chữ ký không hợp lệ nên văn bản không được lưu.",
                "The signature is not valid, so the document was not kept.",
            ),
            Self::Nonce => (
                StatusCode::FORBIDDEN,
                "nonce",
                "Yêu cầu đăng nhập đã cũ hoặc đã dùng. Hãy đăng nhập lại.",
                "This sign-in is old or was used before. Sign in again.",
            ),
            Self::SignIn => (
                StatusCode::FORBIDDEN,
                "sign_in",
                "Chữ ký đăng nhập không dành cho trang này.",
                "The sign-in was not signed for this site.",
            ),
            Self::Certificate(_) => (
                StatusCode::FORBIDDEN,
                "certificate",
                "Chứng thư số này không dùng để đăng nhập vào đây.",
                "This certificate can't be used to sign in here.",
            ),
            Self::Pdf(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "pdf",
                "Không xử lý được tệp PDF.",
                "The PDF could not be processed.",
            ),
        }
    }
}
