//! Words of `kyso report`: the command's and the page's.

words! {
    /// What `kyso report` says.
    ReportWords {
        about: "Lập báo cáo thống kê sử dụng chữ ký số của một quý hoặc một năm",
            "Report signing statistics of a quarter or a year";
        help_year: "Năm báo cáo (mặc định: năm nay)", "The year (default: this one)";
        help_quarter: "Quý báo cáo, từ 1 đến 4; có --year mà không có --quarter thì báo cáo cả năm (mặc định: quý này)",
            "The quarter, 1 to 4; --year without --quarter is the whole year (default: this quarter)";
        help_format: "Định dạng: html, csv hoặc json (mặc định: theo tên tệp đích, nếu không rõ thì html)",
            "html, csv or json (default: by the file's name, else html)";
        help_out: "Tệp đích, chỉ người dùng hiện tại đọc được; dấu - là in ra màn hình (mặc định: kyso-KỲ.html tại thư mục hiện tại)",
            "File to write, readable by you alone; - is standard output (default: kyso-PERIOD.html in this folder)";
        help_office: "Tên cơ quan ghi trên báo cáo", "The office's name on the report";
        help_merge: "Gộp các bản nhật ký đã xuất của nhiều máy trong thư mục này (JSON Lines, CSV, audit.sqlite), thay cho nhật ký của máy này",
            "Merge the logs of many machines, exported into this folder (JSON Lines, CSV, audit.sqlite), instead of this machine's log";
        help_language: "Ngôn ngữ của báo cáo: vi hoặc en", "The report's language: vi or en";
        reading: "Đang đọc", "Reading";
        read: "Đã đọc {rows} dòng từ {files} tệp.", "Rows read: {rows}; files: {files}.";
        read_merged: "Đã đọc {rows} dòng từ {files} tệp của {machines} máy; bỏ qua {repeated} dòng trùng.",
            "Rows read: {rows}; files: {files}; machines: {machines}; repeated rows left out: {repeated}.";
        written: "Đã ghi báo cáo: {path}", "The report is written: {path}";
        refused_file: "Không tính tệp {name}: {why}", "Not counted: {name}: {why}";
        ignored_file: "Bỏ qua {name}: không phải bản nhật ký đã xuất.", "Left out {name}: it is no exported log.";
        nothing_to_merge: "Không có bản nhật ký nào trong {path}. Hãy chép vào đó các tệp tạo bằng lệnh kyso audit export.",
            "There is no exported log in {path}. Copy files there that kyso audit export made.";
        bad_folder: "Không đọc được thư mục {path}: {cause}. Hãy kiểm tra đường dẫn và quyền truy cập.",
            "The folder {path} can't be read: {cause}. Check the path and the permissions.";
        damaged: "Báo cáo có cảnh báo: hãy xem phần «Nguồn số liệu».", "The report carries a warning: see “Sources”.";

        title: "Báo cáo thống kê sử dụng chữ ký số", "Report on the use of digital signatures";
        quarter_1: "Quý I năm {year}", "First quarter of {year}";
        quarter_2: "Quý II năm {year}", "Second quarter of {year}";
        quarter_3: "Quý III năm {year}", "Third quarter of {year}";
        quarter_4: "Quý IV năm {year}", "Fourth quarter of {year}";
        whole_year: "Năm {year}", "The year {year}";
        from_to: "từ ngày {from} đến ngày {to}", "from {from} to {to}";
        so_far: "Kỳ báo cáo chưa kết thúc: số liệu tính đến ngày {day}.", "The period is not over: figures as of {day}.";
        made: "Lập lúc {time} ngày {day}, giờ địa phương (UTC{offset})", "Made at {time} on {day}, local time (UTC{offset})";

        warn_changed: "CẢNH BÁO: NHẬT KÝ ĐÃ BỊ SỬA ĐỔI. Số liệu dưới đây không đáng tin cậy.",
            "WARNING: THE LOG WAS CHANGED. The figures below can't be relied upon.";
        warn_refused: "CẢNH BÁO: có tệp bị hỏng hoặc bị sửa đổi nên không được tính. Số liệu dưới đây chưa đầy đủ.",
            "WARNING: some files are damaged or were changed and are not counted. The figures below are incomplete.";
        warn_unproven: "Có số liệu lấy từ tệp CSV: tệp CSV không đủ dữ liệu để kiểm chứng nội dung.",
            "Some figures come from CSV files, which do not hold what would prove their content.";
        warn_unclear: "Có {rows} dòng không đọc hiểu được nên không được thống kê.", "Rows that are not understood and not counted: {rows}.";

        key_figures: "Số liệu chính", "Key figures";
        signatures: "Chữ ký đã tạo", "Signatures made";
        requests: "Lượt yêu cầu ký", "Requests to sign";
        success: "Tỷ lệ ký thành công", "Signed of all requests";
        refusals: "Lượt từ chối hoặc quá giờ", "Refused or not answered";
        pin_failures: "Lần nhập sai mã PIN khi ký", "Wrong PINs while signing";
        sign_ins: "Lượt đăng nhập", "Sign-ins";
        sign_ins_failed: "chưa kể {number} lượt không thành công", "not counting {number} that did not succeed";
        median: "Thời gian ký trung vị", "Median time to sign";
        median_note: "từ khi hỏi đến khi có chữ ký; 90% không quá {time}", "from prompt to signature; 90% within {time}";
        a_month: "bình quân {number}/tháng", "{number} a month";
        pins_unknown: "chưa kể {number} lượt mà nhật ký không ghi rõ", "not counting requests whose rows don't tell: {number}";
        seconds: "{number} giây", "{number} s";
        by_persons: "của cá nhân", "by persons";
        by_seals: "bằng con dấu số của cơ quan", "by organisation seals";
        by_unknown: "không rõ cá nhân hay cơ quan", "person or organisation unknown";
        unreleased: "{number} chữ ký đã tạo nhưng không được cấp ra, không tính ở trên.",
            "{number} signatures were made and not released; they are not counted above.";

        end_signed: "Đã ký", "Signed";
        end_refused: "Từ chối, quá giờ", "Refused, timed out";
        end_failed: "Lỗi", "Failed";
        end_cancelled: "Bên yêu cầu hủy", "Cancelled";
        end_interrupted: "Gián đoạn", "Interrupted";

        months: "Theo tháng", "By month";
        months_chart: "Lượt yêu cầu ký theo tháng và kết quả", "Requests by month and outcome";
        months_describe: "Biểu đồ cột chồng, số liệu ở bảng ngay bên dưới. Nhiều nhất: {most} với {number} lượt.",
            "Stacked columns; the table below has the figures. Most: {most} with {number} requests.";
        no_requests: "Không có yêu cầu ký nào trong kỳ báo cáo.", "There were no requests to sign in this period.";
        month: "Tháng", "Month";
        month_name: "Tháng {month}", "Month {month}";
        month_short: "T{month}", "{month}";
        all: "Cộng", "Total";
        column_signatures: "Chữ ký", "Signatures";
        column_requests: "Lượt yêu cầu", "Requests";

        signatories: "Theo người ký và con dấu số của cơ quan", "By person and organisation seal";
        signatories_persons: "Chữ ký số cá nhân: số lượng và tần suất sử dụng", "Persons: number and frequency of use";
        signatories_seals: "Con dấu số của cơ quan: số lượng và tần suất sử dụng", "Organisation seals: number and frequency of use";
        signatories_unknown: "Không rõ cá nhân hay cơ quan: số lượng và tần suất sử dụng", "Person or organisation unknown: number and frequency of use";
        column_name: "Người ký", "Holder";
        column_place: "Chức vụ, đơn vị", "Title, office";
        column_share: "Tỷ trọng", "Share";
        column_days: "Số ngày có ký", "Days of use";
        column_a_month: "Bình quân/tháng", "A month";
        column_last: "Lần cuối", "Last";
        without_certificate: "{number} lượt kết thúc trước khi chọn chứng thư số nên không tính cho ai.",
            "{number} requests ended before a certificate was chosen and count for nobody.";
        nobody: "Không có.", "None.";
        unknown: "không rõ", "unknown";
        others: "Còn lại", "All others";

        certificates: "Theo chứng thư số", "By certificate";
        certificates_caption: "Chứng thư số đã dùng trong kỳ", "Certificates used in the period";
        column_certificate: "Chứng thư số", "Certificate";
        column_fingerprint: "Dấu vân tay (SHA-256)", "Fingerprint (SHA-256)";
        sites: "Theo trang yêu cầu", "By site";
        sites_caption: "Trang và chương trình yêu cầu ký", "Sites and programs that asked";
        column_site: "Trang", "Site";
        command_line: "dòng lệnh", "command line";
        tokens: "Theo token", "By token";
        tokens_caption: "Token, theo số sê-ri", "Tokens, by serial number";
        column_token: "Token", "Token";
        column_wrong_pins: "Sai mã PIN", "Wrong PINs";
        outcomes: "Theo kết quả", "By outcome";
        outcomes_caption: "Kết quả của các lượt yêu cầu ký", "How requests ended";
        column_outcome: "Kết quả", "Outcome";
        code_ok: "ký thành công", "signed";

        hours: "Thời điểm trong tuần", "Times of the week";
        hours_chart: "Số chữ ký theo ngày trong tuần và giờ", "Signatures by weekday and hour";
        hours_describe: "Bản đồ nhiệt, mỗi ô một giờ. Nhiều nhất: {day}, {hour} giờ, {number} chữ ký. Số liệu từng ô ở bảng bên dưới.",
            "Heat map, one cell an hour. Most: {day}, {hour} h, {number} signatures. The table below has each cell.";
        hours_table: "Số liệu từng giờ", "Figures by hour";
        column_day: "Ngày", "Day";
        less: "ít", "few";
        more: "nhiều", "many";
        day_1: "Thứ Hai", "Monday";
        day_2: "Thứ Ba", "Tuesday";
        day_3: "Thứ Tư", "Wednesday";
        day_4: "Thứ Năm", "Thursday";
        day_5: "Thứ Sáu", "Friday";
        day_6: "Thứ Bảy", "Saturday";
        day_7: "Chủ nhật", "Sunday";

        events: "Sự việc khác", "What else happened";
        events_caption: "Kết nối trang, mã PIN và kết quả gửi lại", "Sites, PINs, and replies sent again";
        event_admitted: "Trang được kết nối hoặc cho phép trước", "Sites paired or allowed in advance";
        event_refused: "Kết nối bị từ chối", "Pairings refused";
        event_revoked: "Trang bị thu hồi quyền", "Sites revoked";
        event_pin_set: "Đổi, mở khóa mã PIN thành công", "PINs changed or unblocked";
        event_pin_not_set: "Đổi, mở khóa mã PIN không thành công", "PINs not changed or unblocked";
        event_replayed: "Gửi lại kết quả cũ", "Replies sent again";
        column_event: "Sự việc", "Event";
        column_number: "Số lần", "Number";

        inventory: "Danh mục chứng thư số", "Inventory of certificates";
        inventory_caption: "Chứng thư số có trong nhật ký và trên token, xếp theo mức cần gia hạn",
            "Certificates in the log and on tokens, most urgent first";
        inventory_all: "Chứng thư số chưa dùng lấy từ {lists} danh sách chứng thư số trên token.",
            "Unused certificates are from {lists} lists of certificates on tokens.";
        inventory_log_alone: "Danh mục chỉ gồm chứng thư số có trong nhật ký: không có danh sách chứng thư số trên token nên không rõ chứng thư số nào chưa dùng.",
            "Only certificates in the log are listed: there was no list of those on tokens, so unused ones are not known.";
        column_kind: "Loại", "Kind";
        kind_person: "cá nhân", "person";
        kind_seal: "cơ quan", "organisation";
        column_expires: "Hết hạn", "Expires";
        column_state: "Tình trạng", "State";
        column_last_used: "Dùng lần cuối", "Last used";
        state_expired: "đã hết hạn", "expired";
        state_today: "hết hạn hôm nay", "expires today";
        state_tomorrow: "còn 1 ngày", "1 day left";
        state_soon: "còn {days} ngày", "{days} days left";
        state_lasting: "còn hạn", "valid";
        never_used: "chưa dùng", "never used";

        sources: "Nguồn số liệu và cách tính", "Sources and method";
        sources_caption: "Nhật ký đã đọc", "Logs that were read";
        sources_read: "Đã đọc {rows} dòng từ {files} tệp.", "Rows read: {rows}; files: {files}.";
        sources_machines: "Các tệp thuộc {machines} máy.", "Machines: {machines}.";
        sources_in_period: "{rows} dòng trong số đó thuộc kỳ báo cáo.", "Rows in the period: {rows}.";
        column_file: "Tệp", "File";
        column_rows: "Số dòng", "Rows";
        column_repeated: "Dòng trùng", "Repeated";
        column_head: "Dòng cuối và mã băm", "Last row and its hash";
        column_proof: "Kiểm chứng", "Proof";
        proof_whole: "nguyên vẹn", "intact";
        proof_later: "nguyên vẹn kể từ dòng {first}", "intact from row {first} on";
        proof_unproven: "đủ dòng, không kiểm chứng được nội dung (CSV)", "no row missing, content not provable (CSV)";
        proof_changed: "ĐÃ BỊ SỬA ĐỔI, vẫn tính: {why}", "CHANGED, counted all the same: {why}";
        proof_refused: "KHÔNG TÍNH: {why}", "NOT COUNTED: {why}";
        method_zone: "Ngày, giờ tính theo giờ địa phương của máy lập báo cáo (UTC{offset}). Một lượt yêu cầu thuộc ngày nó kết thúc.",
            "Days and hours are local time of the machine that made the report (UTC{offset}). A request belongs to the day it ended.";
        method_holder: "Cá nhân hay con dấu số của cơ quan: theo chính sách chứng thư (ETSI EN 319 411-2); nếu không có thì theo tên chủ thể: có số định danh cá nhân (CCCD, CMND, hộ chiếu), chức danh hoặc họ tên riêng là cá nhân; có mã số thuế, mã đơn vị, hoặc tên trùng với tên cơ quan là con dấu số; còn lại ghi «không rõ».",
            "Person or organisation seal: by the certificate's policy (ETSI EN 319 411-2); else by its subject: a personal number, a title or a given name is a person's; a tax or unit number, or a name that is the organisation's own, is a seal's; all others are “unknown”.";
        method_sign_ins: "Lượt đăng nhập vào trang web bằng token được tính riêng: không phải chữ ký trên văn bản, nên không có trong số chữ ký và lượt yêu cầu ký ở bất kỳ mục nào.",
            "Sign-ins at websites with the token are counted apart: they are no signatures over documents, so no figure of signatures or of requests to sign includes them.";
        method_frequency: "Tần suất: số ngày có ký và bình quân chữ ký mỗi tháng, chia cho số tháng của kỳ đã bắt đầu.",
            "Frequency: days with a signature, and signatures a month over the months of the period that have begun.";
        method_signer: "Chứng thư số gia hạn có cùng số định danh hoặc cùng tên chủ thể được tính cho cùng một người ký.",
            "Renewed certificates with the same number, or else the same subject, count for the same holder.";
        made_by: "Lập bằng Kyso {version} từ nhật ký ký số.", "Made by Kyso {version} from the signing log.";
        place_maker: "Người lập báo cáo", "Prepared by";
        place_head: "Thủ trưởng cơ quan", "Head of the office";
        place_sign: "(ký, ghi rõ họ tên)", "(signature and name)";
    }
}

