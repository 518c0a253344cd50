//! Whoever reads a signed PDF: pdfsig (NSS), pyHanko, and OpenSSL and GnuTLS on each signature's contents.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use x509_parser::parse_x509_certificate;

use crate::support::scripts;
use crate::support::softhsm::{SoftHsm, der};

/// All four, who trust the token's root alone.
pub(crate) struct Judges<'a> {
    token: &'a SoftHsm,
    folder: TempDir,
}

/// A signature as it stands in a PDF.
struct Embedded {
    /// What it covers, by its byte range.
    covered: Vec<u8>,
    /// The CMS.
    contents: Vec<u8>,
}

impl<'a> Judges<'a> {
    pub(crate) fn new(token: &'a SoftHsm) -> Self {
        let folder = TempDir::new().unwrap();
        let store = format!("sql:{}", folder.path().display());
        let certutil = |words: &[&str]| {
            let said = Command::new("certutil").args(["-d", &store]).args(words).output();
            let said = said.expect("certutil is missing. Install it: sudo apt-get install libnss3-tools");
            assert!(said.status.success(), "{}", text(&said));
        };
        certutil(&["-N", "--empty-password"]);
        certutil(&["-A", "-n", "root", "-t", "CT,C,C", "-i", token.ca().join("root.crt").to_str().unwrap()]);
        Self { token, folder }
    }

    /// Everybody finds these signers' signatures, in this order, good; the last covers the whole file.
    pub(crate) fn all_take(&self, pdf: &[u8], signers: &[&str]) {
        let path = self.file("taken.pdf", pdf);
        let seen = self.pdfsig(&path);
        assert_eq!(seen.matches("Signature is Valid.").count(), signers.len(), "{seen}");
        assert_eq!(seen.matches("Certificate is Trusted.").count(), signers.len(), "{seen}");
        assert_eq!(seen.matches("Total document signed").count(), 1, "{seen}");

        let judged = self.pyhanko(&path);
        let judged = judged.as_array().unwrap();
        assert_eq!(judged.len(), signers.len(), "{judged:?}");
        for (at, (one, signer)) in judged.iter().zip(signers).enumerate() {
            assert_eq!(one["signer"], self.common_name(signer), "{one}");
            assert_eq!((&one["valid"], &one["ades"]), (&true.into(), &"AdESPassed.OK".into()), "{one}");
            assert_eq!(one["whole"], at + 1 == signers.len(), "{one}");
            // PAdES-B (ETSI EN 319 142-1 §6.3): the certificate inside, the time outside.
            assert_eq!(one["sub_filter"], "/ETSI.CAdES.detached");
            assert_eq!((&one["signing_certificate_v2"], &one["signing_time"]), (&true.into(), &false.into()));
        }

        let embedded = embedded(pdf);
        assert_eq!(embedded.len(), signers.len());
        for one in &embedded {
            let said = self.openssl(one);
            assert!(said.status.success(), "{}", text(&said));
            let said = self.certtool(one);
            assert!(text(&said).contains("Signature status: ok"), "{}", text(&said));
        }
    }

    /// Nobody finds one good.
    pub(crate) fn all_refuse(&self, pdf: &[u8]) {
        let path = self.file("refused.pdf", pdf);
        let seen = self.pdfsig(&path);
        assert!(seen.contains("Digest Mismatch.") && !seen.contains("Signature is Valid."), "{seen}");
        for one in self.pyhanko(&path).as_array().unwrap() {
            assert_eq!(
                (&one["valid"], &one["ades"]),
                (&false.into(), &"AdESFailure.HASH_FAILURE".into()),
                "{one}"
            );
        }
        for one in &embedded(pdf) {
            assert!(!self.openssl(one).status.success());
            assert!(!text(&self.certtool(one)).contains("Signature status: ok"));
        }
    }

    fn pdfsig(&self, path: &Path) -> String {
        let mut pdfsig = Command::new("pdfsig");
        pdfsig.env("LC_ALL", "C.UTF-8").arg("-nssdir").arg(self.folder.path()).arg(path);
        text(&pdfsig.output().expect("pdfsig is missing. Install it: sudo apt-get install poppler-utils"))
    }

    fn pyhanko(&self, path: &Path) -> Value {
        let mut python = Command::new(scripts::python());
        python.arg(scripts::root().join("tests/pdf/pyhanko_verify.py")).arg(path);
        let said = python.arg(self.token.ca().join("root.crt")).output().unwrap();
        serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{}", text(&said)))
    }

    fn openssl(&self, one: &Embedded) -> Output {
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-verify", "-cades", "-binary", "-purpose", "any", "-inform", "DER", "-in"]);
        openssl
            .arg(self.file("contents", &one.contents))
            .arg("-content")
            .arg(self.file("covered", &one.covered));
        openssl
            .arg("-CAfile")
            .arg(self.token.ca().join("root.crt"))
            .arg("-out")
            .arg(self.folder.path().join("out"));
        openssl.output().unwrap()
    }

    fn certtool(&self, one: &Embedded) -> Output {
        let mut certtool = Command::new("certtool");
        certtool.args(["--p7-verify", "--inder", "--infile"]).arg(self.file("contents", &one.contents));
        certtool.arg("--load-ca-certificate").arg(self.token.ca().join("root.crt"));
        certtool.arg("--load-data").arg(self.file("covered", &one.covered));
        certtool.output().expect("certtool is missing. Install it: sudo apt-get install gnutls-bin")
    }

    fn common_name(&self, certificate: &str) -> String {
        let der = der(&self.token.certificate(certificate));
        let (_, parsed) = parse_x509_certificate(&der).unwrap();
        parsed.subject().iter_common_name().next().unwrap().as_str().unwrap().to_owned()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// The signatures by their byte ranges, `/ByteRange [from length from length]`, in the file's order.
fn embedded(pdf: &[u8]) -> Vec<Embedded> {
    const KEY: &[u8] = b"/ByteRange";
    let starts = pdf.windows(KEY.len()).enumerate().filter(|(_, window)| *window == KEY).map(|(at, _)| at);
    starts
        .map(|at| {
            let array = String::from_utf8_lossy(&pdf[at + KEY.len()..at + KEY.len() + 80]).into_owned();
            let inside = array.split(['[', ']']).nth(1).unwrap().to_owned();
            let numbers: Vec<usize> = inside.split_whitespace().map(|word| word.parse().unwrap()).collect();
            let [from, length, then, rest] = numbers[..] else { panic!("{array}") };
            let covered = [&pdf[from..from + length], &pdf[then..then + rest]].concat();
            let padded = hex::decode(
                pdf[from + length..then].trim_ascii().strip_prefix(b"<").unwrap().strip_suffix(b">").unwrap(),
            )
            .unwrap();
            // What pads the place is no part of the DER, which says how long it is.
            assert_eq!(padded[..2], [0x30, 0x82]);
            let end = 4 + usize::from(u16::from_be_bytes([padded[2], padded[3]]));
            Embedded { covered, contents: padded[..end].to_vec() }
        })
        .collect()
}

fn text(said: &Output) -> String {
    String::from_utf8_lossy(&[&*said.stdout, &*said.stderr].concat()).into_owned()
}
