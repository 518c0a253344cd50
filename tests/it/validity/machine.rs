//! `[validation]` of a policy file, deciding in the real agent. It asks no address of its own machine's, so the authority
//! has one that no loopback has, in a network of the test's own.

use std::process::Command;
use std::time::{Duration, Instant};

use super::REVOKED;
use crate::support::agent::{PAGE, one, rows, sha256};
use crate::support::desk::Desk;
use crate::support::http::{Request, exchange};
use crate::support::pki::Pki;
use crate::support::softhsm::SoftHsm;
use crate::support::terminal::Terminal;

#[test]
fn each_setting_of_validation_decides() {
    let output = Command::new("unshare")
        .args(["--net", "sh", "-c", "ip link set lo up && ip address add \"$0\" dev lo && exec \"$@\""])
        .arg(format!("{ADDRESS}/32"))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "validity::machine::child_with_a_network", "--nocapture"])
        .env(OWN, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
}

/// Not a test of its own: runs where the network is nobody else's.
#[test]
fn child_with_a_network() {
    if std::env::var_os(OWN).is_none() {
        return;
    }
    let pki = Pki::at(ADDRESS);
    let token = pki.token(&["good", "revoked"]);
    let office = Office { pki, token };
    chain(&office);
    revocation(&office);
    offline(&office);
    timeout(&office);
    cache(&office);
}

fn chain(office: &Office) {
    for (chain, anchored, status, outcome, standing) in [
        ("off", false, 200, "ok", None),
        ("warn", false, 200, "ok", Some("no_path")),
        ("warn", true, 200, "ok", Some("good")),
        ("require", false, 422, "certificate_untrusted", Some("no_path")),
        ("require", true, 200, "ok", Some("good")),
    ] {
        let mut desk = office.desk(&format!("[validation]\nchain = {chain:?}\n"), anchored);
        let (came, screen) = desk.sign("good");
        assert_eq!(came, (status, outcome.to_owned(), standing.map(str::to_owned)), "{chain}, {anchored}");
        let warned = screen.contains("Not issued under an authority that this computer trusts");
        assert_eq!(warned, status == 200 && standing == Some("no_path"), "{chain}: {screen}");
    }
}

fn revocation(office: &Office) {
    // Who answers, and who signs then.
    for (revocation, mode, name, status, standing) in [
        ("off", "good", "revoked", 200, Some("good")),
        ("crl", "good", "revoked", 422, Some(REVOKED)),
        ("ocsp", "good", "revoked", 422, Some(REVOKED)),
        ("any", "good", "revoked", 422, Some(REVOKED)),
        ("crl", "no-ocsp", "good", 200, Some("good")),
        ("crl", "no-crl", "good", 503, Some("offline")),
        ("ocsp", "no-crl", "good", 200, Some("good")),
        ("ocsp", "no-ocsp", "good", 503, Some("offline")),
        ("any", "no-crl", "good", 200, Some("good")),
        ("any", "no-ocsp", "good", 200, Some("good")),
    ] {
        office.pki.mode(mode);
        let policy =
            format!("[validation]\nchain = \"require\"\nrevocation = {revocation:?}\noffline = \"refuse\"\n");
        let ((came, _, stood), screen) = office.desk(&policy, true).sign(name);
        let wanted = (status, standing.map(str::to_owned));
        assert_eq!((came, stood), wanted, "{revocation}, {mode}, {name}: {screen}");
    }
    office.pki.mode("good");
}

fn offline(office: &Office) {
    office.pki.mode("gone");
    for (offline, status, outcome) in [("warn", 200, "ok"), ("refuse", 503, "revocation_unavailable")] {
        let policy = format!("[validation]\nrevocation = \"any\"\noffline = {offline:?}\n");
        let (came, screen) = office.desk(&policy, true).sign("good");
        assert_eq!(came, (status, outcome.to_owned(), Some("offline".to_owned())), "{offline}: {screen}");
        let warned = screen.contains("Whether it was revoked could not be learned");
        assert!(warned || offline == "refuse", "{screen}");
    }
    office.pki.mode("good");
}

