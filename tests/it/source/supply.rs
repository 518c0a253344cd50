//! What is shipped, what it is made of, and what is fuzzed.

use std::collections::BTreeSet;
use std::fs;

use kyso::domain::attributes::SignedAttributes;
use kyso::domain::digest::Digest;
use kyso::domain::digest::DigestAlgorithm;
use kyso::domain::job::Job;
use kyso::domain::pin_task::PinTask;
use kyso::domain::token::TokenSerial;
use kyso::store::verify::verify_export;
use kyso::token::wire;
use kyso::token::x509;

use super::read;
use super::root;
use super::sources;

/// Where something can't fail, with a word on why: what comes from outside is never unwrapped (R64).
const EXPECTS: &[(&str, usize)] = &[
    ("src/api/fuzz.rs", 2),
    ("src/domain/attributes.rs", 5),
    ("src/token/discovery/vendors.rs", 1),
    ("src/token/usb.rs", 1),
];

#[test]
fn r64_nothing_from_outside_is_unwrapped() {
    for source in sources(&["src"]).iter().filter(|source| !source.path.starts_with(super::SIMULATOR)) {
        let code = source.shipped_code();
        let found = [".unwrap()", ".expect("].iter().map(|call| code.matches(call).count()).sum::<usize>();
        let known = EXPECTS.iter().find(|(path, _)| *path == source.path).map_or(0, |(_, known)| *known);
        assert_eq!(found, known, "{}", source.path);
    }
}

#[test]
fn r64_arithmetic_is_checked_in_what_is_shipped() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let (release, dist) = (&manifest["profile"]["release"], &manifest["profile"]["dist"]);
    assert_eq!(release["overflow-checks"].as_bool(), Some(true));
    assert_eq!(dist["inherits"].as_str(), Some("release"));
    assert!(dist.get("overflow-checks").is_none());
}

/// R66: each target has something to start from, a line in the list, and is built.
#[test]
fn r66_every_fuzz_target_has_its_corpus() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let targets = names("fuzz/fuzz_targets");
    let wanted = ["api", "certificate", "frames", "gate", "import", "origin", "policy", "socket"];
    assert!(targets.iter().map(String::as_str).eq(wanted), "{targets:?}");
    assert_eq!(names("fuzz/corpus"), targets);
    let (manifest, list) = (read("fuzz/Cargo.toml"), read("fuzz/README.md"));
    for target in &targets {
        let files = fs::read_dir(root().join("fuzz/corpus").join(target)).unwrap().count();
        assert!((3..=40).contains(&files), "{target} starts from {files} files");
        assert!(manifest.contains(&format!("\"fuzz_targets/{target}.rs\"")), "{target} is not built");
        assert!(list.contains(&format!("| `{target}` |")), "{target} is not in the list");
    }
}

/// What is there for fuzzing alone is in no program.
#[test]
fn r66_no_program_has_the_ways_in_for_fuzzing() {
    let mut ways = 0;
    for source in sources(&["src"]) {
        for (at, _) in source.text.match_indices("mod fuzz;") {
            let before: Vec<&str> = source.text[..at].lines().rev().take(3).collect();
            let gated = before.contains(&"#[cfg(any(fuzzing, test))]");
            assert!(gated, "{} has them", source.path);
            ways += 1;
        }
    }
    assert_eq!(ways, 3);
}

/// Fuzzing that starts before a closed door finds nothing behind it. What pages send is tried beside its code.
#[test]
fn r66_the_corpus_gets_through() {
    let seed = |name: &str| fs::read(root().join("fuzz/corpus").join(name)).unwrap();
    assert!(Job::parse(&seed("frames/job")[1..]).is_ok());
    assert!(PinTask::parse(&seed("frames/task")[1..]).is_ok());
    assert!(wire::read::<wire::Request>(&mut &seed("frames/requests")[1..]).is_ok());
    assert!(wire::read::<wire::Reply>(&mut &seed("frames/tokens")[1..]).is_ok());
    assert!(wire::read::<wire::Setup>(&mut &seed("frames/setup")[1..]).is_ok());
    for name in ["person", "bmp", "sign-in"] {
        let der = &seed(&format!("certificate/{name}"))[1..];
        assert!(x509::certificate(der, &TokenSerial("1".to_owned()), &[]).is_some(), "{name}");
    }
    let document = Digest::new(DigestAlgorithm::Sha256, vec![0; 32]).unwrap();
    for name in ["attributes", "time"] {
        let der = seed(&format!("certificate/{name}"))[1..].to_vec();
        assert!(SignedAttributes::parse(der, &document).is_ok(), "{name}");
    }
    assert!(verify_export(&seed("import/lines")[1..], None).is_ok_and(|verified| verified.rows == 3));
    assert!(verify_export(&seed("import/edited")[1..], None).is_err());
}

/// R67: no route takes an address to fetch from, and none updates. A new one is thought about here.
#[test]
fn r67_no_route_downloads() {
    let contract: serde_json::Value = serde_json::from_str(kyso::api::OPENAPI).unwrap();
    let mut routes = BTreeSet::new();
    for (path, operations) in contract["paths"].as_object().unwrap() {
        routes.extend(operations.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    let known = [
        "delete /v1/pairings/current",
        "get /v1/certificates",
        "get /v1/health",
        "get /v1/openapi.json",
        "get /v1/socket",
        "get /v1/tokens",
        "post /v1/authentications",
        "post /v1/hello",
        "post /v1/pairings",
        "post /v1/signatures",
    ];
    assert!(routes.iter().map(String::as_str).eq(known), "{routes:?}");
    assert!(!kyso::api::OPENAPI.contains("\"uri\""), "a field takes an address");
}
