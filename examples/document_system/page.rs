//! The page's files, and the shape of every reply.

use http_body_util::Full;
use hyper::Response;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header;
use hyper::header::HeaderValue;
use serde::Serialize;

/// The page's file at a path.
pub(crate) fn file(path: &str) -> Option<Response<Full<Bytes>>> {
    let (kind, text) = match path {
        "/" => ("text/html; charset=utf-8", include_str!("../../web/demo/index.html")),
        "/style.css" => ("text/css; charset=utf-8", include_str!("../../web/demo/style.css")),
        "/app.js" => (SCRIPT, include_str!("../../web/demo/app.js")),
        "/kyso.js" => (SCRIPT, include_str!("../../web/demo/kyso.js")),
        "/words.js" => (SCRIPT, include_str!("../../web/demo/words.js")),
        _ => return None,
    };
    Some(reply(StatusCode::OK, kind, text.into()))
}

/// A JSON reply.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec(value) {
        Ok(body) => reply(status, "application/json", body.into()),
        Err(_) => reply(StatusCode::INTERNAL_SERVER_ERROR, "application/json", Bytes::new()),
    }
}

/// The value of a parameter of a query (`application/x-www-form-urlencoded`).
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| decode(value))
}

fn decode(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                bytes.extend(hex::decode([*high, *low]).ok()?);
                tail
            }
            (b'%', _) => return None,
            (b'+', _) => {
                bytes.push(b' ');
                tail
            }
            (byte, _) => {
                bytes.push(*byte);
                tail
            }
        };
    }
    String::from_utf8(bytes).ok()
}

fn reply(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A page that asks Kyso names `http://127.0.0.1:*` in `connect-src`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self' http://127.0.0.1:* https://127.0.0.1:*; frame-ancestors 'none'; base-uri 'none'";
