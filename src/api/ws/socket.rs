//! One socket, from the page's first message to its end.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::SinkExt as _;
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio::time::timeout_at;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as WireError;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;
use tokio_tungstenite::tungstenite::protocol::frame::coding::OpCode;

use super::Opened;
use super::call;
use super::call::Said;
use super::message;
use super::message::Heard;
use super::news;
use super::wire::Metered;
use super::wire::is_overdrawn;
use crate::api::connections::Admitted;
use crate::api::http;
use crate::api::http::Site;
use crate::api::reply::Failure;
use crate::domain::caller::Caller;
use crate::domain::error::ErrorCode;
use crate::domain::policy::PairingId;
use crate::domain::policy::Verdict;

/// Serves a socket to its end, and gives the stream back to be closed. `read` came behind the handshake.
pub(in crate::api) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    site: Arc<Site>,
    stream: S,
    read: Bytes,
    opened: Opened,
    place: &Admitted,
) -> S {
    place.keep(false);
    let stream = Metered::new(stream, UNPAIRED);
    let wire = WebSocketStream::from_partially_read(stream, read.into(), Role::Server, Some(config())).await;
    let (say, said) = mpsc::unbounded_channel();
    let mut socket = Socket {
        site,
        opened: Arc::new(opened),
        place,
        wire,
        paired: None,
        under_way: HashMap::new(),
        tasks: JoinSet::new(),
        say,
        said,
        heard: Instant::now(),
        pinged: false,
    };
    let end = match socket.begin().await {
        Ok(()) => socket.go_on().await,
        Err(end) => end,
    };
    socket.close(end).await;
    socket.wire.into_inner().into_inner()
}

/// Why a socket ends.
#[derive(Debug)]
enum End {
    /// The page closed it, or does not answer any more.
    Left,
    /// What came is against the rules; with the code of RFC 6455 §7.4.
    Broken(ErrorCode, u16),
    /// Its token was dead from the start.
    Unpaired,
    /// The page may not ask any more.
    Revoked,
    /// The agent stops.
    Stopping,
}

