//! Each setting of the machine's policy, deciding.

mod both;
mod commands;
mod log;
mod shipped;
mod tried;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::rules::Rules;
use kyso::sys::machine::Folder;
use serde_json::json;

use crate::support::agent::{Agent, PAGE, item, one, sha256};
use crate::support::http::Request;
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;

const ISSUING: &str = "CN=Cơ quan chứng thực số cấp phát (thử nghiệm),OU=Cục Chứng thực số và Bảo mật thông tin,\
                       O=Ban Cơ yếu Chính phủ,C=VN";

/// What a policy file with this text comes to.
fn laid_down(text: &str) -> Rules {
    let scratch = tempfile::tempdir().unwrap();
    // Right below /tmp others could put another in its place.
    let folder = scratch.path().join("kyso");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("policy.toml"), text).unwrap();
    let policy = kyso::policy::load(&Folder::of_user(folder));
    (*policy.unwrap_or_else(|faults| panic!("{faults:?}")).rules).clone()
}

fn site(origin: &str, access: &str, more: &str) -> String {
    format!("[[sites]]\norigin = \"{origin}\"\naccess = \"{access}\"\n{more}\n")
}

/// An agent under this policy, whose page the policy lets ask.
fn paired(token: &SoftHsm, policy: &str) -> Agent {
    paired_under(token, &(site(PAGE, "allow", "") + policy))
}

/// The same, where this is all that is laid down.
fn paired_under(token: &SoftHsm, policy: &str) -> Agent {
    let mut agent = Agent::under(token, laid_down(policy));
    let reply = agent.send(&agent.pairing(PAGE));
    assert_eq!(reply.status, 201, "{}", reply.json());
    agent.bearer = reply.json()["token"].as_str().unwrap().to_owned();
    agent
}

fn refusal(agent: &Agent, name: &str, token: &SoftHsm) -> (u16, String) {
    let reply = agent.sign(&one(token.id(name), &sha256("x")));
    assert!(reply.json()["error"]["hint"].as_str().unwrap().contains("chính sách"), "{}", reply.json());
    (reply.status, reply.code())
}

/// What the log says lay behind the last refusal.
fn cause(agent: &Agent) -> Option<String> {
    agent.rows().last().unwrap().1.cause.clone()
}

#[test]
fn a_granted_site_pairs_unasked_and_is_asked_about_each_signature() {
    let token = SoftHsm::new();
    let agent = paired(&token, "");
    assert_eq!(agent.person.seen().opened, 0, "nobody was asked");
    let (kind, body) = agent.rows().pop().unwrap();
    assert_eq!((&*kind, body.asked, body.cause.as_deref()), ("paired", Some(false), Some("policy")));
    agent.person.then([Act::No]);
    let reply = agent.sign(&one(token.id("person-rsa"), &sha256("x")));
    assert_eq!((reply.status, reply.code().as_str()), (403, "user_denied"), "the person's no is a no");
    assert_eq!(agent.person.seen().opened, 1, "the person was asked");
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    assert_eq!(agent.sign(&one(token.id("person-rsa"), &sha256("x"))).status, 200);
    assert_eq!(agent.person.seen().opened, 2, "and again");
}

#[test]
fn a_refused_site_may_not_ask() {
    let policy = format!("[[sites]]\norigin = \"{PAGE}\"\naccess = \"refuse\"\n");
    let agent = Agent::under(&SoftHsm::new(), laid_down(&policy));
    let reply = agent.send(&agent.pairing(PAGE));
    assert_eq!((reply.status, reply.code().as_str()), (403, "origin_denied"));
    assert!(!agent.service.rules().may_be_allowed(&PAGE.parse().unwrap()));
    agent.person.then([Act::Yes]);
    assert_eq!(agent.send(&agent.pairing("https://khac.vn")).status, 201, "others ask the person");
}

#[test]
fn users_let_in_no_sites_where_policy_says_so() {
    let agent = paired(&SoftHsm::new(), "[pairing]\nby_users = false");
    let reply = agent.send(&agent.pairing("https://khac.vn"));
    assert_eq!((reply.status, reply.code().as_str()), (403, "origin_denied"));
    assert!(reply.json()["error"]["hint"].as_str().unwrap().contains("công nghệ thông tin"));
    assert_eq!(agent.person.seen().opened, 0, "nobody was asked");
    assert!(!agent.service.rules().may_be_allowed(&"https://khac.vn".parse().unwrap()));
}

#[test]
fn r25_an_http_origin_pairs_only_where_policy_names_it() {
    let policy = "[[sites]]\norigin = \"http://vanban.noibo\"\naccess = \"allow\"\n";
    let agent = Agent::under(&SoftHsm::new(), laid_down(policy));
    assert_eq!(agent.send(&agent.pairing("http://vanban.noibo")).status, 201);
    let reply = agent.send(&agent.pairing("http://khac.noibo"));
    assert_eq!((reply.status, reply.code().as_str()), (403, "origin_denied"));
}

