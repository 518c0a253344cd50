//! What the document system takes from nobody.

use der::asn1::Any;

use super::*;
use crate::support::anew;

#[test]
fn a_document_is_named_once() {
    let office = Office::open();
    office.sign("leader", &[0, 1], "person-rsa");
    let twice = office.site.post("/numbers", &json!({ "documents": [0, 0] }));
    assert_eq!((twice.status, twice.code().as_str()), (400, "bad_request"), "{}", twice.json());
    let numbered = office.site.post("/numbers", &json!({ "documents": [0, 1] })).json();
    let numbers = [0, 1].map(|id| numbered["documents"][id]["number"].clone());
    assert_eq!(numbers, ["2481/UBND-VP", "2482/QĐ-UBND"], "no number is spent");
    assert_eq!(office.prepare("leader", &[2, 2], "person-rsa").status, 400);
}

/// The name on the page is the certificate's that was announced: another's good signature is not put beside it.
#[test]
fn who_signs_is_who_was_announced() {
    let office = Office::open();
    let announced = office.prepare("leader", &[0], "person-p256").json();
    let made = office.signature(&announced, "person-rsa");
    let reply = office.site.post("/signatures", &made);
    assert_eq!((reply.status, reply.code().as_str()), (409, "other_certificate"), "{}", reply.json());
    assert_eq!(office.site.get("/documents/0").json()["document"]["stage"], "draft");
    office.sign("leader", &[0], "person-rsa");
}

/// RFC 5035 §3: the first certificate that the attributes name is the signer's, whatever others follow.
#[test]
fn the_attributes_name_the_signer_first() {
    let office = Office::open();
    let hash = |name: &str| anew::sha256(&der(&office.token.certificate(name)));
    let (own, another) = (hash("person-p256"), hash("person-p384"));
    let weak = anew::sha1(&der(&office.token.certificate("person-p256")));
    let post = |value: Option<Any>| {
        let mut made = office.signed("leader", &[0], "person-p256");
        let cms = STANDARD.decode(made["signatures"][0].as_str().unwrap()).unwrap();
        let anew = anew::signed(&office.token, "person-p256", &cms, &[], |signer| {
            anew::set(signer, anew::SIGNING_CERTIFICATE, value);
        });
        made["signatures"][0] = STANDARD.encode(anew).into();
        office.site.post("/signatures", &made)
    };
    let named = |function, hashes: &[&Vec<u8>]| Some(anew::signing_certificate(function, hashes));
    for (what, value) in [
        ("the signer second", named(None, &[&another, &own])),
        ("another alone", named(None, &[&another])),
        ("another hash function", named(Some(anew::SHA1), &[&own])),
        ("a weak hash function", named(Some(anew::SHA1), &[&weak])),
        ("nobody", named(None, &[])),
        ("no such attribute", None),
    ] {
        let reply = post(value);
        let problems = &reply.json()["error"]["verdict"]["signatures"][0]["problems"];
        assert_eq!((reply.status, problems), (422, &json!(["signature"])), "{what}: {}", reply.json());
    }
    let reply = post(named(None, &[&own, &another]));
    assert_eq!(reply.status, 200, "the signer first: {}", reply.json());
}

/// A name that somebody else's DNS gives to this address (DNS rebinding) opens no document.
#[test]
fn documents_are_shown_at_their_own_address_alone() {
    let office = Office::open();
    let port = office.site.port();
    for path in ["/", "/documents", "/documents/0", "/documents/0.pdf", "/session"] {
        assert_eq!(office.site.get(path).status, 200, "{path}");
        let own = Request::new("GET", path, port, &office.site.url).header("Connection", "close");
        let foreign = own.clone().without("Host").header("Host", &format!("elsewhere.example:{port}"));
        let reply = ask(port, &foreign.bytes()).unwrap();
        assert_eq!((reply.status, reply.code().as_str()), (403, "host"), "{path}");
        let reply = ask(port, &own.without("Host").bytes()).unwrap();
        assert_eq!(reply.status, 403, "{path} without a name");
    }
}
