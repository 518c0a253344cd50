//! What a page says on its WebSocket: frames, and the messages in them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    kyso::api::fuzz::socket(bytes);
});
