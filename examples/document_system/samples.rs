//! The drafts that the system has when it starts.

use crate::pdf;

/// A document before anything is signed.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    /// What stands behind the number.
    pub(crate) symbol: &'static str,
    /// What it is about, in lines as they are set.
    pub(crate) subject: String,
    /// Whom it is sent to, of those kinds that say so on top.
    pub(crate) to: Option<String>,
    pub(crate) body: Vec<String>,
    /// In whose name, and the title of the one who signs.
    pub(crate) signatory: [&'static str; 2],
    pub(crate) recipients: &'static [&'static str],
    pub(crate) organisation: [&'static str; 2],
    pub(crate) place: &'static str,
}

/// What a document is, by Decree 30/2020/NĐ-CP, article 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Letter,
    Decision,
    Proposal,
    Notice,
    Invitation,
}

impl Kind {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Letter => "Công văn",
            Self::Decision => "Quyết định",
            Self::Proposal => "Tờ trình",
            Self::Notice => "Thông báo",
            Self::Invitation => "Giấy mời",
        }
    }
}

impl Draft {
    /// The subject in one line.
    pub(crate) fn about(&self) -> String {
        self.subject.lines().collect::<Vec<_>>().join(" ")
    }

    /// What it is and what it is about, for lists and for Kyso's window.
    pub(crate) fn title(&self) -> String {
        let to = self.to.as_deref().filter(|_| self.kind == Kind::Invitation);
        let to = to.map(|to| format!(" ({to})")).unwrap_or_default();
        format!("{} {}{to}", self.kind.name(), self.about())
    }
}

/// The drafts, each with its PDF.
///
/// # Errors
/// What the PDF library says.
pub(crate) fn all() -> pdf::Result<Vec<(Draft, Vec<u8>)>> {
    let few = [letter(), decision(), proposal(), notice()];
    let drafts = few.into_iter().chain(COMMUNES.iter().map(|commune| invitation(commune)));
    drafts.map(|draft| pdf::draft::write(&draft).map(|file| (draft, file))).collect()
}

fn letter() -> Draft {
    draft(
        Kind::Letter,
        "UBND-VP",
        "V/v triển khai chữ ký số chuyên dùng\ntrong gửi, nhận văn bản điện tử",
        Some("Các sở, ban, ngành; Ủy ban nhân dân các xã, phường"),
        &[
            "Thực hiện Luật Giao dịch điện tử ngày 22 tháng 6 năm 2023 và Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư, Ủy ban nhân dân tỉnh yêu cầu các cơ quan, đơn vị:",
            "1. Ký số toàn bộ văn bản điện tử trên hệ thống quản lý văn bản và điều hành: chữ ký số của người có thẩm quyền trước, sau đó văn thư cấp số, ngày và ký số của cơ quan.",
            "2. Rà soát chứng thư số sắp hết hạn, gửi danh sách về Văn phòng Ủy ban nhân dân tỉnh trước ngày 25 hằng tháng để cấp lại kịp thời.",
            "Trong quá trình thực hiện nếu có vướng mắc, đề nghị phản ánh về Văn phòng Ủy ban nhân dân tỉnh để được hướng dẫn./.",
        ],
        OFFICE_CHIEF,
    )
}

fn decision() -> Draft {
    draft(
        Kind::Decision,
        "QĐ-UBND",
        "Về việc thành lập Tổ công tác chuyển đổi số\ncủa Văn phòng Ủy ban nhân dân tỉnh",
        None,
        &[
            "Căn cứ Luật Tổ chức chính quyền địa phương;",
            "Theo đề nghị của Chánh Văn phòng Ủy ban nhân dân tỉnh,",
            "Điều 1. Thành lập Tổ công tác chuyển đổi số của Văn phòng Ủy ban nhân dân tỉnh gồm 07 thành viên, do một Phó Chánh Văn phòng làm Tổ trưởng.",
            "Điều 2. Tổ công tác có nhiệm vụ tham mưu, đôn đốc việc xử lý văn bản, hồ sơ công việc hoàn toàn trên môi trường điện tử; báo cáo kết quả hằng quý.",
            "Điều 3. Chánh Văn phòng Ủy ban nhân dân tỉnh, thủ trưởng các cơ quan, đơn vị có liên quan chịu trách nhiệm thi hành Quyết định này kể từ ngày ký./.",
        ],
        VICE_CHAIR,
    )
}

