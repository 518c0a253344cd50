//! Tells a paired page of tokens that come and go.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::call::Said;
use super::message;
use crate::api::json;
use crate::domain::certificate::CertId;
use crate::domain::token::Snapshot;
use crate::domain::token::TokenInfo;
use crate::sign::SigningService;

/// Tells until the agent stops. What is plugged in at the start is no news. A token whose certificates are others now has
/// gone and come.
pub(super) async fn watch(service: Arc<SigningService>, say: UnboundedSender<Said>) {
    let Ok((mut state, first)) = service.tokens_changed(NONE).await else { return };
    let mut known = shown(&first);
    while let Ok((next, now)) = service.tokens_changed(state).await {
        let now = shown(&now);
        let gone = without(&known, &now).into_iter().map(|token| ("token_removed", token));
        let come = without(&now, &known).into_iter().map(|token| ("token_inserted", token));
        for (event, shown) in gone.chain(come) {
            let text = message::token(event, &json::token(&shown.token));
            if say.send(Said { text, ends: None }).is_err() {
                return;
            }
        }
        (state, known) = (next, now);
    }
}

/// A token, and what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    token: TokenInfo,
    certificates: BTreeSet<CertId>,
}

fn shown(snapshot: &Snapshot) -> Vec<Shown> {
    let on = |token: &TokenInfo| {
        let all = snapshot.certificates.iter();
        let own = all.filter(|one| one.module == token.module && one.token == token.serial);
        own.map(|certificate| certificate.id).collect()
    };
    snapshot.tokens.iter().map(|token| Shown { token: token.clone(), certificates: on(token) }).collect()
}

/// Those that the others are not, each counted as often as it is there: serial numbers are nobody's name.
fn without<'a>(tokens: &'a [Shown], others: &[Shown]) -> Vec<&'a Shown> {
    let mut others: Vec<&Shown> = others.iter().collect();
    let is_new = |token: &&Shown| match others.iter().position(|other| is_same(token, other)) {
        Some(at) => {
            others.swap_remove(at);
            false
        }
        None => true,
    };
    tokens.iter().filter(is_new).collect()
}

/// Whatever is known of its PIN now.
fn is_same(one: &Shown, other: &Shown) -> bool {
    let name = |shown: &Shown| {
        let TokenInfo { serial, label, model, manufacturer, pin: _, module } = shown.token.clone();
        (serial, label, model, manufacturer, module)
    };
    name(one) == name(other) && one.certificates == other.certificates
}

/// No state has this number.
const NONE: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::token::PinState;

    fn token(label: &str, pin: PinState) -> Shown {
        let token = TokenInfo {
            serial: Default::default(),
            label: label.to_owned(),
            model: String::new(),
            manufacturer: String::new(),
            pin,
            module: 0,
        };
        Shown { token, certificates: BTreeSet::new() }
    }

    #[test]
    fn twins_are_counted_and_a_pin_is_no_other_token() {
        let (a, b) = (token("a", PinState::Ok), token("b", PinState::Ok));
        let low = token("a", PinState::Low);
        let twice = [a.clone(), a.clone(), b.clone()];
        assert_eq!(without(&twice, std::slice::from_ref(&low)), [&a, &b]);
        assert!(without(&[low], &twice).is_empty());
    }
}
