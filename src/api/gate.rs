//! The one gate: every request passes [`check`] before it is routed and before its body is read.
//!
//! The order is Host, Origin, policy, Fetch metadata, method, size, media type (R10 to R14). Only a
//! [`Gated`] request has a body to read, and only [`check`] makes one, so no other order compiles. A message of a
//! WebSocket becomes one by [`message`], which takes the [`Page`] that passed here at its handshake.

use hyper::Method;
use hyper::Request;
use hyper::Version;
use hyper::header;
use hyper::header::HeaderMap;
use hyper::header::HeaderName;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;

use crate::domain::caller::Caller;
use crate::domain::error::ErrorCode;
use crate::domain::origin::Origin;
use crate::domain::policy::Policy;
use crate::domain::policy::Verdict;

/// A request that may be routed: from a page on this machine's browser, addressed to us, of a form
/// that a foreign page can't send unasked. Its body has not been read.
#[derive(Debug)]
pub struct Gated<B> {
    head: Parts,
    body: B,
    origin: Origin,
}

/// The page at the other end of a WebSocket whose handshake passed: its origin, pinned for the socket's life
/// (R18).
#[derive(Clone, Debug)]
pub struct Page(Origin);

/// A request that goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub code: ErrorCode,
    /// The page that may read the refusal (CORS); none if it may not.
    pub reader: Option<Origin>,
}

/// Where the request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The port that `Host` must name.
    pub port: u16,
    /// By https.
    pub secure: bool,
}

/// Lets a request through or refuses it.
///
/// # Errors
/// [`Refused`] with `too_large`, `wrong_host`, `origin_missing`, `origin_denied`,
/// `method_not_allowed`, `bad_request` or `media_type`.
pub fn check<B>(here: Address, policy: &Policy, request: Request<B>) -> Result<Gated<B>, Refused> {
    let (head, body) = request.into_parts();
    let unread = |code| Refused { code, reader: None };
    if head_size(&head) > MAX_HEAD {
        return Err(unread(ErrorCode::TooLarge));
    }
    if !is_for_us(here, &head) {
        return Err(unread(ErrorCode::WrongHost));
    }
    let origin = origin(&head.headers).ok_or_else(|| unread(ErrorCode::OriginMissing))?;
    if policy.judge(&Caller::Web(origin.clone())) == Verdict::Refuse || !is_fetch(&head.headers) {
        return Err(unread(ErrorCode::OriginDenied));
    }
    match shape(&head) {
        Ok(()) => Ok(Gated { head, body, origin }),
        Err(code) => Err(Refused { code, reader: Some(origin) }),
    }
}

/// Lets a message of a page's socket through, which was made a request, or refuses it.
///
/// # Errors
/// As [`check`], but for what the handshake settled.
pub fn message<B>(policy: &Policy, page: &Page, request: Request<B>) -> Result<Gated<B>, ErrorCode> {
    let (head, body) = request.into_parts();
    let origin = page.0.clone();
    if head_size(&head) > MAX_HEAD {
        return Err(ErrorCode::TooLarge);
    }
    if policy.judge(&Caller::Web(origin.clone())) == Verdict::Refuse {
        return Err(ErrorCode::OriginDenied);
    }
    shape(&head)?;
    Ok(Gated { head, body, origin })
}

impl Page {
    /// Its origin.
    pub fn origin(&self) -> &Origin {
        &self.0
    }
}

impl<B> Gated<B> {
    /// The page that sent it.
    pub fn page(&self) -> Page {
        Page(self.origin.clone())
    }

    /// Its header fields.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Its version of HTTP.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The page's origin.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.head.method
    }

    /// The path, as it was sent.
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The query, as it was sent.
    pub fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// The bearer token (RFC 6750 §2.1), if there is exactly one.
    pub fn bearer(&self) -> Option<&str> {
        self.single(&header::AUTHORIZATION).ok()??.strip_prefix("Bearer ")
    }

    /// A header's text; none if it is absent.
    ///
    /// # Errors
    /// `bad_request` if it is there more than once, or is not visible ASCII.
    pub fn single(&self, name: &HeaderName) -> Result<Option<&str>, ErrorCode> {
        match one(&self.head.headers, name) {
            Count::None => Ok(None),
            Count::One(value) => value.to_str().map(Some).map_err(|_| ErrorCode::BadRequest),
            Count::Many => Err(ErrorCode::BadRequest),
        }
    }

    /// The body, to be read.
    pub fn into_body(self) -> B {
        self.body
    }
}

