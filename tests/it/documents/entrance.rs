//! Signing in with certificates that an authority of the test's own gave out, without an agent.

use std::path::Path;

use super::*;

/// An authority, and the site that trusts it.
struct Authority {
    folder: tempfile::TempDir,
    site: Site,
}

impl Authority {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (key, root) = (folder.path().join("root.key"), folder.path().join("root.crt"));
        let mut request = openssl(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Root"]);
        run(request
            .args(["-addext", "keyUsage=critical,keyCertSign"])
            .arg("-keyout")
            .arg(key)
            .arg("-out")
            .arg(&root));
        let site = Site::start(&root);
        Self { folder, site }
    }

    /// A person's certificate with these key usages, for clients of TLS too if `client`.
    fn issue(&self, name: &str, usage: &str, client: bool) {
        let extended = if client { "extendedKeyUsage=clientAuth\n" } else { "" };
        let extensions = format!("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,{usage}\n{extended}");
        std::fs::write(self.path(name, "cnf"), extensions).unwrap();
        let mut request = openssl(["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Person"]);
        run(request.arg("-keyout").arg(self.path(name, "key")).arg("-out").arg(self.path(name, "csr")));
        let mut issue = openssl(["x509", "-req", "-CAcreateserial"]);
        issue.arg("-in").arg(self.path(name, "csr")).arg("-extfile").arg(self.path(name, "cnf"));
        issue.arg("-CA").arg(self.path("root", "crt")).arg("-CAkey").arg(self.path("root", "key"));
        run(issue.arg("-out").arg(self.path(name, "crt")));
    }

    fn nonce(&self) -> String {
        self.site.post("/nonces", &json!({})).json()["nonce"].as_str().unwrap().to_owned()
    }

    /// What comes back from whoever has this key, in good order.
    fn sign_in(&self, name: &str, nonce: &str) -> Reply {
        self.sign_in_with(&self.site.cookies(), name, nonce)
    }

    /// The same from a browser with these cookies.
    fn sign_in_with(&self, cookies: &str, name: &str, nonce: &str) -> Reply {
        let hash = |bytes: &[u8]| sha2::Sha256::digest(bytes).to_vec();
        let bytes = STANDARD.decode(nonce).unwrap();
        let origin = hash(self.site.url.as_bytes());
        let signed = [b"kyso sign-in v1\0".to_vec(), origin, hash(&bytes)].concat();
        std::fs::write(self.path(name, "txt"), signed).unwrap();
        let mut sign = openssl(["dgst", "-sha256", "-sign"]);
        let signature = run(sign.arg(self.path(name, "key")).arg(self.path(name, "txt")));
        self.site.post_with(
            cookies,
            "/session",
            &json!({
                "nonce": nonce,
                "certificate": STANDARD.encode(der(&self.path(name, "crt"))),
                "chain": [],
                "scheme": "rsa-pkcs1",
                "signature": STANDARD.encode(signature),
            }),
        )
    }

    fn path(&self, name: &str, kind: &str) -> PathBuf {
        Path::new(self.folder.path()).join(format!("{name}.{kind}"))
    }
}

/// With a certificate that is for documents too, what a person signs as a document can be a sign-in.
#[test]
fn a_certificate_for_documents_lets_nobody_in() {
    let authority = Authority::open();
    for (name, usage, client, good) in [
        ("sign-in", "digitalSignature", true, true),
        ("both", "digitalSignature,nonRepudiation", true, false),
        ("documents", "nonRepudiation", true, false),
        ("agreement", "keyAgreement", true, false),
        ("no-client", "digitalSignature", false, false),
    ] {
        authority.issue(name, usage, client);
        let reply = authority.sign_in(name, &authority.nonce());
        if good {
            assert_eq!(reply.status, 201, "{name}: {}", reply.json());
            let cookie = reply.header("set-cookie").unwrap();
            assert!(cookie.contains("; Max-Age=28800"), "a session ends: {cookie}");
        } else {
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (403, "certificate"),
                "{name}: {}",
                reply.json()
            );
            assert_eq!(reply.json()["error"]["problems"][0], "usage", "{name}");
        }
    }
}

/// Whoever asks for nonces without end has the server keep a fixed number of them.
#[test]
fn the_server_keeps_so_many_nonces_and_no_more() {
    let authority = Authority::open();
    authority.issue("sign-in", "digitalSignature", true);
    let first = authority.nonce();
    let cookies = authority.site.cookies();
    let mut last = first.clone();
    for _ in 0..MOST_NONCES {
        last = authority.nonce();
    }
    assert_eq!(authority.sign_in_with(&cookies, "sign-in", &first).code(), "nonce");
    assert_eq!(authority.sign_in("sign-in", &last).status, 201);
}

/// Somebody else's sign-in that a page has got hold of lets nobody in but in the browser that it was made for.
#[test]
fn a_nonce_is_of_the_browser_that_asked_for_it() {
    let authority = Authority::open();
    authority.issue("sign-in", "digitalSignature", true);
    let reply = authority.site.post("/nonces", &json!({}));
    let cookie = reply.header("set-cookie").unwrap();
    for part in ["visit=", "; Max-Age=300", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let nonce = reply.json()["nonce"].as_str().unwrap().to_owned();
    let own = authority.site.cookies();
    authority.nonce();
    let other = authority.site.cookies();
    assert_ne!(own, other);
    for cookies in [other.as_str(), "", "visit=", "visit"] {
        let reply = authority.sign_in_with(cookies, "sign-in", &nonce);
        assert_eq!((reply.status, reply.code().as_str()), (403, "nonce"), "{cookies}");
    }
    assert_eq!(authority.sign_in_with(&own, "sign-in", &nonce).status, 201);
    assert_eq!(authority.sign_in_with(&own, "sign-in", &nonce).code(), "nonce", "it works once");
}

fn openssl<const N: usize>(words: [&str; N]) -> Command {
    let mut command = Command::new("openssl");
    command.args(words);
    command
}

fn run(command: &mut Command) -> Vec<u8> {
    let made = command.output().expect("openssl is missing. Install it: sudo apt-get install openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

/// As many as the server keeps.
const MOST_NONCES: usize = 1024;
