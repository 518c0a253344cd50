//! Words of `kyso audit`.

use super::Lang;
use crate::domain::error::ErrorCode;

words! {
    /// What `kyso audit` says.
    AuditWords {
        about: "Xem, kiểm tra và xuất nhật ký ký số", "Show, verify and export the signing log";
        about_list: "Liệt kê các dòng mới nhất", "List the newest rows";
        about_verify: "Kiểm tra nhật ký có bị sửa đổi hay không", "Check whether the log was changed";
        about_export: "Xuất nhật ký ra JSON Lines hoặc CSV", "Export the log as JSON Lines or CSV";
        about_key: "In khóa công khai đã ký các điểm chốt của nhật ký", "Print the public key that signs the log's checkpoints";
        help_last: "Số dòng mới nhất cần xem (mặc định: 50)", "How many of the newest rows (default: 50)";
        help_json: "In mỗi dòng thành một đối tượng JSON", "Print each row as one JSON object";
        help_receipt: "Biên nhận kèm theo chữ ký đã cấp, có thể ghi nhiều lần: phát hiện cả việc cắt bỏ phần cuối nhật ký",
            "Receipt that came with a signature, as often as there are: finds rows cut from the end, too";
        help_export_file: "Kiểm tra một tệp JSON Lines hoặc CSV đã xuất, của máy nào cũng được, thay cho nhật ký của máy này",
            "Verify a file exported as JSON Lines or CSV, on whatever machine, instead of this machine's log";
        help_key: "Khóa công khai phải ký điểm chốt cuối cùng, như kyso audit key đã in trên máy ghi nhật ký",
            "Public key that must have signed the last checkpoint, as kyso audit key printed it on the log's machine";
        bad_key: "khóa phải có dạng ed25519: và 64 chữ số thập lục phân", "a key is ed25519: and 64 hex digits";
        key_do: "Hãy lưu khóa này ở nơi khác máy: nhờ nó, kyso audit verify --key phát hiện cả nhật ký bị viết lại từ đầu.",
            "Keep this key off this machine: with it, kyso audit verify --key finds a log that was written anew, too.";
        no_key: "Không đọc được khóa {path}: {cause}. Khóa được tạo khi Kyso chạy lần đầu.",
            "The key {path} can't be read: {cause}. It is made when Kyso first runs.";
        help_format: "Định dạng tệp xuất", "Format of the export";
        help_out: "Tệp đích, chỉ người dùng hiện tại đọc được; nếu bỏ trống thì in ra màn hình",
            "File to write, readable by you alone; standard output if left out";
        help_since: "Từ ngày (NĂM-THÁNG-NGÀY, theo giờ máy)", "From this day on (YEAR-MONTH-DAY, local time)";
        help_until: "Đến hết ngày (NĂM-THÁNG-NGÀY, theo giờ máy)", "Up to and with this day (YEAR-MONTH-DAY, local time)";
        bad_receipt: "biên nhận phải có dạng SỐ:MÃ_BĂM, trong đó mã băm gồm 64 chữ số thập lục phân",
            "a receipt is SEQUENCE:HEAD, the head 64 hex digits";
        bad_date: "ngày phải có dạng NĂM-THÁNG-NGÀY, ví dụ 2026-03-31", "a day is YEAR-MONTH-DAY, such as 2026-03-31";

        column_sequence: "Số", "No.";
        column_time: "Thời gian", "Time";
        column_caller: "Bên yêu cầu", "Caller";
        column_what: "Sự việc", "What";
        column_certificate: "Chứng thư số", "Certificate";
        column_count: "Số lượng", "Count";
        column_outcome: "Kết quả", "Outcome";
        command_line: "dòng lệnh", "command line";

        asked: "yêu cầu ký", "asked to sign";
        signed: "đã ký", "signed";
        refused: "từ chối ký", "refused";
        failed: "ký không thành công", "failed";
        cancelled: "đã hủy yêu cầu", "cancelled";
        interrupted: "bị gián đoạn", "interrupted";
        replayed: "gửi lại kết quả", "sent again";
        sign_in: "đăng nhập", "sign-in";
        sign_in_asked: "xin đăng nhập", "asked to sign in";
        signed_in: "đã đăng nhập", "signed in";
        sign_in_refused: "từ chối đăng nhập", "sign-in refused";
        sign_in_failed: "đăng nhập không thành công", "sign-in failed";
        paired: "đã kết nối", "paired";
        paired_by_policy: "đã kết nối (chính sách của máy)", "paired (the machine's policy)";
        pairing_refused: "từ chối kết nối", "pairing refused";
        unpaired: "đã ngắt kết nối", "unpaired";
        allowed: "cho phép trước", "allowed";
        revoked: "thu hồi quyền", "revoked";
        blocked: "chặn trang", "site blocked";
        paused: "tạm dừng ký", "signing paused";
        resumed: "cho ký tiếp", "signing resumed";
        pin_change_asked: "yêu cầu đổi mã PIN", "asked to change a PIN";
        pin_changed: "đã đổi mã PIN", "PIN changed";
        pin_change_failed: "đổi mã PIN không thành công", "PIN not changed";
        pin_unblock_asked: "yêu cầu mở khóa mã PIN", "asked to unblock a PIN";
        pin_unblocked: "đã mở khóa mã PIN", "PIN unblocked";
        pin_unblock_failed: "mở khóa mã PIN không thành công", "PIN not unblocked";

        checkpoint: "điểm chốt", "checkpoint";
        rotated: "mở tệp nhật ký mới", "new file begun";
        removed: "xóa tệp nhật ký cũ", "old file removed";
        recovery: "khôi phục nhật ký", "log recovered";

        ok: "thành công", "success";
        user_denied: "người dùng không đồng ý", "the person said no";
        user_timeout: "quá thời gian chờ", "not answered in time";
        origin_denied: "trang bị chặn", "site blocked";
        caller_left: "bên yêu cầu đã dừng", "the caller left";
        busy: "đang bận", "busy";
        revoked_certificate: "chứng thư số đã bị thu hồi", "certificate revoked";
        untrusted: "cơ quan cấp không được tin cậy", "issuer not trusted";
        no_revocation: "không hỏi được việc thu hồi", "revocation not learned";
        certificate: "chứng thư số không dùng được", "certificate can't be used";
        no_token: "không có token", "no token";
        token_changed: "token đã bị thay đổi", "token changed";
        pin: "mã PIN bị khóa hoặc cần đổi", "PIN locked or to be changed";
        puk_locked: "mã PUK bị khóa", "PUK locked";
        pin_unsupported: "token không cho đặt mã PIN cách này", "the token's PIN can't be set this way";
        token: "lỗi token", "token failed";
        prompt: "không hỏi được người dùng", "the person can't be asked";
        invalid: "chữ ký không hợp lệ", "invalid signature";
        was_paused: "đang tạm dừng ký", "signing was paused";
        stopping: "phần mềm đang dừng", "shutting down";

        intact: "Nhật ký nguyên vẹn: {rows} dòng, từ số {first} đến số {last}.",
            "The log is intact: {rows} rows, from number {first} to number {last}.";
        intact_one: "Nhật ký nguyên vẹn: 1 dòng, số {first}.", "The log is intact: 1 row, number {first}.";
        intact_empty: "Nhật ký nguyên vẹn và chưa có dòng nào.", "The log is intact and has no rows yet.";
        intact_head: "Biên nhận của dòng cuối: {receipt}", "Receipt of the last row: {receipt}";
        not_from_start: "Các dòng trước số {first} không có trong tệp nên chưa được kiểm tra.",
            "Rows before number {first} are not in the file and were not verified.";
        signed_to: "Đã được ký xác nhận đến dòng số {sequence}, bằng khóa {key}.", "It is signed up to number {sequence}, by the key {key}.";
        unsigned_tail: "{rows} dòng sau đó nối tiếp đúng nhưng chưa được ký: nếu phần cuối bị cắt thì chỉ biên nhận cho thấy.",
            "{rows} rows after that are chained and not yet signed: that none is missing at the end, only receipts show.";
        unknown_key: "Hãy so khóa này với khóa mà `kyso audit key` in trên máy ghi nhật ký.",
            "Compare the key with what `kyso audit key` prints on the machine that the log is from.";
        unsigned: "Không có điểm chốt nào ký các dòng này: nếu tất cả bị viết lại thì chỉ biên nhận cho thấy.",
            "No checkpoint signs these rows: whoever wrote all of them anew would leave no trace but in receipts.";
        removed_before: "Các dòng đến số {last} đã được xóa khi hết hạn lưu, đúng như một dòng sau ghi lại.",
            "Rows up to number {last} were removed after their time, as a later row says.";
        recovered: "Nhật ký từng bị hỏng và được khôi phục tại dòng số {sequence}. Tệp khi đó được giữ tại {file}.",
            "The log was damaged and went on at row number {sequence}. What was found then is in {file}.";
        recovered_lost: "Nhật ký từng bị hỏng và được khôi phục tại dòng số {sequence}: mất các dòng {from} đến {to}. Tệp khi đó được giữ tại {file}.",
            "The log was damaged and went on at row number {sequence}: rows {from} to {to} are lost. What was found then is in {file}.";
        unproven: "KHÔNG CHỨNG MINH ĐƯỢC dòng số {sequence}: {why}.", "ROW NUMBER {sequence} CAN'T BE PROVEN: {why}.";
        broken: "NHẬT KÝ ĐÃ BỊ SỬA ĐỔI tại dòng số {sequence}: {why}.", "THE LOG WAS CHANGED at row number {sequence}: {why}.";
        broken_do: "Hãy giữ nguyên tệp này, sao lưu lại và báo cho người phụ trách an toàn thông tin.",
            "Leave the file as it is, keep a copy, and tell whoever is in charge of security.";
        why_sequence: "có dòng bị xóa, thêm vào hoặc đổi chỗ", "rows were removed, added or swapped";
        why_previous: "dòng này không nối tiếp dòng trước", "it does not continue the row before";
        why_hash: "nội dung dòng này đã bị sửa", "its content was edited";
        why_line: "dòng này không phải là một dòng nhật ký", "the line is not a row of the log";
        why_truncated: "phần cuối nhật ký đã bị cắt bỏ", "the end of the log was cut off";
        why_receipt: "dòng này không khớp với biên nhận", "it does not match the receipt";

        why_lost: "dòng này mất khi nhật ký bị hỏng, như nhật ký đã ghi", "it was lost when the log was damaged, as the log says";
        why_removed: "dòng này nằm trong tệp đã xóa khi hết hạn lưu", "it was in a file that was removed after its time";
        why_checkpoint: "chữ ký của điểm chốt không đúng", "the checkpoint's signature is wrong";
        why_key: "điểm chốt cuối cùng do khóa khác ký", "the last checkpoint is signed by another key";
        why_unsigned: "không có điểm chốt nào do khóa này ký", "no checkpoint is signed by this key";
        why_file: "tệp nhật ký cũ bắt đầu từ dòng này bị mất hoặc đã bị sửa", "the older file that begins here is missing or was changed";

        no_log: "Chưa có nhật ký tại {path}. Nhật ký được tạo khi Kyso chạy lần đầu.",
            "There is no log at {path}. It is made when Kyso first runs.";
        no_export: "Không có tệp {path}.", "There is no file {path}.";
        is_a_log: "{path} là nguyên một nhật ký (SQLite), không phải tệp xuất. Nhật ký của máy này được kiểm tra bằng kyso audit verify, không có --export. Với nhật ký của máy khác: xuất ra trên máy đó bằng kyso audit export --format jsonl --out TỆP, rồi kiểm tra tệp đó.",
            "{path} is a whole log (SQLite), no export. This machine's own log is verified by kyso audit verify without --export. Of another machine's, make an export there (kyso audit export --format jsonl --out FILE) and verify that.";
        unreadable: "Không đọc được {path}: {cause}. Hãy kiểm tra quyền truy cập tệp và ổ đĩa.",
            "{path} can't be read: {cause}. Check the file's permissions and the disk.";
        unwritable: "Không ghi được kết quả: {cause}. Hãy kiểm tra dung lượng đĩa và quyền ghi.",
            "The result can't be written: {cause}. Check the free space and the permissions.";
        over_log: "Không thể xuất đè lên chính tệp nhật ký. Hãy chọn tệp khác.",
            "The export would overwrite the log itself. Choose another file.";
        exporting: "Đang xuất nhật ký", "Exporting the log";
    }
}