use super::Lang;

impl ReportWords {
    /// `Quý III năm 2026`, `Năm 2026`.
    pub fn period(&self, year: i32, quarter: Option<u8>) -> String {
        let sentence = match quarter {
            Some(1) => self.quarter_1,
            Some(2) => self.quarter_2,
            Some(3) => self.quarter_3,
            Some(_) => self.quarter_4,
            None => self.whole_year,
        };
        super::fill(sentence, &[("year", &year.to_string())]).into_owned()
    }

    /// Monday first.
    pub fn weekdays(&self) -> [&'static str; 7] {
        [self.day_1, self.day_2, self.day_3, self.day_4, self.day_5, self.day_6, self.day_7]
    }

    /// In the order of `End::ALL`.
    pub fn ends(&self) -> [&'static str; 5] {
        [self.end_signed, self.end_refused, self.end_failed, self.end_cancelled, self.end_interrupted]
    }
}

/// What an outcome's code means; a code that is not known stays as it is.
pub fn outcome(code: &str, lang: Lang) -> String {
    let words = ReportWords::of(lang);
    match code {
        "ok" => words.code_ok.to_owned(),
        "interrupted" => super::audit::AuditWords::of(lang).interrupted.to_owned(),
        "" => words.unknown.to_owned(),
        code => super::audit::outcome(code, lang).to_owned(),
    }
}
