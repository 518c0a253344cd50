//! The example document system: its order, what it takes from a page, what it finds in files, who gets in.

mod entrance;
mod refused;
mod shadow;

use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lopdf::{Document, IncrementalDocument, Object};
use serde_json::{Value, json};
use sha2::Digest as _;

use crate::pdf::judges::Judges;
use crate::support::agent::Agent;
use crate::support::http::{Reply, Request, ask};
use crate::support::person::Act;
use crate::support::site::Site;
use crate::support::softhsm::{SoftHsm, der};

/// An agent, its token, and the document system that trusts the token's authority.
struct Office {
    token: SoftHsm,
    agent: Agent,
    site: Site,
    folder: tempfile::TempDir,
}

impl Office {
    fn open() -> Self {
        let token = SoftHsm::new();
        let agent = Agent::with(&token);
        let site = Site::start(&token.ca().join("root.crt"));
        Self { token, agent, site, folder: tempfile::tempdir().unwrap() }
    }

    fn prepare(&self, role: &str, documents: &[usize], certificate: &str) -> Reply {
        let certificate = STANDARD.encode(der(&self.token.certificate(certificate)));
        self.site.post(
            "/preparations",
            &json!({ "role": role, "documents": documents, "certificate": certificate }),
        )
    }

    /// Prepared by the site, signed through Kyso; what the page is to post.
    fn signed(&self, role: &str, documents: &[usize], certificate: &str) -> Value {
        let prepared = self.prepare(role, documents, certificate);
        assert_eq!(prepared.status, 201, "{}", prepared.json());
        self.signature(&prepared.json(), certificate)
    }

