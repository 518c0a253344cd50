//! Two document systems: a script prepares the PDF, the page's part is played here, the script embeds.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::agent::Agent;
use crate::support::person::Act;
use crate::support::scripts;
use crate::support::softhsm::{SoftHsm, der};

/// What a server prepares and embeds with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    /// It builds the signed attributes and takes a raw signature over them.
    PyHanko,
    /// It takes a CMS.
    SignPdf,
}

/// A server whose page talks to this agent.
pub(super) struct Server<'a> {
    token: &'a SoftHsm,
    agent: &'a Agent,
    folder: TempDir,
}

impl<'a> Server<'a> {
    pub(super) fn new(token: &'a SoftHsm, agent: &'a Agent) -> Self {
        let folder = TempDir::new().unwrap();
        let issuer = der(&token.ca().join("issuing.crt"));
        fs::write(folder.path().join("issuer.der"), issuer).unwrap();
        Self { token, agent, folder }
    }

    /// The document with a signature of this certificate more.
    pub(super) fn sign(&self, tool: Tool, signer: &str, document: &[u8]) -> Vec<u8> {
        let file = |name: &str| self.folder.path().join(name);
        fs::write(file("source.pdf"), document).unwrap();
        fs::write(file("signer.der"), der(&self.token.certificate(signer))).unwrap();
        let script = |name: &str| scripts::root().join("tests/pdf").join(name);
        let mut command = match tool {
            Tool::PyHanko => Command::new(scripts::python()),
            Tool::SignPdf => Command::new("node"),
        };
        match tool {
            Tool::PyHanko => command.arg(script("pyhanko_sign.py")),
            Tool::SignPdf => {
                scripts::modules("tests/pdf");
                command.arg(script("signpdf_sign.js"))
            }
        };
        command.arg(file("source.pdf")).arg(file("target.pdf")).arg(signer);
        if tool == Tool::PyHanko {
            command.arg(file("signer.der")).arg(file("issuer.der"));
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect(scripts::NODE);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let question: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("{tool:?} says {line:?}"));
        let answer = json!({ "value": self.ask(tool, signer, &question) });
        writeln!(child.stdin.take().unwrap(), "{answer}").unwrap();
        let ended = child.wait().unwrap();
        assert!(ended.success(), "{tool:?} {ended}");
        fs::read(file("target.pdf")).unwrap()
    }

    /// What the page gets from Kyso for the server's question.
    fn ask(&self, tool: Tool, signer: &str, question: &Value) -> Value {
        let digest = json!({ "algorithm": "sha-256", "value": question["digest"] });
        let mut item = json!({ "name": "Công văn 123.pdf", "digest": digest });
        let mut body = json!({ "certificate": self.token.id(signer).to_string() });
        match tool {
            Tool::PyHanko => item["signed_attributes"] = question["signed_attributes"].clone(),
            Tool::SignPdf => {
                body["format"] = "cms".into();
                body["profile"] = "pades".into();
            }
        }
        body["items"] = json!([item]);
        self.agent.person.then([Act::Pin(SoftHsm::PIN)]);
        let reply = self.agent.sign(&body);
        assert_eq!(reply.status, 200, "{tool:?} {signer}: {}", reply.json());
        reply.json()["signatures"][0]["value"].clone()
    }
}
