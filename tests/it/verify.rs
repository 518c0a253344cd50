//! What servers check of Kyso's answers, in the four languages of `examples/verify`: good answers of a running
//! agent are taken, each tampered one is refused for its own reason.

mod attributes;
mod cases;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::cases::{Case, Cases};
use crate::support::agent::Agent;
use crate::support::http::Request;
use crate::support::person::Act;
use crate::support::scripts;
use crate::support::softhsm::SoftHsm;

#[test]
fn r8_node_tells_good_answers_from_tampered_ones() {
    scripts::modules("web/server");
    judge_all("node", || words(["node".as_ref(), example("node/verify.mjs").as_ref()]));
}

#[test]
fn r8_python_tells_good_answers_from_tampered_ones() {
    judge_all("python", || words([scripts::python().as_ref(), example("python/verify.py").as_ref()]));
}

#[test]
fn r8_php_tells_good_answers_from_tampered_ones() {
    judge_all("php", || words(["php".as_ref(), example("php/verify.php").as_ref()]));
}

/// PHP adds the system's folder of roots to those that it is given, unless it is given a folder.
#[test]
fn r8_php_trusts_no_root_of_the_system() {
    let (token, system) = (SoftHsm::new(), TempDir::new().unwrap());
    let root = token.ca().join("root.crt");
    let hash = Command::new("openssl").args(["x509", "-noout", "-hash", "-in"]).arg(&root).output().unwrap();
    let name = format!("{}.0", String::from_utf8(hash.stdout).unwrap().trim());
    std::fs::copy(&root, system.path().join(name)).unwrap();
    let case = &Cases::get().all()[0];
    let verify = |roots: &Path| {
        let mut php = words(["php".as_ref(), example("php/verify.php").as_ref(), case.words[0].as_ref()]);
        php.env("SSL_CERT_DIR", system.path()).arg(roots).args(&case.words[2..]);
        String::from_utf8(php.output().unwrap().stderr).unwrap()
    };
    assert_eq!(verify(&root), "");
    let said = verify(&token.certificate("person-p384"));
    assert!(said.starts_with("untrusted: "), "{said}");
}

#[test]
fn r8_java_tells_good_answers_from_tampered_ones() {
    let classes = TempDir::new().unwrap();
    let mut javac = Command::new("javac");
    javac.args(["-cp", JARS, "-d"]).arg(classes.path()).arg(example("java/Verify.java"));
    let said =
        javac.output().expect("javac is missing. Install it: sudo apt-get install default-jdk-headless");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let path = format!("{JARS}:{}", classes.path().display());
    judge_all("java", || {
        let mut java = words(["java".as_ref(), "-cp".as_ref(), path.as_ref()]);
        java.args(["-Xshare:auto", "-XX:TieredStopAtLevel=1", "Verify"]);
        java
    });
}

#[test]
fn r6_node_knows_the_agent_that_was_paired() {
    let (agent, folder) = (Agent::without_token(), TempDir::new().unwrap());
    let verify = |kind: &str, key: &str, answer: &Value, [origin, nonce, port]: [&str; 3]| {
        let path = folder.path().join("answer.json");
        std::fs::write(&path, answer.to_string()).unwrap();
        let mut node =
            words(["node".as_ref(), example("node/verify.mjs").as_ref(), kind.as_ref(), key.as_ref()]);
        let said = node.arg(path).args([origin, nonce, port]).output().expect(scripts::NODE);
        String::from_utf8([said.stdout, said.stderr].concat()).unwrap()
    };
    let page = "https://hoso.example.gov.vn";
    agent.person.then([Act::Yes]);
    let paired = agent.send(&agent.pairing(page)).json();
    let (port, nonce) = (agent.port.to_string(), STANDARD.encode([7; 32]));
    let key = paired["agent_key"].as_str().unwrap();
    assert_eq!(verify("pairing", "", &paired, [page, &nonce, &port]), format!("ok: {key}\n"));

    let nonce = STANDARD.encode([8; 32]);
    let question = Request::new("POST", "/v1/hello", agent.port, page).json(&json!({ "nonce": nonce }));
    let hello = agent.send(&question).json();
    assert_eq!(verify("hello", key, &hello, [page, &nonce, &port]), format!("ok: {key}\n"));
    let another = STANDARD.encode([9; 32]);
    for (what, key, own) in [
        ("another agent", another.as_str(), [page, &nonce, &port]),
        ("replayed", key, [page, &another, &port]),
        ("another page", key, ["https://khac.example.vn", &nonce, &port]),
        ("another port", key, [page, &nonce, "21543"]),
    ] {
        assert!(verify("hello", key, &hello, own).starts_with("identity: "), "{what}");
    }
}

#[test]
fn r6_r8_the_kit_for_node_passes_its_own_tests() {
    scripts::modules("web/server");
    let folder = scripts::root().join("web/server");
    let said = Command::new("node").arg("--test").current_dir(folder).output().expect(scripts::NODE);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{text}");
    let passed = text.lines().find_map(|line| line.split_once(" pass ")).map(|(_, count)| count);
    assert!(passed.is_some_and(|count| count.parse::<u32>().unwrap() > 40), "few tests ran: {text}");
}

/// Shows each case to the verifier that `command` starts.
fn judge_all(language: &str, command: impl Fn() -> Command) {
    let cases = Cases::get();
    let wrong: Vec<String> = cases
        .all()
        .iter()
        .filter_map(|case| {
            let said = command().args(&case.words).output();
            let said = said
                .unwrap_or_else(|error| panic!("{language}: {error}; tests/run.sh installs what is needed"));
            judge(case, &said).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
}

/// Exit code 0 and whose signature it is, or 1 and one line that begins with the reason.
fn judge(case: &Case, said: &Output) -> Result<(), String> {
    let text = String::from_utf8_lossy(&[&*said.stdout, &*said.stderr].concat()).into_owned();
    let (code, start) = case.refused.map_or_else(|| (0, "ok: ".to_owned()), |why| (1, format!("{why}: ")));
    let right = said.status.code() == Some(code) && text.starts_with(&start) && text.lines().count() == 1;
    right
        .then_some(())
        .ok_or_else(|| format!("{}: {start:?} is expected, not {}: {text}", case.name, said.status))
}

fn words<const N: usize>(words: [&std::ffi::OsStr; N]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

fn example(name: &str) -> PathBuf {
    scripts::root().join(Path::new("examples/verify").join(name))
}

/// Debian's Gson and Bouncy Castle.
const JARS: &str = "/usr/share/java/gson.jar:/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar";
