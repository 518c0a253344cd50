//! Words about https.

words! {
    /// On the command line, in `kyso doctor`, in the tray.
    TlsWords {
        about: "https trên máy này, cho trình duyệt không cho trang gọi http (Safari)", "https on this machine, for browsers that let pages call no http (Safari)";
        about_enable: "Bật https, hoặc gia hạn: tạo chứng thư của riêng bạn cho 127.0.0.1 và cho các trình duyệt tin cậy", "Turn https on, or renew it: make a certificate of your own for 127.0.0.1 and have your browsers trust it";
        about_system: "Cả kho của hệ thống, cho curl và các chương trình khác; cần quyền quản trị", "Also the system's store, for curl and other programs; takes root";
        about_disable: "Tắt https: bỏ chứng thư khỏi mọi kho và xóa khóa", "Turn https off: take the certificate out of every store and delete the key";
        about_status: "Xem https có bật không, đến khi nào, trình duyệt nào tin cậy", "Show whether https is on, until when, and which browsers trust it";
        about_fix: "Sửa những gì sửa được: cho mọi trình duyệt tin cậy chứng thư https, bỏ chứng thư cũ", "Mend what can be mended: have every browser trust the https certificate, take old ones out";

        topic: "https", "https";
        chromium: "Chromium, Chrome, Edge ({folder})", "Chromium, Chrome, Edge ({folder})";
        firefox: "Firefox ({folder})", "Firefox ({folder})";
        system: "kho của hệ thống ({folder})", "the system's store ({folder})";

        trusts: "{store}: tin cậy", "{store}: trusts it";
        lacks: "{store}: chưa tin cậy", "{store}: does not trust it yet";
        without: "{store}: không dùng (chỉ curl và các chương trình khác cần: «kyso tls enable --system»)", "{store}: left alone (only curl and other programs would need it: 'kyso tls enable --system')";
        former: "{store}: còn chứng thư cũ của Kyso", "{store}: still holds an old certificate of Kyso's";
        removed: "{store}: đã bỏ chứng thư của Kyso", "{store}: Kyso's certificate is gone";
        failed: "{store}: {why}", "{store}: {why}";
        fix_do: "Chạy «kyso doctor --fix» rồi mở lại trình duyệt.", "Run 'kyso doctor --fix', then restart the browser.";

        no_tool: "không có chương trình certutil (gói {package})", "the program certutil is missing (package {package})";
        no_tool_do: "Cài gói này (Debian: apt-get install libnss3-tools) rồi chạy lại; các kho của trình duyệt chỉ đổi được bằng nó.", "Install that package (Debian: apt-get install libnss3-tools), then run this again; browsers' stores are changed with nothing else.";
        needs_root: "chỉ quản trị viên đổi được", "only root can change it";
        needs_root_do: "Chạy lệnh này bằng quyền quản trị: {command}", "Run this as root: {command}";
        locked: "có mật khẩu chính, nên không đổi được từ ngoài", "has a primary password, so it can't be changed from outside";
        locked_do: "Trong Firefox: Cài đặt → Quyền riêng tư & Bảo mật → Chứng thư → Xem chứng thư → Nhà cung cấp: nhập (hoặc xóa) {file}, cho phép nhận diện trang web.", "In Firefox: Settings → Privacy & Security → Certificates → View Certificates → Authorities: import (or delete) {file}, trusted to identify websites.";

        on_new: "Đã tạo chứng thư cho 127.0.0.1, của riêng bạn. Khóa đã ký nó không còn nữa: không ai ký thêm được tên nào khác.", "A certificate for 127.0.0.1 was made, for you alone. The key that signed it is gone already: nobody can sign another name with it.";
        on_at: "https đang bật: {address}, đến {date}. Hãy mở lại trình duyệt đang chạy.", "https is on: {address}, until {date}. Restart browsers that run.";
        on_later: "https sẽ bật khi dịch vụ chạy, đến {date}. Hãy mở lại trình duyệt đang chạy.", "https will be on when the agent runs, until {date}. Restart browsers that run.";
        on_not: "https chưa mở được: {why}", "https can't be opened: {why}";
        no_browser: "Chưa thấy trình duyệt nào có kho chứng thư. Hãy mở trình duyệt một lần rồi chạy «kyso doctor --fix».", "No browser with a store was found. Start the browser once, then run 'kyso doctor --fix'.";
        damaged: "Tệp {path} hỏng; tạo mới.", "The file {path} is damaged; it is made anew.";
        not_made: "Không tạo được chứng thư: {why}", "The certificate can't be made: {why}";
        not_written: "Không ghi được {path}: {why}", "{path} can't be written: {why}";
        not_deleted: "Không xóa được {path}: {why}", "{path} can't be deleted: {why}";
        restart: "Dịch vụ đang chạy là bản cũ: hãy khởi động lại nó.", "The agent that runs is an older version: restart it.";

        off: "https đã tắt. Trang web vẫn gọi được qua http://127.0.0.1.", "https is off. Pages can still call http://127.0.0.1.";
        off_note: "đang tắt (chỉ cần cho Safari: «kyso tls enable»)", "off (only Safari needs it: 'kyso tls enable')";
        left: "Vẫn còn lại: xem các dòng ✗.", "Something is left: see the lines with ✗.";

        good: "bật, chứng thư đến {date}", "on, its certificate until {date}";
        due: "chứng thư hết hạn {date}, đến lúc gia hạn", "its certificate ends on {date}: time to renew it";
        over: "chứng thư không còn hiệu lực (đến {date})", "its certificate is not valid any more (until {date})";
        renew_do: "Chạy «kyso tls enable»: tạo chứng thư mới và thay trong các trình duyệt.", "Run 'kyso tls enable': a new certificate is made and replaces the old one in the browsers.";
        unreadable: "không đọc được {path}: {why}", "{path} can't be read: {why}";
        closed: "dịch vụ đang chạy không mở được: {why}", "the agent that runs can't open it: {why}";
        closed_do: "Đóng chương trình đang giữ cổng, rồi chạy «kyso tls enable».", "Close the program that holds the port, then run 'kyso tls enable'.";
        unaware: "dịch vụ đang chạy chưa biết", "the agent that runs does not know of it";
        unaware_do: "Khởi động lại dịch vụ: systemctl --user restart kyso", "Restart the agent: systemctl --user restart kyso";
        open: "{address}", "{address}";
        renew_line: "https: chứng thư hết hạn {date}; gia hạn bằng «kyso tls enable»", "https: the certificate ends on {date}; renew it with 'kyso tls enable'";
        notice_summary: "Đến lúc gia hạn https của Kyso", "Kyso's https is to be renewed";
        notice_body: "Chứng thư cho 127.0.0.1 hết hạn {date}. Chạy «kyso tls enable» để tạo chứng thư mới và thay trong các trình duyệt.", "The certificate of 127.0.0.1 ends on {date}. Run 'kyso tls enable' to make a new one and replace it in your browsers.";
    }
}
