//! One connection: one request, one answer, whatever comes; or a WebSocket behind it.
//!
//! hyper answers what it can't parse by itself, with a status of its own and without our headers. So
//! nothing is written before a request has reached us; a head that never became one gets our own
//! answer when hyper is done with it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Version};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::sync::watch;

use super::connections::Admitted;
use super::http;
use super::http::Site;
use super::reply;
use super::reply::Response;
use super::ws;
use super::ws::Opened;
use crate::domain::error::ErrorCode;
use crate::domain::error::SignError;
use crate::domain::ports::Presence;
use crate::domain::request::RequestId;
use crate::sys;
use crate::text::Lang;

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    ours: std::net::SocketAddr,
    theirs: std::net::SocketAddr,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Silent,
    Head,
    Serving,
    Answered,
}

impl Peer {
    /// R1, R2: nothing if the other end is not an open socket of this user on this machine.
    pub(super) fn of(stream: &TcpStream) -> Option<Self> {
        let peer = Self { ours: stream.local_addr().ok()?, theirs: stream.peer_addr().ok()? };
        peer.holds().is_ok().then_some(peer)
    }
}

impl Presence for Peer {
    fn holds(&self) -> Result<(), SignError> {
        if sys::peer::same_user(self.ours, self.theirs) { Ok(()) } else { Err(SignError::Cancelled) }
    }
}

/// Serves a connection to its end.
pub(super) async fn serve<S>(site: Arc<Site>, stream: S, peer: Peer, place: Admitted)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let place = Arc::new(place);
    let (stage, watched) = watch::channel(Stage::Silent);
    let stage = Arc::new(stage);
    let io = Wire { stream, stage: Arc::clone(&stage) };
    let mut service = http1::Builder::new();
    service.header_read_timeout(None).max_buf_size(MAX_BUFFER);
    let (answering, serving) = (Arc::clone(&place), Arc::clone(&site));
    let (opens, mut opened) = mpsc::channel(1);
    let answer = service_fn(move |request| {
        answering.has_head();
        stage.send_replace(Stage::Serving);
        let parts = (Arc::clone(&serving), Arc::clone(&answering), Arc::clone(&stage), opens.clone());
        let work = answer(request, peer, parts);
        Box::pin(work) as Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>
    });
    let mut connection = service.serve_connection(TokioIo::new(io), answer);
    let end = loop {
        tokio::select! {
            biased;
            result = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break match result {
                Err(error) if error.is_parse_too_large() => ErrorCode::TooLarge,
                Ok(()) | Err(_) => ErrorCode::BadRequest,
            },
            () = place.evicted() => return,
            () = overdue(watched.clone()) => {
                // The head may have become a request in the same moment.
                if *watched.borrow() != Stage::Serving {
                    break ErrorCode::BadRequest;
                }
            }
        }
    };
    let http1::Parts { io, read_buf, .. } = connection.into_parts();
    let mut stream = io.into_inner().stream;
    let reached = *watched.borrow();
    if let Ok(opened) = opened.try_recv() {
        // Its place is the connection's for the socket's whole life.
        tokio::select! {
            served = Box::pin(ws::serve(site, stream, read_buf, opened, &place)) => stream = served,
            () = place.evicted() => return,
        }
        linger(&mut stream).await;
        return;
    }
    place.has_answer();
    let over = async {
        match reached {
            Stage::Head => refuse(&mut stream, end).await,
            Stage::Silent | Stage::Serving | Stage::Answered => linger(&mut stream).await,
        }
    };
    tokio::select! {
        () = over => {}
        () = place.evicted() => {}
    }
}

/// Answers without reading a request, as `busy` or as one that never became a request.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, code: ErrorCode) {
    let response = reply::failure(&code.into(), &RequestId::random(), Lang::default());
    let (head, body) = response.into_parts();
    let body = http_body_util::BodyExt::collect(body).await.map(|body| body.to_bytes()).unwrap_or_default();
    let bytes = reply::wire(&Response::from_parts(head, http_body_util::Full::default()), &body);
    let _ = tokio::time::timeout(LINGER, stream.write_all(&bytes)).await;
    linger(stream).await;
}

/// What a request's answer needs, and where it leaves a socket that it opened.
type Answering = (Arc<Site>, Arc<Admitted>, Arc<watch::Sender<Stage>>, mpsc::Sender<Opened>);

async fn answer(
    request: Request<Incoming>,
    peer: Peer,
    (site, place, stage, opens): Answering,
) -> Result<Response, Infallible> {
    let version = request.version();
    let (mut response, opened) = http::respond(&site, request, Arc::new(peer), &place).await;
    if version == Version::HTTP_10 {
        // One request a connection: hyper would announce more to one that asks for it, were the answer of HTTP/1.1.
        *response.version_mut() = version;
    }
    if let Some(opened) = opened {
        let _ = opens.try_send(opened);
    }
    stage.send_replace(Stage::Answered);
    Ok(response)
}

/// Resolves when a stage has lasted too long.
async fn overdue(mut stage: watch::Receiver<Stage>) {
    loop {
        let limit = match *stage.borrow_and_update() {
            Stage::Silent => Some(IDLE),
            Stage::Head => Some(HEAD),
            Stage::Serving => None,
            Stage::Answered => Some(IDLE),
        };
        let over = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = over => return,
            changed = stage.changed() => if changed.is_err() { std::future::pending().await },
        }
    }
}

/// A socket that is closed with unread bytes resets the connection, and the answer may be lost with
/// it (RFC 9112 §9.6): so the rest of a refused body is read and thrown away, for a while.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let _ = stream.shutdown().await;
    let drain = async {
        let mut scratch = vec![0; 64 * 1024];
        while matches!(stream.read(&mut scratch).await, Ok(1..)) {}
    };
    let _ = tokio::time::timeout(LINGER, drain).await;
}

/// The stream under hyper: tells when the first byte came, and writes nothing before a request did.
struct Wire<S> {
    stream: S,
    stage: Arc<watch::Sender<Stage>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.stage.send_if_modified(|stage| {
                let first = *stage == Stage::Silent;
                if first {
                    *stage = Stage::Head;
                }
                first
            });
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let quiet = matches!(*self.stage.borrow(), Stage::Silent | Stage::Head);
        if quiet { Poll::Ready(Ok(buf.len())) } else { Pin::new(&mut self.stream).poll_write(cx, buf) }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Before the first byte, and while an answer is not taken.
const IDLE: Duration = Duration::from_secs(60);
/// From the first byte to the end of the head.
const HEAD: Duration = Duration::from_secs(5);
/// For the other end to take the answer.
const LINGER: Duration = Duration::from_secs(2);
/// What hyper holds of a head; the gate's own limit is below it and exact.
pub(super) const MAX_BUFFER: usize = 24 * 1024;
