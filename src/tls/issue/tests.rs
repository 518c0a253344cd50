mod chromium;

use std::path::Path;
use std::process::Command;
use std::time::Duration as Span;

use rcgen::string::Ia5String;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::*;

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(ascii(name))
}

fn ip(address: &str) -> SanType {
    SanType::IpAddress(address.parse().expect("an address"))
}

fn ascii(text: &str) -> Ia5String {
    text.try_into().expect("ASCII")
}

/// An authority that has not signed yet, and verifiers that trust it.
struct Trial {
    signer: Signer,
    folder: tempfile::TempDir,
}

impl Trial {
    fn new() -> Self {
        let trial =
            Self { signer: Signer::new(now()).expect("made"), folder: tempfile::tempdir().expect("scratch") };
        trial.write("ca.pem", &trial.signer.certificate);
        std::fs::create_dir_all(trial.at(".pki/nssdb")).expect("scratch");
        trial.nss("certutil", &["-N", "--empty-password"]);
        trial.nss("certutil", &["-A", "-a", "-n", "ca", "-t", "C,,", "-i", &trial.at("ca.pem")]);
        trial
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, der: &[u8]) {
        let pem = Authority { der: der.to_vec() }.pem();
        std::fs::write(Path::new(&self.at(name)), pem).expect("scratch");
    }

    fn leaf(&self, names: &[SanType]) -> Vec<u8> {
        self.signer.sign(&Key::new().expect("made"), names, now()).expect("signed")
    }

    /// By OpenSSL, for a web server.
    fn openssl(&self, leaf: &[u8]) -> bool {
        self.write("leaf.pem", leaf);
        let arguments = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", &self.at("ca.pem")];
        run("openssl", &arguments.map(str::to_owned), &self.at("leaf.pem"))
    }

    /// By NSS, in both its ways, for a web server.
    fn by_nss(&self, leaf: &[u8]) -> bool {
        self.write("leaf.pem", leaf);
        let by =
            |more: &[&str]| self.nss("vfychain", &[more, &["-u", "1", "-a", &self.at("leaf.pem")]].concat());
        let (old, new) = (by(&[]), by(&["-pp"]));
        assert_eq!(old, new, "both ways say the same");
        new
    }

    /// By rustls' verifier, for a web server; whatever name it shows.
    fn webpki(&self, leaf: &[u8]) -> bool {
        let (leaf, root) = (CertificateDer::from(leaf), CertificateDer::from(&self.signer.certificate[..]));
        let anchors = [anchor_from_trusted_cert(&root).expect("an anchor")];
        let time = UnixTime::since_unix_epoch(Span::from_secs(now().unix_timestamp().unsigned_abs()));
        let leaf = EndEntityCert::try_from(&leaf).expect("a certificate");
        let usage = KeyUsage::server_auth();
        leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, &[], time, usage, None, None).is_ok()
    }

    fn verdicts(&self, names: &[SanType]) -> [bool; 3] {
        let leaf = self.leaf(names);
        [self.openssl(&leaf), self.by_nss(&leaf), self.webpki(&leaf)]
    }

    fn nss(&self, program: &str, arguments: &[&str]) -> bool {
        let database = format!("sql:{}", self.at(".pki/nssdb"));
        let arguments: Vec<String> =
            ["-d", &database].iter().chain(arguments).map(|argument| (*argument).to_owned()).collect();
        let (last, others) = arguments.split_last().expect("arguments");
        run(program, others, last)
    }
}

fn run(program: &str, arguments: &[String], last: &str) -> bool {
    let output = Command::new(program).args(arguments).arg(last).output();
    output
        .unwrap_or_else(|error| panic!("{program}: {error}: apt-get install openssl libnss3-tools"))
        .status
        .success()
}