struct Socket<'a, S> {
    site: Arc<Site>,
    opened: Arc<Opened>,
    /// Kept for a page that has shown a token, and while it waits for a person.
    place: &'a Admitted,
    wire: WebSocketStream<Metered<S>>,
    /// The pairing that the page has shown, and by which token.
    paired: Option<(PairingId, Arc<str>)>,
    /// The calls that have no answer yet; a sender that is dropped cancels its call.
    under_way: HashMap<String, Option<oneshot::Sender<()>>>,
    /// The calls and the news. Dropped with the socket: the page has left them.
    tasks: JoinSet<()>,
    say: UnboundedSender<Said>,
    said: UnboundedReceiver<Said>,
    /// When the page was heard last.
    heard: Instant,
    /// It was asked whether it is still there since.
    pinged: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<'_, S> {
    /// Takes the first message, which says who the page is.
    async fn begin(&mut self) -> Result<(), End> {
        let site = Arc::clone(&self.site);
        let text = tokio::select! {
            biased;
            () = site.service.stopping() => return Err(End::Stopping),
            text = timeout(FIRST, self.text()) => text.unwrap_or(Err(End::Broken(ErrorCode::BadRequest, POLICY)))?,
        };
        let token = message::first(&text).ok_or(End::Broken(ErrorCode::BadRequest, POLICY))?;
        if let Some(token) = token {
            let pairing = site.service.grants().pairing(self.opened.page.origin(), &token);
            self.paired = Some((pairing.ok_or(End::Unpaired)?, token.into()));
            self.place.keep(true);
            self.wire.get_mut().allow(None);
            self.tasks.spawn(news::watch(Arc::clone(&site.service), self.say.clone()));
        }
        self.send(message::ready(self.paired.is_some())).await
    }

    /// Takes calls and answers them until something ends it.
    async fn go_on(&mut self) -> End {
        let (site, opened) = (Arc::clone(&self.site), Arc::clone(&self.opened));
        let pairing = self.paired.as_ref().map(|(pairing, _)| *pairing);
        let mut over = pin!(over(&site, &opened, pairing));
        loop {
            let silent = self.heard + if self.pinged { GONE } else { SILENT };
            let result = tokio::select! {
                biased;
                end = &mut over => Err(end),
                Some(said) = self.said.recv() => self.tell(said).await,
                message = self.wire.next() => self.hear(message).await,
                () = tokio::time::sleep_until(silent) => self.ask_for_a_sign().await,
            };
            if let Err(end) = result {
                return end;
            }
        }
    }

    /// The next message's text.
    async fn text(&mut self) -> Result<Bytes, End> {
        loop {
            let message = self.wire.next().await;
            if let Some(text) = self.take(message)? {
                return Ok(text);
            }
        }
    }

    /// A message's text; none where it was for the protocol alone.
    fn take(&mut self, message: Option<Result<Message, WireError>>) -> Result<Option<Bytes>, End> {
        self.heard = Instant::now();
        self.pinged = false;
        match message.ok_or(End::Left)?.map_err(|error| broken(&error))? {
            Message::Text(text) => {
                if self.paired.is_none() {
                    self.wire.get_mut().allow(Some(UNPAIRED));
                }
                Ok(Some(text.into()))
            }
            Message::Ping(bytes) | Message::Pong(bytes) => {
                self.wire.get_mut().give_back(bytes.len() + CONTROL_HEAD);
                Ok(None)
            }
            // The answer to it goes out before the wire says that it has ended.
            Message::Close(_) => Ok(None),
            Message::Binary(_) | Message::Frame(_) => Err(End::Broken(ErrorCode::BadRequest, POLICY)),
        }
    }

    async fn hear(&mut self, message: Option<Result<Message, WireError>>) -> Result<(), End> {
        let Some(text) = self.take(message)? else { return Ok(()) };
        match message::parse(&text).ok_or(End::Broken(ErrorCode::BadRequest, POLICY))? {
            // The call may have had its answer in this moment.
            Heard::Cancel(id) => {
                self.under_way.get_mut(&id).and_then(Option::take);
                Ok(())
            }
            Heard::Call(call) if self.under_way.contains_key(&call.id) => {
                Err(End::Broken(ErrorCode::BadRequest, POLICY))
            }
            Heard::Call(call) if self.under_way.len() >= MOST_CALLS => {
                let lang = call.lang.unwrap_or(self.opened.lang);
                let busy = http::refusal(&ErrorCode::Busy.into(), lang);
                self.send(call::answer(&call.id, busy).await).await
            }
            Heard::Call(call) => {
                self.start(call);
                Ok(())
            }
        }
    }

    fn start(&mut self, call: message::Call) {
        let (cancel, cancelled) = oneshot::channel();
        self.under_way.insert(call.id.clone(), Some(cancel));
        self.place.keep(true);
        let bearer = self.paired.as_ref().map(|(_, bearer)| Arc::clone(bearer));
        let (site, opened) = (Arc::clone(&self.site), Arc::clone(&self.opened));
        self.tasks.spawn(call::run(site, opened, bearer, call, self.say.clone(), cancelled));
    }

    async fn tell(&mut self, said: Said) -> Result<(), End> {
        if let Some(id) = said.ends {
            self.under_way.remove(&id);
            self.place.keep(self.paired.is_some() || !self.under_way.is_empty());
            while self.tasks.try_join_next().is_some() {}
        }
        self.send(said.text).await
    }

    async fn ask_for_a_sign(&mut self) -> Result<(), End> {
        if self.pinged {
            return Err(End::Left);
        }
        self.pinged = true;
        self.write(Message::Ping(Bytes::new())).await
    }

    /// Long texts go out in pieces, so that no buffer stays as long as the longest was.
    async fn send(&mut self, text: String) -> Result<(), End> {
        let (mut left, mut kind) = (Bytes::from(text), Data::Text);
        let end = Instant::now() + SEND;
        loop {
            let piece = left.split_to(left.len().min(PIECE));
            let frame = Frame::message(piece, OpCode::Data(kind), left.is_empty());
            self.write_until(end, Message::Frame(frame)).await?;
            if left.is_empty() {
                return Ok(());
            }
            kind = Data::Continue;
        }
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        self.write_until(Instant::now() + SEND, message).await
    }

    /// A page that does not take what it is told has left, however slowly it reads.
    async fn write_until(&mut self, end: Instant, message: Message) -> Result<(), End> {
        match timeout_at(end, self.wire.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Left),
        }
    }

    /// Says why, and closes. Calls under way end by themselves first where they can: they have their own answers.
    async fn close(&mut self, end: End) {
        let (error, code, patience) = match end {
            End::Left => return,
            End::Broken(error, code) => (Some(error), code, Duration::ZERO),
            End::Unpaired => (Some(ErrorCode::PairingRequired), UNKNOWN_TOKEN, Duration::ZERO),
            End::Revoked => (None, REVOKED, LAST_ANSWERS),
            End::Stopping => (None, GOING_AWAY, LAST_OUTCOMES),
        };
        let answers = async {
            while !self.under_way.is_empty()
                && let Some(said) = self.said.recv().await
                && self.tell(said).await.is_ok()
            {}
        };
        let _ = timeout(patience, answers).await;
        self.tasks.abort_all();
        if let Some(error) = error {
            let response = http::refusal(&Failure::from(error), self.opened.lang);
            let body = response.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let _ = self.send(String::from_utf8_lossy(&body).into_owned()).await;
        }
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        let _ = self.write(Message::Close(Some(frame))).await;
    }
}

