//! The simulator is no part of what is shipped: nothing that is has a way to approve by itself.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Text that only the simulator's own code has.
const MARK: &str = "KYSO-SIMULATOR";

#[test]
fn no_shipped_program_has_any_of_it() {
    let has_it = |program: &str| {
        let found = Command::new("grep").args(["-qaF", MARK, program]).status().unwrap();
        assert_ne!(found.code(), Some(2), "grep can't read {program}");
        found.success()
    };
    assert!(has_it(env!("CARGO_BIN_EXE_kyso-simulator")), "the mark is what it is looked for by");
    for program in [
        env!("CARGO_BIN_EXE_kyso"),
        env!("CARGO_BIN_EXE_kyso-agent"),
        env!("CARGO_BIN_EXE_kyso-token-host"),
        env!("CARGO_BIN_EXE_kyso-tray"),
    ] {
        assert!(!has_it(program), "{program}");
    }
}

#[test]
fn it_is_in_no_package() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest: toml::Table = fs::read_to_string(root.join("Cargo.toml")).unwrap().parse().unwrap();
    let packages = manifest["package"]["metadata"].as_table().unwrap();
    assert!(packages.contains_key("deb"));
    for (name, package) in packages {
        assert!(!package.to_string().contains("simulator"), "{name}");
    }
}