    /// What was prepared, signed through Kyso with this certificate.
    fn signature(&self, prepared: &Value, certificate: &str) -> Value {
        let item = |item: &Value| {
            let digest = json!({ "algorithm": "sha-256", "value": item["digest"] });
            json!({ "name": item["name"], "digest": digest })
        };
        let items: Vec<_> = prepared["items"].as_array().unwrap().iter().map(item).collect();
        self.agent.person.then([Act::Pin(SoftHsm::PIN)]);
        let signed = self.agent.sign(&json!({
            "certificate": self.token.id(certificate).to_string(),
            "format": "cms",
            "profile": "pades",
            "items": items,
        }));
        assert_eq!(signed.status, 200, "{}", signed.json());
        let signed = signed.json();
        let values: Vec<_> = signed["signatures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|signature| signature["value"].clone())
            .collect();
        json!({ "preparation": prepared["preparation"], "signatures": values })
    }

    fn sign(&self, role: &str, documents: &[usize], certificate: &str) -> Value {
        let reply = self.site.post("/signatures", &self.signed(role, documents, certificate));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    /// Leader, number, seal.
    fn issue(&self, document: usize) -> PathBuf {
        self.sign("leader", &[document], "person-rsa");
        assert_eq!(self.site.post("/numbers", &json!({ "documents": [document] })).status, 200);
        self.sign("clerk", &[document], "seal-rsa");
        self.keep("issued.pdf", &self.site.get(&format!("/documents/{document}.pdf")).body)
    }

    fn keep(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// What the document system finds in a file.
    fn verdict(&self, name: &str, content: &[u8]) -> Value {
        Site::check(&self.token.ca().join("root.crt"), &self.keep(name, content))
    }
}

#[test]
fn a_document_passes_leader_number_and_seal_in_this_order_alone() {
    let office = Office::open();
    let code = |reply: Reply| (reply.status, reply.code());
    let number = || office.site.post("/numbers", &json!({ "documents": [0] }));
    let refused = |code: &str| (409, code.to_owned());

    let early = office.prepare("clerk", &[0], "seal-rsa").json();
    assert_eq!(early["error"]["code"], "leader_first", "{early}");
    assert!(early["error"]["vi"].as_str().unwrap().contains("lãnh đạo ký trước"), "{early}");
    assert!(early["error"]["en"].as_str().unwrap().contains("the leader signs first"), "{early}");
    assert_eq!(code(number()), refused("leader_first"));
    assert_eq!(code(office.prepare("leader", &[0], "seal-rsa")), refused("person_wanted"));

    office.sign("leader", &[0], "person-rsa");
    assert_eq!(code(office.prepare("leader", &[0], "person-rsa")), refused("already_done"));
    assert_eq!(code(office.prepare("clerk", &[0], "seal-rsa")), refused("number_first"));
    let numbered = number().json();
    assert_eq!(numbered["documents"][0]["number"], "2481/UBND-VP", "{numbered}");
    assert_eq!(code(number()), refused("already_done"));
    assert_eq!(code(office.prepare("clerk", &[0], "person-rsa")), refused("organisation_wanted"));
    let sealed = office.sign("clerk", &[0], "seal-rsa");
    let verdict = &sealed["documents"][0]["verdict"];
    assert_eq!(verdict["valid"], true, "{verdict}");
    let roles: Vec<_> =
        verdict["signatures"].as_array().unwrap().iter().map(|found| &found["role"]).collect();
    assert_eq!(roles, ["leader", "clerk"]);
    assert_eq!(code(office.prepare("clerk", &[0], "seal-rsa")), refused("already_done"));
    let foreign = Request::new("POST", "/numbers", office.site.port(), "https://elsewhere.example");
    let foreign = foreign.header("Connection", "close").json(&json!({ "documents": [0] }));
    assert_eq!(ask(office.site.port(), &foreign.bytes()).unwrap().status, 403, "another site's page");
}

/// Poppler, pyHanko, OpenSSL and GnuTLS say the same as the document system; the number that came behind the
/// leader's signature harms it in no reader's eyes.
#[test]
fn an_issued_document_is_good_for_every_reader() {
    let office = Office::open();
    let file = office.issue(0);
    Judges::new(&office.token).all_take(&std::fs::read(&file).unwrap(), &["person-rsa", "seal-rsa"]);
    let text = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output();
    let text = text.expect("pdftotext is missing. Install it: sudo apt-get install poppler-utils").stdout;
    let flat = |text: &str| text.split_whitespace().collect::<String>();
    let read = flat(&String::from_utf8(text).unwrap());
    for part in ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Số: 2481/UBND-VP", "Nguyễn Thị Minh Khai", "DẤU MẪU"]
    {
        assert!(read.contains(&flat(part)), "{part}: {read}");
    }
}

#[test]
fn the_document_system_keeps_only_what_verifies() {
    let office = Office::open();
    let bytes = |made: &Value| STANDARD.decode(made["signatures"][0].as_str().unwrap()).unwrap();
    let post = |made: &Value| office.site.post("/signatures", made);
    let stage = || office.site.get("/documents/0").json()["document"]["stage"].clone();

    let mut tampered = office.signed("leader", &[0], "person-rsa");
    let mut flipped = bytes(&tampered);
    *flipped.last_mut().unwrap() ^= 1;
    tampered["signatures"][0] = STANDARD.encode(flipped).into();
    let mut anothers = office.signed("leader", &[0], "person-rsa");
    anothers["signatures"] = office.signed("leader", &[1], "person-rsa")["signatures"].clone();
    let mut none = office.signed("leader", &[0], "person-rsa");
    none["signatures"][0] = STANDARD.encode("no signature").into();
    for (what, made) in [("tampered", &tampered), ("another's", &anothers), ("none", &none)] {
        let reply = post(made);
        assert_eq!((reply.status, reply.code().as_str()), (422, "not_valid"), "{what}: {}", reply.json());
        let problems = &reply.json()["error"]["verdict"]["signatures"][0]["problems"];
        assert_eq!(*problems, json!(["signature"]), "{what}");
        assert_eq!(stage(), "draft", "{what}");
        assert_eq!(post(made).status, 404, "{what}: one try for each preparation");
    }
    let (first, second) =
        (office.signed("leader", &[0], "person-rsa"), office.signed("leader", &[0], "person-rsa"));
    assert_eq!(post(&first).status, 200);
    assert_eq!(post(&second).code(), "changed", "signed meanwhile");

    let other = SoftHsm::other_authority();
    let stranger = Site::start(&other.ca().join("root.crt"));
    let foreign = Office { site: stranger, ..office };
    let reply = foreign.site.post("/signatures", &foreign.signed("leader", &[0], "person-rsa"));
    let problems = &reply.json()["error"]["verdict"]["signatures"][0]["problems"];
    assert_eq!((reply.status, problems), (422, &json!(["untrusted"])));
}

#[test]
fn what_is_changed_behind_a_signature_is_found() {
    let office = Office::open();
    let draft = office.verdict("draft.pdf", &office.site.get("/documents/0.pdf").body);
    assert_eq!((&draft["valid"], &draft["signatures"]), (&false.into(), &json!([])), "nothing is signed");
    office.sign("leader", &[0], "person-rsa");
    let signed = office.site.get("/documents/0.pdf").body;
    let whole = office.verdict("whole.pdf", &signed);
    assert_eq!((&whole["valid"], &whole["signatures"][0]["whole"]), (&true.into(), &true.into()), "{whole}");
    let problems =
        |name: &str, content: &[u8]| office.verdict(name, content)["signatures"][0]["problems"].clone();

    let mut flipped = signed.clone();
    let at = flipped.windows(5).position(|window| window == b"vi-VN").unwrap();
    flipped[at] ^= 1;
    assert_eq!(problems("flipped.pdf", &flipped), json!(["signature"]));

    // Each of these is appended, as a number is, and reaches further than a field that was left empty.
    let page = |update: &mut IncrementalDocument| update.get_prev_documents().page_iter().next().unwrap();
    let another_page = changed(&signed, |update| {
        let page = page(update);
        update.opt_clone_object_to_new_document(page).unwrap();
        let content = update.new_document.add_object(lopdf::Stream::new(lopdf::dictionary! {}, Vec::new()));
        update.new_document.get_dictionary_mut(page).unwrap().set("Contents", content);
    });
    assert_eq!(problems("page.pdf", &another_page), json!(["changed"]));
    let moved = changed(&signed, |update| {
        let field = field(update.get_prev_documents(), "so_hieu");
        update.opt_clone_object_to_new_document(field).unwrap();
        let everywhere: Vec<Object> = [0, 0, 595, 842].map(Object::Integer).into();
        update.new_document.get_dictionary_mut(field).unwrap().set("Rect", everywhere);
    });
    assert_eq!(problems("moved.pdf", &moved), json!(["changed"]));
    let redrawn = changed(&signed, |update| {
        let field = field(update.get_prev_documents(), "chu_ky_lanh_dao");
        update.opt_clone_object_to_new_document(field).unwrap();
        update.new_document.get_dictionary_mut(field).unwrap().remove(b"AP");
    });
    assert_eq!(problems("redrawn.pdf", &redrawn), json!(["changed"]));
}

/// The file with an update that does this.
fn changed(file: &[u8], work: impl FnOnce(&mut IncrementalDocument)) -> Vec<u8> {
    let mut update = IncrementalDocument::create_from(file.to_vec(), Document::load_mem(file).unwrap());
    work(&mut update);
    let mut changed = Vec::new();
    update.save_to(&mut changed).unwrap();
    changed
}

fn field(document: &Document, name: &str) -> lopdf::ObjectId {
    let named = |object: &Object| {
        object
            .as_dict()
            .and_then(|object| object.get(b"T"))
            .and_then(Object::as_str)
            .is_ok_and(|it| it == name.as_bytes())
    };
    *document.objects.iter().find(|(_, object)| named(object)).unwrap().0
}

#[test]
fn a_sign_in_is_checked_for_nonce_origin_and_certificate() {
    let office = Office::open();
    let origin = office.site.url.clone();
    let bearer = office.agent.pair(&origin);
    let nonce = || office.site.post("/nonces", &json!({})).json()["nonce"].clone();
    let ask = |nonce: &Value| {
        office.agent.person.then([Act::Pin(SoftHsm::PIN)]);
        let request = Request::new("POST", "/v1/authentications", office.agent.port, &origin);
        let reply = office.agent.send(&request.bearer(&bearer).json(&json!({ "nonce": nonce })));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    };
    let came = |answer: &Value| {
        json!({
            "nonce": answer["nonce"],
            "certificate": answer["certificate"]["der"],
            "chain": answer["certificate"]["chain"],
            "scheme": answer["scheme"],
            "signature": answer["signature"],
        })
    };
    let post = |came: &Value| office.site.post("/session", came);
    let refused = |came: &Value| {
        let reply = post(came);
        assert_eq!((reply.status, reply.header("set-cookie")), (403, None));
        reply.code()
    };

    let good = came(&ask(&nonce()));
    let reply = post(&good);
    assert_eq!(reply.status, 201, "{}", reply.json());
    assert_eq!(reply.json()["person"]["name"], "Nguyễn Thị Minh Khai");
    let cookie = reply.header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let who = || office.site.with_cookie("GET", "/session", cookie).json()["person"]["title"].clone();
    assert_eq!(who(), "Chánh Văn phòng");
    assert_eq!(office.site.with_cookie("POST", "/session/end", cookie).status, 200);
    assert_eq!(who(), Value::Null);

    assert_eq!(refused(&good), "nonce", "used");
    let invented = came(&ask(&STANDARD.encode([7; 32]).into()));
    assert_eq!(refused(&invented), "nonce", "not given");
    let mut other = came(&ask(&nonce()));
    other["nonce"] = nonce();
    assert_eq!(refused(&other), "sign_in", "signed for another nonce");

    // What another site may have got signed, with the same nonce.
    let fresh = nonce();
    office.agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let elsewhere =
        office.agent.send(&office.agent.page("POST", "/v1/authentications").json(&json!({ "nonce": fresh })));
    assert_eq!(refused(&came(&elsewhere.json())), "sign_in", "signed for another site");

    // A signature for documents over what a sign-in signs.
    let fresh = nonce();
    let hash = |bytes: &[u8]| sha2::Sha256::digest(bytes).to_vec();
    let bytes = STANDARD.decode(fresh.as_str().unwrap()).unwrap();
    let digest = hash(&[b"kyso sign-in v1\0".to_vec(), hash(origin.as_bytes()), hash(&bytes)].concat());
    office.agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let digest = json!({ "algorithm": "sha-256", "value": STANDARD.encode(digest) });
    let certificate = office.token.id("person-rsa").to_string();
    let signed = office
        .agent
        .sign(&json!({ "certificate": certificate, "items": [{ "name": "x", "digest": digest }] }));
    let mut with_the_wrong_certificate = came(&signed.json());
    with_the_wrong_certificate["nonce"] = fresh;
    with_the_wrong_certificate["signature"] = signed.json()["signatures"][0]["value"].clone();
    assert_eq!(refused(&with_the_wrong_certificate), "certificate", "not for signing in");

    let other = SoftHsm::other_authority();
    let stranger = Site::start(&other.ca().join("root.crt"));
    let nonce = stranger.post("/nonces", &json!({})).json()["nonce"].clone();
    let bearer = office.agent.pair(&stranger.url);
    office.agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let request = Request::new("POST", "/v1/authentications", office.agent.port, &stranger.url);
    let answer = office.agent.send(&request.bearer(&bearer).json(&json!({ "nonce": nonce }))).json();
    assert_eq!(stranger.post("/session", &came(&answer)).code(), "certificate", "not of a trusted authority");
}

#[test]
fn twenty_documents_are_signed_with_one_consent() {
    let office = Office::open();
    let all: Vec<usize> = (4..24).collect();
    let signed = office.sign("leader", &all, "person-p256");
    let documents = signed["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 20);
    assert!(documents.iter().all(|document| document["verdict"]["valid"] == true), "{signed}");
    assert_eq!(office.agent.person.seen().opened, 2, "the pairing's window and one for all documents");
}
