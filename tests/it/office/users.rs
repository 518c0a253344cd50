//! Twenty users at once, and those who try to get at another's agent (R2, R7).

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use kyso::domain::scheme::Scheme;
use serde_json::{Value, json};

use super::{ASKS_PIN, PAGE, times};
use crate::support::agent::{one, rows, sha256, value};
use crate::support::figures::print;
use crate::support::http::Request;
use crate::support::office::{Helper, Network, User};
use crate::support::softhsm::{SoftHsm, verify};

/// Holds these addresses until its standard input ends.
const SQUAT: &str = r#"
import socket, sys
held = []
for address in sys.argv[1:]:
    host, port = address.rsplit(":", 1)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    held.append(socket.socket(family))
    held[-1].bind((host, int(port)))
    held[-1].listen()
print("ready", flush=True)
sys.stdin.read()
"#;

#[test]
fn r7_twenty_users_sign_at_once_beside_one_who_squats() {
    let (network, token) = (Network::new(), SoftHsm::new());
    let users: Vec<User> = (0..20).map(|at| User::with(4_000 + at, &token, &network)).collect();
    let squatter = &users[0];
    let mut addresses: Vec<String> = (21_480..21_488).map(|port| format!("127.0.0.1:{port}")).collect();
    // And where the first of the others will be, for those who say `localhost`.
    addresses.push("::1:21488".to_owned());
    let _squats = Helper::start(squatter.command("/usr/bin/python3").args(["-c", SQUAT]).args(&addresses));

    let ports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let works = users.iter().map(|user| {
            let (token, ports) = (&token, &ports);
            scope.spawn(move || {
                let (port, status) = signs(user, token);
                ports.lock().unwrap().push(port);
                (user, port, status)
            })
        });
        let works: Vec<_> = works.collect();
        for work in works {
            let (user, port, status) = work.join().unwrap();
            let squatters = status["agent"]["squatters"].as_array().unwrap().clone();
            assert_eq!(status["agent"]["answers"]["who"], "us", "{status}");
            if user.uid == squatter.uid {
                // Their own ports are no squatting; another address of their agent's port is, whoever listens there.
                assert!(squatters.iter().all(|one| one["holds"] == json!([])), "{squatters:?}");
                assert_eq!(squatters.len(), usize::from(port == 21_488), "{port}: {squatters:?}");
                continue;
            }
            let [one] = squatters.as_slice() else { panic!("one squats: {squatters:?}") };
            assert_eq!((&one["uid"], &one["user"]), (&squatter.uid.into(), &"uid:4000".into()));
            let holds: Vec<u64> = one["holds"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
            assert!((21_480..21_488).all(|port| holds.contains(&port)), "{holds:?}");
            let beside = one["beside"].as_array().unwrap();
            assert_eq!(beside.len(), usize::from(port == 21_488), "{port}: {beside:?}");
        }
    });
    let mut ports = ports.into_inner().unwrap();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 20, "each has a port: {ports:?}");
    assert!(ports.iter().all(|port| (21_488..=21_543).contains(port)), "{ports:?}");
    print(&format!("20 users at once beside 8 squatted ports: 20 signatures, ports {ports:?}"));
}

/// Starts this user's agent, signs for a page of theirs; the port, and what the agent knew meanwhile.
fn signs(user: &User, token: &SoftHsm) -> (u16, Value) {
    let (mut agent, port) = user.agent();
    let bearer = user.pair(port, PAGE);
    let digest = sha256(&format!("{}", user.uid));
    let body = one(token.id("person-p256"), &digest);
    let request = Request::new("POST", "/v1/signatures", port, PAGE).bearer(&bearer).json(&body);
    let reply = std::thread::scope(|scope| {
        let asked = scope.spawn(|| user.exchange(port, &request).expect("an answer"));
        agent.wait_for(ASKS_PIN, 0);
        agent.type_text(&format!("{}\n", SoftHsm::PIN));
        asked.join().unwrap()
    });
    assert_eq!(reply.status, 200, "user {}: {}", user.uid, reply.json());
    let signature = value(&reply.json(), 0);
    assert!(verify(&token.certificate("person-p256"), Scheme::Ecdsa, &digest, &signature));
    let signed = rows(&user.log()).into_iter().filter(|(kind, _)| kind == "signed").count();
    assert_eq!(signed, 1, "in a log of their own");
    let status = user.status();
    let squatters = status["agent"]["squatters"].as_array().cloned().unwrap_or_default();
    if squatters.iter().any(|one| one["holds"] != json!([])) {
        // In the log, in the command's own words, and in the examination.
        assert!(agent.text().contains("uid:4000"), "{}", agent.text());
        for command in ["status", "doctor"] {
            let said = user.kyso(&[command]);
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            assert!(said.contains("User uid:4000 holds"), "{command}: {said}");
        }
    }
    (port, status)
}

/// Tries in five ways; prints how many bytes came back.
const TRIES: &str = r#"
import os, socket, sys
port, times, become = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
request = sys.stdin.buffer.read()
def opened():
    return socket.create_connection(("127.0.0.1", port))
def rest(s):
    got = 0
    try:
        while data := s.recv(4096):
            got += len(data)
    except OSError:
        pass
    return got
def tried(deed):
    try:
        return deed(opened()) or 0
    except OSError:
        return 0
def send(s):
    s.sendall(request)
def stays(s):
    send(s)
    return rest(s)
def closes(s):
    send(s)
    s.close()
def half(s):
    send(s)
    s.shutdown(socket.SHUT_WR)
    return rest(s)
def leaves(s):
    if os.fork() == 0:
        send(s)
        os._exit(0)
    s.close()
    os.wait()
got = 0
if become:
    # Root makes the sockets, another user holds them.
    made = []
    for _ in range(times):
        try:
            made.append(opened())
        except OSError:
            pass
    os.setuid(become)
    for s in made:
        try:
            got += stays(s)
        except OSError:
            pass
    ways = []
else:
    ways = [stays, closes, half, leaves]
for way in ways:
    for _ in range(times):
        got += tried(way)
print(got)
"#;

#[test]
fn r2_other_users_and_root_reach_nobodys_agent() {
    let network = Network::new();
    let user = User::without_token(4_100, &network);
    let (agent, port) = user.agent();
    let bearer = user.pair(port, PAGE);
    let page = |method: &str, target: &str| Request::new(method, target, port, PAGE).bearer(&bearer);
    // If one of them got through, the pairing would be gone.
    let forget = page("DELETE", "/v1/pairings/current");
    let count = times(2_000);
    let other = User::without_token(4_101, &network);
    let tries = |mut command: Command, become_uid: u32| {
        let arguments = [port.to_string(), count.to_string(), become_uid.to_string()];
        command.args(["-c", TRIES]).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(&forget.bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let python = "/usr/bin/python3";
    for (who, output) in [
        ("another user", tries(other.command(python), 0)),
        ("root", tries(network.command(python), 0)),
        ("another user with root's sockets", tries(network.command(python), 65_534)),
    ] {
        assert_eq!(said(&output), "0\n", "{who}: {output:?}");
        let alive = user.exchange(port, &page("GET", "/v1/tokens")).expect("an answer");
        assert_eq!(alive.status, 200, "{who} had a request carried out");
    }
    assert!(!agent.text().contains("panicked"), "{}", agent.text());
    let gone = user.exchange(port, &forget).expect("an answer");
    assert_eq!(gone.status, 204, "the same bytes from its own user are carried out");
    print(&format!("{} tries of others at an agent: 0 bytes, 0 requests carried out", count * 9));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
