//! The page's files, and the shape of every reply.

use http_body_util::Full;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header;
use hyper::header::HeaderValue;
use serde::Serialize;

/// Any reply.
pub(crate) type Response = hyper::Response<Full<Bytes>>;

/// The page's file at a path.
pub(crate) fn file(path: &str) -> Option<Response> {
    let (kind, text) = match path {
        "/" => ("text/html; charset=utf-8", include_str!("../../web/demo/index.html")),
        "/style.css" => ("text/css; charset=utf-8", include_str!("../../web/demo/style.css")),
        "/app.js" => (SCRIPT, include_str!("../../web/demo/app.js")),
        "/list.js" => (SCRIPT, include_str!("../../web/demo/list.js")),
        "/screen.js" => (SCRIPT, include_str!("../../web/demo/screen.js")),
        "/document.js" => (SCRIPT, include_str!("../../web/demo/document.js")),
        "/words.js" => (SCRIPT, include_str!("../../web/demo/words.js")),
        "/kyso.js" => (SCRIPT, include_str!("../../web/client/dist/kyso.js")),
        _ => return None,
    };
    Some(reply(StatusCode::OK, kind, PAGE_POLICY, text.into()))
}

/// A JSON reply.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => reply(status, "application/json", PAGE_POLICY, body.into()),
        Err(_) => reply(StatusCode::INTERNAL_SERVER_ERROR, "application/json", PAGE_POLICY, Bytes::new()),
    }
}

/// A PDF to be looked at in our page, with this name if it is saved.
pub(crate) fn pdf(file: Vec<u8>, name: &str) -> Response {
    let mut response = reply(StatusCode::OK, "application/pdf", PDF_POLICY, file.into());
    let escaped: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    if let Ok(name) = HeaderValue::from_str(&format!("inline; filename*=UTF-8''{escaped}")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

fn reply(status: StatusCode, kind: &'static str, policy: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A page that asks Kyso names `http://127.0.0.1:*` in `connect-src`, `ws:` beside it for the progress of
/// batches, both with TLS for browsers that want it, and `kyso:` in `frame-src` to start it.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; frame-src 'self' kyso:; \
                           connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:* \
                           https://127.0.0.1:* wss://127.0.0.1:*; \
                           frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The browser's viewer brings scripts and styles of its own.
const PDF_POLICY: &str = "frame-ancestors 'self'";
