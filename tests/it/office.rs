//! An office: many users of one machine, agents that are restarted and looked after, and load on them.

mod handover;
mod idle;
mod lan;
mod load;
mod ports;
mod roles;
mod soak;
mod starts;
mod support;
mod users;

/// The page of these tests.
const PAGE: &str = "https://vanban.example.gov.vn";
/// What the terminal prompt asks for.
const ASKS_PIN: &str = "Token PIN (Enter: sign, Esc: cancel): ";

/// The long form of the tests was asked for.
fn is_long() -> bool {
    std::env::var_os("KYSO_LONG").is_some()
}

/// A tenth of this many, or all of them in the long form.
fn times(all: usize) -> usize {
    if is_long() { all } else { all / 10 }
}
