//! Certificates that can't be used, and what comes of their validation.

use time::macros::datetime;

use super::super::Stage;
use super::screen::Screen;
use super::{answered, signs_in, told};
use crate::domain::certificate::CertId;
use crate::domain::certificate::Unfit;
use crate::domain::error::ErrorCode;
use crate::domain::validation::Standing;
use crate::ui::message::Choice;
use crate::ui::message::Sign;
use crate::ui::message::ToPrompt;

/// One may be used; of the others the machine's policy takes neither issuer nor key.
pub(super) fn policy(screen: Screen) -> Stage {
    screen.one(|sign| {
        let mut issuer = unfit(sign, 2, Unfit::Issuer);
        "RootCA tỉnh Lâm Đồng".clone_into(&mut issuer.issuer);
        let key = unfit(sign, 3, Unfit::KeySize);
        sign.choices.extend([issuer, key]);
    })
}

/// Two to choose from, one that is not for signing in, and one that the policy keeps from this site.
pub(super) fn sign_in(screen: Screen) -> Stage {
    screen.one(|sign| {
        signs_in(sign);
        let mut other = sign.choices[0].clone();
        (other.certificate, other.serial) = (CertId([2; 32]), "2".to_owned());
        "Trần Văn Khoa".clone_into(&mut other.name);
        let mut seal = unfit(sign, 3, Unfit::NotForSignIn);
        "Sở Nội vụ tỉnh Lâm Đồng".clone_into(&mut seal.name);
        let site = unfit(sign, 4, Unfit::Site);
        sign.choices.extend([other, seal, site]);
    })
}

pub(super) fn checking(screen: Screen) -> Stage {
    screen.one(|sign| sign.choices[0].standing = Standing::Checking)
}

/// The answer comes while the question stands.
pub(super) fn stands(screen: Screen, standing: Standing, barred: bool) -> Stage {
    told(checking(screen), ToPrompt::Standing { certificate: CertId([1; 32]), standing, barred })
}

pub(super) fn late(screen: Screen) -> Stage {
    let certificate = CertId([1; 32]);
    let news = ToPrompt::Standing { certificate, standing: Standing::Offline, barred: false };
    told(told(answered(checking(screen)), news), ToPrompt::Warned { certificate, milliseconds: 30_000 })
}

pub(super) fn revoked(screen: Screen) -> Stage {
    let standing = Standing::Revoked { when: datetime!(2026-03-04 5:06 UTC) };
    let news = ToPrompt::Standing { certificate: CertId([1; 32]), standing, barred: true };
    told(told(answered(checking(screen)), news), ToPrompt::Failed { code: ErrorCode::CertificateRevoked })
}

pub(super) fn not_ready(screen: Screen) -> Stage {
    screen.one(|sign| sign.choices[0].seal = None)
}

fn unfit(sign: &Sign, id: u8, reason: Unfit) -> Choice {
    let mut other = sign.choices[0].clone();
    (other.certificate, other.serial) = (CertId([id; 32]), id.to_string());
    (other.unfit, other.seal) = (Some(reason), None);
    other
}
