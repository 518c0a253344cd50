//! An agent on threads of this process, with a scripted person whose time is taken.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::app::{self, App, Overrides, Programs};
use kyso::config::{Config, Module, Prompt};
use kyso::domain::approval::{Answer, DialogState, PairAnswer, PairQuestion, SignQuestion};
use kyso::domain::audit::{Asked, AuditId, Event, Outcome, Receipt, RenderReply};
use kyso::domain::error::{AuditError, PromptError};
use kyso::domain::kept::KeepLimits;
use kyso::domain::module::ModuleSettings;
use kyso::domain::ports::{AuditLog, BoxFuture, Dialog, Prompter};
use kyso::domain::request::{Idempotency, SignRequest};
use kyso::paths::Paths;
use kyso::sys::attendance::Attendance;
use kyso::text::Lang;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

use crate::support::http::{Request, ask, exchange};
use crate::support::person::{Act, Person};
use crate::support::softhsm::SoftHsm;
use crate::token::{Token, digest};

pub(crate) struct Agent {
    port: u16,
    bearer: String,
    person: Person,
    left_out: LeftOut,
    _folder: TempDir,
    _desk: watch::Sender<Attendance>,
    /// Dropped, it ends the agent.
    _stop: oneshot::Sender<()>,
}

/// What of a request's time is not Kyso's own.
#[derive(Clone, Default)]
pub(crate) struct LeftOut {
    /// The person's answer, with the sealing of the PIN.
    prompt: Arc<Mutex<Duration>>,
    /// From handing a row to the log until it is durable, both rows together, as the request waits for them:
    /// what else it does in the meantime is not seen in its time.
    commits: Arc<Mutex<Duration>>,
}

impl Agent {
    /// A batch is split over so many sessions; the token is in this folder.
    pub(crate) fn start(parallel: usize, tokens: &Path) -> Self {
        let settings =
            ModuleSettings { parallel, writable: vec![tokens.to_owned()], ..ModuleSettings::default() };
        let config = Config {
            lang: Lang::En,
            port: None,
            prompt: Prompt::Window,
            chain_folder: None,
            modules: Some(vec![Module { path: SoftHsm::module(), settings }]),
            keep_login: KeepLimits::new(300, 7_200),
        };
        let kyso = PathBuf::from(env!("CARGO_BIN_EXE_kyso"));
        let programs = Programs { kyso, token_host: PathBuf::from(env!("CARGO_BIN_EXE_kyso-token-host")) };
        let folder = tempfile::tempdir().unwrap();
        let (person, left_out) = (Person::new([]), LeftOut::default());
        let prompter = Timed { person: person.clone(), times: Arc::clone(&left_out.prompt) };
        let times = Arc::clone(&left_out.commits);
        let paths = Paths::under(folder.path());
        let (desk, told) = watch::channel(Attendance::there());
        let overrides = Overrides {
            prompter: Some(Arc::new(prompter)),
            session: Some(told),
            before_log: Some(Box::new(|log| Arc::new(TimedLog { log, times }))),
            ..Overrides::default()
        };
        let app = App::open(&config, paths, &programs, overrides).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::spawn(move || {
            let stopped = async { drop(stopped.await) };
            app::runtime().unwrap().block_on(app.run(listener, stopped)).unwrap();
        });
        let bearer = String::new();
        let mut agent = Self { port, bearer, person, left_out, _folder: folder, _desk: desk, _stop: stop };
        agent.person.then([Act::Yes]);
        let paired = agent.post("/v1/pairings", &json!({ "name": "x", "nonce": STANDARD.encode([7; 32]) }));
        paired["token"].as_str().unwrap().clone_into(&mut agent.bearer);
        agent
    }

    /// Over HTTP, with one PIN.
    pub(crate) fn sign(&self, token: &Token, count: usize) {
        self.sign_by(Act::Pin(SoftHsm::PIN), token, count);
    }

