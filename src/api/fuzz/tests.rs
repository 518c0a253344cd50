use std::fs;
use std::path::Path;
use std::path::PathBuf;

use super::gate;
use super::json;
use super::socket;

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name)
}

fn seed(name: &str) -> Vec<u8> {
    fs::read(corpus(name)).expect(name)
}

/// Fuzzing that starts before a closed door finds nothing behind it.
#[test]
fn r66_the_corpus_gets_through() {
    for (name, passes) in
        [("get", true), ("fetch", true), ("absolute", true), ("form", false), ("rebound", false)]
    {
        assert_eq!(gate(&seed(&format!("gate/{name}"))), passes, "{name}");
    }
    for entry in fs::read_dir(corpus("api")).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert!(json(&fs::read(&path).expect("a file")), "{}", path.display());
    }
    for (name, passes) in [("paired", true), ("stranger", true), ("masked", false), ("length", false)] {
        assert_eq!(socket(&seed(&format!("socket/{name}"))), passes, "{name}");
    }
}
