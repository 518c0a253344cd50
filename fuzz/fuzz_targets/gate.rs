//! What comes from TCP: a request's head, through hyper to the gate.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    kyso::api::fuzz::gate(bytes);
});
