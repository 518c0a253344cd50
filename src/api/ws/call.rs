//! One call: a request as `http` takes it, its answer, and what is told of it meanwhile.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

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
use crate::domain::ports::News;

/// What a socket is to say.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) text: String,
    /// The call whose answer it is.
    pub(super) ends: Option<String>,
}

/// Runs a call to its answer, or until it is `cancelled`, as which its sender's end counts, too. Dropping it is
/// the page's leaving.
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
            let told = Arc::clone(&teller);
            let watcher = Arc::new(move |news| told.tell(news));
            let peer = Arc::clone(&opened.peer);
            tokio::select! {
                biased;
                _ = cancelled => http::refusal(&Failure::from(ErrorCode::Cancelled), lang),
                response = http::answer(&site, &opened.page, request, peer, watcher) => response,
            }
        }
        None => http::refusal(&Failure::from(ErrorCode::BadRequest), lang),
    };
    teller.answer(response).await;
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
    if !path.starts_with('/') || path.contains(['?', '#']) {
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
