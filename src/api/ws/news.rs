//! Tells a paired page of tokens that come and go.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::call::Said;
use super::message;
use crate::api::json;
use crate::domain::token::TokenInfo;
use crate::sign::SigningService;

/// Tells until the agent stops. What is plugged in at the start is no news.
pub(super) async fn watch(service: Arc<SigningService>, say: UnboundedSender<Said>) {
    let Ok((mut state, first)) = service.tokens_changed(NONE).await else { return };
    let mut known = first.tokens;
    while let Ok((next, now)) = service.tokens_changed(state).await {
        let gone = without(&known, &now.tokens).into_iter().map(|token| ("token_removed", token));
        let come = without(&now.tokens, &known).into_iter().map(|token| ("token_inserted", token));
        for (event, token) in gone.chain(come) {
            let text = message::token(event, &json::token(token));
            if say.send(Said { text, ends: None }).is_err() {
                return;
            }
        }
        (state, known) = (next, now.tokens);
    }
}

/// Those that the others are not, each counted as often as it is there: serial numbers are nobody's name.
fn without<'a>(tokens: &'a [TokenInfo], others: &[TokenInfo]) -> Vec<&'a TokenInfo> {
    let mut others: Vec<&TokenInfo> = others.iter().collect();
    let is_new = |token: &&TokenInfo| match others.iter().position(|other| is_same(token, other)) {
        Some(at) => {
            others.swap_remove(at);
            false
        }
        None => true,
    };
    tokens.iter().filter(is_new).collect()
}

/// Whatever is known of its PIN now.
fn is_same(one: &TokenInfo, other: &TokenInfo) -> bool {
    let name = |token: &TokenInfo| {
        let TokenInfo { serial, label, model, manufacturer, pin: _, module } = token.clone();
        (serial, label, model, manufacturer, module)
    };
    name(one) == name(other)
}

/// No state has this number.
const NONE: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::token::PinState;

    fn token(label: &str, pin: PinState) -> TokenInfo {
        TokenInfo {
            serial: Default::default(),
            label: label.to_owned(),
            model: String::new(),
            manufacturer: String::new(),
            pin,
            module: 0,
        }
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
