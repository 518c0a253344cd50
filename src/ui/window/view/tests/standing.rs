//! How a certificate stands, shown while the question is open.

use egui::Key;

use super::Stage;
use super::signing;
use crate::domain::certificate::CertId;
use crate::domain::error::ErrorCode;
use crate::domain::validation::Standing;
use crate::text::Lang;
use crate::ui::message::FromPrompt;
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

/// For the half second in which nobody can have read it, the window takes no answer; one that was given before is
/// asked for again.
#[test]
fn r31_a_warning_is_there_to_be_read_before_the_answer_counts() {
    let (mut stage, certificate) = stage(Standing::Checking, Lang::Vi);
    stage.type_text("1234");
    let offline = ToPrompt::Standing { certificate, standing: Standing::Offline, barred: false };
    stage.dialog.hear(News::Says(offline), stage.now);
    stage.press(Key::Enter);
    assert!(stage.dialog.say().is_empty(), "it answers what was not read yet");
    stage.wait(600);
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().pop(), Some(FromPrompt::Sign { pin: Some(_), .. })));

    // Whatever time was left: there is enough to read it.
    stage.wait(119_000);
    tell(&mut stage, ToPrompt::Warned { certificate, milliseconds: 30_000 });
    assert!(stage.says("Tự hủy sau 0:30") || stage.says("Tự hủy sau 0:29"), "{:?}", stage.texts());
    let late = "Không hỏi được chứng thư số đã bị thu hồi hay chưa. Điều này vừa mới biết";
    assert!(stage.texts().iter().any(|text| text.contains(late)), "{:?}", stage.texts());
    stage.press(Key::Enter);
    assert!(stage.dialog.say().is_empty(), "the PIN is typed anew");
    stage.type_text("1234");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().pop(), Some(FromPrompt::Sign { pin: Some(_), .. })));
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
