//! A page's WebSocket: the handshake as a browser sends it, and messages one at a time.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

use super::contract::{is_documented, operation};
use super::http::{Reply, Request, connect, hardened};

/// An open socket.
pub(crate) struct Socket {
    wire: WebSocket<TcpStream>,
    /// What came before what was waited for.
    early: VecDeque<Value>,
    /// The calls that were begun: id, method and path.
    begun: Vec<[String; 3]>,
}

/// What a socket says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    Text(Value),
    /// With the code that it was closed with; none if the connection just ended.
    Closed(Option<u16>),
}

/// A handshake as Firefox sends it, but for the `Sec-Fetch` headers; the key is that of RFC 6455 §1.3.
pub(crate) fn handshake(port: u16, origin: &str) -> Request {
    Request::new("GET", "/v1/socket", port, origin)
        .header("Connection", "keep-alive, Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
}

/// Sends a handshake; the open socket with the answer's head, or the refusal.
pub(crate) fn shake(port: u16, request: &Request) -> Result<(Socket, Reply), Reply> {
    let mut stream = connect(port);
    stream.write_all(&request.bytes()).unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    if !head.starts_with(b"HTTP/1.1 101 ") {
        let _ = stream.read_to_end(&mut head);
        let reply = Reply::parse(&head).expect("an answer");
        hardened(&reply, &request.bytes());
        return Err(reply);
    }
    let reply = Reply::parse(&head).expect("an answer");
    let wire = WebSocket::from_raw_socket(stream, Role::Client, None);
    Ok((Socket { wire, early: VecDeque::new(), begun: Vec::new() }, reply))
}

impl Socket {
    /// Opens a socket that has said nothing yet.
    pub(crate) fn open(port: u16, origin: &str) -> Self {
        let (socket, _) = shake(port, &handshake(port, origin)).unwrap_or_else(|reply| panic!("{reply:?}"));
        socket
    }

    /// Opens a socket and shows a token.
    pub(crate) fn paired(port: u16, origin: &str, bearer: &str) -> Self {
        let mut socket = Self::open(port, origin);
        socket.say(&json!({ "token": bearer }));
        assert_eq!(socket.next(), Heard::Text(json!({ "ready": true, "paired": true })));
        socket
    }

    /// Says some JSON.
    pub(crate) fn say(&mut self, message: &Value) {
        self.send(Message::text(message.to_string()));
    }

    /// Sends any message, whether or not the other end still takes it.
    pub(crate) fn send(&mut self, message: Message) {
        let _ = self.wire.send(message);
    }

    /// Writes bytes below the protocol.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let _ = self.wire.get_mut().write_all(bytes);
    }

    /// Closes it as a page does that is done.
    pub(crate) fn leave(&mut self) {
        self.wire.close(None).unwrap();
    }

    /// Begins a call.
    pub(crate) fn begin(&mut self, id: &str, method: &str, path: &str, more: Value) {
        let mut message = json!({ "id": id, "method": method, "path": path });
        message.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.begun.push([id, method, path].map(str::to_owned));
        self.say(&message);
    }

    /// Calls and waits for the answer.
    pub(crate) fn call(&mut self, id: &str, method: &str, path: &str, more: Value) -> Value {
        self.begin(id, method, path, more);
        self.answer(id)
    }

    /// The answer to a call, one that the contract has for it; what else comes is kept.
    pub(crate) fn answer(&mut self, id: &str) -> Value {
        let answer = self.wait(|value| value["id"] == id && value.get("status").is_some());
        let begun = self.begun.iter().rfind(|[known, ..]| known == id);
        if let Some(operation) = begun.and_then(|[_, method, path]| operation(method, path)) {
            let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
            let body = answer.get("body").map(Value::to_string).unwrap_or_default();
            is_documented(operation, status, body.as_bytes(), id);
        }
        answer
    }

    /// The next event of this kind; what else comes is kept.
    pub(crate) fn event(&mut self, name: &str) -> Value {
        self.wait(|value| value["event"] == name)
    }

    /// What came before what was waited for, and was not waited for itself.
    pub(crate) fn early(&mut self) -> Vec<Value> {
        self.early.drain(..).collect()
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.early.iter().position(&wanted) {
            return self.early.remove(at).unwrap();
        }
        loop {
            match self.heard() {
                Heard::Text(value) if wanted(&value) => return value,
                Heard::Text(value) => self.early.push_back(value),
                Heard::Closed(code) => panic!("closed with {code:?} after {:?}", self.early),
            }
        }
    }

    /// What comes next.
    pub(crate) fn next(&mut self) -> Heard {
        self.early.pop_front().map_or_else(|| self.heard(), Heard::Text)
    }

    /// The code it is closed with; texts before it are kept.
    pub(crate) fn closed(&mut self) -> Option<u16> {
        loop {
            match self.heard() {
                Heard::Text(value) => self.early.push_back(value),
                Heard::Closed(code) => return code,
            }
        }
    }

    /// The same, which must happen in time.
    pub(crate) fn closed_within(&mut self, limit: Duration) -> Option<u16> {
        let begun = Instant::now();
        let code = self.closed();
        assert!(begun.elapsed() <= limit, "closed after {:?}", begun.elapsed());
        code
    }

    /// The error that the socket itself ends with, and the code that it is closed with.
    pub(crate) fn refused(&mut self) -> (String, Option<u16>) {
        let Heard::Text(error) = self.next() else { return (String::new(), None) };
        (error["error"]["code"].as_str().unwrap_or_default().to_owned(), self.closed())
    }

    /// What comes within this time, if anything does.
    pub(crate) fn soon(&mut self, limit: Duration) -> Option<Heard> {
        self.wire.get_mut().set_read_timeout(Some(limit)).unwrap();
        loop {
            match self.wire.read() {
                Ok(Message::Text(text)) => return Some(Heard::Text(serde_json::from_str(&text).unwrap())),
                Ok(Message::Close(frame)) => {
                    return Some(Heard::Closed(frame.map(|frame| frame.code.into())));
                }
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => return None,
                Err(_) => return Some(Heard::Closed(None)),
            }
        }
    }

    /// Whether the next that comes is the question whether somebody is there; it gets no answer yet.
    pub(crate) fn pinged(&mut self) -> bool {
        matches!(self.wire.read(), Ok(Message::Ping(_)))
    }

    /// Waits for the connection's end without another word; what still came, if anything did.
    pub(crate) fn ended_unanswered(mut self) -> Option<u8> {
        let mut byte = [0];
        let read = self.wire.get_mut().read(&mut byte).expect("closed by the agent");
        (read == 1).then_some(byte[0])
    }

    /// The next text as it came.
    pub(crate) fn text(&mut self) -> String {
        loop {
            if let Message::Text(text) = self.wire.read().unwrap() {
                return text.to_string();
            }
        }
    }

    fn heard(&mut self) -> Heard {
        loop {
            match self.wire.read() {
                Ok(Message::Text(text)) => return Heard::Text(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(frame)) => {
                    let _ = self.wire.flush();
                    return Heard::Closed(frame.map(|frame| frame.code.into()));
                }
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("nothing came")
                }
                Err(_) => return Heard::Closed(None),
            }
        }
    }
}
