//! Words of the tray, its notifications and `kyso status`.

use super::audit::AuditWords;
use super::{Lang, fill, number};

words! {
    /// What the tray says.
    TrayWords {
        about_tray: "Biểu tượng Kyso trên khay hệ thống: trạng thái, thông báo, trình đơn", "Kyso's icon in the tray: state, notifications, menu";
        with_agent: "Khởi động cả dịch vụ ký số nếu nó chưa chạy", "Start the signing agent too if it does not run";
        about_status: "Xem Kyso đang làm gì", "Show what Kyso is doing";
        about_pause: "Tạm dừng ký: từ chối mọi yêu cầu mới cho đến khi cho ký tiếp hoặc dịch vụ khởi động lại", "Pause signing: refuse new requests until resumed or the agent starts anew";
        about_resume: "Cho ký tiếp sau khi tạm dừng", "Let signing go on after a pause";
        name: "Kyso", "Kyso";

        away: "Dịch vụ ký số chưa chạy", "The signing agent is not running";
        no_token: "Chưa cắm token", "No token is plugged in";
        ready: "Sẵn sàng ký", "Ready to sign";
        waiting: "Đang chờ bạn trả lời", "Waiting for your answer";
        signing: "Đang ký {done}/{total}", "Signing {done} of {total}";
        signing_in: "Đang đăng nhập", "Signing in";
        paused: "Đang tạm dừng ký", "Signing is paused";
        low: "Mã PIN sắp bị khóa: còn ít lần thử", "PIN nearly locked: few tries are left";
        locked: "Mã PIN bị khóa hoặc phải đổi", "The PIN is locked or must be changed";

        start: "Khởi động dịch vụ ký số", "Start the signing agent";
        asks_sign: "{caller} xin ký {what}: mở cửa sổ", "{caller} wants {what} signed: open the window";
        asks_sign_in: "{caller} xin đăng nhập: mở cửa sổ", "{caller} asks you to sign in: open the window";
        asks_pair: "{caller} xin kết nối: mở cửa sổ", "{caller} wants to pair: open the window";
        asks_pin: "Đặt mã PIN cho token {name}: mở cửa sổ", "Set the PIN of token {name}: open the window";
        queued: "{n} yêu cầu nữa đang chờ", "{n} more waiting";
        unnamed: "một văn bản không tên", "a document without a name";
        and_more: "{name} và {n} văn bản nữa", "{name} and {n} more";
        command_line: "Lệnh của bạn", "Your command";

        token: "{label} · mã PIN: {pin}", "{label} · PIN: {pin}";
        token_unlabelled: "Token không nhãn", "Token without a label";
        no_certificates: "Không có chứng thư số", "No certificates";
        expires: "{name} · đến {date} (còn {n} ngày)", "{name} · until {date} ({n} days left)";
        expires_last: "{name} · đến {date} (còn 1 ngày)", "{name} · until {date} (1 day left)";
        expired: "{name} · ĐÃ HẾT HẠN {date}", "{name} · EXPIRED {date}";
        not_yet: "{name} · chưa có hiệu lực, từ {date}", "{name} · not yet valid, from {date}";
        logout: "Kết thúc phiên đăng nhập token đang giữ", "End the kept token login";
        pin_ok: "bình thường", "ok";
        pin_low: "đã nhập sai", "a wrong one was typed";
        pin_doubted: "đã nhập sai nhiều lần", "wrong ones were typed";
        pin_final_try: "còn một lần thử", "one try left";
        pin_locked: "đã khóa", "locked";
        pin_must_change: "phải đổi", "must be changed";
        pin_reader: "nhập trên đầu đọc", "typed on the reader";

        recent: "Các lần ký gần đây", "Recent signatures";
        recent_none: "Chưa có lần nào", "None yet";
        recent_line: "{when} · {caller} · {what} · {outcome}", "{when} · {caller} · {what} · {outcome}";
        sign_in: "đăng nhập", "sign-in";
        sites: "Trang được phép hỏi", "Sites that may ask";
        sites_none: "Chưa có trang nào", "None yet";
        site_pairings: "Số lượt kết nối: {n}", "Pairings: {n}";
        site_allowed: "Kết nối không cần hỏi", "Pairs without a question";
        blocked: "Trang bạn đã chặn", "Sites that you blocked";
        site_blocked: "{origin}: bạn đã chặn", "{origin}: blocked by you";
        unblock: "Bỏ chặn", "Unblock";
        revoke: "Thu hồi quyền của trang này", "Revoke this site";
        refused_site: "{origin}: bạn đã từ chối {n} lần", "{origin}: refused {n} times";
        problems: "Thư viện token có lỗi", "Token libraries that fail";
        problems_hint: "Chạy «kyso doctor» để biết cách xử lý", "Run 'kyso doctor' for what to do";

        pause: "Tạm dừng ký (đến khi bạn cho ký tiếp hoặc dịch vụ khởi động lại)", "Pause signing (until you resume or the agent restarts)";
        open_log: "Mở nhật ký ký số", "Open the signing log";
        language: "Ngôn ngữ · Language", "Language · Ngôn ngữ";
        vietnamese: "Tiếng Việt", "Tiếng Việt";
        english: "English", "English";
        setup: "Thiết lập Kyso…", "Set up Kyso…";
        setup_summary: "Chào bạn, Kyso đã sẵn sàng để thiết lập", "Kyso is ready to be set up";
        setup_body: "Kyso sẽ tìm token, cho biết còn thiếu gì và ký thử một lần.", "Kyso finds your token, says what is missing and signs once for trial.";
        setup_start: "Thiết lập", "Set up";
        no_terminal: "Không mở được trang kết quả, cũng không mở được cửa sổ lệnh. Hãy mở cửa sổ lệnh và chạy: kyso setup", "Neither a page nor a terminal could be opened. Open a terminal and run: kyso setup";
        autostart: "Khởi động cùng máy tính", "Start with the desktop";
        about: "Giới thiệu", "About";
        about_version: "Kyso {version}", "Kyso {version}";
        about_what: "Ký số bằng token cho các hệ thống văn bản trên web", "Token signatures for web document systems";
        about_licence: "Giấy phép: MIT hoặc Apache 2.0", "Licence: MIT or Apache 2.0";
        quit: "Thoát biểu tượng này (dịch vụ vẫn chạy)", "Quit this icon (the agent keeps running)";

        open: "Mở cửa sổ", "Open the window";
        waits_summary: "Kyso đang chờ bạn", "Kyso waits for you";
        waits_sign: "{caller} xin ký {what}.", "{caller} wants {what} signed.";
        waits_sign_in: "{caller} xin đăng nhập.", "{caller} asks you to sign in.";
        waits_pair: "{caller} xin kết nối với Kyso.", "{caller} wants to pair with Kyso.";
        waits_pin: "Cửa sổ đặt mã PIN cho token {name} đang mở.", "The window to set the PIN of token {name} is open.";
        expiry_summary: "Chứng thư số sắp hết hạn", "A certificate is about to expire";
        expiry_body: "{name}: còn {n} ngày, đến {date}. Hãy làm thủ tục gia hạn.", "{name}: {n} days left, until {date}. Ask for its renewal.";
        expiry_body_last: "{name}: hết hạn trong vòng một ngày, {date}. Hãy làm thủ tục gia hạn ngay.", "{name}: expires within a day, {date}. Ask for its renewal now.";
        locked_summary: "Mã PIN đã bị khóa", "The PIN is locked";
        locked_body: "Token {label} không ký được nữa. Nếu có mã PUK, chạy «kyso pin unblock»; nếu không, liên hệ nơi cấp token.", "Token {label} can't sign any more. With its PUK, run 'kyso pin unblock'; else ask whoever issued it.";
        refused_summary: "Một trang web hỏi nhiều lần", "A site keeps asking";
        refused_body: "Bạn đã từ chối {origin} {n} lần. Nếu không tin trang này, lần sau hãy đánh dấu «Chặn trang này» trong cửa sổ.", "You have refused {origin} {n} times. If you don't trust it, tick 'Block this site' in the window next time.";
        failed_summary: "Kyso không làm được việc vừa chọn", "Kyso could not do that";

        runs_already: "Biểu tượng Kyso đã có trong phiên làm việc này.", "Kyso's icon is in this session already.";
        unseen: "Chưa hiện được biểu tượng: không kết nối được bus của phiên làm việc ({why}). Biểu tượng sẽ hiện khi kết nối được; việc ký không bị ảnh hưởng.", "The icon can't be shown yet: the session bus is not reached ({why}). It shows once the bus is; signing goes on without it.";
        lang_not_kept: "Không ghi được ngôn ngữ vào {path}: {why}.", "The language can't be written to {path}: {why}.";
        not_running: "Dịch vụ ký số chưa chạy. Khởi động bằng «kyso agent» hoặc «systemctl --user start kyso».", "The signing agent is not running. Start it with 'kyso agent' or 'systemctl --user start kyso'.";
        now_paused: "Đã tạm dừng ký: yêu cầu mới bị từ chối cho đến khi chạy «kyso resume» hoặc dịch vụ khởi động lại.", "Signing is paused: new requests are refused until 'kyso resume' or until the agent starts anew.";
        now_resumed: "Đã cho ký tiếp.", "Signing goes on.";
    }
}

