//! What the prompts say.

use crate::domain::certificate::Unfit;
use crate::domain::error::ErrorCode;

words! {
    /// Window and terminal.
    PromptWords {
        title_sign: "Kyso – Xác nhận ký số", "Kyso – Confirm signature";
        title_pair: "Kyso – Yêu cầu kết nối", "Kyso – Connection request";

        title_sign_in: "Kyso – Xác nhận đăng nhập", "Kyso – Confirm sign-in";
        asks_sign_in: "Yêu cầu đăng nhập vào", "Sign-in requested by";
        signs_in: "Bạn đang đăng nhập vào trang này. Không có văn bản nào được ký.", "You are signing in to this site. No document is signed.";
        sign_in: "Đăng nhập", "Sign in";
        signed_in: "Đã xác nhận đăng nhập.", "Sign-in confirmed.";
        sign_in_with: "Đăng nhập bằng chứng thư số", "Sign in with certificate";
        choose_sign_in: "Chọn chứng thư số để đăng nhập", "Choose the certificate to sign in with";
        asks_sign: "Yêu cầu ký số từ", "Signature requested by";
        command_line: "lệnh trên máy này", "a command on this computer";
        reads_as: "Địa chỉ có chữ cái lạ, có thể giả mạo trang khác. Đọc là {host}",
            "Unusual letters, perhaps posing as another site. Reads as {host}";
        nagged_once: "Bạn đã từ chối trang này một lần.", "You have refused this site once.";
        nagged: "Bạn đã từ chối trang này {n} lần.", "You have refused this site {n} times.";
        block: "Chặn trang này, không hỏi tôi nữa", "Block this site and don't ask me again";
        do_block: "Chặn trang", "Block site";
        waiting: "Số yêu cầu khác đang chờ: {n}", "Other requests waiting: {n}";

        document: "Văn bản", "Document";
        documents: "{n} văn bản", "{n} documents";
        claimed: "Tên do trang web khai; Kyso không kiểm chứng được.", "Named so by the website; Kyso can't verify it.";
        claimed_command: "Tên do lệnh khai; Kyso không kiểm chứng được.", "Named so by the command; Kyso can't verify it.";
        search: "Tìm trong danh sách văn bản", "Search the documents";
        search_hint: "Tìm theo tên hoặc mã, không cần gõ dấu", "Search by name or code";
        found: "Tìm thấy {n} trong {total} văn bản. Bấm Ký là ký tất cả {total}.", "{n} of {total} documents found. Sign signs all {total}.";
        unnamed: "(không có tên)", "(no name)";
        code: "Mã đối chiếu {algorithm}", "{algorithm} code to compare";
        only_digest: "Trang web chỉ gửi mã băm (dấu vân tay số). Kyso không thể hiển thị văn bản.", "This site sent only a fingerprint; Kyso can't show the document.";
        only_digest_command: "Lệnh chỉ gửi mã băm (dấu vân tay số). Kyso không thể hiển thị văn bản.", "The command sent only a fingerprint; Kyso can't show the document.";

        sign_with: "Ký bằng chứng thư số", "Sign with certificate";
        choose: "Chọn chứng thư số để ký", "Choose the certificate to sign with";
        issuer: "Cơ quan cấp: {name}", "Issued by {name}";
        expires: "Hết hạn: {date}", "Expires: {date}";
        token: "Token: {label}", "Token: {label}";
        unfit_expired: "Đã hết hạn", "Expired";
        unfit_not_yet_valid: "Chưa đến ngày có hiệu lực", "Not valid yet";
        unfit_not_for_signing: "Không dùng để ký văn bản", "Not meant for signing documents";
        unfit_not_for_sign_in: "Không dùng để đăng nhập", "Not meant for signing in";
        unfit_barred: "Theo quy định của máy này, không dùng để ký được", "By this computer's rules it can't sign";
        unfit_scheme: "Khóa không ký được theo kiểu được yêu cầu", "Its key can't sign in the way asked for";
        unfit_issuer: "Chính sách của máy không nhận nơi cấp này", "The machine's policy does not take its issuer";
        unfit_key_size: "Khóa ngắn hơn chính sách của máy yêu cầu", "Its key is shorter than the machine's policy wants";
        unfit_site: "Chính sách của máy không cho trang này dùng", "The machine's policy keeps it from this site";

        by: "Ký bằng: {name}", "Sign with: {name}";
        by_sign_in: "Đăng nhập bằng: {name}", "Sign in with: {name}";
        pin: "Mã PIN của token", "Token PIN";
        pin_hint: "Telex và VNI đã tắt trong ô này", "Telex and VNI are off in this field";
        caps_lock: "Phím Caps Lock đang bật.", "Caps Lock is on.";
        pin_marks: "Mã PIN đang có chữ có dấu. Nếu không chủ ý, hãy chuyển bàn phím sang tiếng Anh rồi nhập lại.", "The PIN has letters with marks. If you did not mean that, switch the keyboard to English and type it again.";
        sign: "Ký", "Sign";
        cancel: "Hủy", "Cancel";
        close: "Đóng", "Close";
        reader: "Bấm Ký rồi nhập mã PIN trên bàn phím của đầu đọc.", "Choose Sign, then enter the PIN on the reader.";
        reader_sign_in: "Bấm Đăng nhập rồi nhập mã PIN trên bàn phím của đầu đọc.", "Choose Sign in, then enter the PIN on the reader.";
        on_reader: "Hãy nhập mã PIN trên bàn phím của đầu đọc.", "Enter the PIN on the reader.";

        wrong_pin: "Mã PIN không đúng. Hãy nhập lại.", "Wrong PIN. Type it again.";
        pin_low: "Mã PIN đã bị nhập sai trước đó. Nếu nhập sai thêm, token có thể bị khóa.", "A wrong PIN was entered before. More wrong tries can lock the token.";
        pin_low_again: "Nếu nhập sai thêm, token có thể bị khóa.", "More wrong tries can lock the token.";
        pin_final: "Chỉ còn một lần thử. Nếu nhập sai, token sẽ bị khóa.", "One try is left. Another wrong PIN locks the token.";
        pin_final_accept: "Tôi hiểu: nhập sai lần này thì token bị khóa", "I understand: a wrong PIN now locks the token";
        pin_doubted: "Mã PIN đã sai nhiều lần liên tiếp. Token không cho biết còn mấy lần thử; lần này có thể là lần cuối.", "The PIN was wrong several times in a row. The token doesn't say how many tries are left; this may be the last.";
        pin_doubted_accept: "Tôi hiểu: nhập sai lần này thì token có thể bị khóa", "I understand: a wrong PIN now may lock the token";
        pin_locked: "Mã PIN đã bị khóa. Nếu có mã PUK, hãy chạy kyso pin unblock; nếu không, liên hệ đơn vị cấp chứng thư số hoặc bộ phận công nghệ thông tin.", "The PIN is locked. With the token's PUK, run kyso pin unblock; else ask the certificate's issuer or your IT department.";
        pin_must_change: "Phải đổi mã PIN trước khi ký. Hãy chạy kyso pin change.", "The PIN must be changed first. Run kyso pin change.";
        no_host: "Token này hiện không sẵn sàng. Hãy rút ra, cắm lại rồi thử lại.", "This token is not ready. Unplug it, plug it in again, and retry.";

        cancels_in: "Tự hủy sau {time}", "Cancels in {time}";
        late: "Đã hết thời gian trả lời. Yêu cầu bị hủy.", "Time is up. The request was cancelled.";
        signing: "Đang ký…", "Signing…";
        signing_in: "Đang đăng nhập…", "Signing in…";
        signing_many: "Đang ký: {done}/{total}", "Signing: {done} of {total}";
        each_time: "Token này đòi xác nhận mã PIN cho từng chữ ký nên ký lâu hơn; bạn không phải nhập lại.", "This token checks the PIN for each signature, so a batch takes longer. You need not type it again.";
        each_time_reader: "Token này đòi mã PIN cho từng chữ ký: hãy nhập trên bàn phím của đầu đọc mỗi khi đầu đọc hỏi.", "This token wants the PIN for each signature: enter it on the reader whenever the reader asks.";
        keep_token: "Xin đừng rút token.", "Please leave the token plugged in.";
        aside: "Có yêu cầu khác đang hỏi bạn ở một cửa sổ khác. Ở đây vẫn tiếp tục.", "Another request asks you in another window. Work goes on here.";
        stopping: "Đang dừng…", "Stopping…";
        stopped: "Đã dừng theo ý bạn. Không chữ ký nào được chuyển đi.", "Stopped as you asked. No signature was released.";
        done_before: "Token đã ký xong và chữ ký đã được chuyển đi trước khi bạn bấm Hủy.", "All was signed and released before you cancelled.";
        done: "Đã ký xong.", "Signed.";
        done_many: "Đã ký xong {n} văn bản.", "Signed {n} documents.";

        asks_pair: "Trang web muốn kết nối với Kyso", "A website wants to connect to Kyso";
        pair_gets: "Nếu bạn cho phép, trang này:", "If you allow it, this site:";
        pair_names: "xem được tên và chứng thư số trên các token cắm vào máy này;", "sees the names and certificates on tokens plugged into this computer;";
        pair_may_ask: "được gửi yêu cầu ký hoặc đăng nhập đến bạn;", "may ask you to sign or to sign in;";
        pair_never_signs: "không tự ký được: mỗi lần ký đều cần bạn đồng ý.", "can't sign by itself: each signature needs your consent.";
        pair_care: "Chỉ cho phép nếu bạn nhận ra địa chỉ này và vừa tự mở trang.", "Allow only if you know this address and have just opened the site yourself.";
        allow: "Cho phép", "Allow";
        deny: "Không cho phép", "Don't allow";

        tty_choice: "Số thứ tự (Enter: chọn, Esc: hủy): ", "Number (Enter: choose, Esc: cancel): ";
        tty_pin: "Mã PIN của token (Enter: ký, Esc: hủy): ", "Token PIN (Enter: sign, Esc: cancel): ";
        tty_reader: "Ký? Mã PIN nhập trên đầu đọc. [y/N] (y hoặc c: có) ", "Sign? The PIN is entered on the reader. [y/N] ";
        tty_pin_sign_in: "Mã PIN của token (Enter: đăng nhập, Esc: hủy): ", "Token PIN (Enter: sign in, Esc: cancel): ";
        tty_reader_sign_in: "Đăng nhập? Mã PIN nhập trên đầu đọc. [y/N] (y hoặc c: có) ", "Sign in? The PIN is entered on the reader. [y/N] ";
        tty_final: "Vẫn thử? [y/N] (y hoặc c: có) ", "Try all the same? [y/N] ";
        tty_allow: "Cho phép? [y/N] (y hoặc c: có) ", "Allow? [y/N] ";
        tty_block: "Chặn trang này, không hỏi nữa? [y/N] (y hoặc c: có) ", "Block this site and don't ask again? [y/N] ";
        tty_blocked: "Đã chặn. Bỏ chặn bằng lệnh kyso origins revoke.", "Blocked. 'kyso origins revoke' lifts it.";
        tty_yes: "y yes c có co", "y yes";
        tty_denied: "Đã từ chối.", "Refused.";
        tty_off: "Yêu cầu đã được rút lại.", "The request was withdrawn.";

        fail_removed: "Token đã bị rút ra. Hãy cắm lại rồi yêu cầu ký lại.", "The token was unplugged. Plug it in and ask again.";
        fail_changed: "Token đang cắm không phải token đã chọn. Không có gì được ký.", "Another token than the one chosen is plugged in. Nothing was signed.";
        fail_unfit: "Chứng thư số này không ký được. Không có gì được ký.", "This certificate can't sign this. Nothing was signed.";
        fail_revoked: "Chứng thư số đã bị thu hồi. Không có gì được ký. Liên hệ đơn vị cấp chứng thư số.", "The certificate was revoked. Nothing was signed. Ask its issuer for a new one.";
        fail_revoked_since: "Chứng thư số đã bị thu hồi từ ngày {date}. Không có gì được ký. Liên hệ đơn vị cấp chứng thư số.", "The certificate was revoked on {date}. Nothing was signed. Ask its issuer for a new one.";
        fail_untrusted: "Chứng thư số không dẫn đến cơ quan cấp nào mà máy này tin cậy. Không có gì được ký.", "No path leads from the certificate to an authority that this computer trusts. Nothing was signed.";
        fail_revocation: "Chưa biết được chứng thư số đã bị thu hồi hay chưa. Không có gì được ký. Hãy kiểm tra kết nối mạng.", "Whether the certificate was revoked could not be learned. Nothing was signed. Check the network connection.";
        fail_module: "Phần mềm điều khiển token gặp lỗi. Hãy rút token, cắm lại rồi thử lại.", "The token's software failed. Unplug the token, plug it in, and retry.";
        fail_token: "Token báo lỗi khi ký. Hãy cắm lại token rồi thử lại.", "The token failed while signing. Plug it in again and retry.";
        fail_signature: "Token trả về chữ ký sai. Kyso đã hủy, không chuyển cho trang web.", "The token made a wrong signature. Kyso discarded it.";
        fail_audit: "Không ghi được nhật ký, nên chữ ký bị hủy. Hãy kiểm tra dung lượng đĩa.", "The log can't be written, so the signature was discarded. Check the disk space.";
        fail_cancelled: "Yêu cầu ký đã bị hủy.", "The request was cancelled.";
        fail_other: "Không ký được ({code}).", "Signing failed ({code}).";
    }
}