    /// Over HTTP, by this act of the person; how long from the request's bytes to the reply's.
    pub(crate) fn sign_by(&self, act: Act, token: &Token, count: usize) -> Duration {
        self.person.then([act]);
        let value = STANDARD.encode(digest().value());
        let item = json!({ "name": "Công văn.pdf", "digest": { "algorithm": "sha-256", "value": value } });
        let body = json!({ "certificate": token.certificate, "items": vec![item; count] });
        let request = self.request("/v1/signatures", &body);
        let start = Instant::now();
        let reply = ask(self.port, &request).unwrap();
        let took = start.elapsed();
        let reply = reply.json();
        assert_eq!(reply["signatures"].as_array().map(Vec::len), Some(count), "{reply}");
        took
    }

    /// The same, and how long it took, in all and without what is left out.
    pub(crate) fn timed(&self, act: Act, token: &Token) -> Times {
        let LeftOut { prompt, commits } = &self.left_out;
        for left_out in [prompt, commits] {
            *left_out.lock().unwrap() = Duration::ZERO;
        }
        let whole = self.sign_by(act, token, 1);
        let [prompt, commits] = [prompt, commits].map(|left_out| *left_out.lock().unwrap());
        Times { whole, prompt, commits, own: whole.saturating_sub(prompt + commits) }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        exchange(self.port, &self.request(path, body)).unwrap().json()
    }

    fn request(&self, path: &str, body: &Value) -> Vec<u8> {
        let request = Request::new("POST", path, self.port, "https://vanban.example.gov.vn");
        request.bearer(&self.bearer).json(body).bytes()
    }
}

/// One request's.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) whole: Duration,
    pub(crate) prompt: Duration,
    pub(crate) commits: Duration,
    /// The whole without the other two.
    pub(crate) own: Duration,
}

/// Adds up how long the two rows of a request take to be durable.
struct TimedLog {
    log: Arc<dyn AuditLog>,
    times: Arc<Mutex<Duration>>,
}

impl TimedLog {
    fn timed<'a, T: 'a>(&'a self, commit: impl FnOnce() -> BoxFuture<'a, T>) -> BoxFuture<'a, T> {
        let start = Instant::now();
        let commit = commit();
        Box::pin(async move {
            let result = commit.await;
            *self.times.lock().unwrap() += start.elapsed();
            result
        })
    }
}

impl AuditLog for TimedLog {
    fn ask(&self, request: &SignRequest) -> BoxFuture<'_, Result<Asked, AuditError>> {
        self.timed(|| self.log.ask(request))
    }

    fn recall(&self, key: &Idempotency) -> BoxFuture<'_, Result<Option<Asked>, AuditError>> {
        self.log.recall(key)
    }

    fn close(
        &self,
        id: AuditId,
        outcome: Outcome,
        reply: Option<RenderReply>,
    ) -> BoxFuture<'_, Result<Receipt, AuditError>> {
        self.timed(|| self.log.close(id, outcome, reply))
    }

    fn event(&self, event: Event) -> BoxFuture<'_, Result<Receipt, AuditError>> {
        self.log.event(event)
    }
}

/// Adds up how long the person's answers take.
struct Timed {
    person: Person,
    times: Arc<Mutex<Duration>>,
}

struct TimedDialog {
    dialog: Box<dyn Dialog>,
    times: Arc<Mutex<Duration>>,
    answered: bool,
}

impl Prompter for Timed {
    fn open(&self, question: &SignQuestion) -> BoxFuture<'_, Result<Box<dyn Dialog>, PromptError>> {
        let question = question.clone();
        Box::pin(async move {
            let start = Instant::now();
            let dialog = self.person.open(&question).await?;
            *self.times.lock().unwrap() += start.elapsed();
            let times = Arc::clone(&self.times);
            Ok(Box::new(TimedDialog { dialog, times, answered: false }) as Box<dyn Dialog>)
        })
    }

    fn pair(&self, question: &PairQuestion) -> BoxFuture<'_, Result<PairAnswer, PromptError>> {
        self.person.pair(question)
    }
}

impl Dialog for TimedDialog {
    fn answer(&mut self) -> BoxFuture<'_, Result<Answer, PromptError>> {
        Box::pin(async {
            let start = Instant::now();
            let answer = self.dialog.answer().await;
            // Later ones only wait for a change of mind.
            if !std::mem::replace(&mut self.answered, true) {
                *self.times.lock().unwrap() += start.elapsed();
            }
            answer
        })
    }

    fn show(&mut self, state: DialogState) -> BoxFuture<'_, Result<(), PromptError>> {
        self.dialog.show(state)
    }
}
