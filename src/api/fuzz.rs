//! What `fuzz/` drives: bytes as a stranger sends them, through the code that takes them. In no program: it is built
//! for that and for its own tests.
//!
//! Each function panics if something passes that must not, and says whether anything passed.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "named and explained in fuzz/README.md")]

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::Future;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use http_body_util::Full;
use hyper::Request;
use hyper::Response;
use hyper::body::Bytes;
use hyper::body::Incoming;
use hyper::header;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime::Builder;
use tokio::runtime::Runtime;

use super::gate::Address;
use super::gate::Gated;
use super::gate::check;
use crate::domain::caller::Caller;
use crate::domain::origin::Origin;
use crate::domain::policy::Policy;

pub use super::http::fuzz::json;
pub use super::ws::fuzz::socket;

/// A connection's bytes: hyper makes requests of them, and the gate judges each.
pub fn gate(bytes: &[u8]) -> bool {
    let any = AtomicBool::new(false);
    let judge = service_fn(|request: Request<Incoming>| async {
        let (head, _) = request.into_parts();
        for secure in [false, true] {
            let request = Request::from_parts(head.clone(), ());
            if let Ok(gated) = check(Address { port: PORT, secure }, &Policy::default(), request) {
                passed(&gated);
                any.store(true, Ordering::Relaxed);
            }
        }
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let stream = TokioIo::new(tokio::io::join(bytes, tokio::io::sink()));
    let mut server = http1::Builder::new();
    // Where the bytes end, the page still listens.
    server.header_read_timeout(None).max_buf_size(super::connection::MAX_BUFFER).half_close(true);
    let _ = wait(server.serve_connection(stream, judge));
    any.load(Ordering::Relaxed)
}

/// R10, R11, R13, R14, seen by another way than the gate's.
fn passed(gated: &Gated<()>) {
    let all =
        |name: &str| gated.headers().get_all(name).iter().map(|value| value.as_bytes()).collect::<Vec<_>>();
    let [host] = all("host")[..] else { panic!("not one host") };
    let ours = [&b"127.0.0.1:21480"[..], b"localhost:21480"];
    assert!(ours.iter().any(|name| host.eq_ignore_ascii_case(name)), "another host");
    assert_eq!(all("origin"), [gated.origin().as_str().as_bytes()], "another origin");
    assert!(gated.origin().may_pair(), "an origin that no policy names");
    for (name, allowed) in [("sec-fetch-mode", &["cors", "websocket"][..]), ("sec-fetch-dest", &["empty"])] {
        let sent = all(name);
        let fits = |value: &&[u8]| allowed.iter().any(|allowed| allowed.as_bytes() == *value);
        assert!(sent.len() <= 1 && sent.iter().all(fits), "no script's request");
    }
    match gated.method().as_str() {
        "POST" => {
            let [kind] = all("content-type")[..] else { panic!("not one media type") };
            assert!(kind.to_ascii_lowercase().starts_with(b"application/json"), "a form's media type");
        }
        method => assert!(["GET", "DELETE", "OPTIONS"].contains(&method), "another method"),
    }
    let _ = (gated.path(), gated.query(), gated.bearer(), gated.single(&header::ACCEPT_LANGUAGE));
}

/// The page that speaks.
pub(super) fn page() -> (Origin, Caller) {
    let origin: Origin = "https://vanban.example.vn".parse().expect("an origin");
    (origin.clone(), Caller::Web(origin))
}

/// Everything is in memory, so nothing waits.
pub(super) fn wait<T>(work: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));
    RUNTIME.block_on(work)
}

const PORT: u16 = 21480;