/// The responder says nothing for as long as it is listened to.
fn timeout(office: &Office) {
    office.pki.mode("slow");
    let mut desk =
        office.desk("[validation]\nrevocation = \"ocsp\"\noffline = \"warn\"\ntimeout = 1\n", true);
    let began = Instant::now();
    let ((status, _, standing), screen) = desk.sign("good");
    assert_eq!((status, standing.as_deref()), (200, Some("offline")), "{screen}");
    assert!(began.elapsed() < Duration::from_secs(9), "it waited {:?}, not a second", began.elapsed());
    let mut desk =
        office.desk("[validation]\nrevocation = \"ocsp\"\noffline = \"warn\"\ntimeout = 60\n", true);
    let changes = office.pki.later("good");
    std::thread::scope(|scope| {
        let asked = office.pki.asked();
        scope.spawn(move || {
            // The responder comes round while it is still waited for: one that was asked is told that it is to ask anew.
            while office.pki.asked() < asked + 2 {
                std::thread::sleep(Duration::from_millis(20));
            }
            std::thread::sleep(Duration::from_secs(2));
            changes();
        });
        let began = Instant::now();
        let ((status, _, _), screen) = desk.sign("good");
        assert_eq!(status, 200, "{screen}");
        // The PIN was typed long before: the warning is shown all the same, and the person asked anew.
        let (_, behind) = screen.split_once("Signing…").unwrap();
        assert!(
            behind.contains("Whether it was revoked could not be learned. That became known"),
            "{screen}"
        );
        assert_eq!(screen.matches(ASKS_PIN).count(), 2, "{screen}");
        assert!(began.elapsed() >= Duration::from_secs(2), "it waited for {:?} alone", began.elapsed());
    });
}

fn cache(office: &Office) {
    for (cache, again) in [(0, 2), (3_600, 0)] {
        let policy = format!(
            "[validation]\nchain = \"require\"\nrevocation = \"ocsp\"\noffline = \"refuse\"\ncache = {cache}\n"
        );
        let mut desk = office.desk(&policy, true);
        assert_eq!(desk.sign("good").0.0, 200);
        let asked = office.pki.asked();
        assert_eq!(desk.sign("good").0.0, 200);
        assert_eq!(office.pki.asked() - asked, again, "cache = {cache}");
    }
}

struct Office {
    pki: Pki,
    token: SoftHsm,
}

/// An agent there, and its person.
struct Working<'a> {
    office: &'a Office,
    desk: Desk,
    agent: Terminal,
    port: u16,
    bearer: String,
}

/// Status and outcome, and how the certificate stood by the log.
type Came = (u16, String, Option<String>);

impl Office {
    /// On a machine with this policy, with or without the authority among its anchors.
    fn desk(&self, policy: &str, anchored: bool) -> Working<'_> {
        let mut desk = Desk::with(&self.token);
        let config = std::fs::read_to_string(desk.config()).unwrap();
        std::fs::write(desk.config(), format!("chain_folder = {:?}\n{config}", self.token.ca())).unwrap();
        let machine = desk.under(policy);
        if anchored {
            let anchors = machine.path().join("kyso/anchors");
            std::fs::create_dir(&anchors).unwrap();
            std::fs::copy(self.pki.certificate("root"), anchors.join("root.crt")).unwrap();
        }
        let (agent, port) = desk.agent_in_terminal();
        let bearer = desk.pair(port, PAGE);
        Working { office: self, desk, agent, port, bearer }
    }
}

impl Working<'_> {
    /// A signature that the person agrees to if they are asked; what came of it, and what they saw.
    fn sign(&mut self, name: &str) -> (Came, String) {
        let from = self.agent.text().len();
        let mut typed = from;
        let body = one(self.office.pki.id(name), &sha256(name));
        let request =
            Request::new("POST", "/v1/signatures", self.port, PAGE).bearer(&self.bearer).json(&body);
        let (port, bytes) = (self.port, request.bytes());
        let asked = std::thread::spawn(move || exchange(port, &bytes));
        while !asked.is_finished() {
            // Asked again where a warning came after the first answer.
            if let Some(end) = self.agent.find(ASKS_PIN, typed, Duration::from_millis(50)) {
                typed = end;
                self.agent.type_text(&format!("{}\n", SoftHsm::PIN));
            }
        }
        let reply = asked.join().unwrap();
        let reply = reply.unwrap_or_else(|| panic!("no answer: {}", &self.agent.text()[from..]));
        let (_, row) = rows(&self.desk.log()).pop().unwrap();
        let came = (reply.status, row.outcome.unwrap_or_default(), row.validation);
        if reply.status == 200 {
            self.agent.wait_for("Signed.", from);
        }
        (came, self.agent.text()[from..].to_owned())
    }
}

/// For documentation (RFC 5737): nobody's.
const ADDRESS: &str = "192.0.2.1";
const OWN: &str = "KYSO_TEST_OWN_NETWORK";
const ASKS_PIN: &str = "Token PIN (Enter: sign, Esc: cancel): ";