#[test]
fn r55_good_names_pass_and_foreign_ones_do_not() {
    let trial = Trial::new();
    for good in ["127.0.0.1", "::1"] {
        assert_eq!(trial.verdicts(&[ip(good)]), [true; 3], "{good}");
    }
    assert_eq!(trial.verdicts(&[dns("localhost")]), [true; 3], "localhost");
    let mail = |name: &str| SanType::Rfc822Name(ascii(name));
    let uri = |name: &str| SanType::URI(ascii(name));
    for foreign in [
        vec![dns("vanban.example.gov.vn")],
        vec![dns("evil.localhost")],
        vec![dns("localhost.evil.example")],
        vec![dns("evillocalhost")],
        vec![dns("*.localhost")],
        vec![dns("*")],
        vec![ip("127.0.0.2")],
        vec![ip("192.168.1.1")],
        vec![ip("0.0.0.0")],
        vec![ip("::2")],
        vec![ip("::ffff:127.0.0.1")],
        vec![mail("an@evil.example")],
        vec![uri("https://vanban.example.gov.vn/")],
        vec![ip("127.0.0.1"), dns("vanban.example.gov.vn")],
        vec![ip("127.0.0.1"), uri("https://vanban.example.gov.vn/")],
    ] {
        assert_eq!(trial.verdicts(&foreign), [false; 3], "{foreign:?}");
    }
}

#[test]
fn r55_no_authority_below_it_and_no_other_purpose() {
    let trial = Trial::new();
    // What somebody who had the key might try: an authority of their own below.
    let key = Key::new().expect("made");
    let mut below = params(now()).expect("parameters");
    below.distinguished_name.push(DnType::CommonName, "below");
    below.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    below.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let certificate = below.signed_by(&key, &trial.signer.issuer).expect("signed").der().to_vec();
    let signer = Signer { certificate: certificate.clone(), issuer: Issuer::new(below, key) };
    let leaf = signer.sign(&Key::new().expect("made"), &[ip("127.0.0.1")], now()).expect("signed");
    trial.write("below.pem", &certificate);
    trial.write("leaf.pem", &leaf);
    let arguments = ["verify", "-CAfile", &trial.at("ca.pem"), "-untrusted", &trial.at("below.pem")];
    assert!(!run("openssl", &arguments.map(str::to_owned), &trial.at("leaf.pem")), "pathlen 0");
    trial.write("good.pem", &trial.leaf(&[ip("127.0.0.1")]));
    for (purpose, fits) in [("sslserver", true), ("sslclient", false), ("smimesign", false)] {
        let arguments = ["verify", "-purpose", purpose, "-CAfile", &trial.at("ca.pem")].map(str::to_owned);
        assert_eq!(run("openssl", &arguments, &trial.at("good.pem")), fits, "{purpose}");
    }
}

#[test]
fn r55_is_shaped_as_promised_and_never_the_same() {
    let (made, other) = (issue(now()).expect("made"), issue(now()).expect("made"));
    let (_, authority) = X509Certificate::from_der(&made.authority.der).expect("a certificate");
    let constraints = authority.name_constraints().expect("readable").expect("there");
    assert!(constraints.critical);
    let basic = authority.basic_constraints().expect("readable").expect("there");
    assert!(basic.critical && basic.value.ca && basic.value.path_len_constraint == Some(0));
    let (_, leaf) = X509Certificate::from_der(&made.leaf).expect("a certificate");
    for certificate in [&authority, &leaf] {
        let usage = certificate.extended_key_usage().expect("readable").expect("there").value;
        assert!(usage.server_auth && !usage.any && !usage.client_auth && !usage.code_signing);
        let validity = certificate.validity();
        let life = validity.not_after.to_datetime() - validity.not_before.to_datetime();
        assert!(life <= Duration::days(397), "{life}");
    }
    let names = leaf.subject_alternative_name().expect("readable").expect("there").value;
    assert_eq!(names.general_names.len(), 1, "the literal address alone");
    assert_ne!(made.key, other.key);
    assert_ne!(
        authority.public_key().raw,
        X509Certificate::from_der(&other.authority.der).expect("read").1.public_key().raw
    );
    assert_ne!(made.authority.name(), other.authority.name());
}
