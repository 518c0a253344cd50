//! What is said of how a certificate stands.

use super::Lang;
use super::fill;
use super::number;
use crate::domain::validation::Standing;

words! {
    /// In the prompt and on the command line.
    ValidationWords {
        checking: "Đang kiểm tra chứng thư số…", "The certificate is being checked…";
        good: "Đã kiểm tra: chứng thư số hợp lệ", "Checked: the certificate is valid";
        expired: "Đã hết hạn", "Expired";
        not_yet_valid: "Chưa đến ngày có hiệu lực", "Not valid yet";
        wrong_usage: "Không dùng để ký văn bản", "Not meant for signing documents";
        no_path: "Cơ quan cấp không thuộc danh sách mà máy này tin cậy", "Not issued under an authority that this computer trusts";
        revoked: "Đã bị thu hồi từ ngày {date}", "Revoked since {date}";
        unknown: "Cơ quan cấp không biết chứng thư số này", "Its authority does not know this certificate";
        offline: "Không hỏi được chứng thư số đã bị thu hồi hay chưa", "Whether it was revoked could not be learned";
        came_late: "{what}. Điều này vừa mới biết, sau khi bạn đồng ý; chưa có gì được thực hiện. Nếu vẫn muốn tiếp tục, hãy đồng ý lần nữa.", "{what}. That became known just now, after you agreed; nothing was done. To go on all the same, agree once more.";

        anchors: "Quản lý các cơ quan cấp mà máy này tin cậy", "Manage the authorities that this computer trusts";
        anchors_add: "Thêm chứng thư số của một cơ quan cấp", "Add an authority's certificate";
        anchors_list: "Liệt kê", "List them";
        anchors_remove: "Bỏ một cơ quan cấp", "Remove one";
        anchors_file: "Tệp chứng thư số, PEM hoặc DER", "File with the certificate, PEM or DER";
        anchors_fingerprint: "Dấu vân tay SHA-256, thay cho việc gõ khi được hỏi", "SHA-256 fingerprint, in place of typing it when asked";
        anchors_which: "Dấu vân tay SHA-256", "SHA-256 fingerprint";
        subject: "Cơ quan cấp: {name}", "Authority: {name}";
        fingerprint: "Dấu vân tay SHA-256: {fingerprint}", "SHA-256 fingerprint: {fingerprint}";
        until: "Hết hạn: {date}", "Expires: {date}";
        in_file: "Tệp: {path}", "File: {path}";
        confirm: "Đối chiếu với dấu vân tay mà cơ quan cấp công bố, rồi gõ tám chữ số đầu để xác nhận: ", "Compare it with the one that the authority publishes, then type its first eight digits to confirm: ";
        added: "Đã thêm. Máy này tin các chứng thư số do cơ quan này cấp.", "Added. This computer trusts certificates issued under it.";
        there_already: "Cơ quan này đã có trong danh sách.", "It is among them already.";
        removed: "Đã bỏ.", "Removed.";
        no_anchors: "Chưa có cơ quan cấp nào.", "There are none.";
        no_such: "Không có cơ quan cấp nào với dấu vân tay này.", "None has this fingerprint.";
        other: "Dấu vân tay không khớp. Không có gì được thêm.", "The fingerprint is another. Nothing was added.";
        not_confirmed: "Không được xác nhận. Không có gì được thay đổi.", "Not confirmed. Nothing was changed.";
        no_authority: "Đây không phải chứng thư số của cơ quan cấp.", "This is no authority's certificate.";
        over: "Chứng thư số của cơ quan cấp này đã hết hạn.", "This authority's certificate has expired.";
        no_certificate: "Không đọc được một chứng thư số trong {path}: {why}", "{path} can't be read as one certificate: {why}";
        several: "tệp phải chứa đúng một chứng thư số", "it has to hold exactly one";
        shared: "Tệp {path} còn chứa cơ quan cấp khác. Hãy sửa tệp này bằng tay.", "{path} holds other authorities, too. Edit it by hand.";
        not_allowed: "Chỉ quản trị viên được thay đổi {path}. Hãy chạy lại bằng sudo.", "Only an administrator may change {path}. Run this again with sudo.";
        not_written: "Không ghi được {path}: {why}", "{path} can't be written: {why}";
        not_read: "Không đọc được {path}: {why}", "{path} can't be read: {why}";
        loose: "Người khác ngoài root có thể thay đổi {path}", "Others than root could change {path}";
        holds_none: "{path} không chứa chứng thư số nào đọc được", "{path} holds no certificate that can be read";
        topic: "Các cơ quan cấp mà máy này tin cậy", "Authorities that this computer trusts";
        unusable_do: "Quản trị viên sửa hoặc bỏ tệp này (chủ là root, người khác không ghi được); chưa sửa thì không dùng được cơ quan cấp nào.", "An administrator mends or removes it (owned by root, writable by nobody else): until then none of the authorities counts.";
        none_unasked: "chưa có; chính sách của máy không cần đến", "none, and the machine's policy asks for none";
        none_barred: "chưa có, mà chính sách của máy đòi hỏi: không chứng thư số nào ký được", "none, though the machine's policy requires one: no certificate may sign";
        none_warned: "chưa có, mà chính sách của máy cần đến: mỗi lần ký đều có cảnh báo", "none, though the machine's policy looks for one: each signature comes with a warning";
        none_do: "Quản trị viên thêm cơ quan cấp: sudo kyso anchors add TỆP.", "An administrator adds one: sudo kyso anchors add FILE.";
        counted: "số cơ quan cấp: {n}; hết hạn sớm nhất: {name}, {date}", "authorities: {n}; the first to expire: {name}, {date}";
        ended: "{name} đã hết hạn ngày {date}: {path}", "{name} expired on {date}: {path}";
        ended_do: "Quản trị viên thêm chứng thư số mới của cơ quan này (kyso anchors add), rồi bỏ chứng thư số cũ (kyso anchors remove).", "An administrator adds the authority's new certificate (kyso anchors add) and removes the old one (kyso anchors remove).";

        check: "Kiểm tra chứng thư số theo quy định của máy này", "Check certificates by this computer's rules";
        not_checked: "Máy này không yêu cầu kiểm tra gì thêm", "This computer asks for no more than that";
        barred: "không được ký", "must not sign";
    }
}

impl ValidationWords {
    /// In one sentence; nothing where nothing was asked for.
    pub fn standing(&self, lang: Lang, standing: Standing) -> Option<String> {
        Some(match standing {
            Standing::NotChecked => return None,
            Standing::Checking => self.checking.to_owned(),
            Standing::Good => self.good.to_owned(),
            Standing::Expired => self.expired.to_owned(),
            Standing::NotYetValid => self.not_yet_valid.to_owned(),
            Standing::WrongUsage => self.wrong_usage.to_owned(),
            Standing::NoPath => self.no_path.to_owned(),
            Standing::Revoked { when } => {
                fill(self.revoked, &[("date", &number::day(lang, when.date()))]).into_owned()
            }
            Standing::Unknown => self.unknown.to_owned(),
            Standing::Offline => self.offline.to_owned(),
        })
    }
}
