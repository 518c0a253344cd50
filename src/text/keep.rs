//! Words about a login that is kept.

use std::time::Duration;

use super::fill;

words! {
    /// In the prompt, on the command line, in `kyso doctor`.
    KeepWords {
        keep: "Giữ đăng nhập token trong {most} (tự thoát sau {idle} không ký); mỗi lần ký vẫn hỏi bạn", "Stay logged in to the token for {most} (logs out after {idle} without signing); each signature is still asked for";
        keep_sign_in: "Giữ đăng nhập token trong {most} (tự thoát sau {idle} không dùng); mỗi lần dùng vẫn hỏi bạn", "Stay logged in to the token for {most} (logs out after {idle} without use); each use is still asked for";
        kept_sign_in: "Token đang đăng nhập, còn tối đa {left}. Không cần nhập mã PIN: kiểm tra địa chỉ trang rồi bấm Đăng nhập. Kết thúc sớm: rút token hoặc chạy «kyso logout».", "The token is logged in for at most {left} more. No PIN is needed: check the site's address, then choose Sign in. To end it early, unplug the token or run 'kyso logout'.";
        kept: "Token đang đăng nhập, còn tối đa {left}. Không cần nhập mã PIN: kiểm tra văn bản rồi bấm Ký. Kết thúc sớm: rút token hoặc chạy «kyso logout».", "The token is logged in for at most {left} more. No PIN is needed: check the documents, then choose Sign. To end it early, unplug the token or run 'kyso logout'.";
        ended: "Token đã thoát đăng nhập. Hãy nhập mã PIN.", "The token has been logged out. Type the PIN.";
        seconds: "{n} giây", "{n} s";
        minute: "1 phút", "1 minute";
        minutes: "{n} phút", "{n} minutes";
        tty_keep: "{keep}? [y/N] (y hoặc c: có) ", "{keep}? [y/N] ";
        tty_confirm_sign_in: "Đăng nhập? [y/N] (y hoặc c: có) ", "Sign in? [y/N] ";
        tty_confirm: "Ký? [y/N] (y hoặc c: có) ", "Sign? [y/N] ";

        logout: "Kết thúc ngay mọi đăng nhập token đang được giữ", "End every kept token login now";
        logged_out_one: "Đã thoát đăng nhập 1 token.", "Logged out of 1 token.";
        logged_out: "Đã thoát đăng nhập {n} token.", "Logged out of {n} tokens.";
        none_kept: "Không có đăng nhập token nào đang được giữ.", "No token login is kept.";

        topic: "Giữ đăng nhập", "Kept login";
        on: "được phép: tối đa {most}, thoát sau {idle} không ký, khi khóa màn hình, ngủ hoặc đổi người dùng", "may be chosen: for {most} at most, ended after {idle} without signing, and on lock, suspend or user switch";
        off: "không có tác dụng, vì không biết khi nào màn hình bị khóa: {why}", "without effect, since nothing tells when the screen is locked: {why}";
        off_do: "Chạy Kyso trong phiên làm việc có màn hình do systemd-logind quản lý, hoặc bỏ mục keep_login trong tệp cấu hình.", "Run Kyso in a desktop session of systemd-logind, or remove keep_login from the configuration.";
    }
}

impl KeepWords {
    /// A length of time; from a minute on in whole minutes, rounded down: a promise that is kept.
    pub fn span(&self, time: Duration) -> String {
        let (seconds, minutes) = (time.as_secs().to_string(), (time.as_secs() / 60).to_string());
        match time.as_secs() {
            ..60 => fill(self.seconds, &[("n", &seconds)]).into_owned(),
            60..120 => self.minute.to_owned(),
            _ => fill(self.minutes, &[("n", &minutes)]).into_owned(),
        }
    }
}
