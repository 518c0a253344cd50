//! Words of `kyso doctor --module`: the examination of one library.

use super::fill;

words! {
    /// Help, the table's words and what is said around it.
    ConformanceWords {
        module: "Chỉ kiểm tra thư viện PKCS#11 này, in một bảng để gửi kèm khi báo lỗi (không có mã PIN, tên người, số sê-ri đầy đủ)", "Examine this PKCS#11 library alone and print one table for a bug report (no PIN, no names, no whole serial number)";
        sign: "Ký thử bằng mỗi chứng thư số, theo mỗi cách ký của khóa: có hỏi bạn, có ghi nhật ký", "Try to sign with each certificate and each scheme of its key: you are asked, and it is logged";
        certificate: "Chỉ ký thử bằng chứng thư số này: sha256:… như trong «kyso certificates»", "Try this certificate alone: sha256:… as in 'kyso certificates'";
        names: "In cả nhãn, số sê-ri của token và tên trong chứng thư số", "Print the token's label and serial number and the certificates' names, too";
        out: "Ghi chữ ký thử và chứng thư số vào thư mục này, để kiểm tra bằng công cụ khác", "Write the trial signatures and certificates to this folder, to verify with another tool";
        reserved: "Chuỗi dành riêng của C_Initialize", "Reserved string of C_Initialize";
        parallel: "Số phiên ký song song (1 đến 16)", "Sessions that a batch is split over (1 to 16)";
        slow: "Cho thư viện thời gian gấp bốn", "Give its calls four times as long";
        network: "Thư viện nối tới token qua TCP", "It reaches its token over TCP";
        writable: "Thư mục mà thư viện được ghi (có thể nêu nhiều lần)", "A folder that it writes to (may be given more than once)";
        no_landlock: "Không che các tệp khác khỏi thư viện", "Do not keep other files from it";

        title: "kyso {version}, {system}: {command}", "kyso {version}, {system}: {command}";
        column_step: "BƯỚC", "STEP";
        column_outcome: "KẾT QUẢ", "OUTCOME";
        column_ms: "MS", "MS";
        column_details: "CHI TIẾT", "DETAILS";
        ok: "đạt", "ok";
        not_tried: "không thử", "not tried";
        step_module: "thư viện", "library";
        step_slot: "khe {n}", "slot {n}";
        step_token: "token {n}", "token {n}";
        step_mechanisms: "cơ chế {n}", "mechanisms {n}";
        step_objects: "đối tượng {n}", "objects {n}";
        step_list: "liệt kê", "listing";
        step_certificate: "chứng thư số {n}", "certificate {n}";
        step_trial: "ký thử {n} {scheme}", "trial {n} {scheme}";

        settings: "parallel {parallel}{slow}{network}{writable}{reserved}, {landlock}", "parallel {parallel}{slow}{network}{writable}{reserved}, {landlock}";
        landlock_on: "Landlock {version}", "Landlock {version}";
        landlock_missing: "nhân thiếu Landlock", "the kernel lacks Landlock";
        landlock_off: "Landlock tắt", "Landlock off";
        library: "{manufacturer}: «{description}» {version}, PKCS#11 {interface}", "{manufacturer}: \"{description}\" {version}, PKCS#11 {interface}";
        slots: "{n} khe, {tokens} có token", "slots: {n}, with a token: {tokens}";
        slots_cut: "{n} khe; chỉ xem {most} khe đầu", "{n} slots; the first {most} are looked at";
        token: "{manufacturer}, {model}, phần cứng {hardware}, phần sụn {firmware}; sê-ri {serial}; PIN {least}–{most}; {flags}", "{manufacturer}, {model}, hardware {hardware}, firmware {firmware}; serial {serial}; PIN {least}–{most}; {flags}";
        label: "nhãn «{label}»", "label \"{label}\"";
        length: "…{end} ({n} ký tự)", "…{end} ({n} characters)";
        no_serial: "trống", "empty";
        beside: "ngoài ra {names}", "also {names}";
        no_mechanism: "không có cơ chế ký nào Kyso biết", "none that signs and that Kyso knows";
        in_hardware: "trong phần cứng", "in hardware";
        no_sign: "không ký", "does not sign";
        objects: "khi chưa đăng nhập: {certificates} chứng thư số, {public} khóa công khai, {private} khóa riêng", "without a login: certificates: {certificates}, public keys: {public}, private keys: {private}";
        listed: "{tokens} token, {certificates} chứng thư số dùng được", "tokens: {tokens}, certificates that can be read: {certificates}";
        no_token: "không thấy token nào đã khởi tạo", "no token that is initialised";
        certificate_key: "{key}; {usage}; CKA_ID {id}", "{key}; {usage}; CKA_ID {id}";
        no_usage: "không nêu mục đích", "no usage named";
        no_id: "trống", "empty";
        id_cut: "{start}… ({n} byte)", "{start}… ({n} bytes)";
        expired: "đã hết hạn", "expired";
        not_yet: "chưa có hiệu lực", "not yet valid";
        not_for_signing: "không dùng để ký văn bản", "not for signing documents";
        no_scheme: "khóa không ký được mã băm", "a key that signs no digests";
        verified: "{n} chữ ký đúng ({hashes}); tìm {find}, đăng nhập {login}, tìm khóa {key}, ký {sign}, thoát {logout}", "{n} verified ({hashes}); find {find}, login {login}, key {key}, sign {sign}, logout {logout}";
        each: "{n} × {ms}", "{n} × {ms}";
        failed_at: "ở {hash}", "at {hash}";
        within: "trong {step}", "in {step}";
        made: "đã ký được {n}", "{n} signed before";
        refused_before: "đã dừng", "stopped";

        document: "Bản ký thử của kyso doctor, không có giá trị ({hash})", "Trial of kyso doctor, without any value ({hash})";
        looking: "Đang xem thư viện và token…", "Looking at the library and its tokens…";
        before: "Sẽ ký thử {n} lần; mỗi lần hỏi bạn và hỏi mã PIN một lần (tất cả {n} lần nhập mã PIN, trừ khi giữ đăng nhập). Chữ ký thử được ghi nhật ký, không gửi đi đâu. Nhấn Esc hoặc Ctrl+C để dừng.", "Trial signings that follow: {n}. Each asks you, and asks for the PIN once (PINs in all: {n}, unless a login is kept). Trials are logged and sent nowhere. Esc or Ctrl+C stops.";
        now: "Ký thử {at}/{n}: {key}, {scheme}", "Trial {at} of {n}: {key}, {scheme}";
        none_to_try: "Không có chứng thư số nào để ký thử.", "There is no certificate to try.";
        all_well: "Tất cả đều đạt.", "All passed.";
        not_all_well: "Có bước không đạt. Hãy gửi kèm bảng này khi báo lỗi.", "Not everything passed. Send the table with a bug report.";
        stopped: "Đã dừng theo yêu cầu; bảng chỉ có phần đã làm.", "Stopped as asked; the table has what was done.";
        agent_runs: "Kyso đang chạy và giữ nhật ký, nên không ký thử được. Hãy dừng nó trước («systemctl --user stop kyso»), hoặc bỏ --sign.", "Kyso is running and holds the log, so no trial can be signed. Stop it first ('systemctl --user stop kyso'), or leave out --sign.";
        no_out: "Không ghi được {path}: {why}.", "{path} can't be written: {why}.";
    }
}

impl ConformanceWords {
    /// In which step something happened.
    pub fn in_step(&self, step: &str) -> String {
        fill(self.within, &[("step", step)]).into_owned()
    }
}

/// What each trial signs, whatever the language: whoever finds such a signature reads what it is worth.
pub const SENTENCE: &str = "Kyso doctor trial: this signature shows only that a token can sign. It agrees to nothing. \
     Bản ký thử của kyso doctor: chữ ký này chỉ cho thấy token ký được, không có giá trị nào khác.\n";