impl PromptWords {
    /// Why a certificate can't be chosen.
    pub fn unfit(&self, reason: Unfit) -> &'static str {
        match reason {
            Unfit::Expired => self.unfit_expired,
            Unfit::NotYetValid => self.unfit_not_yet_valid,
            Unfit::NotForSigning => self.unfit_not_for_signing,
            Unfit::NotForSignIn => self.unfit_not_for_sign_in,
            Unfit::Scheme => self.unfit_scheme,
            Unfit::Barred => self.unfit_barred,
            Unfit::Issuer => self.unfit_issuer,
            Unfit::KeySize => self.unfit_key_size,
            Unfit::Site => self.unfit_site,
        }
    }

    /// Why nothing was signed, and what to do.
    pub fn failure(&self, code: ErrorCode) -> String {
        let sentence = match code {
            ErrorCode::TokenRemoved | ErrorCode::TokenAbsent => self.fail_removed,
            ErrorCode::TokenChanged => self.fail_changed,
            ErrorCode::PinLocked | ErrorCode::PukLocked => self.pin_locked,
            ErrorCode::PinMustChange => self.pin_must_change,
            ErrorCode::CertificateUnfit | ErrorCode::CertificateUnknown | ErrorCode::SchemeUnsupported => {
                self.fail_unfit
            }
            ErrorCode::CertificateRevoked => self.fail_revoked,
            ErrorCode::CertificateUntrusted => self.fail_untrusted,
            ErrorCode::RevocationUnavailable => self.fail_revocation,
            ErrorCode::ModuleCrashed | ErrorCode::ModuleMissing | ErrorCode::ModuleTimeout => {
                self.fail_module
            }
            ErrorCode::TokenFailed => self.fail_token,
            ErrorCode::SignatureInvalid => self.fail_signature,
            ErrorCode::AuditUnavailable => self.fail_audit,
            ErrorCode::UserDenied | ErrorCode::Cancelled | ErrorCode::ShuttingDown => self.fail_cancelled,
            ErrorCode::UserTimeout => self.late,
            ErrorCode::BadRequest
            | ErrorCode::DigestMismatch
            | ErrorCode::PairingRequired
            | ErrorCode::OriginMissing
            | ErrorCode::OriginDenied
            | ErrorCode::NotFound
            | ErrorCode::MethodNotAllowed
            | ErrorCode::TooLarge
            | ErrorCode::MediaType
            | ErrorCode::WrongHost
            | ErrorCode::PinUnsupported
            | ErrorCode::Busy
            | ErrorCode::Internal
            | ErrorCode::PromptUnavailable
            | ErrorCode::Paused => self.fail_other,
        };
        super::fill(sentence, &[("code", code.as_str())]).into_owned()
    }
}
