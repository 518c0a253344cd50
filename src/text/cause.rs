//! Why something did not work: what stands behind a colon or in brackets, so without a capital and a full stop.
//!
//! What a library or the system says in its own words is quoted as a detail, never alone.

use std::io;

use super::Lang;
use super::fill;

words! {
    /// Causes.
    CauseWords {
        not_found: "không có tệp hoặc thư mục này", "there is no such file or folder";
        not_allowed: "không có quyền", "permission denied";
        in_use: "đang có chương trình khác dùng", "another program uses it";
        exists: "đã có sẵn", "it exists already";
        full: "ổ đĩa đã đầy", "the disk is full";
        over_quota: "đã hết hạn mức ổ đĩa của tài khoản này", "this account's share of the disk is used up";
        read_only: "ổ đĩa chỉ cho đọc", "the disk can only be read";
        is_folder: "đây là thư mục", "it is a folder";
        no_folder: "một phần của đường dẫn không phải là thư mục", "a part of the path is no folder";
        no_answer: "không có ai trả lời", "nobody answers";
        cut_off: "bị ngắt giữa chừng", "it was cut off";
        too_slow: "quá lâu không có trả lời", "no answer came in time";
        not_so: "nội dung không đúng dạng", "its contents are not as they should be";
        numbered: "{what} (mã lỗi {number})", "{what} (error {number})";
        system: "hệ thống báo: {detail}", "the system says: {detail}";

        newer: "nhật ký thuộc phiên bản {found}; bản Kyso này chỉ biết đến phiên bản {known}", "the log has version {found}; this Kyso knows versions up to {known}";
        no_log: "tệp này không phải là nhật ký của Kyso", "the file is no log of Kyso";
        closed: "tệp nhật ký cũ {name}: {cause}", "its older file {name}: {cause}";
        damaged: "tệp đã bị hỏng", "the file is damaged";
        database: "cơ sở dữ liệu báo: {detail}", "the database says: {detail}";

        no_display: "không có màn hình: chưa đặt biến DISPLAY hoặc WAYLAND_DISPLAY", "no display: neither DISPLAY nor WAYLAND_DISPLAY is set";
        display_unreached: "không có màn hình: không kết nối được ({detail})", "no display: it can't be reached ({detail})";
        display_silent: "màn hình không trả lời", "the display does not answer";
        display_ended: "màn hình đã ngắt kết nối ({detail})", "the display ended ({detail})";
        no_window: "không mở được cửa sổ ({detail})", "no window can be opened ({detail})";
        no_terminal: "không có cửa sổ dòng lệnh: {why}", "no controlling terminal: {why}";
        no_memory: "không có vùng nhớ được bảo vệ cho mã PIN: {why}", "no protected memory for the PIN: {why}";
        unprotected: "không bảo vệ được chương trình hỏi: {why}", "the prompt can't be protected: {why}";
        not_started: "không khởi động được cửa sổ hỏi: {why}", "the prompt did not start: {why}";
        not_shown: "cửa sổ hỏi không hiện ra kịp", "the prompt did not appear in time";
        too_early: "cửa sổ hỏi trả lời trước khi hỏi", "the prompt answered before it asked";
        ended_early: "cửa sổ hỏi kết thúc trước khi hỏi", "the prompt ended before it asked";
        ended_saying: "cửa sổ hỏi kết thúc trước khi hỏi: {why}", "the prompt ended before it asked: {why}";
        terminal_left: "cửa sổ dòng lệnh đã đóng", "the terminal went away";
        asked_before: "cửa sổ dòng lệnh này đã được hỏi một lần", "this terminal was asked before";
        no_question: "chưa có câu hỏi nào ở đầu vào; lệnh này do dịch vụ tự gọi", "no question on standard input; the agent starts this command by itself";
        no_such_question: "câu hỏi không đọc được: {detail}", "the question can't be read: {detail}";

        hung_up: "dịch vụ đã ngắt kết nối", "it hung up";
        gibberish: "câu trả lời không đọc được: {detail}", "what it says can't be read: {detail}";

        no_bus: "không có bus hệ thống ({detail})", "no system bus ({detail})";
        bus_left: "bus hệ thống đã ngắt kết nối", "the system bus hung up";
        logind_silent: "systemd-logind không trả lời", "systemd-logind does not answer";
        logind_says: "systemd-logind không trả lời như mong đợi ({detail})", "systemd-logind does not answer as it should ({detail})";
        logind_left: "systemd-logind hoặc phiên làm việc đã kết thúc", "systemd-logind or the session ended";
        no_session: "người dùng này không có phiên làm việc với màn hình", "this user has no session with a display";
    }
}

/// What the system complains of, with the number of its complaint.
pub fn system(lang: Lang, error: &io::Error) -> String {
    let words = CauseWords::of(lang);
    let known = [
        (io::ErrorKind::NotFound, words.not_found),
        (io::ErrorKind::PermissionDenied, words.not_allowed),
        (io::ErrorKind::AddrInUse, words.in_use),
        (io::ErrorKind::ResourceBusy, words.in_use),
        (io::ErrorKind::AlreadyExists, words.exists),
        (io::ErrorKind::StorageFull, words.full),
        (io::ErrorKind::QuotaExceeded, words.over_quota),
        (io::ErrorKind::ReadOnlyFilesystem, words.read_only),
        (io::ErrorKind::IsADirectory, words.is_folder),
        (io::ErrorKind::NotADirectory, words.no_folder),
        (io::ErrorKind::ConnectionRefused, words.no_answer),
        (io::ErrorKind::BrokenPipe, words.cut_off),
        (io::ErrorKind::ConnectionReset, words.cut_off),
        (io::ErrorKind::UnexpectedEof, words.cut_off),
        (io::ErrorKind::TimedOut, words.too_slow),
        (io::ErrorKind::InvalidData, words.not_so),
    ];
    let found = known.iter().find(|(kind, _)| *kind == error.kind());
    match (found, error.raw_os_error()) {
        (Some((_, what)), Some(number)) => {
            fill(words.numbered, &[("what", what), ("number", &number.to_string())]).into_owned()
        }
        (Some((_, what)), None) => (*what).to_owned(),
        (None, _) => fill(words.system, &[("detail", &error.to_string())]).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_complaints_are_told_in_the_persons_language() {
        let missing = std::fs::read("/nowhere/at/all").expect_err("no such file");
        assert_eq!(system(Lang::Vi, &missing), "không có tệp hoặc thư mục này (mã lỗi 2)");
        assert_eq!(system(Lang::En, &missing), "there is no such file or folder (error 2)");
        assert_eq!(system(Lang::Vi, &io::ErrorKind::InvalidData.into()), "nội dung không đúng dạng");
        let rare = io::Error::other("odd");
        assert_eq!(system(Lang::Vi, &rare), "hệ thống báo: odd");
    }
}
