//! The frames of a page's socket, through the library and the meter, and the messages in them.

use futures_util::StreamExt as _;
use hyper::body::Bytes;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::message;
use super::message::Heard;
use super::socket::MOST;
use super::socket::UNPAIRED;
use super::socket::config;
use super::wire::Metered;
use crate::api::fuzz::wait;

/// What a page sends behind its handshake. The first byte says whether a token that it shows is a live one.
pub fn socket(bytes: &[u8]) -> bool {
    let Some((live, bytes)) = bytes.split_first() else { return false };
    wait(async {
        let stream = Metered::new(tokio::io::join(bytes, tokio::io::sink()), UNPAIRED);
        let mut wire = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config())).await;
        let (mut first, mut most, mut any) = (true, UNPAIRED, false);
        while let Some(Ok(message)) = wire.next().await {
            let text = match message {
                Message::Text(text) => Bytes::from(text),
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) => continue,
                Message::Binary(_) | Message::Frame(_) => break,
            };
            // The buffer may hold one read more than was allowed.
            assert!(text.len() <= most + READ, "more than the page may say");
            if std::mem::take(&mut first) {
                match message::first(&text) {
                    Some(Some(_)) if live % 2 == 1 => {
                        most = MOST;
                        wire.get_mut().allow(None);
                    }
                    Some(None) => {}
                    _ => break,
                }
            } else {
                match message::parse(&text) {
                    Some(Heard::Call(call)) => {
                        heard(&text, &call);
                        any = true;
                    }
                    Some(Heard::Cancel(id)) => assert!((1..=64).contains(&id.len()), "too long"),
                    None => break,
                }
            }
        }
        any
    })
}

/// A call's body stands in its message as it was sent, and is JSON.
fn heard(text: &[u8], call: &message::Call) {
    assert!((1..=64).contains(&call.id.len()), "too long");
    if !call.body.is_empty() {
        assert!(text.windows(call.body.len()).any(|part| part == call.body), "not what was sent");
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&call.body).is_ok(), "no JSON");
    }
}

const READ: usize = 64 * 1024;
