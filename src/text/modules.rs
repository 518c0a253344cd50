//! Words of `kyso doctor` about each library that could have been a token's.

words! {
    /// `…_do` is what to do about it.
    ModuleWords {
        plain: "{path}", "{path}";
        vendor: "{path} ({vendor}, dùng cho {used_by})", "{path} ({vendor}, for {used_by})";
        no_name: "(không nêu thư viện)", "(names no library)";
        named_by: "Tệp p11-kit: {file}", "p11-kit file: {file}";
        taken: "Được dùng.", "Used.";
        shut_in: "Cách ly: không mạng, không chạy chương trình khác, không đọc tệp của bạn (Landlock {version}).", "Shut in: no network, no other programs, none of your files (Landlock {version}).";
        sockets: "Nó vẫn nối được tới chương trình khác qua socket có tên, kể cả bus của phiên làm việc.", "It can still connect to other programs' named sockets, the session bus among them.";
        no_landlock: "Cách ly: không mạng, không chạy chương trình khác. Nhân hệ điều hành này thiếu Landlock, nên thư viện vẫn đọc được tệp của bạn.", "Shut in: no network, no other programs. This kernel lacks Landlock, so the library could read your files.";
        landlock_off: "Cách ly: không mạng, không chạy chương trình khác. Landlock được tắt cho thư viện này, nên nó vẫn đọc được tệp của bạn.", "Shut in: no network, no other programs. Landlock is off for this library, so it could read your files.";
        no_folder: "Thư mục mà thư viện được ghi chưa có: {path}", "A folder that the library may write to is not there: {path}";
        no_folder_do: "Tạo thư mục đó, hoặc sửa writable trong tệp cấu hình, rồi khởi động lại kyso agent.", "Make the folder, or mend writable in the configuration, then start kyso agent anew.";
        failed: "Không dùng được: {why}", "Can't be used: {why}";
        failed_do: "Rút token ra rồi cắm lại. Nếu vẫn lỗi, cài lại phần mềm của nhà cung cấp token.", "Take the token out and plug it in again. If it stays, install the token vendor's software anew.";
        relative: "Không dùng: đường dẫn không đầy đủ.", "Not used: not an absolute path.";
        relative_do: "Ghi đường dẫn bắt đầu bằng «/».", "Write a path that begins with '/'.";
        missing: "Không dùng: không đọc được ({why}).", "Not used: it can't be read ({why}).";
        missing_do: "Cài đặt phần mềm của nhà cung cấp token, hoặc sửa đường dẫn ở mục modules của tệp cấu hình.", "Install the token vendor's software, or mend the path under modules in the configuration.";
        no_file: "Không dùng: không phải là tệp.", "Not used: not a file.";
        others: "Không dùng: người khác trên máy có thể thay đổi tệp hoặc thư mục chứa tệp.", "Not used: other users of this machine could change it or a folder above it.";
        others_do: "Cài lại phần mềm bằng quyền quản trị, hoặc sửa quyền: chủ là root hoặc bạn, người khác không được ghi.", "Install the software as administrator, or mend the permissions: owned by root or you, writable by nobody else.";
        no_library: "Không dùng: không phải là thư viện của hệ điều hành này.", "Not used: not a library of this system.";
        machine: "Không dùng: dành cho loại máy khác ({machine}).", "Not used: made for another kind of machine ({machine}).";
        machine_do: "Cài bản dành cho máy này, thường là bản 64 bit, của nhà cung cấp token.", "Install the token vendor's version for this machine, usually the 64-bit one.";
        no_pkcs11: "Không dùng: không phải là thư viện PKCS#11 (không có C_GetFunctionList).", "Not used: not a PKCS#11 library (it has no C_GetFunctionList).";
        elsewhere: "Không dùng: không nằm trong thư mục thư viện của hệ thống.", "Not used: not in one of the system's folders for libraries.";
        elsewhere_do: "Nếu bạn tin thư viện này, ghi đường dẫn vào mục modules của tệp cấu hình; khi đó chỉ các thư viện ghi ở đó được dùng.", "If you trust it, write its path under modules in the configuration; then only what is named there is used.";
        switched_off: "Không dùng: tệp p11-kit đã tắt, hoặc chỉ dành cho chương trình khác.", "Not used: its p11-kit file turns it off, or has it for other programs.";
        trust: "Không dùng: chỉ chứa chứng thư của các tổ chức chứng thực, không có khóa để ký.", "Not used: it holds certificates of authorities, no keys to sign with.";
        remote: "Không dùng: tệp p11-kit muốn chạy một lệnh thay cho thư viện; Kyso không chạy lệnh của tệp này.", "Not used: its p11-kit file wants a command run in its place; Kyso runs none.";
        proxy: "Không dùng: chỉ chuyển tiếp tới các thư viện đã có ở đây.", "Not used: it only passes on the libraries that are here already.";
        twice: "Không dùng: cùng một thư viện với {path}.", "Not used: the same library as {path}.";
        policy: "Không dùng: chính sách của máy không cho phép.", "Not used: refused by the machine's policy.";
        policy_do: "Nếu cần thư viện này, đề nghị bộ phận công nghệ thông tin sửa mục [modules] trong /etc/kyso/policy.toml.", "If you need it, ask your IT department to change [modules] in /etc/kyso/policy.toml.";
        broken: "Không dùng: không đọc được tệp p11-kit ({why}).", "Not used: the p11-kit file can't be read ({why}).";
        broken_do: "Sửa tệp p11-kit, mỗi dòng một mục «tên: giá trị», hoặc cài lại gói chứa tệp.", "Mend the p11-kit file, one 'name: value' a line, or install its package anew.";
    }
}