impl TrayWords {
    /// A date and a time of day, from `YYYY-MM-DD HH:MM:SS`; as it stands if it is none.
    pub fn when(lang: Lang, text: &str) -> String {
        match text.get(11..16) {
            Some(time) => format!("{} {time}", number::day_of(lang, text)),
            None => text.to_owned(),
        }
    }

    /// Documents by the first one's name.
    pub fn documents(&self, first: &str, count: usize) -> String {
        let first = if first.is_empty() { self.unnamed } else { first };
        match count {
            0 | 1 => first.to_owned(),
            _ => fill(self.and_more, &[("name", first), ("n", &(count - 1).to_string())]).into_owned(),
        }
    }

    /// How a request of the past ended: its kind in the log, and for a failure the message of its code.
    pub fn ending(kind: &str, outcome: &str, lang: Lang) -> String {
        let words = AuditWords::of(lang);
        match kind {
            "signed" => words.signed.to_owned(),
            "refused" => Self::with_reason(words.refused, outcome, lang),
            "cancelled" => Self::with_reason(words.cancelled, outcome, lang),
            "interrupted" => words.interrupted.to_owned(),
            _ => Self::with_reason(words.failed, outcome, lang),
        }
    }

    /// The same of a sign-in.
    pub fn sign_in_ending(kind: &str, outcome: &str, lang: Lang) -> String {
        let words = AuditWords::of(lang);
        match kind {
            "signed" => words.ok.to_owned(),
            "refused" => Self::with_reason(words.sign_in_refused, outcome, lang),
            "failed" => Self::with_reason(words.sign_in_failed, outcome, lang),
            _ => Self::ending(kind, outcome, lang),
        }
    }

    fn with_reason(kind: &str, outcome: &str, lang: Lang) -> String {
        match crate::domain::error::ErrorCode::parse(outcome) {
            Some(code) => format!("{kind}: {}", super::error::of(code, lang).0),
            None => kind.to_owned(),
        }
    }
}
