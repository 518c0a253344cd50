//! Words of `kyso pin`: the command and its prompt.

use crate::domain::error::ErrorCode;
use crate::domain::pin_task::PinAct;

words! {
    /// Window, terminal and command line.
    PinWords {
        title_change: "Kyso – Đổi mã PIN", "Kyso – Change PIN";
        title_unblock: "Kyso – Mở khóa mã PIN", "Kyso – Unblock PIN";
        asks_change: "Đổi mã PIN của token", "Change the PIN of the token";
        asks_unblock: "Mở khóa mã PIN của token", "Unblock the PIN of the token";
        which: "Số sê-ri: {serial}  ·  {model}", "Serial number: {serial}  ·  {model}";
        happens_change: "Token sẽ kiểm tra mã PIN hiện tại rồi nhận mã PIN mới, có hiệu lực ngay. Kyso không lưu mã nào và không lấy lại được mã PIN đã quên.", "The token will check the present PIN and take the new one, valid at once. Kyso keeps neither and can't bring back a PIN that is forgotten.";
        happens_unblock: "Token sẽ kiểm tra mã PUK rồi nhận mã PIN mới; mã PIN cũ hết hiệu lực. Mã PUK do nơi cấp token giao. Nếu nhập sai mã PUK quá số lần cho phép, token khóa hẳn.", "The token will check the PUK and take the new PIN; the old one is void. The PUK comes from whoever issued the token. Too many wrong PUKs lock the token for good.";
        must_change: "Token yêu cầu đổi mã PIN trước khi ký.", "The token wants its PIN changed before it signs.";

        present_change: "Mã PIN hiện tại", "Present PIN";
        present_unblock: "Mã PUK (mã PIN quản trị)", "PUK (security officer's PIN)";
        new: "Mã PIN mới", "New PIN";
        again: "Nhập lại mã PIN mới", "New PIN again";
        lengths: "Mã PIN mới (từ {min} đến {max} ký tự)", "New PIN ({min} to {max} characters)";
        do_change: "Đổi mã PIN", "Change PIN";
        do_unblock: "Mở khóa", "Unblock";

        reader_change: "Bấm nút bên dưới rồi làm theo đầu đọc: mã PIN hiện tại (có thể được hỏi hai lần), mã PIN mới, và mã PIN mới lần nữa.", "Choose the button below, then follow the reader: present PIN (it may ask twice), new PIN, new PIN again.";
        reader_unblock: "Bấm nút bên dưới rồi làm theo đầu đọc: mã PUK, mã PIN mới, và mã PIN mới lần nữa.", "Choose the button below, then follow the reader: PUK, new PIN, new PIN again.";
        on_reader: "Hãy nhập các mã trên bàn phím của đầu đọc.", "Type them on the reader.";
        working: "Token đang đặt mã PIN mới…", "The token is setting the new PIN…";
        keep_token: "Xin đừng rút token: chưa biết mã PIN nào có hiệu lực.", "Leave the token plugged in: which PIN is valid is not known yet.";
        done_change: "Đã đổi mã PIN.", "The PIN is changed.";
        done_unblock: "Đã mở khóa: mã PIN mới có hiệu lực.", "Unblocked: the new PIN is valid.";

        wrong_change: "Mã PIN hiện tại không đúng. Hãy nhập lại.", "The present PIN is wrong. Type it again.";
        wrong_unblock: "Mã PUK không đúng. Hãy nhập lại.", "The PUK is wrong. Type it again.";
        refused: "Token không nhận mã PIN mới này. Hãy chọn mã khác, dài hơn hoặc không quá dễ đoán.", "The token does not take this new PIN. Choose another, longer or harder to guess.";
        differ: "Hai lần nhập mã PIN mới không giống nhau. Chưa có gì được gửi tới token.", "The two new PINs differ. Nothing was sent to the token.";
        same: "Mã PIN mới giống mã PIN hiện tại. Hãy chọn mã khác.", "The new PIN is the present one. Choose another.";
        length: "Mã PIN mới phải dài từ {min} đến {max} ký tự.", "The new PIN must have {min} to {max} characters.";
        empty: "Hãy nhập đủ các mã.", "Type all of them.";

        low_change: "Mã PIN đã bị nhập sai trước đó. Nếu nhập sai thêm, token có thể bị khóa.", "A wrong PIN was entered before. More wrong tries can lock the token.";
        low_unblock: "Mã PUK đã bị nhập sai trước đó. Nếu nhập sai thêm, token có thể khóa hẳn.", "A wrong PUK was entered before. More wrong tries can lock the token for good.";
        low_again_change: "Nếu nhập sai thêm, token có thể bị khóa.", "More wrong tries can lock the token.";
        low_again_unblock: "Nếu nhập sai thêm, token có thể khóa hẳn.", "More wrong tries can lock the token for good.";
        final_change: "Chỉ còn một lần thử. Nếu nhập sai, token sẽ bị khóa.", "One try is left. Another wrong PIN locks the token.";
        final_unblock: "Chỉ còn một lần thử mã PUK. Nếu nhập sai, token khóa hẳn và không dùng được nữa.", "One try of the PUK is left. Another wrong one locks the token for good.";
        doubted_change: "Mã PIN đã sai nhiều lần liên tiếp. Token không cho biết còn mấy lần thử; lần này có thể là lần cuối.", "The PIN was wrong several times in a row. The token doesn't say how many tries are left; this may be the last.";
        doubted_unblock: "Mã PUK đã sai nhiều lần liên tiếp. Lần này có thể là lần cuối; sau đó token khóa hẳn.", "The PUK was wrong several times in a row. This may be the last try before the token is locked for good.";
        accept_change: "Tôi hiểu: nhập sai lần này thì token có thể bị khóa", "I understand: a wrong PIN now may lock the token";
        accept_unblock: "Tôi hiểu: nhập sai lần này thì token có thể khóa hẳn", "I understand: a wrong PUK now may lock the token for good";

        tty_hint: "Enter: tiếp, Esc: hủy", "Enter: go on, Esc: cancel";
        tty_reader: "Bắt đầu? Các mã nhập trên đầu đọc. [y/N] (y hoặc c: có) ", "Begin? They are typed on the reader. [y/N] ";

        fail_removed: "Token đã bị rút ra. Hãy cắm lại; nếu chưa chắc, thử cả mã PIN mới lẫn mã PIN cũ khi ký.", "The token was unplugged. Plug it in; if in doubt, the new PIN or the old one may be valid.";
        fail_changed: "Token đang cắm không phải token đã chọn. Không có gì được đổi.", "Another token than the one chosen is plugged in. Nothing was changed.";
        fail_pin_locked: "Mã PIN đã bị khóa. Nếu có mã PUK, hãy chạy kyso pin unblock; nếu không, liên hệ nơi cấp token.", "The PIN is locked. With the PUK, run kyso pin unblock; else ask whoever issued the token.";
        fail_puk_locked: "Mã PUK đã bị khóa. Hãy liên hệ nơi cấp token.", "The PUK is locked. Ask whoever issued the token.";
        fail_unsupported: "Token này không cho Kyso đặt mã PIN. Hãy dùng phần mềm của nhà cung cấp token.", "This token does not let Kyso set its PIN. Use the vendor's software.";
        fail_module: "Phần mềm điều khiển token gặp lỗi. Có thể mã PIN mới đã có hiệu lực, có thể chưa.", "The token's software failed. The new PIN may be valid, or the old one.";
        fail_audit: "Mã PIN mới đã có hiệu lực, nhưng không ghi được nhật ký. Hãy kiểm tra dung lượng đĩa.", "The new PIN is valid, but the log could not be written. Check the disk space.";
        fail_cancelled: "Đã hủy. Không có gì được đổi.", "Cancelled. Nothing was changed.";
        late: "Đã hết thời gian trả lời. Không có gì được đổi.", "Time is up. Nothing was changed.";
        fail_other: "Không đặt được mã PIN ({code}).", "The PIN could not be set ({code}).";

        pin: "Đổi hoặc mở khóa mã PIN của token", "Change or unblock a token's PIN";
        pin_change: "Đổi mã PIN: hỏi mã PIN hiện tại và mã PIN mới", "Change the PIN: asks for the present one and the new one";
        pin_unblock: "Mở khóa mã PIN bằng mã PUK (mã PIN quản trị) và đặt mã PIN mới", "Unblock the PIN with the PUK (security officer's PIN), and set a new one";
        pin_token: "Số sê-ri hoặc nhãn của token, như trong «kyso tokens»; cần khi cắm nhiều token", "Serial number or label, as in 'kyso tokens'; needed if several are plugged in";
        several: "Có nhiều token đang cắm. Hãy nêu một token bằng --token, theo số sê-ri hoặc nhãn:", "Several tokens are plugged in. Name one with --token, by serial number or label:";
        alike: "Nhiều token trùng tên này. Hãy rút bớt để chỉ còn một, hoặc nêu nhãn:", "Several tokens have this name. Leave only one plugged in, or name its label:";
        no_such: "Không có token nào tên «{name}». Các token đang cắm:", "No token is called '{name}'. Plugged in:";
        done_row: "{done} Số nhật ký {sequence}.", "{done} Log entry {sequence}.";
    }
}

