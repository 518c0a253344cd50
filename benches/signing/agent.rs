//! An agent on threads of this process, with a scripted person whose time is taken.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::app::{App, Overrides, Programs};
use kyso::config::{Config, Module, Prompt};
use kyso::domain::approval::{Answer, DialogState, PairAnswer, PairQuestion, SignQuestion};
use kyso::domain::audit::{Asked, GivenBy, Outcome};
use kyso::domain::caller::Caller;
use kyso::domain::error::PromptError;
use kyso::domain::form::Form;
use kyso::domain::kept::KeepLimits;
use kyso::domain::module::ModuleSettings;
use kyso::domain::ports::{AuditLog, BoxFuture, Dialog, Prompter};
use kyso::domain::request::{Item, Items, RequestId, SignRequest, Wanted};
use kyso::domain::scheme::Encoding;
use kyso::paths::Paths;
use kyso::store::Store;
use kyso::sys::attendance::Attendance;
use kyso::text::Lang;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::support::http::{Request, exchange};
use crate::support::person::{Act, Person};
use crate::support::softhsm::SoftHsm;
use crate::token::{Token, digest};

pub(crate) struct Agent {
    port: u16,
    bearer: String,
    person: Person,
    times: Arc<Mutex<Duration>>,
    runtime: Runtime,
    folder: TempDir,
    _desk: watch::Sender<Attendance>,
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
        let (person, times) = (Person::new([]), Arc::default());
        let prompter = Timed { person: person.clone(), times: Arc::clone(&times) };
        let paths = Paths::under(folder.path());
        let (desk, told) = watch::channel(Attendance::there());
        let overrides = Overrides { prompter: Some(Arc::new(prompter)), session: Some(told) };
        let app = App::open(&config, paths, &programs, overrides).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let runtime = Runtime::new().unwrap();
        runtime.spawn(app.run(listener, std::future::pending()));
        let mut agent = Self { port, bearer: String::new(), person, times, runtime, folder, _desk: desk };
        agent.person.then([Act::Yes]);
        let paired = agent.post("/v1/pairings", &json!({ "name": "x", "nonce": STANDARD.encode([7; 32]) }));
        paired["token"].as_str().unwrap().clone_into(&mut agent.bearer);
        agent
    }

    /// Over HTTP, with one PIN.
    pub(crate) fn sign(&self, token: &Token, count: usize) {
        self.sign_by(Act::Pin(SoftHsm::PIN), token, count);
    }

    /// Over HTTP, by this act of the person.
    pub(crate) fn sign_by(&self, act: Act, token: &Token, count: usize) {
        self.person.then([act]);
        let value = STANDARD.encode(digest().value());
        let item = json!({ "name": "Công văn.pdf", "digest": { "algorithm": "sha-256", "value": value } });
        let body = json!({ "certificate": token.certificate, "items": vec![item; count] });
        let reply = self.post("/v1/signatures", &body);
        assert_eq!(reply["signatures"].as_array().map(Vec::len), Some(count), "{reply}");
    }

    pub(crate) fn forget_times(&self) {
        *self.times.lock().unwrap() = Duration::ZERO;
    }

    /// How long the person took since.
    pub(crate) fn prompt_time(&self) -> Duration {
        *self.times.lock().unwrap()
    }

    /// A log like the agent's, on the same disk.
    pub(crate) fn log_beside(&self) -> Store {
        Store::open(&self.folder.path().join("beside.sqlite")).unwrap()
    }

    /// How long the two rows of a request take to be durable.
    pub(crate) fn commit(&self, log: &Store, token: &Token) -> Duration {
        let items = vec![Item { name: "Công văn.pdf".to_owned(), digest: digest() }];
        let request = SignRequest {
            id: RequestId::random(),
            caller: Caller::Web("https://vanban.example.gov.vn".parse().unwrap()),
            wanted: Wanted::Certificate(token.certificate.parse().unwrap()),
            scheme: None,
            encoding: Encoding::Der,
            items: Items::new(items).unwrap(),
            form: Form::Raw,
            timeout: SignRequest::DEFAULT_TIMEOUT,
            idempotency: None,
        };
        let outcome = Outcome {
            error: None,
            cause: None,
            made: 1,
            signer: None,
            consent: Some(GivenBy::Pin),
            wrong_pins: 0,
            prompt: Duration::ZERO,
            token: Duration::ZERO,
        };
        let start = Instant::now();
        self.runtime.block_on(async {
            let Asked::New(id) = log.ask(&request).await.unwrap() else { unreachable!("a new request") };
            log.close(id, outcome, None).await.unwrap();
        });
        start.elapsed()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = Request::new("POST", path, self.port, "https://vanban.example.gov.vn")
            .bearer(&self.bearer)
            .json(body);
        exchange(self.port, &request.bytes()).unwrap().json()
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
