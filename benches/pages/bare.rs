//! The least that could answer: hyper on one thread as the agent runs it, with no gate, no peer check and no token.

use std::convert::Infallible;
use std::thread;

use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderName};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::load::Way;

/// Runs until this process ends.
pub(crate) struct Bare {
    pub(crate) port: u16,
}

impl Bare {
    /// Answers everything with these bytes, an HTTP response or a message.
    pub(crate) fn start(way: Way, answer: Vec<u8>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        thread::spawn(move || runtime.block_on(serve(listener, way, answer)));
        Self { port }
    }
}

async fn serve(listener: std::net::TcpListener, way: Way, answer: Vec<u8>) {
    let listener = TcpListener::from_std(listener).unwrap();
    let answer = Bytes::from(answer);
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        tokio::spawn(connection(stream, way, answer.clone()));
    }
}

async fn connection(stream: TcpStream, way: Way, answer: Bytes) {
    let respond = service_fn(move |request| {
        let response = match way {
            Way::Http => recorded(&answer),
            Way::Socket => upgrade(request, answer.clone()),
        };
        async { Ok::<_, Infallible>(response) }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), respond).with_upgrades().await;
}

/// The agent's response as it came, head and body.
fn recorded(answer: &Bytes) -> Response<Full<Bytes>> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let mut response = Response::new(Full::new(answer.slice(end + 4..)));
    for line in std::str::from_utf8(&answer[..end]).unwrap().split("\r\n").skip(1) {
        let (name, value) = line.split_once(": ").unwrap();
        response.headers_mut().insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    response
}

/// RFC 6455 §4.2.2; then the same message for each that comes.
fn upgrade(mut request: Request<Incoming>, answer: Bytes) -> Response<Full<Bytes>> {
    let accept = derive_accept_key(request.headers()[header::SEC_WEBSOCKET_KEY].as_bytes());
    tokio::spawn(async move {
        let io = TokioIo::new(hyper::upgrade::on(&mut request).await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
        let mut text = r#"{"ready":true,"paired":true}"#.to_owned();
        while let Some(Ok(Message::Text(_))) = socket.next().await {
            if socket.send(Message::text(text)).await.is_err() {
                return;
            }
            text = String::from_utf8(answer.to_vec()).unwrap();
        }
    });
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    for (name, value) in [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ] {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
