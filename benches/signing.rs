//! What Kyso costs beside the same PKCS#11 calls made by a plain cryptoki loop in the same run, on a
//! throwaway SoftHSM2 token: one signature with its own PIN, and a batch of 1,000 with one PIN, both
//! over HTTP. The loop verifies each signature with the same library, as Kyso must. Printed as a
//! ratio; nothing is asserted.
//!
//! `cargo bench --bench signing`
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark prints and may stop")]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/support/person.rs"]
mod person;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use kyso::app::{App, Overrides, Programs};
use kyso::config::{Config, Module, Prompt};
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::paths::Paths;
use kyso::text::Lang;
use person::{Act, Person};
use serde_json::{Value, json};

fn main() {
    // The module reads SOFTHSM2_CONF of this very process, so it is set from outside: by ourselves.
    match std::env::var_os(TOKEN) {
        Some(folder) => measure(Path::new(&folder)),
        None => run_with_a_token(),
    }
}

fn run_with_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/softhsm-setup/create.sh");
    let made = Command::new(script).arg(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let status = Command::new(std::env::current_exe().unwrap())
        .env("SOFTHSM2_CONF", folder.path().join("softhsm2.conf"))
        .env(TOKEN, folder.path())
        .status();
    assert!(status.unwrap().success());
}

fn measure(token: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let token = read_token(token);
    let person = Person::new([]);
    let agent = Agent::start(folder.path(), &token.module, &person);
    println!("{:<34}{:>12}{:>12}{:>9}", "SoftHSM2, RSA-2048, SHA-256", "Kyso", "loop", "ratio");

    let plain = Plain::open(&token);
    let singles = |one: &mut dyn FnMut()| median((0..SINGLES).map(|_| timed(&mut *one)).collect());
    let kyso = singles(&mut || agent.sign(&person, &token, 1));
    let beside = singles(&mut || plain.sign(1));
    row("one signature, a PIN each", kyso, beside);

    let batches = |one: &mut dyn FnMut()| median((0..BATCHES).map(|_| timed(&mut *one)).collect());
    let kyso = batches(&mut || agent.sign(&person, &token, 1_000));
    let beside = batches(&mut || plain.sign(1_000));
    row("a batch of 1,000, one PIN", kyso, beside);
    println!("ratio: time of the loop over time of Kyso; 1 is no cost at all");
}

struct Token {
    module: PathBuf,
    certificate: String,
    public_key: Vec<u8>,
}

/// An agent on a thread of its own, with a scripted person and a paired page.
struct Agent {
    port: u16,
    bearer: String,
    _runtime: tokio::runtime::Runtime,
}

/// The same work in the plainest way.
struct Plain {
    pkcs11: Pkcs11,
    slot: Slot,
    public_key: Vec<u8>,
}

impl Agent {
    fn start(folder: &Path, module: &Path, person: &Person) -> Self {
        let config = Config {
            lang: Lang::En,
            port: None,
            prompt: Prompt::Window,
            chain_folder: None,
            modules: vec![Module { path: module.to_owned(), ..Module::default() }],
            keep_login: None,
        };
        let kyso = PathBuf::from(env!("CARGO_BIN_EXE_kyso"));
        let token_host = PathBuf::from(env!("CARGO_BIN_EXE_kyso-token-host"));
        let programs = Programs { kyso, token_host };
        let overrides = Overrides { prompter: Some(Arc::new(person.clone())), session: None };
        let app = App::open(&config, Paths::under(folder), &programs, overrides).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.spawn(app.run(listener, std::future::pending()));
        let mut agent = Self { port, bearer: String::new(), _runtime: runtime };
        person.then([Act::Yes]);
        let nonce = STANDARD.encode([7; 32]);
        let paired = agent.post("/v1/pairings", &json!({ "name": "bench", "nonce": nonce }));
        paired["token"].as_str().unwrap().clone_into(&mut agent.bearer);
        agent
    }

    fn sign(&self, person: &Person, token: &Token, count: usize) {
        person.then([Act::Pin(PIN)]);
        let value = STANDARD.encode([7; 32]);
        let item = json!({ "name": "Công văn.pdf", "digest": { "algorithm": "sha-256", "value": value } });
        let body = json!({ "certificate": token.certificate, "items": vec![item; count] });
        let reply = self.post("/v1/signatures", &body);
        assert_eq!(reply["signatures"].as_array().map(Vec::len), Some(count), "{reply}");
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nOrigin: https://vanban.example.gov.vn\r\n\
             Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.port,
            self.bearer,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Plain {
    fn open(token: &Token) -> Self {
        let pkcs11 = Pkcs11::new(&token.module).unwrap();
        pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
        Self { pkcs11, slot, public_key: token.public_key.clone() }
    }

    /// Login, find, sign and verify `count` times, logout.
    fn sign(&self, count: usize) {
        let session = self.pkcs11.open_ro_session(self.slot).unwrap();
        session.login(UserType::User, Some(&AuthPin::from(PIN.to_owned()))).unwrap();
        let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(b"person-rsa".to_vec())];
        let key = session.find_objects(&wanted).unwrap()[0];
        let digest = Digest::new(DigestAlgorithm::Sha256, vec![7; 32]).unwrap();
        let verifier = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key);
        for _ in 0..count {
            let signature = session.sign(&Mechanism::RsaPkcs, key, &digest.digest_info()).unwrap();
            let hashed =
                aws_lc_rs::digest::Digest::import_less_safe(digest.value(), &aws_lc_rs::digest::SHA256);
            verifier.verify_digest(&hashed.unwrap(), &signature).unwrap();
        }
        session.logout().unwrap();
    }
}

fn read_token(folder: &Path) -> Token {
    let pem = std::fs::read_to_string(folder.join("certs/person-rsa.crt")).unwrap();
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    let public_key = certificate.public_key().subject_public_key.data.to_vec();
    let id: [u8; 32] = sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        &pem.contents,
    ))
    .into();
    let certificate = format!("sha256:{}", hex::encode(id));
    Token { module: find_module(), certificate, public_key }
}

fn find_module() -> PathBuf {
    ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.exists())
        .expect("SoftHSM2: apt-get install softhsm2")
}

fn timed(work: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn row(what: &str, kyso: Duration, beside: Duration) {
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    let ratio = beside.as_secs_f64() / kyso.as_secs_f64();
    println!("{what:<34}{:>9.2} ms{:>9.2} ms{ratio:>9.2}", millis(kyso), millis(beside));
}

const PIN: &str = "123456";
const TOKEN: &str = "KYSO_BENCH_TOKEN";
const SINGLES: usize = 41;
const BATCHES: usize = 5;