impl PinWords {
    /// Why the PIN was not set, and what to do.
    #[allow(clippy::wildcard_enum_match_arm, reason = "codes of the gate never come here")]
    pub fn failure(&self, code: ErrorCode) -> String {
        let sentence = match code {
            ErrorCode::TokenRemoved | ErrorCode::TokenAbsent => self.fail_removed,
            ErrorCode::TokenChanged => self.fail_changed,
            ErrorCode::PinLocked => self.fail_pin_locked,
            ErrorCode::PukLocked => self.fail_puk_locked,
            ErrorCode::PinUnsupported => self.fail_unsupported,
            ErrorCode::ModuleCrashed | ErrorCode::ModuleTimeout | ErrorCode::TokenFailed => self.fail_module,
            ErrorCode::AuditUnavailable => self.fail_audit,
            ErrorCode::UserDenied | ErrorCode::Cancelled | ErrorCode::ShuttingDown => self.fail_cancelled,
            ErrorCode::UserTimeout => self.late,
            _ => self.fail_other,
        };
        super::fill(sentence, &[("code", code.as_str())]).into_owned()
    }

    /// The one of two sentences that belongs to this act.
    pub fn pick(act: PinAct, change: &'static str, unblock: &'static str) -> &'static str {
        match act {
            PinAct::Change => change,
            PinAct::Unblock => unblock,
        }
    }
}
