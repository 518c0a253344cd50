//! Words of `kyso-simulator`, and whom its test certificates name.

words! {
    /// Its help, its complaints, and what it says of each request.
    SimulatorWords {
        about: "Kyso giả lập, để kiểm thử hệ thống văn bản: API, cổng kiểm soát và nhật ký thật; khóa tạm thời, chứng thư số TEST, câu trả lời theo kịch bản. Không dùng để ký thật.", "A simulated Kyso, to test document systems with: the real API, gate and log; keys of the moment, certificates that say TEST, scripted answers. Not for real signatures.";
        port: "Cổng trên 127.0.0.1; 0: cổng trống bất kỳ (mặc định: cổng trống đầu tiên từ 21480 đến 21543)", "Port on 127.0.0.1; 0: any free one (default: the first free one of 21480 to 21543)";
        folder: "Thư mục riêng: nhật ký, định danh, và chứng thư số gốc thử nghiệm root.pem", "A folder of its own: log, identity, and the test root root.pem";
        script: "Kịch bản (TOML): câu trả lời cho những tên không đổi được và cho việc đăng nhập", "Script (TOML): answers for names that can't be changed, and for sign-ins";
        marks: "Câu trả lời theo tên của văn bản đầu tiên (khi kết nối: tên của trang):", "Answers by the first document's name (when pairing: the page's name):";
        otherwise: "Mọi tên khác đều được đồng ý. In một dòng JSON khi sẵn sàng; dừng khi có SIGTERM hoặc khi stdin đóng.", "Every other name is approved. Prints one line of JSON when ready; stops on SIGTERM or when stdin closes.";
        see_help: "Xem «kyso-simulator --help».", "See 'kyso-simulator --help'.";

        bad_script: "Không dùng được kịch bản {path}: {why}", "The script {path} can't be used: {why}";
        in_use: "Một kyso-simulator khác đang dùng thư mục này (khóa {path}).", "Another kyso-simulator uses this folder (lock {path}).";
        no_root: "Không ghi được {path}: {why}.", "{path} can't be written: {why}.";
        no_keys: "Không tạo được khóa và chứng thư số thử nghiệm: {why}.", "The test keys and certificates can't be made: {why}.";

        sign: "{who} xin ký {count} văn bản, đầu tiên là «{name}»: {answer}", "{who} asks for signatures ({count}, the first for '{name}'): {answer}";
        sign_in: "{who} xin đăng nhập: {answer}", "{who} asks to sign in: {answer}";
        pair: "{who} xin kết nối, tự xưng «{name}»: {answer}", "{who} asks to pair, calls itself '{name}': {answer}";
    }
}

/// The person of the test certificates; all names in them are in Vietnamese, as real ones are.
pub const PERSON: &str = "TEST Nguyễn Văn Thử Nghiệm";
/// The person's title.
pub const TITLE: &str = "Chủ tịch";
/// The organisation: the person's, and the seal's own.
pub const ORGANISATION: &str = "TEST Ủy ban nhân dân xã Thử Nghiệm";
/// The authority.
pub const AUTHORITY: &str = "TEST Kyso giả lập";
