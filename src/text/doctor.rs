//! Words of `kyso doctor`.

words! {
    /// Each check has what was found and, where it is wrong, what to do.
    DoctorWords {
        modules: "Thư viện PKCS#11", "PKCS#11 modules";
        tokens: "Token", "Tokens";
        port: "Cổng", "Port";
        prompt: "Cửa sổ hỏi", "Prompt";
        log: "Nhật ký", "Log";
        config: "Cấu hình", "Configuration";
        config_ok: "{file}", "{file}";
        config_none: "dùng mặc định (không có {file})", "defaults (no {file})";
        config_do: "Sửa chỗ này trong tệp cấu hình; chưa sửa thì dịch vụ không khởi động.", "Mend this in the configuration: until then no agent starts.";
        module_do: "Cài đặt phần mềm của nhà cung cấp token, hoặc sửa đường dẫn ở mục modules của tệp cấu hình.", "Install the token vendor's software, or mend the path under modules in the configuration.";
        modules_none: "không có thư viện nào dùng được", "none that can be used";
        token_ok: "{label} (sê-ri {serial}), {certificates} chứng thư số", "{label} (serial {serial}), certificates: {certificates}";
        token_none: "không thấy token nào", "none was found";
        token_do: "Cắm token vào máy. Nếu đã cắm, kiểm tra đèn trên token và phần mềm của nhà cung cấp.", "Plug the token in. If it is, check its light and the vendor's software.";
        token_pin: "{label} (sê-ri {serial}), {certificates} chứng thư số; mã PIN: {pin}", "{label} (serial {serial}), certificates: {certificates}; its PIN: {pin}";
        port_agent: "dịch vụ đang chạy", "the agent is running";
        port_free: "{address} còn trống", "{address} is free";
        port_bad: "không mở được: {why}", "can't be opened: {why}";
        port_do: "Đóng chương trình đang giữ cổng, hoặc đặt port trong tệp cấu hình.", "Close the program that holds it, or set port in the configuration.";
        neighbour_do: "Quản trị viên xem tiến trình nào giữ cổng («ss -ltnp» bằng quyền root) và dừng nó.", "The administrator looks which process holds it ('ss -ltnp' as root) and ends it.";
        prompt_window: "hiện được cửa sổ", "a window can be shown";
        prompt_terminal: "hỏi trên dòng lệnh", "the terminal is asked";
        prompt_bad: "không hỏi được: {why}", "the person can't be asked: {why}";
        prompt_do: "Chạy Kyso trong phiên làm việc có màn hình, hoặc dùng «kyso agent --prompt terminal» trong cửa sổ dòng lệnh.", "Run Kyso in a session with a display, or use 'kyso agent --prompt terminal' in a terminal.";
        log_ok: "{rows} dòng, chuỗi nguyên vẹn", "the chain is whole, rows: {rows}";
        log_none: "chưa có ({path})", "none yet ({path})";
        log_bad: "{path}: {why}", "{path}: {why}";
        log_do: "Không ký cho đến khi nhật ký dùng được: kiểm tra chỗ trống, quyền ghi; giữ lại tệp cho quản trị viên.", "Nothing is signed until the log can be used: check free space and permissions; keep the file for the administrator.";
        key: "Khóa nhận dạng, cũng ký nhật ký: {key}", "Identity key, which signs the log, too: {key}";
        key_bad: "{path}: {why}", "{path}: {why}";
        key_do: "Phục hồi tệp này từ bản sao lưu. Nếu không có thì chuyển nó đi nơi khác: Kyso tạo khóa mới, và các trang web phải kết nối lại.", "Restore this file from a backup. Without one move it away: Kyso makes a new key, and sites have to pair anew.";
        room: "Đã dùng {used} trong {most} MB được phép", "{used} of {most} MB are used";
        room_little: "Sắp đầy: đã dùng {used} trong {most} MB được phép", "Nearly full: {used} of {most} MB are used";
        room_none: "Đầy: đã dùng {used} trong {most} MB được phép, nên không ký được nữa", "Full: {used} of {most} MB are used, so nothing is signed any more";
        room_do: "Quản trị viên tăng log.most_megabytes trong chính sách của máy, hoặc giảm log.keep_days để xóa các tệp cũ; sau đó khởi động lại Kyso.", "The administrator raises log.most_megabytes in the machine's policy, or lowers log.keep_days so that old files go; then Kyso is started anew.";
        collectors: "Nơi nhận nhật ký", "Collectors";
        collector_new: "{name}: chưa được báo lần nào", "{name}: has not been told anything yet";
        collector_all: "{name}: đã nhận tất cả", "{name}: has heard everything";
        collector_behind: "{name}: số dòng chưa nhận: {n}, dòng cũ nhất lúc {time}", "{name}: rows that it has not heard: {n}, the oldest of {time}";
        collector_bad: "{name}: không đọc được các dòng chưa gửi: {why}", "{name}: rows that it has not heard can't be read: {why}";
        collector_bad_do: "Phục hồi tệp từ bản sao lưu. Nơi nhận được báo những dòng không đọc được, và vẫn nhận mọi dòng còn lại.", "Restore the file from a backup. The collector is told which rows can't be read, and hears all others.";
        collector_do: "Kiểm tra nơi nhận và mạng đến đó. Không dòng nào bị mất: Kyso báo lại khi nơi nhận hoạt động.", "Look at the collector and the network to it. No row is lost: Kyso tells it once it is back.";
        todo: "Việc cần làm: {what}", "What to do: {what}";
        all_well: "Mọi thứ đều sẵn sàng.", "Everything is ready.";
    }
}
