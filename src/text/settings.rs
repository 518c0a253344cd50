//! What each setting of the machine's policy does, a sentence each: the manual and the commands say the same.

words! {
    /// In the order of the manual.
    SettingWords {
        by_users: "true (mặc định) hoặc false. false: chỉ các trang nêu ở [[sites]] được hỏi; người dùng không cho phép thêm được.", "true (the default) or false. false: only sites under [[sites]] may ask; users can let in no others.";
        origin: "Địa chỉ trang web như trình duyệt gửi: https://van-ban.tinh.vn. Cũng nêu được địa chỉ http.", "A site as browsers send it: https://documents.example. An http origin may be named, too.";
        access: "\"allow\": trang được hỏi mà không cần người dùng cho phép trước; mỗi chữ ký vẫn hỏi người dùng. \"refuse\": trang không được hỏi.", "\"allow\": the site may ask without a user's leave; each signature is still asked about. \"refuse\": it may not ask.";
        site_issuers: "Trang chỉ thấy và dùng chứng thư số do các nơi này cấp (tên theo RFC 4514).", "The site sees and uses certificates of these issuers only (RFC 4514 names).";
        purposes: "Trang chỉ xin việc này: \"sign\" (ký), \"sign_in\" (đăng nhập).", "What the site may ask for: \"sign\", \"sign_in\".";
        allow: "Chỉ các thư viện PKCS#11 này được dùng (đường dẫn đầy đủ).", "Only these PKCS#11 modules are used (absolute paths).";
        refuse: "Các thư viện PKCS#11 này không được dùng.", "These PKCS#11 modules are not used.";
        issuers: "Chỉ chứng thư số do các nơi này cấp được ký (tên theo RFC 4514, so sánh như tên trong chứng thư số).", "Only certificates of these issuers sign (RFC 4514 names, compared as certificates hold them).";
        rsa_bits: "Khóa RSA ngắn nhất được ký, tính bằng bit, từ 1024 đến 16384.", "The smallest RSA key that signs, in bits, 1024 to 16384.";
        ec_bits: "Khóa đường cong elip ngắn nhất được ký: từ 256 đến 384 bit.", "The smallest elliptic curve key that signs: 256 to 384 bits.";
        sign_in_with_both: "true: chứng thư số được cấp cho cả ký và đăng nhập cũng đăng nhập được. Mặc định false.", "true: a certificate whose issuer meant it for signing and signing in signs in, too. By default false.";
        prompt_timeout: "Cửa sổ hỏi mở lâu nhất, tính bằng giây, từ 10 đến 600.", "How long a prompt stays open at most, in seconds, 10 to 600.";
        batch: "Số văn bản nhiều nhất trong một yêu cầu, từ 1 đến 1000.", "The most documents in a request, 1 to 1000.";
        keep_login: "false: không giữ đăng nhập token. { idle, most }: người dùng giữ lâu nhất bấy nhiêu giây, tối đa 300 và 7200.", "false: no login to a token is kept. { idle, most }: the most seconds that a user may keep one, up to 300 and 7200.";
        chain: "Đường dẫn chứng thực đến /etc/kyso/anchors: \"off\" (mặc định), \"warn\" (cảnh báo) hoặc \"require\" (bắt buộc).", "A path to an anchor in /etc/kyso/anchors: \"off\" (the default), \"warn\" or \"require\".";
        revocation: "Hỏi về việc thu hồi: \"off\" (mặc định), \"crl\", \"ocsp\", hoặc \"any\" (OCSP, không được thì CRL).", "Who is asked about revocation: \"off\" (the default), \"crl\", \"ocsp\" or \"any\" (OCSP, else CRL).";
        offline: "Khi không hỏi được về việc thu hồi: \"warn\" (mặc định, cảnh báo) hoặc \"refuse\" (không ký).", "When no answer about revocation can be had: \"warn\" (the default) or \"refuse\".";
        timeout: "Chờ một trả lời về việc thu hồi bao nhiêu giây, từ 1 đến 60; mặc định 10. Nơi không trả lời chỉ được hỏi lại sau một phút.", "Seconds for one answer about revocation, 1 to 60; by default 10. Who gives none is asked again after a minute.";
        cache: "Dùng lại một trả lời lâu nhất bao nhiêu giây, từ 0 đến 604800; mặc định 3600.", "Seconds that an answer is used at most, 0 to 604800; by default 3600.";
        rotate_rows: "Nhật ký sang tệp mới sau bấy nhiêu dòng, từ 10; mặc định 100000.", "The log begins a new file after so many rows, from 10; by default 100000.";
        keep_days: "Tệp nhật ký cũ được giữ bấy nhiêu ngày, tối đa 36500; mặc định 3650.", "Days that rotated files are kept, up to 36500; by default 3650.";
        most_megabytes: "Nhật ký lớn hơn bấy nhiêu megabyte thì không ký nữa; mặc định 1024.", "Above so many megabytes of log nothing is signed; by default 1024.";
        journald: "true: kết quả cũng được gửi tới journald. Mặc định false.", "true: outcomes go to journald as well. By default false.";
        syslog: "MÁY:CỔNG của máy thu syslog (RFC 5424 qua TCP); \"\" là không gửi.", "HOST:PORT of a syslog collector (RFC 5424 over TCP); \"\" is none.";
    }
}
