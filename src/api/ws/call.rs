//! One call: a request as `http` takes it, its answer, and what is told of it meanwhile.

use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use http_body_util::BodyExt as _;
use http_body_util::Either;
use http_body_util::Full;
use hyper::Method;
use hyper::Request;
use hyper::header;
use hyper::header::HeaderValue;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::Opened;
use super::message;
use super::message::Call;
use crate::api::http;
use crate::api::http::Body;
use crate::api::http::IDEMPOTENCY_KEY;
use crate::api::http::Site;
use crate::api::reply::Failure;
use crate::api::reply::Response;
use crate::domain::error::ErrorCode;
use crate::domain::error::SignError;
use crate::domain::ports::News;
use crate::domain::ports::Presence;

/// What a socket is to say.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) text: String,
    /// The call whose answer it is.
    pub(super) ends: Option<String>,
}

/// Runs a call to its answer, or until it is `cancelled`, as which its sender's end counts, too. From then on the page
/// counts as gone for it; but what a call that changes something has come to is its answer all the same, so that none
/// is `cancelled` that the log holds as signed. Dropping it is the page's leaving.
pub(super) async fn run(
    site: Arc<Site>,
    opened: Arc<Opened>,
    bearer: Option<Arc<str>>,
    call: Call,
    say: UnboundedSender<Said>,
    cancelled: oneshot::Receiver<()>,
) {
    let lang = call.lang.unwrap_or(opened.lang);
    let teller = Arc::new(Teller { id: call.id.clone(), say, state: Mutex::default() });
    let response = match request(call, &opened, bearer.as_deref()) {
        Some(request) => {
            let only_asks = *request.method() == Method::GET;
            let told = Arc::clone(&teller);
            let watcher = Arc::new(move |news| told.tell(news));
            let here = Arc::new(Here { peer: Arc::clone(&opened.peer), cancelled: AtomicBool::new(false) });
            let presence = Arc::clone(&here) as Arc<dyn Presence>;
            let mut answer = pin!(http::answer(&site, &opened.page, request, presence, watcher));
            tokio::select! {
                biased;
                response = &mut answer => response,
                _ = cancelled => {
                    if only_asks {
                        http::refusal(&Failure::from(ErrorCode::Cancelled), lang)
                    } else {
                        here.cancelled.store(true, Ordering::Relaxed);
                        answer.await
                    }
                }
            }
        }
        None => http::refusal(&Failure::from(ErrorCode::BadRequest), lang),
    };
    teller.answer(response).await;
}

/// The page, as far as one call is concerned.
struct Here {
    peer: Arc<dyn Presence>,
    cancelled: AtomicBool,
}

impl Presence for Here {
    fn holds(&self) -> Result<(), SignError> {
        if self.cancelled.load(Ordering::Relaxed) { Err(SignError::Cancelled) } else { self.peer.holds() }
    }
}

/// The text of a call's answer.
pub(super) async fn answer(id: &str, response: Response) -> String {
    let (head, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    message::answer(id, head.status, &body)
}

/// The request that a page would have sent over HTTP; nothing if no client could send it.
fn request(call: Call, opened: &Opened, bearer: Option<&str>) -> Option<Request<Body>> {
    let Call { method, path, query, body, .. } = call;
    let fragment = query.as_deref().is_some_and(|query| query.contains('#'));
    if !path.starts_with('/') || path.contains(['?', '#']) || fragment {
        return None;
    }
    let target = match query.as_deref() {
        None | Some("") => path,
        Some(query) => format!("{path}?{query}"),
    };
    let method = Method::from_bytes(method.as_bytes()).ok()?;
    let lang = call.lang.unwrap_or(opened.lang).code();
    let mut head = Request::builder().uri(target).header(header::ACCEPT_LANGUAGE, lang);
    if let Some(bearer) = bearer {
        head = head.header(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {bearer}")).ok()?);
    }
    if let Some(key) = call.idempotency_key {
        head = head.header(IDEMPOTENCY_KEY, HeaderValue::from_str(&key).ok()?);
    }
    if method == Method::POST {
        head = head.header(header::CONTENT_TYPE, "application/json");
    }
    head.method(method).header(header::CONTENT_LENGTH, body.len()).body(Either::Right(Full::new(body))).ok()
}

/// Says what becomes of a call. Its answer is the last word.
#[derive(Debug)]
struct Teller {
    id: String,
    say: UnboundedSender<Said>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: bool,
    answered: bool,
}

impl Teller {
    fn tell(&self, news: News) {
        let mut state = self.state();
        if !state.answered {
            state.open = news != News::PromptClosed;
            self.say(message::news(&self.id, news), None);
        }
    }

    async fn answer(&self, response: Response) {
        let text = answer(&self.id, response).await;
        let mut state = self.state();
        if state.open {
            // It closes while this is said: whoever cancelled need not wait for it.
            self.say(message::news(&self.id, News::PromptClosed), None);
        }
        state.answered = true;
        self.say(text, Some(self.id.clone()));
    }

    /// A socket that has ended hears nothing.
    fn say(&self, text: String, ends: Option<String>) {
        let _ = self.say.send(Said { text, ends });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
