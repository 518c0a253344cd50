//! Words of `kyso support-bundle`.

words! {
    /// The bundle's headings, and what is said around it.
    SupportWords {
        about: "Gom thông tin để người hỗ trợ tìm lỗi: không có tên, mã băm, số sê-ri, văn bản hay mã PIN", "Gather what helps to find a fault: without names, digests, serial numbers, documents or PINs";
        file: "Tệp ghi ra (mặc định: kyso-support.txt)", "File to write (default: kyso-support.txt)";
        yes: "Ghi mà không hỏi", "Write without asking";
        head: "Thông tin hỗ trợ của Kyso. Tên người, tên văn bản, nhãn và số sê-ri token, mã băm và đường dẫn riêng đã được thay bằng dấu.", "Kyso support bundle. People's and documents' names, tokens' labels and serial numbers, digests and private paths are replaced by marks.";
        versions: "PHIÊN BẢN", "VERSIONS";
        agent: "DỊCH VỤ", "AGENT";
        agent_none: "không chạy", "does not run";
        tokens: "TOKEN VÀ CHỨNG THƯ SỐ", "TOKENS AND CERTIFICATES";
        doctor: "KIỂM TRA (kyso doctor)", "EXAMINATION (kyso doctor)";
        config: "CẤU HÌNH {file}", "CONFIGURATION {file}";
        config_none: "không có tệp", "no file";
        config_bad: "không dùng được: {why}\nCác phần khác của tệp này theo mặc định.", "can't be used: {why}\nThe other parts of this file go by the defaults.";
        policy: "CHÍNH SÁCH CỦA MÁY", "THE MACHINE'S POLICY";
        policy_bad: "không dùng được:\n{why}\nCác phần khác của tệp này coi như không có chính sách.", "can't be used:\n{why}\nThe other parts of this file go on as if there were no policy.";
        unexamined: "không kiểm tra được: thiếu một chương trình của Kyso", "could not be examined: a program of Kyso's is missing";
        statistics: "NHẬT KÝ KÝ SỐ, CHỈ SỐ LƯỢNG", "SIGNING LOG, COUNTS ONLY";
        lines: "CÁC DÒNG CUỐI CỦA DỊCH VỤ", "THE AGENT'S LAST LINES";
        none: "không có", "none";
        unread: "không đọc được: {why}", "can't be read: {why}";
        shown: "Trên đây là toàn bộ nội dung sẽ ghi vào {file}.", "The above is everything that will be written to {file}.";
        ask: "Ghi? [y/N] (y hoặc c: có) ", "Write it? [y/N] ";
        not_written: "Không ghi gì.", "Nothing was written.";
        written: "Đã ghi {file}. Hãy đọc lại trước khi gửi cho ai.", "{file} was written. Read it before you send it to anybody.";
        not_writable: "Không ghi được {file}: {why}.", "{file} can't be written: {why}.";
    }
}
