//! What a page says in a body or a query: the JSON of every route.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    kyso::api::fuzz::json(bytes);
});
