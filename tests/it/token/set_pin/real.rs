//! The same on a card and on a software token, which count wrong PINs and lock for real.

use super::*;
use crate::support::card::Card;
use crate::support::opencryptoki::Opencryptoki;
use crate::support::softhsm::verify;
use crate::token::{digest, typed};
use kyso::domain::certificate::CertId;
use kyso::domain::digest::DigestAlgorithm;

#[tokio::test(flavor = "multi_thread")]
async fn a_card_takes_a_new_pin_and_signs_with_no_other() {
    let Some(card) = Card::inserted() else { return };
    let desk = Desk::new([Card::module()]);
    let wrong = desk.set_pin(PinAct::Change, "000000", NEW).await;
    assert!(matches!(wrong, Err(TokenError::WrongPin { .. })), "{wrong:?}");
    assert_eq!(card.said().tries, 2, "one typed PIN, one try");
    assert_eq!(desk.set_pin(PinAct::Change, Card::PIN, NEW).await, Ok(()));
    assert_eq!(card.said().tries, 3);
    desk.signs_with(card.id("9a"), Card::PIN, NEW, &card.certificate("9a")).await;

    let pins = card.said().pins;
    let unblocked = desk.set_pin(PinAct::Unblock, "12345678", Card::PIN).await;
    assert!(matches!(unblocked, Err(TokenError::PinUnsupported(_))), "OpenSC has no way: {unblocked:?}");
    assert_eq!((card.said().pins, card.said().tries), (pins, 3), "and nothing was tried another way");
}

#[tokio::test(flavor = "multi_thread")]
async fn opencryptoki_takes_a_new_pin_either_way() {
    let Some(token) = Opencryptoki::new() else { return };
    let desk = Desk::new([Opencryptoki::module()]);
    let wrong = desk.set_pin(PinAct::Change, "000000", NEW).await;
    let Err(TokenError::WrongPin { state, .. }) = wrong else { panic!("{wrong:?}") };
    assert_eq!(state, PinState::Low);
    assert_eq!(desk.set_pin(PinAct::Change, Opencryptoki::PIN, NEW).await, Ok(()));
    desk.signs_with(token.id(), Opencryptoki::PIN, NEW, &token.certificate()).await;

    let wrong = desk.set_pin(PinAct::Unblock, "000000", Opencryptoki::PIN).await;
    assert!(matches!(wrong, Err(TokenError::WrongPin { .. })), "{wrong:?}");
    assert_eq!(desk.set_pin(PinAct::Unblock, PUK, Opencryptoki::PIN).await, Ok(()));
    desk.signs_with(token.id(), NEW, Opencryptoki::PIN, &token.certificate()).await;
}

impl Desk {
    /// With the one PIN, which openssl agrees to, and not with the other.
    async fn signs_with(&self, id: CertId, old: &str, new: &str, certificate: &std::path::Path) {
        let digest = digest(DigestAlgorithm::Sha256, 7);
        let mut question =
            self.question(Some(id), Scheme::RsaPkcs1, std::slice::from_ref(&digest)).await.unwrap();
        let refused = self.spend(typed(&question, old)).await;
        let Err(TokenError::WrongPin { state, next }) = refused else { panic!("{refused:?}") };
        question.renew(id, state, next);
        let signatures = self.spend(typed(&question, new)).await.unwrap();
        assert!(verify(certificate, Scheme::RsaPkcs1, &digest, &signatures[0]));
    }
}
