//! An agent in this process: the real service, log, gate and server on a real socket, with real token
//! hosts, and a scripted person in the window's place.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::api::identity::Identity;
use kyso::api::server::{Server, ServerParts};
use kyso::api::tls::Door;
use kyso::domain::certificate::CertId;
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::kept::KeepLimits;
use kyso::domain::ports::{Tokens, Validator};
use kyso::domain::rules::Rules;
use kyso::domain::validation::Unchecked;
use kyso::sign::{Parts, SigningService};
use kyso::store::Store;
use kyso::store::body::Body;
use kyso::store::read::{Range, Reader};
use kyso::store::verify::{Verified, verify};
use kyso::sys::attendance::Attendance;
use kyso::tls::Authority;
use kyso::tls::issue::issue;
use kyso::token::hub::{Deadlines, HubConfig, ModuleConfig, TokenHub};
use serde_json::{Value, json};
use sha2::Digest as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::http::{Reply, Request, connect, exchange, hardened};
use super::paper::Paper;
use super::person::{Act, Person, Seen};
use super::socket::Socket;
use super::softhsm::SoftHsm;

/// A running agent with one paired page; stops when dropped.
pub(crate) struct Agent {
    pub(crate) port: u16,
    pub(crate) person: Person,
    pub(crate) paper: Paper,
    pub(crate) service: Arc<SigningService>,
    pub(crate) bearer: String,
    pub(crate) folder: TempDir,
    server: Server,
    runtime: Runtime,
}

/// The https listener of an agent.
pub(crate) struct Secure {
    pub(crate) port: u16,
    pub(crate) authority: Authority,
}

/// The page that every agent of the tests knows.
pub(crate) const PAGE: &str = "https://vanban.example.gov.vn";

/// A request that was sent and waits for its answer.
pub(crate) struct Waiting(std::net::TcpStream, Vec<u8>);

impl Agent {
    /// With this token plugged in.
    pub(crate) fn with(token: &SoftHsm) -> Self {
        Self::behind(token, |hub| Arc::new(hub))
    }

    /// With this token plugged in, behind what stands between it and the service.
    pub(crate) fn behind(token: &SoftHsm, stand_in: impl FnOnce(TokenHub) -> Arc<dyn Tokens>) -> Self {
        let environment = vec![("SOFTHSM2_CONF".into(), token.conf().into())];
        let module = ModuleConfig { path: SoftHsm::module(), environment, settings: token.settings() };
        Self::start(vec![module], Some(token.ca()), Deadlines::default(), stand_in)
    }

    /// With this token plugged in, whose certificates this looks at.
    pub(crate) fn checking(token: &SoftHsm, validator: impl Validator + 'static) -> Self {
        let environment = vec![("SOFTHSM2_CONF".into(), token.conf().into())];
        let module = ModuleConfig { path: SoftHsm::module(), environment, settings: token.settings() };
        let (rules, validator) = (Rules::default(), Arc::new(validator));
        let hub = |hub: TokenHub| -> Arc<dyn Tokens> { Arc::new(hub) };
        let mut agent =
            Self::unpaired(vec![module], Some(token.ca()), Deadlines::default(), (rules, validator), hub);
        agent.bearer = agent.pair(PAGE);
        agent
    }

    /// With this token plugged in, on a machine with this policy. No page is paired.
    pub(crate) fn under(token: &SoftHsm, rules: Rules) -> Self {
        let environment = vec![("SOFTHSM2_CONF".into(), token.conf().into())];
        let module = ModuleConfig { path: SoftHsm::module(), environment, settings: token.settings() };
        let laid_down = (rules, Arc::new(Unchecked) as _);
        Self::unpaired(vec![module], Some(token.ca()), Deadlines::default(), laid_down, |hub| Arc::new(hub))
    }

