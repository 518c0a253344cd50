//! R58, R19: versions of TLS, and clients that never finish their handshake.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::PAGE;
use crate::support::agent::{Agent, Secure};
use crate::support::http::{Request, connect, exchange};
use crate::support::https;
use crate::support::session::until;

/// What OpenSSL's client says of a handshake.
fn s_client(agent: &Agent, secure: &Secure, arguments: &[&str]) -> (bool, String) {
    let file = agent.folder.path().join("ca.pem");
    std::fs::write(&file, secure.authority.pem()).unwrap();
    let output = Command::new("openssl")
        .args(["s_client", "-connect", &format!("127.0.0.1:{}", secure.port)])
        .args(["-verify_return_error", "-verify_ip", "127.0.0.1", "-CAfile"])
        .arg(file)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("openssl: apt-get install openssl");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}

#[test]
fn r58_tls_is_1_2_or_newer_with_modern_ciphers() {
    let agent = Agent::without_token();
    let secure = agent.secured();
    for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let (done, said) = s_client(&agent, &secure, &[version]);
        assert!(done && said.contains("Verification: OK") && said.contains(name), "{version}: {said}");
    }
    let old = ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"];
    for version in ["-tls1", "-tls1_1"] {
        let (done, said) = s_client(&agent, &secure, &[&[version][..], &old].concat());
        assert!(!done && said.contains("SSL alert number"), "refused by the agent, {version}: {said}");
    }
    for cipher in
        ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "aNULL", "DES-CBC3-SHA", "PSK"]
    {
        let arguments = ["-tls1_2", "-cipher", &format!("{cipher}:@SECLEVEL=0")];
        let (done, said) = s_client(&agent, &secure, &arguments);
        assert!(!done, "{cipher}: {said}");
    }
    let (_, said) = s_client(&agent, &secure, &["-tls1_3", "-alpn", "h2,http/1.1"]);
    assert!(said.contains("ALPN protocol: http/1.1"), "{said}");
    assert!(!said.contains("New Session Ticket arrived"), "nothing is remembered: {said}");
    let (_, said) = s_client(&agent, &secure, &["-tls1_2"]);
    assert!(
        said.contains("Secure Renegotiation IS supported") && said.contains("Compression: NONE"),
        "{said}"
    );
}

#[test]
fn r58_another_authority_is_not_enough() {
    let agent = Agent::without_token();
    let (secure, other) = (agent.secured(), Agent::without_token());
    let other = other.secured();
    assert!(https::secured(secure.port, &secure.authority.der).is_some());
    assert!(https::secured(secure.port, &other.authority.der).is_none());
}

#[test]
fn r19_slow_and_senseless_handshakes_block_nobody() {
    let agent = Agent::without_token();
    let secure = agent.secured();
    let health = |port| Request::new("GET", "/v1/health", port, PAGE).bytes();
    // A record that promises more than comes, nothing at all, http, and noise.
    let starts: [&[u8]; 4] =
        [&[22, 3, 1, 2, 0, 1, 0, 1, 252], &[], b"GET /v1/health HTTP/1.1\r\n\r\n", &[0xff; 600]];
    let began = Instant::now();
    let slow: Vec<_> = (0..200)
        .map(|at| {
            let mut stream = connect(secure.port);
            let _ = stream.write_all(starts[at % starts.len()]);
            if at % 10 == 0 {
                let start = Instant::now();
                let reply = https::exchange(secure.port, &secure.authority.der, &health(secure.port));
                assert_eq!(reply.expect("an answer").status, 200);
                assert_eq!(exchange(agent.port, &health(agent.port)).expect("an answer").status, 200);
                assert!(start.elapsed() < Duration::from_secs(2), "a page waited behind slow handshakes");
            }
            stream
        })
        .collect();
    // Each ends by itself, without an answer in clear.
    for mut stream in slow {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        assert!(!said.starts_with(b"HTTP"), "{said:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(30), "the last handshakes ended after their five seconds");
}

#[test]
fn r19_both_ports_share_one_limit() {
    let agent = Agent::without_token();
    let secure = agent.secured();
    let head = |port, at: usize| {
        let head = Request::new("POST", "/v1/pairings", port, &format!("https://trang-{at}.example.vn"));
        head.header("Content-Type", "application/json").header("Content-Length", "9").bytes()
    };
    let wait = |at| {
        let mut stream = https::secured(secure.port, &secure.authority.der).expect("a connection");
        stream.write_all(&head(secure.port, at)).unwrap();
        stream
    };
    let mut waiting: Vec<_> = (0..64).map(&wait).collect();
    let health = |port| Request::new("GET", "/v1/health", port, PAGE).bytes();
    let code = || {
        let plain = exchange(agent.port, &health(agent.port)).map(|reply| reply.code());
        let secure = https::exchange(secure.port, &secure.authority.der, &health(secure.port));
        (plain.unwrap_or_default(), secure.map(|reply| reply.code()).unwrap_or_default())
    };
    let busy = ("busy".to_owned(), "busy".to_owned());
    until("both ports to be busy", || {
        let found = (code() == busy).then_some(());
        if found.is_none() {
            // One whose head had not come yet has lost its place to the question.
            waiting.push(wait(waiting.len()));
        }
        found
    });
    // Few hear so behind a handshake, which costs more than a refusal: whoever else comes is closed at once.
    let began = Instant::now();
    let mut silent: Vec<_> = (0..100).map(|_| connect(secure.port)).collect();
    until("84 to be closed", || {
        let is_open = |stream: &mut std::net::TcpStream| {
            stream.set_nonblocking(true).unwrap();
            matches!(stream.read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
        };
        silent.retain_mut(is_open);
        (silent.len() <= 16).then_some(())
    });
    assert!(began.elapsed() < Duration::from_secs(4), "that is no handshake's end: those have five seconds");
    drop((waiting, silent));
    let free = (String::new(), String::new());
    until("both ports to be free", || (code() == free).then_some(()));
}

/// R2: another user gets no byte of TLS either.
#[test]
fn r2_another_user_gets_no_handshake() {
    let agent = Agent::without_token();
    let secure = agent.secured();
    let script = format!("openssl s_client -connect 127.0.0.1:{} </dev/null", secure.port);
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", &script])
        .output()
        .expect("setpriv: apt-get install util-linux");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("CONNECTED") && said.contains("no peer certificate available"), "{output:?}");
    assert!(s_client(&agent, &secure, &[]).0, "this user gets one");
}
