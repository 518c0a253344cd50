//! What an error code says to a person: what happened, and what to do.

use super::Lang;
use crate::domain::error::ErrorCode;

/// What happened, and behind it, in brackets, how a library or the system puts the cause.
pub fn caused(code: ErrorCode, cause: Option<&str>, lang: Lang) -> String {
    let (sentence, _) = of(code, lang);
    match cause.and_then(|cause| cause.lines().next()) {
        Some(cause) => format!("{} ({cause})", sentence.trim_end_matches('.')),
        None => sentence.to_owned(),
    }
}

/// Message and hint of a code.
pub fn of(code: ErrorCode, lang: Lang) -> (&'static str, &'static str) {
    let words = ErrorWords::of(lang);
    match code {
        ErrorCode::BadRequest => (words.bad_request, words.bad_request_hint),
        ErrorCode::DigestMismatch => (words.digest_mismatch, words.digest_mismatch_hint),
        ErrorCode::PairingRequired => (words.pairing_required, words.pairing_required_hint),
        ErrorCode::OriginMissing => (words.origin_missing, words.origin_missing_hint),
        ErrorCode::OriginDenied => (words.origin_denied, words.origin_denied_hint),
        ErrorCode::UserDenied => (words.user_denied, words.user_denied_hint),
        ErrorCode::NotFound => (words.not_found, words.not_found_hint),
        ErrorCode::TokenAbsent => (words.token_absent, words.token_absent_hint),
        ErrorCode::CertificateUnknown => (words.certificate_unknown, words.certificate_unknown_hint),
        ErrorCode::MethodNotAllowed => (words.method_not_allowed, words.method_not_allowed_hint),
        ErrorCode::UserTimeout => (words.user_timeout, words.user_timeout_hint),
        ErrorCode::TokenRemoved => (words.token_removed, words.token_removed_hint),
        ErrorCode::PinMustChange => (words.pin_must_change, words.pin_must_change_hint),
        ErrorCode::TokenChanged => (words.token_changed, words.token_changed_hint),
        ErrorCode::TooLarge => (words.too_large, words.too_large_hint),
        ErrorCode::MediaType => (words.media_type, words.media_type_hint),
        ErrorCode::WrongHost => (words.wrong_host, words.wrong_host_hint),
        ErrorCode::CertificateUnfit => (words.certificate_unfit, words.certificate_unfit_hint),
        ErrorCode::CertificateRevoked => (words.certificate_revoked, words.certificate_revoked_hint),
        ErrorCode::CertificateUntrusted => (words.certificate_untrusted, words.certificate_untrusted_hint),
        ErrorCode::RevocationUnavailable => (words.revocation_unavailable, words.revocation_unavailable_hint),
        ErrorCode::SchemeUnsupported => (words.scheme_unsupported, words.scheme_unsupported_hint),
        ErrorCode::PinLocked => (words.pin_locked, words.pin_locked_hint),
        ErrorCode::PukLocked => (words.puk_locked, words.puk_locked_hint),
        ErrorCode::PinUnsupported => (words.pin_unsupported, words.pin_unsupported_hint),
        ErrorCode::Busy => (words.busy, words.busy_hint),
        ErrorCode::AuditUnavailable => (words.audit_unavailable, words.audit_unavailable_hint),
        ErrorCode::Internal => (words.internal, words.internal_hint),
        ErrorCode::ModuleCrashed => (words.module_crashed, words.module_crashed_hint),
        ErrorCode::TokenFailed => (words.token_failed, words.token_failed_hint),
        ErrorCode::SignatureInvalid => (words.signature_invalid, words.signature_invalid_hint),
        ErrorCode::Cancelled => (words.cancelled, words.cancelled_hint),
        ErrorCode::ModuleMissing => (words.module_missing, words.module_missing_hint),
        ErrorCode::PromptUnavailable => (words.prompt_unavailable, words.prompt_unavailable_hint),
        ErrorCode::Paused => (words.paused, words.paused_hint),
        ErrorCode::ShuttingDown => (words.shutting_down, words.shutting_down_hint),
        ErrorCode::ModuleTimeout => (words.module_timeout, words.module_timeout_hint),
    }
}

