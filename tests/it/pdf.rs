//! PDFs that servers prepare, signed through a running agent: what is embedded holds for whoever reads them. pyHanko
//! builds the attributes and takes a raw signature, @signpdf takes a CMS; pdfsig, pyHanko, OpenSSL and GnuTLS judge.

pub(crate) mod judges;
mod servers;

use std::fs;

use crate::support::agent::Agent;
use crate::support::softhsm::SoftHsm;

use self::judges::Judges;
use self::servers::{Server, Tool};

/// A PDF that Chromium printed.
const SOURCE: &str = "packaging/handouts/leader.pdf";
const LEADERS: [&str; 2] = ["person-rsa", "person-p256"];

#[test]
fn pyhanko_embeds_raw_signatures_and_the_leaders_outlives_the_seal() {
    for leader in LEADERS {
        signed_twice(Tool::PyHanko, leader, Tool::PyHanko);
    }
}

#[test]
fn signpdf_embeds_cms_and_the_leaders_outlives_the_seal() {
    for leader in LEADERS {
        signed_twice(Tool::SignPdf, leader, Tool::SignPdf);
    }
}

#[test]
fn a_seal_by_another_servers_library_leaves_the_leaders_signature_whole() {
    signed_twice(Tool::SignPdf, "person-p384", Tool::PyHanko);
}

#[test]
fn a_changed_pdf_is_refused_by_everybody() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let server = Server::new(&token, &agent);
    let judges = Judges::new(&token);
    for tool in [Tool::PyHanko, Tool::SignPdf] {
        let signed = server.sign(tool, "person-p256", &fs::read(SOURCE).unwrap());
        judges.all_take(&signed, &["person-p256"]);
        let mut changed = signed.clone();
        // Inside the first page's picture.
        changed[5_000] ^= 1;
        judges.all_refuse(&changed);
    }
}

/// The leader first, then the organisation's seal as an incremental update: both hold.
fn signed_twice(tool: Tool, leader: &str, sealing: Tool) {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let server = Server::new(&token, &agent);
    let judges = Judges::new(&token);
    let once = server.sign(tool, leader, &fs::read(SOURCE).unwrap());
    judges.all_take(&once, &[leader]);
    let twice = server.sign(sealing, "seal-rsa", &once);
    assert!(twice.starts_with(once.trim_ascii_end()), "the first revision is as it was");
    judges.all_take(&twice, &[leader, "seal-rsa"]);
}
