//! What a user or an administrator wrote: the configuration, and the machine's policy.

#![no_main]

use std::path::PathBuf;

use kyso::config;
use kyso::policy;
use kyso::text::Lang;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for lang in Lang::ALL {
        match config::speaking(text, lang) {
            // What was put in can be read again, and nothing changes a second time.
            Ok(new) => assert_eq!(config::speaking(&new, lang).expect("readable"), new),
            Err(fault) => assert!(!fault.told(lang).is_empty()),
        }
    }
    let path = scratch();
    std::fs::write(&path, text).expect("room for a scratch file");
    if let Err(faults) = policy::parse(&path) {
        assert!(!faults.is_empty(), "refused for nothing");
    }
});

/// One file a process, in memory where there is such a folder.
fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("kyso-fuzz-policy-{}.toml", std::process::id()))
}