words! {
    /// Errors, each with its hint.
    ErrorWords {
        bad_request: "Yêu cầu không đúng quy cách.", "The request is not well formed.";
        bad_request_hint: "Người phát triển trang web cần đối chiếu với mô tả giao diện của Kyso.", "The site's developer should compare it with Kyso's API description.";
        digest_mismatch: "Giá trị băm không đúng độ dài của thuật toán.", "The digest is not as long as its algorithm makes it.";
        digest_mismatch_hint: "Gửi đúng giá trị băm của thuật toán đã nêu, mã hóa base64.", "Send the digest of the named algorithm, in base64.";
        pairing_required: "Trang web chưa được kết nối với Kyso.", "The site is not paired with Kyso.";
        pairing_required_hint: "Kết nối lại trang web.", "Pair the site again.";
        origin_missing: "Yêu cầu không cho biết đến từ trang web nào.", "The request does not say which site it comes from.";
        origin_missing_hint: "Gọi từ một trang có địa chỉ https.", "Call from a page on an https origin.";
        origin_denied: "Trang web này không được phép hỏi Kyso.", "This site may not ask Kyso.";
        origin_denied_hint: "Liên hệ bộ phận công nghệ thông tin nếu trang web này cần được phép.", "Ask your IT department if this site should be allowed.";
        user_denied: "Người dùng đã từ chối.", "The person said no.";
        user_denied_hint: "Thực hiện lại nếu bạn vẫn muốn ký.", "Start again if you want to sign after all.";
        not_found: "Không có đường dẫn này.", "There is no such path.";
        not_found_hint: "Đối chiếu với danh sách đường dẫn trong mô tả giao diện.", "Compare it with the paths of the API description.";
        token_absent: "Chưa cắm token.", "No token is plugged in.";
        token_absent_hint: "Cắm token rồi thực hiện lại.", "Plug it in and start again.";
        certificate_unknown: "Không có token đang cắm nào chứa chứng thư số này.", "No token that is plugged in holds this certificate.";
        certificate_unknown_hint: "Cắm đúng token rồi chọn lại chứng thư số.", "Plug in the right token and choose the certificate again.";
        method_not_allowed: "Đường dẫn này không nhận phương thức đó.", "The path does not take this method.";
        method_not_allowed_hint: "Dùng một phương thức nêu trong tiêu đề Allow.", "Use a method that the Allow header names.";
        user_timeout: "Không có trả lời trong thời gian cho phép.", "Nobody answered in time.";
        user_timeout_hint: "Thực hiện lại và trả lời trong cửa sổ Kyso.", "Start again and answer in Kyso's window.";
        token_removed: "Token đã bị rút ra.", "The token was pulled out.";
        token_removed_hint: "Cắm lại token rồi thực hiện lại.", "Plug it in and start again.";
        pin_must_change: "Token yêu cầu đổi mã PIN trước khi ký.", "The token wants its PIN changed before it signs.";
        pin_must_change_hint: "Đổi mã PIN bằng lệnh kyso pin change rồi thực hiện lại.", "Change it with kyso pin change, then start again.";
        token_changed: "Token đang cắm không phải token đã được chấp thuận.", "The token is not the one that was approved.";
        token_changed_hint: "Cắm đúng token rồi thực hiện lại.", "Plug in the right one and start again.";
        too_large: "Yêu cầu vượt quá giới hạn.", "The request is past a limit.";
        too_large_hint: "Chia nhỏ yêu cầu: tối đa 1.000 văn bản mỗi lần, ít hơn nếu chính sách của máy giới hạn.", "Send less: at most 1,000 documents at a time, fewer where the machine's policy says so.";
        media_type: "Nội dung yêu cầu không phải JSON.", "The request's body is not JSON.";
        media_type_hint: "Đặt Content-Type: application/json.", "Set Content-Type: application/json.";
        wrong_host: "Yêu cầu gửi tới một địa chỉ khác của máy.", "The request is addressed to another host.";
        wrong_host_hint: "Gọi đúng địa chỉ http://127.0.0.1 và cổng của Kyso.", "Call http://127.0.0.1 with Kyso's port.";
        certificate_unfit: "Chứng thư số này không dùng để ký được.", "This certificate can't be used to sign.";
        certificate_unfit_hint: "Chọn chứng thư số khác: chứng thư số này hết hạn, chưa có hiệu lực, không dành để ký, token không có khóa của nó, hoặc chính sách của máy không nhận.", "Choose another: it is expired, not yet valid, not for signing, its key is not on the token, or the machine's policy does not take it.";
        certificate_revoked: "Chứng thư số này, hoặc của cơ quan cấp nó, đã bị thu hồi.", "This certificate, or its issuer's, was revoked.";
        certificate_revoked_hint: "Liên hệ đơn vị cấp chứng thư số để được cấp chứng thư số mới.", "Ask the certificate's issuer for a new one.";
        certificate_untrusted: "Chứng thư số này không dẫn đến cơ quan cấp nào mà máy này tin cậy.", "No path leads from this certificate to an authority that this computer trusts.";
        certificate_untrusted_hint: "Chọn chứng thư số khác, hoặc nhờ bộ phận công nghệ thông tin thêm cơ quan cấp bằng lệnh kyso anchors add.", "Choose another, or have your IT department add its authority with kyso anchors add.";
        revocation_unavailable: "Chưa biết được chứng thư số này đã bị thu hồi hay chưa.", "Whether this certificate was revoked could not be learned.";
        revocation_unavailable_hint: "Kiểm tra kết nối mạng rồi yêu cầu ký lại.", "Check the network connection and ask again.";
        scheme_unsupported: "Khóa này không ký được theo cách đã yêu cầu.", "The key can't sign with this scheme.";
        scheme_unsupported_hint: "Bỏ trường scheme để dùng cách ký mặc định của khóa.", "Leave scheme out to use the key's own.";
        pin_locked: "Mã PIN của token đã bị khóa.", "The token's PIN is locked.";
        pin_locked_hint: "Nếu bạn có mã PUK của token, hãy chạy kyso pin unblock; nếu không, liên hệ nơi cấp token để mở khóa.", "If you have the token's PUK, run kyso pin unblock; else have it unlocked by whoever issued the token.";
        puk_locked: "Mã PUK của token đã bị khóa.", "The token's PUK is locked.";
        puk_locked_hint: "Kyso không mở khóa được nữa. Liên hệ nơi cấp token.", "Kyso can't unblock it any more. Ask whoever issued the token.";
        pin_unsupported: "Token này không cho Kyso đặt mã PIN.", "This token does not let Kyso set its PIN.";
        pin_unsupported_hint: "Dùng phần mềm của nhà cung cấp token, hoặc liên hệ nơi cấp.", "Use the token vendor's software, or ask whoever issued it.";
        busy: "Kyso đang bận với một yêu cầu khác.", "Kyso is busy with another request.";
        busy_hint: "Trả lời cửa sổ đang mở, rồi thực hiện lại sau ít giây.", "Answer the window that is open, then start again in a few seconds.";
        audit_unavailable: "Không ghi được nhật ký, nên không ký.", "The log can't be written, so nothing is signed.";
        audit_unavailable_hint: "Giải phóng chỗ trên ổ đĩa, hoặc xin nâng hạn mức nhật ký (most_megabytes), rồi chạy kyso doctor.", "Free disk space, or have the log's limit (most_megabytes) raised, then run kyso doctor.";
        internal: "Kyso gặp lỗi.", "Kyso has a fault.";
        internal_hint: "Báo lỗi kèm số hiệu của yêu cầu.", "Report it with the request's id.";
        module_crashed: "Thư viện của token bị dừng đột ngột.", "The token's library crashed.";
        module_crashed_hint: "Thực hiện lại; nếu vẫn lỗi, cập nhật thư viện của nhà cung cấp.", "Start again; if it stays, update the vendor's library.";
        token_failed: "Token báo lỗi.", "The token failed.";
        token_failed_hint: "Rút token, cắm lại rồi thực hiện lại.", "Take it out, plug it in and start again.";
        signature_invalid: "Chữ ký do token trả về không khớp với chứng thư số, nên đã bị loại bỏ.", "What the token returned is no signature of its certificate, so it was thrown away.";
        signature_invalid_hint: "Ngừng dùng token này và liên hệ nơi cấp.", "Stop using this token and ask whoever issued it.";
        cancelled: "Trang web đã hủy yêu cầu.", "The caller left.";
        cancelled_hint: "Thực hiện lại nếu vẫn cần ký.", "Start again if you still want to sign.";
        module_missing: "Không nạp được thư viện của token.", "The token's library can't be loaded.";
        module_missing_hint: "Cài thư viện của nhà cung cấp rồi chạy kyso doctor.", "Install the vendor's library, then run kyso doctor.";
        prompt_unavailable: "Không có cách nào hỏi người dùng: không có màn hình và không có cửa sổ dòng lệnh.", "There is no way to ask the person: no display and no terminal.";
        prompt_unavailable_hint: "Khởi động Kyso trong phiên làm việc có màn hình.", "Start Kyso in the desktop session.";
        paused: "Người dùng đang tạm dừng ký.", "The person has paused signing.";
        paused_hint: "Cho ký tiếp ở biểu tượng Kyso trên khay hệ thống hoặc bằng lệnh kyso resume, rồi thực hiện lại.", "Resume it at Kyso's icon in the tray or with kyso resume, then start again.";
        shutting_down: "Kyso đang dừng.", "Kyso is stopping.";
        shutting_down_hint: "Thực hiện lại khi Kyso đã chạy.", "Start again when it runs.";
        module_timeout: "Thư viện của token không trả lời.", "The token's library does not answer.";
        module_timeout_hint: "Rút token, cắm lại rồi thực hiện lại.", "Take the token out, plug it in and start again.";
    }
}