enum Count<'a> {
    None,
    One(&'a HeaderValue),
    Many,
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Count<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Count::None,
        (Some(value), None) => Count::One(value),
        (Some(_), Some(_)) => Count::Many,
    }
}

/// Bytes of the request line and the header fields, their separators included (RFC 9112 §2.1).
fn head_size(head: &Parts) -> usize {
    let line = head.method.as_str().len() + head.uri.to_string().len() + " ".len() * 2 + "HTTP/1.1\r\n".len();
    let field =
        |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + ": \r\n".len();
    line + head.headers.iter().map(field).sum::<usize>() + "\r\n".len()
}

/// R10: exactly one `Host`, and in the absolute form (RFC 9112 §3.2.2) the same in the target: a page
/// that had its name rebound to 127.0.0.1 still sends its own name here.
fn is_for_us(here: Address, head: &Parts) -> bool {
    let Count::One(host) = one(&head.headers, &header::HOST) else {
        return false;
    };
    let ours = |text: &str| {
        let name = text.strip_suffix(&here.port.to_string()).and_then(|text| text.strip_suffix(':'));
        name.is_some_and(|name| name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
    };
    let target = head.uri.authority().is_none_or(|authority| ours(authority.as_str()));
    let own = if here.secure { "https" } else { "http" };
    let scheme = head.uri.scheme_str().is_none_or(|scheme| scheme.eq_ignore_ascii_case(own));
    host.to_str().is_ok_and(ours) && target && scheme
}

/// R11: exactly one, byte-equal to what a browser serialises; `null` is none.
fn origin(headers: &HeaderMap) -> Option<Origin> {
    match one(headers, &header::ORIGIN) {
        Count::One(value) => value.to_str().ok()?.parse().ok(),
        Count::None | Count::Many => None,
    }
}

/// R13: where the browser sends Fetch metadata, it must tell of a script's request. No metadata at
/// all is what Chromium sends with WebSocket handshakes.
fn is_fetch(headers: &HeaderMap) -> bool {
    let [site, mode, dest, user] =
        ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user"].map(HeaderName::from_static);
    let is = |name, allowed: &[&[u8]]| match one(headers, name) {
        Count::One(value) => allowed.contains(&value.as_bytes()),
        Count::None | Count::Many => false,
    };
    let silent = [&site, &mode, &dest, &user].into_iter().all(|name| !headers.contains_key(name));
    silent || is(&mode, &[b"cors", b"websocket"]) && is(&dest, &[b"empty"])
}

/// R14: what a plain form or an image can't send.
fn shape(head: &Parts) -> Result<(), ErrorCode> {
    let length = match one(&head.headers, &header::CONTENT_LENGTH) {
        Count::None => None,
        Count::One(value) => {
            let length = value.to_str().ok().and_then(|text| text.parse::<u64>().ok());
            Some(length.ok_or(ErrorCode::BadRequest)?)
        }
        Count::Many => return Err(ErrorCode::BadRequest),
    };
    let has_body =
        length.is_some_and(|length| length > 0) || head.headers.contains_key(header::TRANSFER_ENCODING);
    match head.method {
        Method::POST if length.is_some_and(|length| length > most(head.uri.path())) => {
            Err(ErrorCode::TooLarge)
        }
        Method::POST if !is_json(&head.headers) => Err(ErrorCode::MediaType),
        Method::POST => Ok(()),
        Method::GET | Method::DELETE | Method::OPTIONS if has_body => Err(ErrorCode::BadRequest),
        Method::GET | Method::DELETE | Method::OPTIONS => Ok(()),
        _ => Err(ErrorCode::MethodNotAllowed),
    }
}

/// `application/json`, alone or with the one parameter that HTTP libraries add by themselves.
fn is_json(headers: &HeaderMap) -> bool {
    let Count::One(value) = one(headers, &header::CONTENT_TYPE) else {
        return false;
    };
    let allowed = ["application/json", "application/json;charset=utf-8", "application/json; charset=utf-8"];
    value.to_str().is_ok_and(|text| allowed.iter().any(|form| form.eq_ignore_ascii_case(text)))
}

/// The most bytes a body on this path may have.
pub fn most(path: &str) -> u64 {
    if path == "/v1/signatures" { MAX_SIGNATURES } else { MAX_BODY }
}

/// Header block, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// JSON body, in bytes.
const MAX_BODY: u64 = 64 * 1024;
/// Body of `POST /v1/signatures`, in bytes: 1,000 items with long names.
const MAX_SIGNATURES: u64 = 2 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: Address = Address { port: 21480, secure: false };

    fn request(
        edit: impl FnOnce(hyper::http::request::Builder) -> hyper::http::request::Builder,
    ) -> Request<()> {
        edit(Request::builder().uri("/v1/health")).body(()).expect("a request")
    }

    fn code(request: Request<()>) -> Option<ErrorCode> {
        check(HERE, &Policy::default(), request).err().map(|refused| refused.code)
    }

    fn with_origin(origin: &[u8]) -> Option<Request<()>> {
        let value = HeaderValue::from_bytes(origin).ok()?;
        Some(request(|head| head.header("host", "127.0.0.1:21480").header("origin", value)))
    }

    #[test]
    fn lets_a_page_through() {
        let page = with_origin(b"https://vanban.example.vn").expect("a request");
        let gated = check(HERE, &Policy::default(), page).expect("passes");
        assert_eq!(gated.origin().as_str(), "https://vanban.example.vn");
    }

    #[test]
    fn r10_the_host_comes_first() {
        let evil =
            request(|head| head.header("host", "evil.test:21480").header("origin", "null").method("PUT"));
        assert_eq!(code(evil), Some(ErrorCode::WrongHost));
        let two = request(|head| head.header("host", "127.0.0.1:21480").header("host", "127.0.0.1:21480"));
        assert_eq!(code(two), Some(ErrorCode::WrongHost));
    }

    #[test]
    fn a_blocked_origin_can_not_read_why() {
        let origin: Origin = "https://blocked.example".parse().expect("an origin");
        let policy = Policy { refused: [origin].into(), ..Policy::default() };
        let page = with_origin(b"https://blocked.example").expect("a request");
        let refused = check(HERE, &policy, page).expect_err("refused");
        assert_eq!(refused, Refused { code: ErrorCode::OriginDenied, reader: None });
    }

    #[test]
    fn r13_fetch_metadata_comes_whole_or_not_at_all() {
        let with = |pairs: &[(&str, &str)]| {
            let page = request(|head| {
                let head = head.header("host", "localhost:21480").header("origin", "https://a.vn");
                pairs.iter().fold(head, |head, (name, value)| head.header(*name, *value))
            });
            code(page)
        };
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]), None);
        for pairs in [
            &[("sec-fetch-mode", "cors")][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
            &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "empty")],
            &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "iframe")],
            &[("sec-fetch-mode", "cors"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
        ] {
            assert_eq!(with(pairs), Some(ErrorCode::OriginDenied), "{pairs:?}");
        }
    }

    /// What an origin may look like, written down a second time and more simply.
    fn is_plain(text: &str) -> bool {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        rest.is_some_and(|rest| {
            !rest.is_empty()
                && rest.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:[]".contains(&byte)
                })
        })
    }

    fn cases() -> u32 {
        if std::env::var_os("KYSO_LONG").is_some() { 1_000_000 } else { 100_000 }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases()))]

        /// R11: whatever is around a member's bytes, only the bytes themselves are the member.
        #[test]
        fn r11_only_exact_members_pass(before in "[ a-z./@:%\t]{0,3}", after in "[ a-z./@:%#?,\\\\\t0-9]{0,4}") {
            let member = "https://vanban.example.vn";
            let text = format!("{before}{member}{after}");
            let policy = Policy { allowed: [member.parse().expect("an origin")].into(), ..Policy::default() };
            if let Some(page) = with_origin(text.as_bytes())
                && let Ok(gated) = check(HERE, &policy, page)
            {
                prop_assert!(is_plain(gated.origin().as_str()));
                prop_assert_eq!(gated.origin().as_str(), &text);
                let member = policy.allowed.contains(gated.origin());
                prop_assert_eq!(member, before.is_empty() && after.is_empty());
            }
        }

        #[test]
        fn r11_no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(page) = with_origin(&bytes) {
                let _ = check(HERE, &Policy::default(), page);
            }
        }
    }
}
