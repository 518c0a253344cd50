//! Real Chromium, which trusts the authority as `kyso tls enable` has it trusted.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

#[test]
fn r55_chromium_takes_good_names_and_no_foreign_ones() {
    let trial = Trial::new();
    for (name, host, good) in [
        (ip("127.0.0.1"), "127.0.0.1", true),
        (dns("localhost"), "localhost", true),
        (dns("vanban.example.gov.vn"), "vanban.example.gov.vn", false),
        (dns("evil.localhost"), "evil.localhost", false),
        (ip("127.0.0.2"), "127.0.0.2", false),
    ] {
        let port = serve(&trial, name);
        let output = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom"])
            .args(["--disable-background-networking", "--host-resolver-rules=MAP * 127.0.0.1"])
            .arg(format!("--user-data-dir={}", trial.at("profile")))
            .arg(format!("https://{host}:{port}/"))
            .env("HOME", trial.folder.path())
            .output()
            .expect("chromium: apt-get install chromium");
        let (page, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(page.contains(PAGE), good, "{host}: {page} {said}");
        assert_eq!(said.contains("ERR_CERT"), !good, "{host}: {said}");
    }
}

/// Shows a page under a leaf for this name until the test ends; its port.
fn serve(trial: &Trial, name: SanType) -> u16 {
    let key = Key::new().expect("made");
    let leaf = trial.signer.sign(&key, &[name], now()).expect("signed");
    let pkcs8 = PrivatePkcs8KeyDer::from(key.0.to_pkcs8v1().expect("a key").as_ref().to_vec());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| {
            config.with_no_client_auth().with_single_cert(vec![CertificateDer::from(leaf)], pkcs8.into())
        });
    let config = Arc::new(config.expect("a configuration"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let config = Arc::clone(&config);
            std::thread::spawn(move || {
                let connection = ServerConnection::new(config).expect("a connection");
                let mut stream = StreamOwned::new(connection, stream);
                let mut request = [0; 4096];
                if matches!(stream.read(&mut request), Ok(1..)) {
                    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
                    let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{PAGE}", PAGE.len());
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            });
        }
    });
    port
}

const PAGE: &str = "<p>kyso-tls-page</p>";
