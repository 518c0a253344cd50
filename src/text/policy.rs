//! Words of the machine's policy: what is wrong with its files, and what they decide.

words! {
    /// Faults stand behind the file's name and line.
    PolicyWords {
        bad: "Không dùng được chính sách của máy, nên Kyso không chạy:\n{why}\nQuản trị viên sửa tệp, rồi kiểm tra bằng kyso policy check.", "The machine's policy can't be used, so Kyso does not run:\n{why}\nAn administrator mends it, then looks with kyso policy check.";
        bad_do: "Quản trị viên sửa tệp, rồi kiểm tra bằng kyso policy check; chưa sửa thì Kyso không chạy.", "An administrator mends it, then looks with kyso policy check: until then Kyso does not run.";
        about: "Chính sách của máy do quản trị viên đặt", "The machine's policy, as its administrator laid it down";
        about_check: "Kiểm tra một tệp chính sách, hoặc các tệp đang áp dụng; nêu mọi lỗi", "Look through a policy file, or those in force; name all that is wrong";
        about_explain: "Cho biết trang web được làm gì và dòng nào quyết định", "Tell what a site may do, and which line decides";
        about_show: "Hiện các mục đang áp dụng và dòng quyết định mỗi mục", "Show what is in force, each with the line that decides it";
        help_file: "Tệp cần kiểm tra; không nêu thì kiểm tra /etc/kyso", "The file; without one, what is in /etc/kyso";
        help_origin: "Địa chỉ trang web, như https://van-ban.tinh.vn", "The site's origin, such as https://documents.example";
        good: "Dùng được: {files}", "Good: {files}";
        may: "{origin} được hỏi, không cần người dùng cho phép trước; mỗi chữ ký vẫn hỏi người dùng.", "{origin} may ask, without a user's leave; each signature is still asked about.";
        may_not: "{origin} không được hỏi.", "{origin} may not ask.";
        may_not_by_users: "{origin} không được hỏi: chính sách không nêu trang này, và người dùng không cho phép thêm được.", "{origin} may not ask: no file names it, and users can let in no others.";
        may_not_http: "{origin} không được hỏi: địa chỉ http phải được chính sách nêu ra.", "{origin} may not ask: an http origin must be named by the policy.";
        may_if_person: "{origin} được hỏi nếu người dùng cho phép.", "{origin} may ask if the user lets it.";
        site_issuers: "Chỉ với chứng thư số do: {list}", "Only with certificates of: {list}";
        site_purposes: "Chỉ để: {list}", "Only for: {list}";
        by_nothing: "(không tệp nào quyết định)", "(no file decides this)";
        man_name: "TÊN", "NAME";
        man_named: "kyso-policy - chính sách của máy cho Kyso", "kyso-policy - the machine's policy for Kyso";
        man_description: "MÔ TẢ", "DESCRIPTION";
        man_described: "Kyso đọc /etc/kyso/policy.toml rồi các tệp /etc/kyso/policy.d/*.toml theo thứ tự tên, khi khởi động. Tệp phải thuộc root và người khác không ghi được; có lỗi thì Kyso không chạy (mã thoát 78). Khi các tệp khác nhau, giá trị chặt nhất có hiệu lực, từ chối thắng cho phép, và một trang phải theo mọi mục nêu trang đó. Chính sách chỉ thu hẹp hoặc cho phép hỏi trước; không bao giờ trả lời thay người dùng. kyso policy check kiểm tra, kyso policy explain cho biết dòng nào quyết định.", "Kyso reads /etc/kyso/policy.toml and then /etc/kyso/policy.d/*.toml in the order of their names when it starts. They must be owned by root and writable by nobody else; with a mistake in one Kyso does not start (exit code 78). Where files differ the strictest value holds, a refusal goes before a leave, and a site keeps to each entry that names it. Policy only narrows, or lets a site ask in advance; it never answers in a person's place. kyso policy check looks it through, kyso policy explain tells which line decides.";
        man_settings: "CÁC MỤC", "SETTINGS";
        man_settings_are: "Tên mục: bảng, dấu chấm, mục trong bảng. sites.* nằm trong mỗi [[sites]].", "A table, a dot, a setting in it. sites.* stand in each [[sites]].";
        topic: "Chính sách của máy", "The machine's policy";
        none: "Không có: máy này không giới hạn gì.", "None: this machine narrows nothing.";
        in_force: "Đang áp dụng: {files}", "In force: {files}";
        loose: "người khác ngoài root có thể thay đổi tệp này hoặc thư mục chứa tệp; đặt chủ là root và không cho người khác ghi", "others than root could change it or a folder above it; have it owned by root and writable by nobody else";
        range: "phải từ {least} đến {most}", "must be {least} to {most}";
        keep: "phải là false, hoặc idle từ 1 đến {idle} giây và most từ 1 đến {most} giây", "must be false, or idle of 1 to {idle} seconds and most of 1 to {most}";
        origin: "«{text}» không phải là địa chỉ trang web; viết như trình duyệt gửi: https://van-ban.tinh.vn, không có đường dẫn", "'{text}' is no origin; write it as browsers send it: https://documents.example, with no path";
        name: "«{text}» không phải là tên theo RFC 4514; viết như kyso certificates hiện ra: CN=…,O=…,C=VN", "'{text}' is no name by RFC 4514; write it as kyso certificates shows it: CN=…,O=…,C=VN";
        relative: "«{text}» không phải là đường dẫn đầy đủ; bắt đầu bằng «/»", "'{text}' is not an absolute path; begin with '/'";
        twice: "tệp này đã nêu {text} ở trên; gộp hai mục làm một", "this file names {text} above; make one of the two";
        address: "«{text}» không phải là địa chỉ máy thu nhật ký; viết MÁY:CỔNG", "'{text}' is no collector's address; write HOST:PORT";
        collectors: "chỉ có một máy thu nhật ký, mà tệp trước đã nêu ({text})", "there is one collector, and an earlier file names it ({text})";
    }
}
