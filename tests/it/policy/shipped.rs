//! Sites, certificates and limits, deciding in the shipped agent on a machine that has them under `/etc/kyso`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{ISSUING, site};
use crate::support::agent::{PAGE, item, one, sha256};
use crate::support::desk::Desk;
use crate::support::http::{Reply, Request, exchange};
use crate::support::softhsm::SoftHsm;

const OTHER: &str = "https://khac.example.vn";
/// As far as a request gets where nobody can be asked.
const UNASKED: (u16, &str) = (503, "prompt_unavailable");

/// A desk on a machine with this policy.
fn desk(token: &SoftHsm, policy: &str) -> Desk {
    let mut desk = Desk::with(token);
    desk.under(policy);
    desk
}

fn pairing(port: u16, origin: &str) -> Reply {
    let body = json!({ "name": "x", "nonce": STANDARD.encode([7; 32]) });
    exchange(port, &Request::new("POST", "/v1/pairings", port, origin).json(&body).bytes())
        .expect("an answer")
}

fn sign(port: u16, bearer: &str, body: &Value) -> Reply {
    let request = Request::new("POST", "/v1/signatures", port, PAGE).bearer(bearer).json(body);
    exchange(port, &request.bytes()).expect("an answer")
}

fn seen(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

#[test]
fn certificates_and_limits_decide() {
    let token = SoftHsm::new();
    let body = |name: &str, items: usize| {
        let items: Vec<_> = (0..items).map(|at| item("a.pdf", &sha256(&at.to_string()))).collect();
        json!({ "certificate": token.id(name).to_string(), "items": items })
    };
    let elsewhere = "issuers = [\"CN=Somebody else,C=VN\"]";
    let own = format!("issuers = [\"{ISSUING}\"]");
    let unfit = (422, "certificate_unfit");
    for (of_site, policy, name, items, wanted) in [
        ("", "", "person-rsa", 3, UNASKED),
        ("", elsewhere, "person-rsa", 1, unfit),
        ("", &own, "person-rsa", 1, UNASKED),
        ("", "rsa_bits = 3072", "person-rsa", 1, unfit),
        ("", "rsa_bits = 3072", "seal-rsa", 1, UNASKED),
        ("", "ec_bits = 384", "person-p256", 1, unfit),
        ("", "ec_bits = 384", "person-p384", 1, UNASKED),
        (elsewhere, "", "person-rsa", 1, unfit),
        (&own, "", "person-rsa", 1, UNASKED),
        ("purposes = [\"sign_in\"]", "", "person-rsa", 1, unfit),
        ("purposes = [\"sign\"]", "", "person-rsa", 1, UNASKED),
        ("", "[limits]\nbatch = 2", "person-rsa", 3, (413, "too_large")),
        ("", "[limits]\nbatch = 2", "person-rsa", 2, UNASKED),
    ] {
        let desk = desk(&token, &format!("{}[certificates]\n{policy}\n", site(PAGE, "allow", of_site)));
        let agent = desk.agent();
        let bearer = pairing(agent.port, PAGE).json()["token"].as_str().expect("a pairing").to_owned();
        let reply = sign(agent.port, &bearer, &body(name, items));
        assert_eq!(seen(&reply), (wanted.0, wanted.1.to_owned()), "{of_site}, {policy}, {name}, {items}");
    }
}

#[test]
fn sites_are_let_in_and_kept_out() {
    for (policy, page, other) in [
        ("".to_owned(), UNASKED, UNASKED),
        ("[pairing]\nby_users = false\n".to_owned(), (403, "origin_denied"), (403, "origin_denied")),
        (site(PAGE, "allow", ""), (201, ""), UNASKED),
        (site(PAGE, "refuse", ""), (403, "origin_denied"), UNASKED),
        (
            format!("[pairing]\nby_users = false\n{}", site(PAGE, "allow", "")),
            (201, ""),
            (403, "origin_denied"),
        ),
    ] {
        let mut desk = Desk::configured("modules = []");
        desk.under(&policy);
        let agent = desk.agent();
        for (origin, wanted) in [(PAGE, page), (OTHER, other)] {
            let reply = pairing(agent.port, origin);
            assert_eq!(reply.status, wanted.0, "{policy}, {origin}: {}", reply.json());
            assert!(wanted.1.is_empty() || reply.code() == wanted.1, "{policy}, {origin}: {}", reply.json());
        }
    }
}

/// The page wants ten minutes.
#[test]
fn a_prompt_ends_when_policy_says() {
    let token = SoftHsm::new();
    let desk = desk(&token, "[limits]\nprompt_timeout = 10\n");
    let (terminal, port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, PAGE);
    let mut body = one(token.id("person-rsa"), &sha256("x"));
    body["timeout_s"] = 600.into();
    let began = std::time::Instant::now();
    let asked = std::thread::spawn(move || sign(port, &bearer, &body));
    terminal.wait_for("Token PIN", 0);
    assert_eq!(seen(&asked.join().unwrap()), (409, "user_timeout".to_owned()));
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "it took ten minutes, not ten seconds");
}