    /// The same where logins may be kept, while the sender says that the person is there.
    pub(crate) fn keeping(token: &SoftHsm) -> (Self, watch::Sender<Attendance>) {
        let environment = vec![("SOFTHSM2_CONF".into(), token.conf().into())];
        let module = ModuleConfig { path: SoftHsm::module(), environment, settings: token.settings() };
        let (desk, told) = watch::channel(Attendance::there());
        let limits = KeepLimits::new(300, 7_200).unwrap();
        (
            Self::start(vec![module], Some(token.ca()), Deadlines::default(), |hub| {
                Arc::new(hub.keeping_logins(limits, &told))
            }),
            desk,
        )
    }

    /// With these modules, whose calls may take so long.
    pub(crate) fn of(modules: Vec<ModuleConfig>, deadlines: Deadlines) -> Self {
        Self::start(modules, None, deadlines, |hub| Arc::new(hub))
    }

    /// With no module at all.
    pub(crate) fn without_token() -> Self {
        Self::start(Vec::new(), None, Deadlines::default(), |hub| Arc::new(hub))
    }

    fn start(
        modules: Vec<ModuleConfig>,
        chain_folder: Option<PathBuf>,
        deadlines: Deadlines,
        set_up: impl FnOnce(TokenHub) -> Arc<dyn Tokens>,
    ) -> Self {
        let laid_down = (Rules::default(), Arc::new(Unchecked) as _);
        let mut agent = Self::unpaired(modules, chain_folder, deadlines, laid_down, set_up);
        agent.bearer = agent.pair(PAGE);
        agent
    }

    fn unpaired(
        modules: Vec<ModuleConfig>,
        chain_folder: Option<PathBuf>,
        deadlines: Deadlines,
        (rules, validator): (Rules, Arc<dyn Validator>),
        set_up: impl FnOnce(TokenHub) -> Arc<dyn Tokens>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hub = TokenHub::new(HubConfig {
            modules,
            host_program: PathBuf::from(env!("CARGO_BIN_EXE_kyso-token-host")),
            chain_folder,
            deadlines,
            sign_in_with_both: rules.certificates.sign_in_with_both,
        });
        let person = Person::new([]);
        let store = Store::open(&folder.path().join("audit.sqlite")).unwrap();
        let paper = Paper::new(store.clone());
        let service = SigningService::new(Parts {
            tokens: set_up(hub),
            prompter: Arc::new(person.clone()),
            audit: Arc::new(paper.clone()),
            grants: Arc::new(store.clone()),
            tries: Arc::new(store),
            validator,
            rules: Arc::new(rules),
        });
        let identity = Identity::load_or_create(&folder.path().join("identity.key")).unwrap();
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Server::new(ServerParts {
            service: Arc::clone(&service),
            identity,
            port,
            api: kyso::api::VERSION,
        });
        runtime.spawn(server.clone().serve(listener, std::future::pending()));
        Self { port, person, paper, service, bearer: String::new(), folder, server, runtime }
    }

    /// Opens https beside http.
    pub(crate) fn secured(&self) -> Secure {
        let file = self.folder.path().join("tls.pem");
        let credentials = issue(time::OffsetDateTime::now_utc()).unwrap();
        credentials.write(&file).unwrap();
        let door = Door::new(file, 0);
        let port = self.runtime.block_on(async { door.reload() }).unwrap().expect("open");
        let server = self.server.clone();
        self.runtime.spawn(async move { server.serve_secure(&door, std::future::pending()).await });
        Secure { port, authority: credentials.authority }
    }

