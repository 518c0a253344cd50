//! Exports of other machines' logs, as `kyso report --merge` and `kyso audit verify --export` read them.

#![no_main]

use std::path::PathBuf;

use kyso::store::clock::LocalClock;
use kyso::store::exports;
use kyso::store::exports::Export;
use kyso::store::exports::Format;
use kyso::store::verify;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let format = [Format::Lines, Format::Table, Format::Log][usize::from(kind % 3)];
    let path = scratch();
    std::fs::write(&path, bytes).expect("room for a scratch file");
    let exports = [Export { path, format, bytes: bytes.len() as u64 }];
    let inspection = exports::inspect(&exports, &mut |_| ());
    let (mut rows, mut clock) = (0, LocalClock::new().expect("memory"));
    let counted = inspection.count(&exports, &mut clock, &mut |_| (), |_| rows += 1);
    assert_eq!(counted.len(), 1);
    match &inspection.found[0] {
        Ok(proven) => assert!(counted[0].0.rows <= proven.rows.rows.max(1), "rows out of nowhere"),
        Err(_) => assert_eq!(rows, 0, "a damaged file was counted"),
    }
    if format == Format::Lines {
        let _ = verify::verify_export(bytes, None);
    }
});

/// One file a process, in memory where there is such a folder.
fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("kyso-fuzz-{}", std::process::id()))
}
