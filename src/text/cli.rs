//! Words of the command line.

words! {
    /// Help, results and complaints of `kyso …`.
    CliWords {
        about: "Kyso: ký số bằng token cho các hệ thống văn bản trên web", "Kyso: token signatures for web document systems";
        usage: "Cách dùng", "Usage";
        commands: "Lệnh", "Commands";
        arguments: "Tham số", "Arguments";
        options: "Tùy chọn", "Options";
        help: "In trợ giúp này", "Print this help";
        version: "In phiên bản", "Print the version";

        agent: "Chạy dịch vụ ký số trên máy này", "Run the signing agent";
        agent_config: "Tệp cấu hình", "Configuration file";
        agent_port: "Cổng trên 127.0.0.1 (mặc định: cổng trống đầu tiên từ 21480 đến 21543)", "Port on 127.0.0.1 (default: the first free one of 21480 to 21543)";
        agent_prompt: "Nơi hỏi người dùng: window (cửa sổ) hoặc terminal (dòng lệnh)", "Where the person is asked: window or terminal";
        agent_check: "Chỉ kiểm tra cấu hình rồi thoát", "Check the configuration and exit";
        tokens: "Liệt kê các token đang cắm", "List the tokens that are plugged in";
        tokens_watch: "Rồi in từng thay đổi (+ cắm vào, - rút ra, ~ khác đi) cho đến khi bị dừng", "Then print each change (+ came, - left, ~ is another) until stopped";
        watch_no_agent: "Theo dõi token cần dịch vụ đang chạy: hãy chạy «kyso agent».", "Watching tokens takes a running agent: start 'kyso agent'.";
        certificates: "Liệt kê chứng thư số trên các token", "List the certificates on the tokens";
        json: "In JSON cho chương trình khác đọc", "Print JSON for other programs";
        sign: "Ký một tệp hoặc một mã băm", "Sign a file or a digest";
        sign_file: "Tệp cần ký (chữ ký trên SHA-256 của tệp)", "File to sign (its SHA-256 is signed)";
        sign_digest: "Mã băm dạng hex: 64 chữ số là SHA-256, 96 là SHA-384, 128 là SHA-512", "Digest in hex: 64 digits are SHA-256, 96 SHA-384, 128 SHA-512";
        sign_certificate: "Chứng thư số: sha256:… như trong «kyso certificates»", "Certificate: sha256:… as in 'kyso certificates'";
        sign_scheme: "rsa-pkcs1, rsa-pss hoặc ecdsa (mặc định theo khóa)", "rsa-pkcs1, rsa-pss or ecdsa (default: the key's own)";
        sign_cms: "Tạo chữ ký CMS đầy đủ (CAdES-B, tách rời tệp gốc)", "Make a complete CMS signature (CAdES-B, detached)";
        sign_out: "Ghi chữ ký vào tệp này (mặc định: in base64)", "Write the signature to this file (default: print base64)";
        origins: "Xem và quản lý các trang web được phép hỏi", "See and manage the sites that may ask";
        origins_list: "Liệt kê các trang web", "List the sites";
        origins_allow: "Cho phép trước: kết nối không cần hỏi, cho đến khi thu hồi", "Allow in advance: the site pairs without a question, until revoked";
        origins_revoke: "Thu hồi: trang phải kết nối lại; cũng bỏ chặn", "Revoke: the site must pair again; lifts a block, too";
        origins_origin: "Trang web, ví dụ https://vanban.example.gov.vn", "Site, such as https://vanban.example.gov.vn";
        doctor: "Kiểm tra: thư viện, token, cổng, cửa sổ hỏi, nhật ký", "Examine: modules, tokens, port, prompt, log";
        completions: "In bộ gợi ý lệnh cho shell", "Print shell completions";
        completions_shell: "bash, zsh, fish, elvish hoặc powershell", "bash, zsh, fish, elvish or powershell";
        launch: "Khởi động dịch vụ từ một trang web (màn hình làm việc tự gọi)", "Start the agent from a web page (called by the desktop)";
        launch_address: "Chỉ nhận kyso:start", "Only kyso:start is taken";
        launch_refused: "Không nhận địa chỉ «{address}». Chỉ kyso:start khởi động được Kyso; không có gì được thực hiện.", "The address '{address}' is not taken. Only kyso:start starts Kyso; nothing was done.";
        prompt: "Hỏi người dùng (dịch vụ tự gọi)", "Ask the person (started by the agent)";

        serving: "đang nghe tại {address}", "serving at {address}";
        stopped: "đã dừng", "stopped";
        check_ok: "Cấu hình dùng được: {file}", "The configuration can be used: {file}";
        check_defaults: "Không có tệp cấu hình tại {file}: dùng mặc định.", "No configuration file at {file}: defaults are used.";

        no_home: "Không tìm thấy thư mục của người dùng. Hãy đặt biến HOME.", "The user's home folder was not found. Set HOME.";
        no_folder: "Không tạo được thư mục {path}: {why}. Hãy kiểm tra quyền ghi và chỗ trống.", "The folder {path} can't be made: {why}. Check its permissions and free space.";
        bad_config: "Không dùng được cấu hình. {why}\nHãy sửa tệp rồi chạy «kyso agent --check».", "The configuration can't be used. {why}\nMend the file, then run 'kyso agent --check'.";
        already: "Kyso đang chạy cho người dùng này rồi (khóa {path}). Hãy dùng dịch vụ đang chạy hoặc dừng nó trước.", "Kyso already runs for this user (lock {path}). Use the running agent or stop it first.";
        no_lock: "Không khóa được {path}: {why}.", "{path} can't be locked: {why}.";
        no_port: "Không mở được cổng: {why}. Hãy đóng chương trình đang giữ cổng hoặc chọn cổng khác bằng --port.", "No port can be opened: {why}. Close the program that holds it, or choose another with --port.";
        no_log: "Không mở được nhật ký {path}: {why}. Không có nhật ký thì không ký; hãy kiểm tra chỗ trống và quyền ghi.", "The log {path} can't be opened: {why}. Nothing is signed without it; check free space and permissions.";
        no_identity: "Không đọc hoặc tạo được khóa định danh {path}: {why}. Hãy kiểm tra quyền của tệp; nếu tệp hỏng, chuyển nó đi và kết nối lại các trang.", "The identity key {path} can't be read or made: {why}. Check its permissions; if it is damaged, move it away and pair the sites again.";
        no_control: "Không mở được kênh điều khiển {path}: {why}.", "The control socket {path} can't be opened: {why}.";
        no_input: "Không đọc được {path}: {why}.", "{path} can't be read: {why}.";
        no_output: "Không ghi được {path}: {why}. Chữ ký đã tạo và đã ghi nhật ký; nó được in dưới đây.", "{path} can't be written: {why}. The signature was made and recorded; it is printed below.";
        broken_talk: "Dịch vụ đang chạy không trả lời đúng: {why}. Hãy khởi động lại nó.", "The running agent does not answer as it should: {why}. Restart it.";
        bad_digest: "Mã băm phải là 64, 96 hoặc 128 chữ số hex.", "The digest must be 64, 96 or 128 hex digits.";
        bad_certificate: "Chứng thư số phải là sha256: và 64 chữ số hex, như «kyso certificates» in ra.", "The certificate must be sha256: and 64 hex digits, as 'kyso certificates' prints it.";
        bad_origin: "«{text}» không phải là địa chỉ trang web. Hãy viết như https://vanban.example.gov.vn, không có dấu / ở cuối.", "'{text}' is not a site's origin. Write it like https://vanban.example.gov.vn, without a / at the end.";
        wrong_command: "Không có lệnh «{name}».", "There is no command '{name}'.";
        wrong_argument: "Không hiểu tham số «{name}».", "The argument '{name}' is not understood.";
        missing_argument: "Thiếu {name}.", "{name} is missing.";
        wrong_value: "Giá trị «{value}» không hợp với {name}.", "The value '{value}' does not suit {name}.";
        not_understood: "Không hiểu dòng lệnh này.", "This command line is not understood.";
        see_help: "Xem «kyso --help».", "See 'kyso --help'.";
        apart: "{name} không đi cùng {other}: hãy bỏ một trong hai.", "{name} does not go with {other}: leave one of them out.";
        choose_file_or_digest: "Hãy nêu một tệp hoặc --digest, không phải cả hai.", "Name a file or --digest, not both.";

        no_tokens: "Không thấy token nào. Hãy cắm token; nếu đã cắm, chạy «kyso doctor».", "No token was found. Plug it in; if it is, run 'kyso doctor'.";
        no_certificates: "Không có chứng thư số nào trên các token đang cắm.", "There is no certificate on the tokens that are plugged in.";
        no_origins: "Chưa có trang web nào được phép hỏi.", "No site may ask yet.";
        token_line: "{label}  (sê-ri {serial}; {model}, {manufacturer}; PIN: {pin})", "{label}  (serial {serial}; {model}, {manufacturer}; PIN: {pin})";
        pin_ok: "bình thường", "ok";
        pin_low: "đã nhập sai", "a wrong one was typed";
        pin_final_try: "còn một lần thử", "one try left";
        pin_locked: "đã khóa", "locked";
        pin_must_change: "phải đổi", "must be changed";
        pin_reader: "nhập trên đầu đọc", "typed on the reader";
        certificate_issuer: "Cấp bởi: {issuer}", "Issued by: {issuer}";
        certificate_valid: "Hiệu lực: {from} đến {until}", "Valid: {from} to {until}";
        certificate_key: "Khóa: {key}; dùng để: {purposes}", "Key: {key}; for: {purposes}";
        purpose_sign: "ký văn bản", "signing";
        purpose_authenticate: "đăng nhập", "signing in";
        purpose_none: "không rõ", "nothing known";
        expired: "ĐÃ HẾT HẠN", "EXPIRED";
        not_yet: "CHƯA CÓ HIỆU LỰC", "NOT YET VALID";
        origin_allowed: "được phép trước", "allowed in advance";
        origin_refused: "bị chặn", "blocked";
        origin_pairing: "1 lượt kết nối", "1 pairing";
        origin_pairings: "{n} lượt kết nối", "{n} pairings";
        allowed: "Đã cho phép {origin}: kết nối không cần hỏi, cho đến khi thu hồi.", "{origin} is allowed: it pairs without a question, until revoked.";
        revoked: "Đã thu hồi {origin}.", "{origin} is revoked.";
        not_there: "{origin} không có trong danh sách.", "{origin} is not on the list.";
        hashing: "Đang tính SHA-256", "Computing SHA-256";
        signed_by: "Đã ký bằng {subject}; số nhật ký {sequence}.", "Signed by {subject}; log entry {sequence}.";
    }
}
