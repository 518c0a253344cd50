//! Which certificate signs, and which never does.

use serde_json::{Value, json};

use crate::support::agent::{Agent, item, one, sha256};
use crate::support::http::Reply;
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;

#[test]
fn one_that_can_not_sign_opens_no_window() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let unknown =
        json!({ "certificate": format!("sha256:{}", "0".repeat(64)), "items": [item("x", &sha256("x"))] });
    let asked = |name: &str, scheme: Option<&str>| {
        let mut body = one(token.id(name), &sha256("x"));
        body["scheme"] = scheme.map_or(Value::Null, Value::from);
        body
    };
    let opened = agent.person.seen().opened;
    for (body, status, code) in [
        (unknown, 404, "certificate_unknown"),
        (asked("expired", None), 422, "certificate_unfit"),
        (asked("not-yet", None), 422, "certificate_unfit"),
        (asked("sign-in", None), 422, "certificate_unfit"),
        (asked("person-p256", Some("rsa-pss")), 422, "scheme_unsupported"),
        (asked("person-rsa", Some("ecdsa")), 422, "scheme_unsupported"),
    ] {
        let reply = agent.sign(&body);
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}");
        let rows = agent.rows();
        let (kind, last) = rows.last().unwrap();
        assert_eq!((kind.as_str(), last.outcome.as_deref()), ("failed", Some(code)), "{body}");
    }
    assert_eq!(agent.person.seen().opened, opened, "nobody was asked");
    agent.verified();
}

#[test]
fn without_a_token_the_page_learns_so() {
    let agent = Agent::without_token();
    let token = SoftHsm::new();
    let reply = agent.sign(&one(token.id("person-rsa"), &sha256("x")));
    assert_eq!((reply.status, reply.code().as_str()), (404, "token_absent"));
    assert_eq!(reply.json()["error"]["retry"], "after_user");
}

#[test]
fn the_person_chooses_where_the_page_leaves_it_open() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let filter = json!({ "purpose": "sign", "valid": "now", "key": "ec", "subject": "trần văn đức" });
    let reply = agent.sign(&json!({ "filter": filter, "items": [item("x", &sha256("x"))] }));
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert_eq!(reply.json()["certificate"]["id"], token.id("person-p256").to_string());
}

#[test]
fn lists_what_is_on_the_token() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let tokens = agent.send(&agent.page("GET", "/v1/tokens")).json();
    assert_eq!(tokens["tokens"][0]["label"], "kyso-demo");
    assert_eq!(tokens["tokens"][0]["pin"], "ok");
    let listed = |query: &str| ids(&agent.send(&agent.page("GET", &format!("/v1/certificates{query}"))));
    let id = |name: &str| token.id(name).to_string();
    let all = listed("");
    for name in ["person-rsa", "person-p256", "person-p384", "seal-rsa", "sign-in", "expired", "not-yet"] {
        assert!(all.contains(&id(name)), "{name}");
    }
    let sign = listed("?purpose=sign&valid=now");
    assert!(sign.contains(&id("person-rsa")) && sign.contains(&id("seal-rsa")));
    assert!(
        !sign.contains(&id("expired")) && !sign.contains(&id("not-yet")) && !sign.contains(&id("sign-in"))
    );
    assert_eq!(listed("?purpose=authenticate"), [id("sign-in")]);
    assert_eq!(listed(&format!("?fingerprint={}", id("seal-rsa"))), [id("seal-rsa")]);
    assert_eq!(listed("?subject=Tr%E1%BA%A7n+V%C4%83n"), [id("person-p256")]);
    assert_eq!(listed("?key=ed25519"), [""; 0]);
    assert_eq!(listed("?issuer=C%E1%BA%A4P+ph%C3%A1t"), all, "letter case ignored");
    assert_eq!(listed("?issuer=khac"), [""; 0]);
}

#[test]
fn a_certificate_is_told_whole() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let target = format!("/v1/certificates?fingerprint={}", token.id("seal-rsa"));
    let certificate = agent.send(&agent.page("GET", &target)).json()["certificates"][0].clone();
    assert_eq!(certificate["subject"]["common_name"], "Ủy ban nhân dân tỉnh Tuyên Quang");
    assert_eq!(certificate["subject"]["serial_number"], "MST:5000246810");
    assert_eq!(certificate["holder"], "organisation");
    assert_eq!(certificate["key"], json!({ "type": "rsa", "bits": 3072 }));
    assert_eq!(certificate["schemes"], json!(["rsa-pkcs1", "rsa-pss"]));
    assert_eq!(certificate["purposes"], json!(["sign"]));
    assert_eq!(certificate["usage"], json!(["nonRepudiation"]));
    let person = format!("/v1/certificates?fingerprint={}", token.id("person-rsa"));
    let person = agent.send(&agent.page("GET", &person)).json()["certificates"][0].clone();
    assert_eq!(
        (&person["holder"], &person["subject"]["title"]),
        (&json!("person"), &json!("Chánh Văn phòng"))
    );
}

fn ids(reply: &Reply) -> Vec<String> {
    let reply = reply.json();
    let listed = reply["certificates"].as_array().unwrap_or_else(|| panic!("{reply}"));
    listed.iter().map(|certificate| certificate["id"].as_str().unwrap().to_owned()).collect()
}