fn proposal() -> Draft {
    draft(
        Kind::Proposal,
        "TTr-UBND",
        "Về việc ban hành Quy chế quản lý, sử dụng chứng thư số\ntrong các cơ quan nhà nước trên địa bàn tỉnh",
        Some("Hội đồng nhân dân tỉnh"),
        &[
            "Để bảo đảm an toàn trong quản lý, sử dụng chứng thư số và thiết bị lưu khóa bí mật, Ủy ban nhân dân tỉnh kính trình Hội đồng nhân dân tỉnh xem xét, ban hành Quy chế với các nội dung chính sau:",
            "1. Trách nhiệm của người được cấp chứng thư số và của văn thư giữ thiết bị lưu khóa bí mật của cơ quan.",
            "2. Quy trình cấp mới, gia hạn, thu hồi chứng thư số; xử lý khi thiết bị bị mất hoặc bị khóa.",
            "Kính trình Hội đồng nhân dân tỉnh xem xét, quyết định./.",
        ],
        VICE_CHAIR,
    )
}

fn notice() -> Draft {
    draft(
        Kind::Notice,
        "TB-UBND",
        "Kết luận cuộc họp về tiến độ số hóa hồ sơ,\nkết quả giải quyết thủ tục hành chính",
        None,
        &[
            "Ngày 20 tháng 11, Ủy ban nhân dân tỉnh họp đánh giá tiến độ số hóa hồ sơ. Sau khi nghe báo cáo và ý kiến các đại biểu, cuộc họp thống nhất kết luận:",
            "1. Các sở, ngành hoàn thành số hóa kết quả giải quyết thủ tục hành chính còn hiệu lực trong quý này.",
            "2. Văn phòng Ủy ban nhân dân tỉnh theo dõi, tổng hợp, báo cáo tại phiên họp thường kỳ tháng tới./.",
        ],
        OFFICE_CHIEF,
    )
}

fn invitation(commune: &str) -> Draft {
    let to = format!("Ủy ban nhân dân {commune}");
    let body = format!(
        "Ủy ban nhân dân tỉnh trân trọng kính mời đại diện lãnh đạo {to} dự Hội nghị tập huấn gửi, nhận và ký số văn bản điện tử."
    );
    draft(
        Kind::Invitation,
        "GM-UBND",
        "Dự Hội nghị tập huấn ký số văn bản điện tử",
        Some(&to),
        &[
            &body,
            "Thời gian: 08 giờ 00 phút, thứ Sáu tuần tới, một buổi.",
            "Địa điểm: Hội trường Văn phòng Ủy ban nhân dân tỉnh. Đại biểu mang theo thiết bị lưu khóa bí mật đã được cấp.",
            "Rất hân hạnh được đón tiếp./.",
        ],
        OFFICE_CHIEF,
    )
}

fn draft(
    kind: Kind,
    symbol: &'static str,
    subject: &str,
    to: Option<&str>,
    body: &[&str],
    signatory: [&'static str; 2],
) -> Draft {
    Draft {
        kind,
        symbol,
        subject: subject.to_owned(),
        to: to.map(str::to_owned),
        body: body.iter().map(|part| (*part).to_owned()).collect(),
        signatory,
        // "Those above" are named only where somebody is.
        recipients: &RECIPIENTS[usize::from(to.is_none())..],
        organisation: ["ỦY BAN NHÂN DÂN", "TỈNH TUYÊN QUANG"],
        place: "Tuyên Quang",
    }
}

const OFFICE_CHIEF: [&str; 2] = ["TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"];
const VICE_CHAIR: [&str; 2] = ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"];

const RECIPIENTS: &[&str] = &["Như trên;", "Chủ tịch, các Phó Chủ tịch UBND tỉnh;", "Lưu: VT."];

const COMMUNES: [&str; 20] = [
    "phường Minh Xuân",
    "phường Nông Tiến",
    "phường An Tường",
    "phường Bình Thuận",
    "phường Mỹ Lâm",
    "xã Yên Sơn",
    "xã Nhữ Khê",
    "xã Xuân Vân",
    "xã Thái Bình",
    "xã Hùng Lợi",
    "xã Trung Sơn",
    "xã Sơn Dương",
    "xã Tân Trào",
    "xã Bình Ca",
    "xã Minh Thanh",
    "xã Hàm Yên",
    "xã Bạch Xa",
    "xã Chiêm Hóa",
    "xã Hòa An",
    "xã Na Hang",
];
