//! The `Origin` header's value. What passes is what a browser serialises, and stays what it was.

#![no_main]

use kyso::domain::origin::Origin;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(origin) = text.parse::<Origin>() else { return };
    assert_eq!(origin.as_str(), text);
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()), "{text:?}");
    let (scheme, rest) = text.split_once("://").expect("a scheme");
    assert!(matches!(scheme, "http" | "https"), "{text:?}");
    assert!(rest.starts_with(origin.host()) && !origin.host().is_empty(), "{text:?}");
    assert!(!rest.contains(['/', '@', '?', '#', '\\', '%', '*', ',']), "{text:?}");
    let alone = matches!(origin.host(), "127.0.0.1" | "localhost");
    assert_eq!(origin.may_pair(), scheme == "https" || alone, "{text:?}");
    let shown = origin.unicode_host();
    assert!(shown.as_deref() != Some(origin.host()), "{text:?}");
});