#[test]
fn a_site_sees_and_uses_the_certificates_that_are_its_own() {
    let token = SoftHsm::new();
    let (issuing, other) = (ISSUING.to_uppercase().replace(',', ", "), "CN=Somebody else,C=VN");
    let purpose = |purpose: &str| {
        format!("[[sites]]\norigin = \"{PAGE}\"\naccess = \"allow\"\npurposes = [\"{purpose}\"]")
    };
    let issuer = |issuer: &str| {
        format!("[[sites]]\norigin = \"{PAGE}\"\naccess = \"allow\"\nissuers = [\"{issuer}\"]")
    };
    for (narrowed, seen, signs) in [
        (purpose("sign_in"), 1, false),
        (purpose("sign"), 6, true),
        (issuer(other), 0, false),
        (issuer(&issuing), 7, true),
    ] {
        let agent = paired_under(&token, &narrowed);
        let listed = agent.send(&agent.page("GET", "/v1/certificates")).json();
        assert_eq!(listed["certificates"].as_array().unwrap().len(), seen, "{narrowed}: {listed}");
        if signs {
            agent.person.then([Act::Pin(SoftHsm::PIN)]);
            assert_eq!(agent.sign(&one(token.id("person-rsa"), &sha256("x"))).status, 200, "{narrowed}");
        } else {
            let refused = refusal(&agent, "person-rsa", &token);
            assert_eq!(refused, (422, "certificate_unfit".to_owned()), "{narrowed}");
            assert_eq!(cause(&agent).as_deref(), Some("policy: sites.issuers, sites.purposes"));
            assert_eq!(agent.person.seen().opened, 0);
        }
    }
}

#[test]
fn only_certificates_of_these_issuers_sign() {
    let token = SoftHsm::new();
    let agent = paired(&token, "[certificates]\nissuers = [\"CN=Somebody else\"]");
    assert_eq!(refusal(&agent, "person-rsa", &token), (422, "certificate_unfit".to_owned()));
    assert_eq!(cause(&agent).as_deref(), Some("policy: certificates.issuers"));
    let agent = paired(&token, &format!("[certificates]\nissuers = [\"{ISSUING}\"]"));
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    assert_eq!(agent.sign(&one(token.id("person-rsa"), &sha256("x"))).status, 200);
}

#[test]
fn keys_that_are_too_small_do_not_sign() {
    let token = SoftHsm::new();
    let agent = paired(&token, "[certificates]\nrsa_bits = 3072\nec_bits = 384");
    for small in ["person-rsa", "person-p256"] {
        assert_eq!(refusal(&agent, small, &token), (422, "certificate_unfit".to_owned()));
        assert_eq!(cause(&agent).as_deref(), Some("policy: certificates.rsa_bits, certificates.ec_bits"));
    }
    for large in ["seal-rsa", "person-p384"] {
        agent.person.then([Act::Pin(SoftHsm::PIN)]);
        assert_eq!(agent.sign(&one(token.id(large), &sha256("x"))).status, 200, "{large}");
    }
}

#[test]
fn a_request_holds_no_more_than_policy_lets_it() {
    let token = SoftHsm::new();
    let agent = paired(&token, "[limits]\nbatch = 2");
    let items = |count: usize| {
        let items: Vec<_> = (0..count).map(|n| item("a.pdf", &sha256(&n.to_string()))).collect();
        json!({ "certificate": token.id("person-rsa").to_string(), "items": items })
    };
    let reply = agent.sign(&items(3));
    assert_eq!((reply.status, reply.code().as_str()), (413, "too_large"));
    assert!(reply.json()["error"]["hint"].as_str().unwrap().contains("chính sách"));
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    assert_eq!(agent.sign(&items(2)).status, 200);
}

/// The page wants ten minutes, policy lets it have ten seconds.
#[test]
fn a_prompt_stays_no_longer_than_policy_lets_it() {
    let token = SoftHsm::new();
    let agent = paired(&token, "[limits]\nprompt_timeout = 10");
    let mut body = one(token.id("person-rsa"), &sha256("x"));
    body["timeout_s"] = 600.into();
    agent.person.then([Act::Nothing]);
    let began = std::time::Instant::now();
    let reply = agent.sign(&body);
    assert_eq!((reply.status, reply.code().as_str()), (409, "user_timeout"));
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "it took ten minutes, not ten seconds");
}

/// The person's no for good stands beside the machine's leave.
#[test]
fn a_grant_is_no_answer_to_a_persons_refusal() {
    let agent = paired(&SoftHsm::new(), "");
    agent.block_on(agent.service.grants().refuse(&PAGE.parse().unwrap())).unwrap();
    let body = json!({ "name": "x", "nonce": STANDARD.encode([7; 32]) });
    let reply = agent.send(&Request::new("POST", "/v1/pairings", agent.port, PAGE).json(&body));
    assert_eq!((reply.status, reply.code().as_str()), (403, "origin_denied"));
}