    /// The person lets this origin ask; its bearer token.
    pub(crate) fn pair(&self, origin: &str) -> String {
        self.person.then([Act::Yes]);
        let reply = self.send(&self.pairing(origin));
        assert_eq!(reply.status, 201, "{}", reply.json());
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    /// A socket of the paired page.
    pub(crate) fn socket(&self) -> Socket {
        Socket::paired(self.port, PAGE, &self.bearer)
    }

    /// A request to pair this origin.
    pub(crate) fn pairing(&self, origin: &str) -> Request {
        let body = json!({ "name": "Hệ thống văn bản", "nonce": STANDARD.encode([7; 32]) });
        Request::new("POST", "/v1/pairings", self.port, origin).json(&body)
    }

    /// A request of the paired page.
    pub(crate) fn page(&self, method: &str, target: &str) -> Request {
        Request::new(method, target, self.port, PAGE).bearer(&self.bearer)
    }

    /// The paired page's request for signatures.
    pub(crate) fn signing(&self, body: &Value) -> Request {
        self.page("POST", "/v1/signatures").json(body)
    }

    /// Sends and waits for the answer.
    pub(crate) fn send(&self, request: &Request) -> Reply {
        exchange(self.port, &request.bytes()).expect("an answer")
    }

    /// Sends and waits for nothing.
    pub(crate) fn begin(&self, request: &Request) -> Waiting {
        let mut stream = connect(self.port);
        stream.write_all(&request.bytes()).unwrap();
        Waiting(stream, request.bytes())
    }

    /// Asks for signatures and returns the answer.
    pub(crate) fn sign(&self, body: &Value) -> Reply {
        self.send(&self.signing(body))
    }

    /// Waits until the person's screen is as wanted, up to 30 s.
    pub(crate) fn until(&self, wanted: impl FnMut(&Seen) -> bool) -> Seen {
        let limit = std::time::Duration::from_secs(30);
        self.within(limit, wanted).unwrap_or_else(|| panic!("the screen stays at {:?}", self.person.seen()))
    }

    /// The screen as wanted, if it comes in time.
    pub(crate) fn within(
        &self,
        limit: std::time::Duration,
        wanted: impl FnMut(&Seen) -> bool,
    ) -> Option<Seen> {
        self.runtime.block_on(async { tokio::time::timeout(limit, self.person.until(wanted)).await.ok() })
    }

    /// Runs a future beside the agent.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Where the log is.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("audit.sqlite")
    }

    /// The log's rows: kind and body.
    pub(crate) fn rows(&self) -> Vec<(String, Body)> {
        rows(&self.log())
    }

    /// Proves the log whole.
    pub(crate) fn verified(&self) -> Verified {
        verify(&self.log(), None).unwrap_or_else(|error| panic!("the log is broken: {error:?}"))
    }

    /// Waits until the log is as wanted, up to 30 s.
    pub(crate) fn logged(&self, mut wanted: impl FnMut(&[(String, Body)]) -> bool) -> Vec<(String, Body)> {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            let rows = self.rows();
            if wanted(&rows) {
                return rows;
            }
            assert!(std::time::Instant::now() < end, "the log stays at {rows:?}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Waiting {
    /// The answer.
    pub(crate) fn reply(mut self) -> Reply {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).unwrap();
        let reply = Reply::parse(&bytes).expect("an answer");
        hardened(&reply, &self.1);
        reply
    }
}

/// A log's rows: kind and body.
pub(crate) fn rows(log: &Path) -> Vec<(String, Body)> {
    let mut rows = Vec::new();
    let reader = Reader::open(log).unwrap();
    let each = reader.each(&Range::default(), |row| {
        rows.push((row.kind.clone(), serde_json::from_str(&row.body).unwrap()));
        Ok::<(), kyso::store::StoreError>(())
    });
    each.unwrap();
    rows
}

/// SHA-256 of some text.
pub(crate) fn sha256(text: &str) -> Digest {
    Digest::new(DigestAlgorithm::Sha256, sha2::Sha256::digest(text).to_vec()).unwrap()
}

/// One item of a request.
pub(crate) fn item(name: &str, digest: &Digest) -> Value {
    let value = STANDARD.encode(digest.value());
    json!({ "name": name, "digest": { "algorithm": digest.algorithm().name(), "value": value } })
}

/// A request for one signature.
pub(crate) fn one(certificate: CertId, digest: &Digest) -> Value {
    json!({ "certificate": certificate.to_string(), "items": [item("Công văn 123/UBND-VP.pdf", digest)] })
}

/// The signature of an answer's item.
pub(crate) fn value(reply: &Value, at: usize) -> Vec<u8> {
    let text =
        reply["signatures"][at]["value"].as_str().unwrap_or_else(|| panic!("no signature {at}: {reply}"));
    STANDARD.decode(text).unwrap()
}
