//! Sixty-four connections that ask the same question again and again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, WebSocket};

use crate::support::http::{Request, connect};

/// How the question comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A connection each.
    Http,
    /// A WebSocket that stays open.
    Socket,
}

/// A paired site.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) origin: String,
    pub(crate) bearer: String,
}

impl Way {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Socket => "WebSocket",
        }
    }

    /// In the figures' names.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Http => "",
            Self::Socket => "_socket",
        }
    }
}

/// What the agent answers, whole, as it comes over the wire.
pub(crate) fn answer(way: Way, port: u16, site: &Site, path: &str) -> Vec<u8> {
    match way {
        Way::Http => ask(port, &request(port, site, path)),
        Way::Socket => call(&mut open(port, site), &message(path)).into_bytes(),
    }
}

/// An answer without its head: the order of headers is each server's own.
pub(crate) fn body(way: Way, answer: &[u8]) -> &[u8] {
    match way {
        Way::Http => &answer[answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4..],
        Way::Socket => answer,
    }
}

/// How long each of these questions took.
pub(crate) fn run(way: Way, port: u16, sites: &[Site], path: &str) -> Vec<Duration> {
    let ready = Barrier::new(CONNECTIONS);
    let one = |number: usize| {
        let site = &sites[number % sites.len()];
        let mut times = Vec::new();
        match way {
            Way::Http => {
                let bytes = request(port, site, path);
                ready.wait();
                for _ in 0..QUESTIONS {
                    let start = Instant::now();
                    let answer = ask(port, &bytes);
                    times.push(start.elapsed());
                    assert!(answer.starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&answer));
                }
            }
            Way::Socket => {
                let (mut socket, question) = (open(port, site), message(path));
                ready.wait();
                for _ in 0..QUESTIONS {
                    let start = Instant::now();
                    let answer = call(&mut socket, &question);
                    times.push(start.elapsed());
                    assert!(answer.contains("\"status\":200"), "{answer}");
                }
                let _ = socket.close(None);
            }
        }
        times
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|number| scope.spawn(move || one(number))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn request(port: u16, site: &Site, path: &str) -> Vec<u8> {
    Request::new("GET", path, port, &site.origin).bearer(&site.bearer).bytes()
}

fn ask(port: u16, request: &[u8]) -> Vec<u8> {
    let mut stream = connect(port);
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

fn message(path: &str) -> String {
    json!({ "id": "1", "method": "GET", "path": path }).to_string()
}

/// A WebSocket that has shown its token.
fn open(port: u16, site: &Site) -> WebSocket<TcpStream> {
    let mut request = format!("ws://127.0.0.1:{port}/v1/socket").into_client_request().unwrap();
    request.headers_mut().insert("origin", site.origin.parse().unwrap());
    let stream = connect(port);
    stream.set_nodelay(true).unwrap();
    let (mut socket, _) = tokio_tungstenite::tungstenite::client(request, stream).unwrap();
    let ready: Value =
        serde_json::from_str(&call(&mut socket, &json!({ "token": site.bearer }).to_string())).unwrap();
    assert_eq!(ready["ready"], true, "{ready}");
    socket
}

fn call(socket: &mut WebSocket<TcpStream>, text: &str) -> String {
    socket.send(Message::text(text)).unwrap();
    loop {
        match socket.read().unwrap() {
            Message::Text(answer) if !answer.contains("\"event\"") => return answer.to_string(),
            Message::Text(_) | Message::Ping(_) | Message::Pong(_) => {}
            end @ (Message::Binary(_) | Message::Close(_) | Message::Frame(_)) => panic!("{end:?}"),
        }
    }
}

/// As many as the agent serves at once.
const CONNECTIONS: usize = 64;
const QUESTIONS: usize = 20;
