//! What pages and their developers are told.

use std::fs;
use std::path::Path;

use super::root;

/// Whatever a developer may copy an address from; folders with all that is in them.
const TOLD: &[&str] = &[
    "README.md",
    "README.vi.md",
    "examples",
    "packaging/policies",
    "src/api/openapi.json",
    "web/AFTERNOON.md",
    "web/afternoon.test.js",
    "web/client/README.md",
    "web/client/dist",
    "web/client/src",
    "web/demo",
    "web/server/README.md",
    "web/server/dist",
    "web/server/src",
];

/// Behind the name another user of the machine may listen, on its other address.
#[test]
fn r5_pages_are_told_the_literal_address() {
    let mut looked_at = 0;
    for place in TOLD {
        each(&root().join(place), &mut |path| {
            let Ok(text) = fs::read_to_string(path) else { return };
            looked_at += 1;
            let text = text.to_lowercase();
            for address in ["://localhost", "localhost:"] {
                assert!(!text.contains(address), "{} tells a page to use localhost", path.display());
            }
        });
    }
    assert!(looked_at > 60, "{looked_at}");
}

fn each(path: &Path, see: &mut impl FnMut(&Path)) {
    if !path.is_dir() {
        assert!(path.is_file(), "{}", path.display());
        return see(path);
    }
    for entry in fs::read_dir(path).unwrap() {
        each(&entry.unwrap().path(), see);
    }
}
