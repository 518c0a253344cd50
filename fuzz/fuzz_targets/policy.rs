//! What a user or an administrator wrote: the configuration.

#![no_main]

use kyso::config;
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
});
