//! Words of `kyso setup`: short, since whoever reads them is not at ease with computers.

words! {
    /// `…_do` is what to do about it.
    SetupWords {
        about: "Thiết lập lần đầu: tìm token, ký thử, tự chạy cùng máy", "First run: find the token, sign once for trial, start with the desktop";
        help_check: "Chỉ xem, không hỏi và không thay đổi gì", "Only look; ask nothing and change nothing";
        help_yes: "Không hỏi có hay không: ký thử và bật tự chạy", "Ask no yes or no: make the trial signature and turn the autostart on";
        help_trial: "Ký thử thêm một lần, dù đã ký thử rồi", "Make another trial signature, even if one was made";
        help_autostart: "on: Kyso tự chạy khi bạn đăng nhập; off: không tự chạy", "on: Kyso starts when you log in; off: it does not";
        help_certificate: "Chứng thư số để ký thử: sha256:… như trong «kyso certificates»", "Certificate of the trial: sha256:… as in 'kyso certificates'";
        help_usb: "Thư mục danh sách thiết bị USB của hệ điều hành", "The system's folder of USB devices";
        help_wait: "Đợi phím Enter trước khi kết thúc", "Wait for Enter before ending";

        title: "THIẾT LẬP KYSO", "SETTING UP KYSO";
        looking: "Đang tìm token, xin đợi một lát…", "Looking for the token, one moment…";
        todo: "Việc cần làm: {what}", "What to do: {what}";
        waits: "Sẽ xem sau khi xong việc ở trên.", "Looked at once the above is done.";

        plugged: "Cắm token", "Token plugged in";
        readers: "Chương trình đọc thẻ", "Card reader software";
        library: "Phần mềm của token", "The token's software";
        token: "Token", "Token";
        certificate: "Chứng thư số", "Certificate";
        asking: "Nơi hỏi mã PIN", "Where the PIN is asked";
        trial: "Ký thử", "Trial signature";
        autostart: "Tự chạy khi đăng nhập", "Start at login";

        device: "{name} ({id})", "{name} ({id})";
        device_unknown: "Đầu đọc thẻ hoặc token chưa rõ loại: {name} ({id})", "A card reader or token of an unknown kind: {name} ({id})";
        device_nameless: "không có tên", "nameless";
        nothing_plugged: "Chưa thấy token nào cắm vào máy.", "No token is plugged in.";
        nothing_plugged_do: "Cắm token vào cổng USB rồi chạy lại «kyso setup». Nếu đã cắm: thử cổng USB khác, cắm thẳng vào máy, và xem đèn trên token có sáng không.", "Plug the token into a USB port, then run 'kyso setup' again. If it is plugged in: try another port, right at the computer, and see whether its light is on.";
        not_on_usb: "Token không ở trên cổng USB của máy này, hoặc là loại chưa có trong danh sách. Không sao.", "The token is on no USB port of this computer, or of a kind that is not listed. That is fine.";
        usb_unseen: "Không xem được các cổng USB (máy ảo hoặc vùng cách ly).", "The USB ports can't be looked at (a virtual or shut-in machine).";

        readers_well: "Không thiếu gì.", "Nothing is missing.";
        no_daemon: "Máy chưa cài chương trình đọc thẻ (pcscd).", "The card reader software (pcscd) is not installed.";
        no_daemon_do: "Nhờ người quản trị máy chạy: sudo apt install pcscd libccid", "Have the administrator run: sudo apt install pcscd libccid";
        daemon_stopped: "Chương trình đọc thẻ (pcscd) đã cài nhưng không chạy.", "The card reader software (pcscd) is installed but does not run.";
        daemon_stopped_do: "Nhờ người quản trị máy chạy: sudo systemctl enable --now pcscd.socket", "Have the administrator run: sudo systemctl enable --now pcscd.socket";
        no_ccid: "Thiếu trình điều khiển đầu đọc thẻ (libccid).", "The driver for card readers (libccid) is missing.";
        no_ccid_do: "Nhờ người quản trị máy chạy: sudo apt install libccid. Sau đó rút token ra, cắm lại.", "Have the administrator run: sudo apt install libccid. Then take the token out and plug it in again.";

        in_use: "{vendor}: {path}", "{vendor}: {path}";
        in_use_plain: "{path}", "{path}";
        unusable: "{path}: có, nhưng Kyso không dùng được.", "{path}: it is there, but Kyso can't use it.";
        unusable_do: "Cài lại phần mềm của token, bản Linux 64 bit, do đơn vị cấp token cung cấp.", "Install the token's software anew, its version for 64-bit Linux, from whoever issued the token.";
        missing: "Máy chưa có phần mềm cho {name}.", "The software for {name} is not installed.";
        missing_software_do: "Cài {software}, bản Linux 64 bit, do đơn vị cấp token cung cấp. Cài xong, rút token ra, cắm lại rồi chạy lại «kyso setup».", "Install {software}, its version for 64-bit Linux, from whoever issued the token. Then take the token out, plug it in again, and run 'kyso setup' again.";
        missing_plain_do: "Hỏi đơn vị cấp token phần mềm cho Linux 64 bit (thư viện PKCS#11). Cài xong, rút token ra, cắm lại rồi chạy lại «kyso setup».", "Ask whoever issued the token for its software for 64-bit Linux (a PKCS#11 library). Once installed, take the token out, plug it in again, and run 'kyso setup' again.";
        missing_package: "Hoặc cài gói có sẵn của hệ điều hành: sudo apt install {package}", "Or install a package of the system: sudo apt install {package}";
        missing_id_only: "Chưa rõ nhà cung cấp có bản Linux hay không; nếu không có, token này chưa dùng được trên máy này.", "Whether its vendor has a version for Linux is not known; if not, this token can't be used on this computer yet.";
        no_library: "Máy chưa có phần mềm của token nào dùng được.", "No token's software that can be used is installed.";
        no_library_do: "Hỏi đơn vị cấp token phần mềm cho Linux 64 bit, cài xong chạy lại «kyso setup».", "Ask whoever issued the token for its software for 64-bit Linux, install it, and run 'kyso setup' again.";

        seen: "{label} (sê-ri {serial}), mã PIN bình thường", "{label} (serial {serial}), its PIN is in order";
        pin: "{label} (sê-ri {serial}), mã PIN: {pin}", "{label} (serial {serial}), its PIN: {pin}";
        pin_locked_do: "Có mã PUK thì chạy: kyso pin unblock. Không có thì liên hệ đơn vị cấp token để mở khóa.", "With its PUK, run: kyso pin unblock. Without it, ask whoever issued the token to unblock it.";
        pin_must_change_do: "Chạy: kyso pin change", "Run: kyso pin change";
        pin_final_do: "Chỉ còn một lần thử: chỉ nhập khi nhớ chắc mã PIN. Nếu không chắc, hỏi đơn vị cấp token trước.", "One try is left: type the PIN only if you are sure of it. If not, ask whoever issued the token first.";
        pin_low_do: "Mã PIN đã bị nhập sai. Hãy nhập chậm và kiểm tra Caps Lock.", "A wrong PIN was typed before. Type slowly, and mind Caps Lock.";
        none_seen: "Chưa thấy token nào.", "No token is seen yet.";
        none_seen_do: "Cắm token rồi chạy lại: kyso setup", "Plug the token in, then run again: kyso setup";
        not_seen: "Token đã cắm và phần mềm đã có, nhưng token không trả lời.", "The token is plugged in and its software is there, but the token does not answer.";
        not_seen_do: "Rút token ra, đợi 5 giây, cắm lại rồi chạy lại «kyso setup». Nếu vẫn vậy: phần mềm đang cài có thể là của loại token khác; chạy «kyso doctor» và gửi kết quả cho người quản trị máy.", "Take the token out, wait 5 seconds, plug it in, and run 'kyso setup' again. If it stays so: the software may be that of another kind of token; run 'kyso doctor' and send what it says to the administrator.";
        no_card: "Có đầu đọc thẻ, chưa thấy thẻ.", "There is a card reader, but no card is seen.";
        no_card_do: "Cho thẻ vào đầu đọc, mặt có chip vào trước, rồi chạy lại «kyso setup».", "Put the card into the reader, chip first, and run 'kyso setup' again.";
        stale: "Kyso đang chạy từ trước khi cài phần mềm của token, nên chưa thấy token.", "Kyso has been running since before the token's software was installed, so it does not see the token.";
        stale_do: "Đăng xuất rồi đăng nhập lại, hoặc chạy: systemctl --user restart kyso", "Log out and in again, or run: systemctl --user restart kyso";

        holder: "{holder}", "{holder}";
        holder_of: "{holder} – {organisation}", "{holder} – {organisation}";
        issuer: "Cơ quan cấp: {issuer}", "Issued by {issuer}";
        until: "Hết hạn: {date}", "Expires: {date}";
        ending: "Hết hạn: {date} – còn {days} ngày", "Expires: {date} – {days} days left";
        ending_day: "Hết hạn: {date} – còn 1 ngày", "Expires: {date} – 1 day left";
        ending_do: "Làm thủ tục gia hạn ngay từ bây giờ với đơn vị cấp chứng thư số.", "Start the renewal now, with the certificate's issuer.";
        unfit: "Không ký được: {why}", "Can't sign: {why}";
        no_certificate: "Trên token không có chứng thư số nào.", "There is no certificate on the token.";
        no_certificate_do: "Liên hệ đơn vị cấp token: chứng thư số chưa được ghi vào token, hoặc đây không phải token ký số.", "Ask whoever issued the token: the certificate was not written to it yet, or it is no token for signing.";
        none_fit: "Không có chứng thư số nào ký được.", "No certificate can sign.";
        none_fit_do: "Liên hệ đơn vị cấp chứng thư số để gia hạn hoặc cấp mới.", "Ask the certificate's issuer for a renewal or a new one.";

        asks_window: "Cửa sổ trên màn hình.", "A window on the screen.";
        asks_terminal: "Ngay trong cửa sổ dòng lệnh này.", "Right here, in the terminal.";
        cannot_ask: "Không có màn hình để hỏi mã PIN.", "There is no screen to ask for the PIN on.";
        cannot_ask_why: "Hệ thống báo: {why}", "The system says: {why}";
        cannot_ask_do: "Ngồi tại máy, đăng nhập vào màn hình rồi chạy lại «kyso setup»; không chạy từ xa, không dùng sudo.", "Sit down at the computer, log in at its screen, and run 'kyso setup' again; not from afar, not with sudo.";

        trial_open: "Chưa ký thử.", "Not made yet.";
        trial_open_do: "Chạy «kyso setup» trong cửa sổ dòng lệnh, hoặc «kyso setup --yes».", "Run 'kyso setup' in a terminal, or 'kyso setup --yes'.";
        trial_done: "Đã ký thử ngày {day} với tên {holder} (nhật ký, dòng {sequence}).", "Made on {day} as {holder} (log, row {sequence}).";
        trial_failed: "Chưa ký thử được.", "It was not made.";
        trial_failed_do: "Làm theo câu báo ở trên rồi chạy lại «kyso setup».", "Do what is said above, then run 'kyso setup' again.";
        trial_failed_page_do: "Làm theo câu báo trong cửa sổ ký thử, rồi chạy lại «kyso setup».", "Do what the trial's window said, then run 'kyso setup' again.";
        trial_skipped: "Đã bỏ qua. Khi muốn ký thử: kyso setup --trial", "Skipped. To make it later: kyso setup --trial";
        trial_ask: "Ký thử ngay với tên {holder}? Bạn sẽ nhập mã PIN; không có văn bản nào được gửi đi. {yes_no}", "Make a trial signature as {holder}? You will type the PIN; no document is sent anywhere. {yes_no}";
        trial_choose: "Ký thử ngay bằng chứng thư số nào? Bạn sẽ nhập mã PIN; không có văn bản nào được gửi đi.", "Make a trial signature with which certificate? You will type the PIN; no document is sent anywhere.";
        trial_number: "Số thứ tự [Enter: 1, k: không ký thử]:", "Number [Enter: 1, n: none]:";
        trial_window: "Cửa sổ Kyso đang mở: hãy xem nội dung, nhập mã PIN rồi bấm Ký.", "Kyso's window is open: look at it, type the PIN and choose Sign.";
        trial_name: "KÝ THỬ – không phải văn bản", "TRIAL – not a document";
        trial_document: "Kyso ký thử. Đây không phải là văn bản.\nNgười ký: {holder}\nNgày: {day}\n", "A trial signature of Kyso. This is not a document.\nSigned by: {holder}\nDay: {day}\n";

        starts: "Đã bật: Kyso tự chạy mỗi khi bạn đăng nhập.", "On: Kyso starts whenever you log in.";
        starts_now: "Kyso cũng đã chạy ngay bây giờ.", "It runs now, too.";
        starts_next: "Từ lần đăng nhập sau. Muốn dùng ngay: đăng xuất rồi đăng nhập lại.", "From your next login on. To use it now: log out and in again.";
        start_open: "Chưa bật.", "Off.";
        start_open_do: "Chạy: kyso setup --autostart on", "Run: kyso setup --autostart on";
        start_open_icon_do: "Bấm vào biểu tượng Kyso, rồi chọn «{entry}».", "Choose '{entry}' in the menu of Kyso's icon.";
        start_declined: "Đã tắt theo ý bạn. Bật lại: kyso setup --autostart on", "Off, as you wish. To turn it on: kyso setup --autostart on";
        start_ask: "Để Kyso tự chạy mỗi khi bạn đăng nhập? {yes_no}", "Have Kyso start whenever you log in? {yes_no}";
        start_failed: "Không ghi được {path}: {why}. Kiểm tra quyền ghi và chỗ trống.", "{path} can't be written: {why}. Check its permissions and free space.";
        entry_tray: "Kyso – biểu tượng ký số", "Kyso – signing icon";
        entry_agent: "Kyso – dịch vụ ký số", "Kyso – signing agent";

        yes_no: "[Enter: có, k: không]", "[Enter: yes, n: no]";
        yes: "y yes c có co", "y yes";

        all_done: "Xong. Máy này đã sẵn sàng để ký.", "Done. This computer is ready to sign.";
        ready: "Máy này ký được. Còn việc chưa làm: {open}.", "This computer can sign. Still open: {open}.";
        not_ready: "Chưa ký được. Hãy làm việc đầu tiên có dấu ✗ rồi chạy lại «kyso setup».", "Not ready to sign. Do the first thing marked ✗, then run 'kyso setup' again.";
        page_again: "Để chạy lại «kyso setup»: bấm vào biểu tượng Kyso rồi chọn «{entry}».", "To run 'kyso setup' again, choose '{entry}' in the menu of Kyso's icon.";
        page_grows: "Đang tìm token và kiểm tra máy, xin đợi một lát. Trang này tự hiện tiếp; nếu có cửa sổ Kyso mở ra, hãy làm theo cửa sổ đó.", "Looking for the token and at this computer, one moment. This page goes on by itself; if a window of Kyso opens, answer there.";
        page_not_shown: "Không mở được trang kết quả {path}: {why}", "The page of what was found, {path}, could not be shown: {why}";
        help_page: "Hiện kết quả trên một trang, không cần cửa sổ dòng lệnh", "Show what was found on a page, without a terminal";
        enter: "Nhấn Enter để đóng.", "Press Enter to close.";
    }
}