/// Resolves when the page may not ask any more, or the agent stops.
async fn over(site: &Site, opened: &Opened, pairing: Option<PairingId>) -> End {
    let grants = site.service.grants();
    let revoked = async {
        let caller = Caller::Web(opened.page.origin().clone());
        let mut state = NONE;
        loop {
            state = grants.changed(state).await;
            let ended = pairing.is_some_and(|pairing| !grants.is_live(pairing));
            if ended || site.service.policy().judge(&caller) == Verdict::Refuse {
                return;
            }
        }
    };
    tokio::select! {
        biased;
        () = site.service.stopping() => End::Stopping,
        () = revoked => End::Revoked,
    }
}

/// What is wrong with what came.
fn broken(error: &WireError) -> End {
    let overdrawn = matches!(error, WireError::Io(error) if is_overdrawn(error));
    if overdrawn || matches!(error, WireError::Capacity(_)) {
        return End::Broken(ErrorCode::TooLarge, TOO_BIG);
    }
    if matches!(error, WireError::Utf8(_)) {
        return End::Broken(ErrorCode::BadRequest, NO_TEXT);
    }
    let left = matches!(error, WireError::Protocol(ProtocolError::ResetWithoutClosingHandshake));
    if left || !matches!(error, WireError::Protocol(_)) {
        return End::Left;
    }
    End::Broken(ErrorCode::BadRequest, PROTOCOL)
}

/// The library reserves its buffers for each connection, however little is said on it.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(MOST))
        .max_frame_size(Some(MOST))
}

/// For the first message.
const FIRST: Duration = Duration::from_secs(10);
/// A page that says nothing for so long is asked whether it is there; browsers answer by themselves …
const SILENT: Duration = Duration::from_secs(30);
/// … and one that says nothing for so long is not.
const GONE: Duration = Duration::from_secs(60);
/// For the other end to take what it is told.
const SEND: Duration = Duration::from_secs(10);
/// A revoked page's calls end by themselves within half a second, and its socket within one.
const LAST_ANSWERS: Duration = Duration::from_millis(700);
/// An agent that stops waits for the outcomes of what is under way.
const LAST_OUTCOMES: Duration = Duration::from_secs(3);

/// Calls under way on one socket: as many as one origin may have connections.
const MOST_CALLS: usize = 16;
/// Bytes of a message, its fragments together.
pub(super) const MOST: usize = 2 * 1024 * 1024;
/// Bytes of a message before the page has shown a token: a body of 64 KiB, and what is around it.
pub(super) const UNPAIRED: usize = 68 * 1024;
/// Bytes of one frame of ours.
const PIECE: usize = 64 * 1024;
/// Bytes that are read at once.
const BUFFER: usize = 4 * 1024;
/// Bytes before a control frame's payload: two and the mask.
const CONTROL_HEAD: usize = 6;

const GOING_AWAY: u16 = 1001;
const PROTOCOL: u16 = 1002;
const NO_TEXT: u16 = 1007;
const POLICY: u16 = 1008;
const TOO_BIG: u16 = 1009;
const UNKNOWN_TOKEN: u16 = 4401;
const REVOKED: u16 = 4403;

/// No state has this number.
const NONE: u64 = u64::MAX;
