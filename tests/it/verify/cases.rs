//! Answers of a running agent, good ones and tampered ones, as the files that a verifier is called with.

use std::fs;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::digest::DigestAlgorithm;
use kyso::domain::scheme::Scheme;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::agent::{Agent, PAGE, item};
use crate::support::anew;
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;

/// One answer, and what becomes of it.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    /// `signed|cms ROOTS ANSWER DOCUMENT...` or `sign-in ROOTS ANSWER ORIGIN NONCE`.
    pub(super) words: Vec<String>,
    /// The reason why it is refused.
    pub(super) refused: Option<&'static str>,
}

/// All of them; made once, since an agent makes them.
pub(super) struct Cases {
    folder: TempDir,
    all: Vec<Case>,
}

/// A token, its agent, and another authority of the same names.
pub(super) struct World {
    pub(super) token: SoftHsm,
    agent: Agent,
    pub(super) roots: String,
    other_roots: String,
}

pub(super) const DOCUMENT: &str = "Kính gửi: Văn phòng Chính phủ";
const ANOTHER: &str = "Kính gửi: Văn phòng Chính phủ.";
const NONCE: [u8; 32] = [5; 32];

impl Cases {
    pub(super) fn get() -> &'static Self {
        static CASES: OnceLock<Cases> = OnceLock::new();
        CASES.get_or_init(|| {
            let (token, other) = (SoftHsm::new(), SoftHsm::other_authority());
            let root = |token: &SoftHsm| fs::read_to_string(token.ca().join("root.crt")).unwrap();
            let (roots, other_roots) = (root(&token), root(&other));
            let world = World { agent: Agent::with(&token), token, roots, other_roots };
            let mut cases = Self { folder: TempDir::new().unwrap(), all: Vec::new() };
            for (name, scheme, another) in [
                ("person-rsa", Scheme::RsaPkcs1, "seal-rsa"),
                ("person-rsa", Scheme::RsaPss, "seal-rsa"),
                ("person-p256", Scheme::Ecdsa, "sign-in"),
            ] {
                cases.documents("signed", &world, name, scheme, another);
                cases.documents("cms", &world, name, scheme, another);
            }
            cases.every_scheme(&world);
            cases.foreign(&world);
            cases.attributes(&world);
            cases.sign_ins(&world);
            cases
        })
    }

    pub(super) fn all(&self) -> &[Case] {
        &self.all
    }

    /// A signature and what can be wrong with it on its way.
    fn documents(&mut self, kind: &'static str, world: &World, name: &str, scheme: Scheme, another: &str) {
        let good = world.sign(kind, name, scheme, DigestAlgorithm::Sha256, &[DOCUMENT]);
        let (roots, what) = (&world.roots, format!("{kind} {name} {}", scheme.name()));
        let mut case = |tampering: &str, answer: &Value, document, roots, refused| {
            self.add(&format!("{what}: {tampering}"), [kind, roots], answer, &[document], refused);
        };
        case("as it came", &good, DOCUMENT, roots, None);
        case("another document", &good, ANOTHER, roots, Some("digest"));
        let mut flipped = good.clone();
        flip(&mut flipped["signatures"][0]["value"]);
        case("a bit of the signature", &flipped, DOCUMENT, roots, Some("signature"));
        let mut renamed = good.clone();
        renamed["certificate"] = world.certificate(another);
        let refused = if kind == "cms" { "signer" } else { "signature" };
        case("another certificate", &renamed, DOCUMENT, roots, Some(refused));
        case("another root of the same name", &good, DOCUMENT, &world.other_roots, Some("untrusted"));
        if kind == "signed" {
            let mut alone = good.clone();
            alone["certificate"]["chain"] = json!([]);
            case("without its issuer", &alone, DOCUMENT, roots, Some("untrusted"));
        }
    }

    /// What is taken, in its breadth, and a batch.
    fn every_scheme(&mut self, world: &World) {
        for (name, scheme) in SoftHsm::KEYS {
            for kind in ["signed", "cms"] {
                let algorithm =
                    if name == "person-p384" { DigestAlgorithm::Sha384 } else { DigestAlgorithm::Sha512 };
                let answer = world.sign(kind, name, scheme, algorithm, &[DOCUMENT]);
                let what = format!("{kind} {name} {} {}", scheme.name(), algorithm.name());
                self.add(&what, [kind, &world.roots], &answer, &[DOCUMENT], None);
            }
        }
        for kind in ["signed", "cms"] {
            let batch = [DOCUMENT, ANOTHER];
            let answer = world.sign(kind, "person-p256", Scheme::Ecdsa, DigestAlgorithm::Sha256, &batch);
            self.add(&format!("{kind} batch"), [kind, &world.roots], &answer, &batch, None);
            let turned = [ANOTHER, DOCUMENT];
            self.add(
                &format!("{kind} batch, turned"),
                [kind, &world.roots],
                &answer,
                &turned,
                Some("digest"),
            );
        }
    }

    /// Whole signatures that Kyso refuses to make: their certificates' keys sign here without it.
    fn foreign(&mut self, world: &World) {
        let good = world.sign("signed", "person-p256", Scheme::Ecdsa, DigestAlgorithm::Sha256, &[DOCUMENT]);
        for (name, refused) in [("expired", "expired"), ("sign-in", "usage")] {
            let mut answer = good.clone();
            answer["certificate"] = world.certificate(name);
            answer["signatures"][0]["value"] = world.without_kyso(name, DOCUMENT.as_bytes());
            let what = format!("signed, certificate {name}");
            self.add(&what, ["signed", &world.roots], &answer, &[DOCUMENT], Some(refused));
        }
    }

    fn sign_ins(&mut self, world: &World) {
        let good = world.sign_in(&NONCE);
        let nonce = STANDARD.encode(NONCE);
        let mut case = |what: &str, answer: &Value, own: [&str; 2], roots: &str, refused| {
            self.add_words(
                &format!("sign-in: {what}"),
                ["sign-in", roots],
                answer,
                own.map(str::to_owned),
                refused,
            );
        };
        let roots = &world.roots;
        let here = [PAGE, nonce.as_str()];
        case("as it came", &good, here, roots, None);
        case("at another site", &good, ["https://khac.example.vn", &nonce], roots, Some("origin"));
        case("on another nonce", &good, [PAGE, &STANDARD.encode([6; 32])], roots, Some("nonce"));
        let mut renamed = world.sign_in(&[6; 32]);
        renamed["nonce"] = nonce.as_str().into();
        case("an older one under this nonce", &renamed, here, roots, Some("signature"));
        let mut flipped = good.clone();
        flip(&mut flipped["signature"]);
        case("a bit of the signature", &flipped, here, roots, Some("signature"));
        let mut other = good.clone();
        other["certificate"] = world.certificate("person-p256");
        case("another certificate", &other, here, roots, Some("signature"));
        other["signature"] = world.without_kyso("person-p256", &text(PAGE, &NONCE));
        case("a certificate for documents", &other, here, roots, Some("usage"));
        case("another root of the same name", &good, here, &world.other_roots, Some("untrusted"));
    }

    pub(super) fn add(
        &mut self,
        name: &str,
        kind_and_roots: [&str; 2],
        answer: &Value,
        documents: &[&str],
        refused: Option<&'static str>,
    ) {
        let at = self.all.len();
        let paths: Vec<String> = documents
            .iter()
            .enumerate()
            .map(|(index, document)| self.file(&format!("{at}-{index}.txt"), document))
            .collect();
        self.add_words(name, kind_and_roots, answer, paths, refused);
    }

    fn add_words(
        &mut self,
        name: &str,
        [kind, roots]: [&str; 2],
        answer: &Value,
        own: impl IntoIterator<Item = String>,
        refused: Option<&'static str>,
    ) {
        let at = self.all.len();
        let roots = self.file(&format!("{at}-roots.pem"), roots);
        let answer = self.file(&format!("{at}-answer.json"), &answer.to_string());
        let words = [kind.to_owned(), roots, answer].into_iter().chain(own).collect();
        self.all.push(Case { name: name.to_owned(), words, refused });
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl World {
    pub(super) fn sign(
        &self,
        kind: &str,
        name: &str,
        scheme: Scheme,
        algorithm: DigestAlgorithm,
        documents: &[&str],
    ) -> Value {
        let items: Vec<Value> =
            documents.iter().map(|text| item("Công văn.pdf", &algorithm.hash(text.as_bytes()))).collect();
        let format = if kind == "cms" { "cms" } else { "raw" };
        let id = self.token.id(name).to_string();
        let body = json!({ "certificate": id, "scheme": scheme.name(), "format": format, "items": items });
        self.agent.person.then([Act::Pin(SoftHsm::PIN)]);
        let reply = self.agent.sign(&body);
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    fn sign_in(&self, nonce: &[u8]) -> Value {
        self.agent.person.then([Act::Pin(SoftHsm::PIN)]);
        let body = json!({ "nonce": STANDARD.encode(nonce) });
        let reply = self.agent.send(&self.agent.page("POST", "/v1/authentications").json(&body));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    /// A certificate as Kyso lists it.
    fn certificate(&self, name: &str) -> Value {
        let all = self.agent.send(&self.agent.page("GET", "/v1/certificates")).json();
        let id = self.token.id(name).to_string();
        let found = all["certificates"].as_array().unwrap().iter().find(|one| one["id"] == id.as_str());
        found.unwrap_or_else(|| panic!("{name} is not listed: {all}")).clone()
    }

    /// What the token's key makes of this without Kyso; ECDSA, DER, base64.
    fn without_kyso(&self, name: &str, bytes: &[u8]) -> Value {
        STANDARD.encode(anew::ecdsa(&self.token, name, &anew::sha256(bytes))).into()
    }
}

/// Turns the last bit of a base64 value.
fn flip(value: &mut Value) {
    let mut bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    *value = STANDARD.encode(bytes).into();
}

/// What a sign-in is made over, as a server works it out.
fn text(origin: &str, nonce: &[u8]) -> Vec<u8> {
    [b"kyso sign-in v1\0".as_slice(), &Sha256::digest(origin), &Sha256::digest(nonce)].concat()
}
