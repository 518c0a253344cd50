//! Load: a thousand slow clients, and a thousand at once (R19, R72).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::domain::policy::PairedBy;
use serde_json::json;
use sha2::Digest as _;

use super::{PAGE, is_long, times};
use crate::support::agent::Agent;
use crate::support::desk::Desk;
use crate::support::figures::print;
use crate::support::http::{Reply, Request, connect, exchange};

#[test]
fn r19_a_thousand_slow_clients_keep_no_page_waiting() {
    let (count, time) = (times(1_000), Duration::from_secs(if is_long() { 60 } else { 6 }));
    let desk = Desk::configured("modules = []\n");
    let agent = desk.agent();
    let page = Request::new("GET", "/v1/health", agent.port, PAGE).bytes();
    for _ in 0..50 {
        assert_eq!(exchange(agent.port, &page).expect("an answer").status, 200);
    }
    let (before, over) = (resident(agent.child.id()), AtomicBool::new(false));
    let (mut took, mut most, mut unanswered) = (Vec::new(), before, 0);
    let opened = std::thread::scope(|scope| {
        let (port, stop) = (agent.port, &over);
        let slow = scope.spawn(move || drip(port, count, stop));
        let end = Instant::now() + time;
        while Instant::now() < end {
            let start = Instant::now();
            let reply = exchange(agent.port, &page);
            took.push(start.elapsed());
            unanswered += usize::from(reply.is_none_or(|reply| reply.status != 200));
            most = most.max(resident(agent.child.id()));
            std::thread::sleep(Duration::from_millis(10));
        }
        over.store(true, Ordering::Relaxed);
        slow.join().unwrap()
    });
    took.sort();
    let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
    let grown = most - before;
    print(&format!(
        "{count} slow clients for {time:?} ({opened} connections): {} healths, p50 {:?}, p99 {:?}, longest {:?}, \
         {unanswered} unanswered, memory +{grown} KiB",
        took.len(),
        at(50),
        at(99),
        took[took.len() - 1]
    ));
    // Places are sixty-four: whoever comes at the wrong moment is told by a closed connection, and asks again.
    assert!(unanswered * 200 <= took.len(), "{unanswered} pages were not answered");
    assert!(at(99) < Duration::from_millis(100), "p99 {:?}", at(99));
    assert!(grown < 64 * 1024, "memory grew by {grown} KiB");
}

/// So many clients that send one byte a second each and come back when they are thrown out; how often they came.
fn drip(port: u16, count: usize, stop: &AtomicBool) -> usize {
    let head = b"GET /v1/health HTTP/1.1\r\nX-Slow: ";
    let mut opened = 0;
    let mut open = || {
        opened += 1;
        let stream = connect(port);
        stream.set_nonblocking(true).unwrap();
        (stream, 0_usize)
    };
    let mut clients: Vec<(TcpStream, usize)> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let round = Instant::now();
        for at in 0..count {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            match clients.get_mut(at) {
                None => clients.push(open()),
                Some(client) => {
                    let byte = [head.get(client.1).copied().unwrap_or(b'x')];
                    let gone = client.0.read(&mut [0; 512]).is_ok()
                        || client
                            .0
                            .write(&byte)
                            .is_err_and(|why| why.kind() != std::io::ErrorKind::WouldBlock);
                    client.1 += 1;
                    if gone {
                        *client = open();
                    }
                }
            }
        }
        std::thread::sleep(Duration::from_secs(1).saturating_sub(round.elapsed()));
    }
    opened
}

/// Each asks with a nonce of its own, and the answer must be signed over that one; whoever finds no place comes again.
#[test]
fn r72_a_thousand_at_once_never_get_each_others_answers() {
    let count = times(1_000);
    let agent = Arc::new(Agent::without_token());
    let pages: Vec<String> = (0..100).map(|at| format!("https://trang-{at}.example.vn")).collect();
    for page in &pages {
        let origin = page.parse().unwrap();
        agent.block_on(agent.service.grants().pair(&origin, PairedBy::Person)).unwrap();
    }
    let (barrier, comes_again) = (Arc::new(Barrier::new(count)), Arc::new(AtomicUsize::new(0)));
    let start = Instant::now();
    let clients = (0..count).map(|at| {
        let (barrier, comes_again) = (Arc::clone(&barrier), Arc::clone(&comes_again));
        let (page, port) = (pages[at % pages.len()].clone(), agent.port);
        let client = move || {
            let nonce = sha2::Sha256::digest(at.to_be_bytes());
            let body = json!({ "nonce": STANDARD.encode(nonce) });
            let request = Request::new("POST", "/v1/hello", port, &page).json(&body).bytes();
            barrier.wait();
            let end = Instant::now() + Duration::from_secs(120);
            loop {
                match asked(port, &request) {
                    Some(reply) if reply.status == 200 => return is_own(&reply, &nonce, &page, port),
                    Some(reply) => assert_eq!(reply.code(), "busy", "{}", reply.json()),
                    None => {}
                }
                assert!(Instant::now() < end, "client {at} was never answered");
                comes_again.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20 + at as u64 % 50));
            }
        };
        std::thread::Builder::new().stack_size(256 * 1024).spawn(client).unwrap()
    });
    let clients: Vec<_> = clients.collect();
    let crossed = clients.into_iter().map(|client| client.join().unwrap()).filter(|own| !own).count();
    let (again, took) = (comes_again.load(Ordering::Relaxed), start.elapsed());
    print(&format!(
        "{count} connections at once, 64 admitted: all answered in {took:?}, {again} came again, {crossed} crossed"
    ));
    assert_eq!(crossed, 0);
}

/// Nothing if the place was given to another before the answer.
fn asked(port: u16, request: &[u8]) -> Option<Reply> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request).ok()?;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    Reply::parse(&bytes)
}

/// Whether the answer's signature is over this very request, by another library than the agent's.
fn is_own(reply: &Reply, nonce: &[u8], page: &str, port: u16) -> bool {
    let reply = reply.json();
    let bytes = |name: &str| STANDARD.decode(reply[name].as_str().unwrap()).unwrap();
    let mut text = b"kyso hello v1\0".to_vec();
    text.extend_from_slice(&sha2::Sha256::digest(nonce));
    text.extend_from_slice(&sha2::Sha256::digest(page));
    text.extend_from_slice(&port.to_be_bytes());
    let algorithm = webpki::ring::ED25519;
    algorithm.verify_signature(&bytes("agent_key"), &text, &bytes("signature")).is_ok()
}

/// KiB.
fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
