//! How a certificate stands, shown while the question is open.

use super::Stage;
use super::signing;
use crate::domain::certificate::CertId;
use crate::domain::error::ErrorCode;
use crate::domain::validation::Standing;
use crate::text::Lang;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;

fn stage(standing: Standing, lang: Lang) -> (Stage, CertId) {
    let mut certificate = CertId([0; 32]);
    let question = signing(1, |sign| {
        (sign.lang, sign.choices[0].standing) = (lang, standing);
    });
    if let ToPrompt::Sign(sign) = &question {
        certificate = sign.choices[0].certificate;
    }
    let mut stage = Stage::new(question, [560.0, 1_200.0], 1.0);
    stage.wait(600);
    (stage, certificate)
}

fn tell(stage: &mut Stage, message: ToPrompt) {
    stage.dialog.hear(News::Says(message), stage.now);
    stage.wait(600);
}

#[test]
fn the_verdict_comes_into_the_open_window() {
    let when = time::macros::datetime!(2026-03-04 5:06 UTC);
    let (mut stage, certificate) = stage(Standing::Checking, Lang::Vi);
    assert!(stage.says("Đang kiểm tra chứng thư số…"));
    tell(&mut stage, ToPrompt::Standing { certificate, standing: Standing::Offline, barred: false });
    assert!(stage.says("Không hỏi được chứng thư số đã bị thu hồi hay chưa"), "{:?}", stage.texts());
    assert!(!stage.says("Đang kiểm tra chứng thư số…"));
    let revoked = Standing::Revoked { when };
    tell(&mut stage, ToPrompt::Standing { certificate, standing: revoked, barred: true });
    assert!(stage.says("Đã bị thu hồi từ ngày 04/03/2026"), "{:?}", stage.texts());
    tell(&mut stage, ToPrompt::Failed { code: ErrorCode::CertificateRevoked });
    let close = stage.dialog.words.close;
    assert_eq!(stage.focused().and_then(|node| node.label()), Some(close), "the field is gone");
    let told = stage.texts();
    let why = told.iter().find(|text| text.contains("Không có gì được ký"));
    assert!(why.is_some_and(|why| why.contains("04/03/2026")), "{told:?}");
}

#[test]
fn each_standing_has_its_words_and_nothing_is_said_where_nothing_was_asked_for() {
    let words = [
        (Standing::Good, "Checked: the certificate is valid"),
        (Standing::NoPath, "Not issued under an authority that this computer trusts"),
        (Standing::Unknown, "Its authority does not know this certificate"),
        (Standing::Offline, "Whether it was revoked could not be learned"),
    ];
    for (standing, sentence) in words {
        assert!(stage(standing, Lang::En).0.says(sentence), "{standing}");
    }
    let (unchecked, _) = stage(Standing::NotChecked, Lang::En);
    assert!(words.iter().all(|(_, sentence)| !unchecked.says(sentence)));
}
