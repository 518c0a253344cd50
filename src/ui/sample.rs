//! Questions for tests, with the longest names.

pub(super) mod kept;
pub(super) mod picture;

use std::sync::Arc;
use std::time::Duration;

use time::macros::datetime;

use super::message::Sign;
use crate::domain::approval::Candidate;
use crate::domain::approval::SignQuestion;
use crate::domain::caller::Caller;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Certificate;
use crate::domain::certificate::Holder;
use crate::domain::certificate::Key;
use crate::domain::certificate::Name;
use crate::domain::certificate::Purpose;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::form::Form;
use crate::domain::kept::Keeping;
use crate::domain::pin_task::PinAct;
use crate::domain::pin_task::PinPlace;
use crate::domain::pin_task::PinQuestion;
use crate::domain::pin_task::PinTask;
use crate::domain::pin_task::TokenName;
use crate::domain::request::Item;
use crate::domain::request::Items;
use crate::domain::request::RequestId;
use crate::domain::scheme::Scheme;
use crate::domain::seal::SealTarget;
use crate::domain::token::PinState;
use crate::domain::token::TokenInfo;
use crate::domain::token::TokenSerial;
use crate::text::Lang;

pub(super) const LONG_ORGANISATION: &str =
    "Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân tỉnh Bà Rịa – Vũng Tàu";
pub(super) fn sign(count: usize) -> Sign {
    Sign::new(&question(count), Lang::Vi)
}

pub(super) fn question(count: usize) -> SignQuestion {
    let item = |i: usize| Item {
        name: if count == 1 { "Công văn 45.pdf".to_owned() } else { format!("Công văn {}.pdf", i + 1) },
        digest: Digest::new(DigestAlgorithm::Sha256, vec![i as u8; 32]).unwrap(),
    };
    SignQuestion {
        request: RequestId::random(),
        caller: Caller::Web("https://vanban.example.gov.vn".parse().unwrap()),
        items: Items::new((0..count).map(item).collect()).unwrap(),
        form: Form::Raw,
        candidates: vec![candidate(1, "Nguyễn Thị Ánh Tuyết")],
        time: Duration::from_secs(120),
        waiting: 0,
        refusals: 0,
    }
}

pub(super) fn candidate(id: u8, name: &str) -> Candidate {
    let certificate = Certificate {
        id: CertId([id; 32]),
        der: Vec::new(),
        chain: Vec::new(),
        subject: Name {
            text: format!("CN={name}"),
            common_name: Some(name.to_owned()),
            organisation: Some("Sở Nội vụ tỉnh Lâm Đồng".to_owned()),
            ..Name::default()
        },
        issuer: Name {
            text: "CN=CA".to_owned(),
            common_name: Some("Cơ quan chứng thực số chuyên dùng Chính phủ (RootCA)".to_owned()),
            ..Name::default()
        },
        serial: "0a1b".to_owned(),
        not_before: datetime!(2025-01-01 0:00 UTC),
        not_after: datetime!(2027-11-05 0:00 UTC),
        key: Key::Rsa { bits: 2048 },
        public_key: Vec::new(),
        usage: vec!["nonRepudiation"],
        purposes: vec![Purpose::Sign],
        holder: Holder::Person,
        token: TokenSerial("0123456789abcdef".to_owned()),
        key_id: vec![0x0a],
        module: 0,
    };
    Candidate {
        certificate: Arc::new(certificate),
        token: TokenInfo {
            serial: TokenSerial("0123456789abcdef".to_owned()),
            label: "kyso-demo".to_owned(),
            model: "SoftHSM v2".to_owned(),
            manufacturer: "SoftHSM project".to_owned(),
            pin: PinState::Ok,
            module: 0,
        },
        scheme: Scheme::RsaPkcs1,
        unfit: None,
        seal: Some(SealTarget { key: [9; 32], nonce: [8; 32] }),
        keeping: Keeping::Never,
        standing: crate::domain::validation::Standing::NotChecked,
    }
}

pub(super) fn pin_question() -> PinQuestion {
    let token = TokenName::from(&candidate(1, "A").token);
    PinQuestion {
        task: PinTask { act: PinAct::Change, token },
        place: PinPlace {
            state: PinState::Ok,
            must_change: false,
            reader: false,
            lengths: None,
            seal: SealTarget { key: [9; 32], nonce: [8; 32] },
        },
        time: Duration::from_secs(180),
    }
}