/// What an outcome's code means. Codes that no person can do anything about stay as they are.
#[allow(clippy::wildcard_enum_match_arm, reason = "codes of the gate never come into the log")]
pub fn outcome(code: &str, lang: Lang) -> &str {
    let words = AuditWords::of(lang);
    if code == "ok" {
        return words.ok;
    }
    match ErrorCode::parse(code) {
        Some(ErrorCode::UserDenied) => words.user_denied,
        Some(ErrorCode::UserTimeout) => words.user_timeout,
        Some(ErrorCode::OriginDenied) => words.origin_denied,
        Some(ErrorCode::Cancelled) => words.caller_left,
        Some(ErrorCode::Busy) => words.busy,
        Some(ErrorCode::CertificateUnknown | ErrorCode::CertificateUnfit) => words.certificate,
        Some(ErrorCode::SchemeUnsupported) => words.certificate,
        Some(ErrorCode::CertificateRevoked) => words.revoked_certificate,
        Some(ErrorCode::CertificateUntrusted) => words.untrusted,
        Some(ErrorCode::RevocationUnavailable) => words.no_revocation,
        Some(ErrorCode::TokenAbsent | ErrorCode::TokenRemoved) => words.no_token,
        Some(ErrorCode::TokenChanged) => words.token_changed,
        Some(ErrorCode::PinLocked | ErrorCode::PinMustChange) => words.pin,
        Some(ErrorCode::PukLocked) => words.puk_locked,
        Some(ErrorCode::PinUnsupported) => words.pin_unsupported,
        Some(ErrorCode::TokenFailed | ErrorCode::ModuleCrashed | ErrorCode::ModuleTimeout) => words.token,
        Some(ErrorCode::ModuleMissing) => words.token,
        Some(ErrorCode::PromptUnavailable) => words.prompt,
        Some(ErrorCode::SignatureInvalid) => words.invalid,
        Some(ErrorCode::Paused) => words.was_paused,
        Some(ErrorCode::ShuttingDown) => words.stopping,
        _ => code,
    }
}
